"""Who is answered in a turn, and who is told once why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import admission, gate
from core.control import Setting
from core.model import Claim, Controls, FanId, Pending, Place
from core.persona import parse
from tests.fakes import ACCOUNT, NOON, FakeDoors, claim, pending

PERSONA = parse('name = "Maya"\npersonality = "Warm."\ngreeting = "Hej."', "avatar.toml")
ROOM = Place(ACCOUNT, "room", shared=True)
BOB = FanId(2)


def of(*messages: Pending, **settings: Any) -> Claim:
    """A claim in a shared room where these are set, by their names in the gate."""
    values = {}
    for name, value in settings.items():
        setting: Setting[Any] = getattr(gate, name)
        values["", setting.name] = setting.kept(value)
    return claim(*messages, place=ROOM, controls=Controls(1, values))


async def admit(one: Claim, doors: FakeDoors | None = None) -> admission.Admitted:
    return await admission.admit(doors or FakeDoors(), PERSONA, one, NOON)


async def test_where_nothing_is_set_nothing_is_looked_up_and_all_are_answered():
    one = of(pending("hi"))
    assert await admit(one) == admission.Admitted(one)


async def test_only_those_with_blocked_words_are_left_out():
    one = of(pending("crypto"), pending("bread", number=2, fan=BOB), WORDS=("crypto",))
    admitted = await admit(one)
    assert [message.text for message in admitted.claim.pending] == ["bread"]
    assert admitted.refused == (one.pending[0].id,)
    assert admitted.notices == ("I'd rather talk about something else.",)
    assert admitted.reasons == {"gate": "blocked"}


async def test_commands_always_may():
    admitted = await admit(of(pending("", command="privacy"), pending("hi", number=2), PAUSED="on"))
    assert [message.command for message in admitted.claim.pending] == ["privacy"]


async def test_a_room_full_of_people_is_told_once_of_a_pause():
    doors = FakeDoors()
    one = of(pending("hi"), pending("hey", number=2, fan=BOB), PAUSED="on")
    admitted = await admit(one, doors)
    assert len(admitted.notices) == 1
    assert doors.told == [(None, "paused")]
    assert (await admit(one, doors)).notices == ()


async def test_each_is_told_of_their_own_slow_mode():
    doors = FakeDoors()
    doors.last = {FanId(1): NOON - timedelta(minutes=1), BOB: NOON - timedelta(minutes=2)}
    one = of(pending("hi"), pending("hey", number=2, fan=BOB), SLOW=timedelta(minutes=3))
    admitted = await admit(one, doors)
    assert sorted(doors.told, key=str) == [(FanId(1), "slow"), (BOB, "slow")]
    assert ["2 minutes" in admitted.notices[0], "1 minute" in admitted.notices[1]] == [True, True]


async def test_where_it_answers_nothing_nobody_is_told():
    admitted = await admit(of(pending("hi"), ANSWERS="nothing"))
    assert (admitted.claim.pending, admitted.notices) == ((), ())
