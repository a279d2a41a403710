"""What fans buy in a Discord app's shop, on simcord: the circles that it gives, and when it gives them no more."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import discord
import pytest
import simcord

from adapters.discord.client import AvatarClient
from adapters.discord.entitlements import TOLD_FOR
from adapters.discord.translate import Listener
from core.avatar import Avatar
from core.errors import StorageUnavailable
from core.holdings import Shelf
from core.model import AccountId, AvatarId
from core.payments import Holding
from core.persona import Persona, Tier
from tests.fakes import FakeModel
from tests.worlds.discord_intake import NotingIntake

ACCOUNT, MAYA = AccountId("discord:1"), AvatarId("maya")
SUBSCRIPTION, MONTHLY, FOREVER, UNKNOWN = 100000000000000001, 100000000000000002, 100000000000000003, 100000000000000004
TIERS = (
    Tier(name="supporters", discord_sku=str(SUBSCRIPTION)),
    Tier(name="guests", discord_sku=str(MONTHLY), days=30),
    Tier(name="founders", discord_sku=str(FOREVER)),
)


@dataclass
class FakeMembers:
    """Who is in which circle until when, by the source."""

    given: dict[str, tuple[str, str, datetime | None]] = field(default_factory=dict)  # source: person, tier, until
    told: list[Holding] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    async def admit(
        self,
        avatar: AvatarId,
        account: AccountId,
        holding: Holding,
        *,
        tier: str,
        source: str,
        until: datetime | None,
    ) -> None:
        if self.faults:
            raise self.faults.pop()
        self.told.append(holding)
        self.given[source] = (holding.person, tier, until)


@dataclass
class Shop:
    """A bot with a shop on simcord."""

    members: FakeMembers = field(default_factory=FakeMembers)
    tiers: tuple[Tier, ...] = TIERS
    env: simcord.Env = field(init=False)

    def client(self) -> AvatarClient:
        """A new client, as after a start of the program."""
        return AvatarClient(Listener(ACCOUNT, 0), NotingIntake(), holdings=Shelf(self.members, self._speaker, self))

    def now(self) -> datetime:
        return self.env.backend.clock.now()

    def circles(self, user: simcord.UserHandle) -> list[str]:
        """Those that somebody is in now."""
        return [
            tier
            for person, tier, until in self.members.given.values()
            if person == str(user.id) and (until is None or until > self.now())
        ]

    def _speaker(self, account: AccountId) -> Avatar:
        assert account == ACCOUNT
        persona = Persona(name="Maya", personality="Warm.", greeting="Hi!", tiers=self.tiers)
        return Avatar.prepare(MAYA, persona, FakeModel(), context=4096, max_tokens=100, temperature=0.7, secrets=())


@pytest.fixture
async def shop() -> AsyncGenerator[Shop]:
    made = Shop()
    made.env = simcord.Env(AvatarClient(Listener(ACCOUNT, 0), NotingIntake()))
    for sku in (SUBSCRIPTION, UNKNOWN):
        made.env.create_sku("Supporters", id=sku)
    made.env.create_sku("A month", type=discord.SKUType.consumable, id=MONTHLY)
    made.env.create_sku("For good", type=discord.SKUType.durable, id=FOREVER)
    await made.env.start()
    await made.env.restart_bot(made.client())
    yield made
    await made.env.shutdown()
    made.env._raise_errors_since(made.env._errors_acknowledged)


async def test_a_subscription_gives_its_circle_until_it_ends(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")

    bought = await shop.env.grant_entitlement(SUBSCRIPTION, user=ann)
    assert shop.circles(ann) == ["supporters"]
    await bought.end()

    assert shop.circles(ann) == []


async def test_what_is_taken_back_gives_nothing_any_more(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")
    bought = await shop.env.grant_entitlement(FOREVER, user=ann)
    assert shop.circles(ann) == ["founders"]

    await bought.revoke()

    assert shop.circles(ann) == []


async def test_the_event_of_a_deletion_is_enough_whatever_it_carries(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")
    bought = (await shop.env.grant_entitlement(SUBSCRIPTION, user=ann)).snapshot()
    assert not bought.deleted

    assert isinstance(shop.env.bot, AvatarClient)
    await shop.env.bot.on_entitlement_delete(bought)

    assert shop.circles(ann) == []


async def test_what_is_bought_once_lasts_for_the_days_of_its_circle_and_can_be_bought_again_then(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")
    bought = await shop.env.grant_entitlement(MONTHLY, user=ann)
    ((_, _, until),) = shop.members.given.values()
    assert until is not None
    assert abs(until - shop.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert not bought.snapshot().consumed

    await shop.env.advance_time(timedelta(days=31).total_seconds())
    await shop.env.restart_bot(shop.client())

    assert bought.snapshot().consumed
    assert shop.circles(ann) == []


async def test_what_was_bought_or_taken_back_while_it_was_away_is_found_at_the_start(shop: Shop) -> None:
    ann, bob = shop.env.create_user("Ann"), shop.env.create_user("Bob")
    await shop.env.grant_entitlement(SUBSCRIPTION, user=ann)
    shop.env.seed_entitlement(SUBSCRIPTION, user=bob)
    gone = shop.env.seed_entitlement(FOREVER, user=bob, deleted=True)

    await shop.env.restart_bot(shop.client())

    assert (shop.circles(ann), shop.circles(bob)) == (["supporters"], ["supporters"])
    assert f"holding {gone.id}" in shop.members.given


async def test_more_than_a_page_is_found_at_the_start(shop: Shop) -> None:
    fans = [shop.env.create_user(f"Fan {number}") for number in range(101)]
    for fan in fans:
        shop.env.seed_entitlement(SUBSCRIPTION, user=fan)

    await shop.env.restart_bot(shop.client())

    assert all(shop.circles(fan) == ["supporters"] for fan in fans)


async def test_what_comes_with_an_interaction_counts_and_costs_nothing_twice(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")
    shop.env.seed_entitlement(SUBSCRIPTION, user=ann)

    for _ in range(3):
        await ann.slash("help")

    assert shop.circles(ann) == ["supporters"]
    assert [one.name for one in shop.members.told] == ["Ann"]


async def test_who_was_forgotten_has_again_what_they_have_paid_for_when_they_come_back(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")
    await shop.env.grant_entitlement(SUBSCRIPTION, user=ann)
    shop.members.given.clear()

    await shop.env.advance_time(TOLD_FOR)
    await ann.slash("help")

    assert shop.circles(ann) == ["supporters"]


async def test_what_is_told_again_changes_nothing(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")
    bought = await shop.env.grant_entitlement(SUBSCRIPTION, user=ann)

    await bought.replay_create()

    assert len(shop.members.told) == 1


async def test_what_gives_no_circle_and_what_a_server_has_give_nobody_anything(shop: Shop) -> None:
    ann = shop.env.create_user("Ann")
    await shop.env.grant_entitlement(UNKNOWN, user=ann)
    await shop.env.grant_entitlement(SUBSCRIPTION, guild=shop.env.create_guild())

    assert shop.members.told == []


async def test_without_anything_to_sell_discord_is_not_asked(shop: Shop) -> None:
    shop.tiers = ()
    before = len(shop.env.http_requests)

    await shop.env.restart_bot(shop.client())

    assert not [entry for entry in shop.env.http_requests[before:] if "entitlements" in entry.path]


async def test_a_database_that_does_not_answer_is_asked_again(shop: Shop) -> None:
    shop.members.faults.append(StorageUnavailable("locked"))
    ann = shop.env.create_user("Ann")

    await shop.env.grant_entitlement(SUBSCRIPTION, user=ann)
    await shop.env.advance_time(60)

    assert shop.circles(ann) == ["supporters"]
