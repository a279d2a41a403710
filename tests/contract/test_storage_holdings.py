"""Who has bought something in a platform's own shop is in its circle, on every database."""

from __future__ import annotations

from datetime import timedelta

from core.model import AccountId, AvatarId
from core.payments import Holding
from core.tiers import Membership
from tests.contract.conftest import NOON, Talk

MAYA, ZOE, DISCORD = AvatarId("maya"), AvatarId("zoe"), AccountId("discord:1")
HOLDING = Holding("7", "100000000000000001", "81384788765712384", NOON)


async def circles(talk: Talk, avatar: AvatarId = MAYA) -> list[Membership]:
    fan = await talk.storage.fans.find(avatar, DISCORD, HOLDING.person)
    return [] if fan is None else list(await talk.storage.memberships.of(avatar, fan, now=NOON))


async def test_who_never_wrote_becomes_a_fan_and_is_in_the_circle(talk: Talk) -> None:
    for until in (None, NOON + timedelta(days=1)):
        await talk.storage.memberships.admit(MAYA, DISCORD, HOLDING, tier="friend", source="holding 7", until=until)
        assert await circles(talk) == [Membership("friend", "holding 7", until)]
    assert await circles(talk, ZOE) == []


async def test_a_time_that_has_passed_ends_it_and_what_other_sources_give_stays(talk: Talk) -> None:
    for source, until in (("holding 7", None), ("holding 8", None), ("holding 7", NOON)):
        await talk.storage.memberships.admit(MAYA, DISCORD, HOLDING, tier="friend", source=source, until=until)

    assert await circles(talk) == [Membership("friend", "holding 8")]
