"""What is sold to whom, what a payment gives, and paying back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.commands import BY_NAME
from core.control import Actor, Asked, Rank
from core.errors import ChannelRejected, ChannelUnavailable, StagedoorError
from core.model import AccountId, AvatarId, Controls, FanId, Incoming, Place, Post, Sender
from core.moderation import Case, Sanction
from core.payments import Order, Payment, Purchase
from core.persona import Persona, parse
from core.shop import SOURCE, Help, Shop, payload, refund, support, upgrade
from tests.fakes import NOON, FakeClock

MAYA = AvatarId("maya")
TELEGRAM, DISCORD = AccountId("telegram:1"), AccountId("discord:1")
MONTH = timedelta(days=30)
ANN = FanId(7)

PERSONA = parse(
    """
    name = "Maya"
    personality = "Warm."
    greeting = "Hi!"
    [[tiers]]
    name = "friends"
    [[tiers]]
    name = "supporters"
    description = "Recipes before all others."
    stars = 250
    [[tiers]]
    name = "season"
    stars = 900
    days = 90
    """,
    "avatar.toml",
)
SUPPORTERS, SEASON = PERSONA.tiers[1:]


@dataclass
class FakeBooks:
    """One fan's payments, in a list."""

    kept: list[Purchase] = field(default_factory=list)

    async def add(
        self, avatar: AvatarId, account: AccountId, payment: Payment, *, tier: str, days: int
    ) -> tuple[Purchase, bool]:
        for one in self.kept:
            if one.charge == payment.charge:
                return one, False
        until = payment.until or payment.paid_at + timedelta(days=days)
        order = payment.order
        made = Purchase(
            len(self.kept) + 1,
            avatar,
            account,
            payment.person,
            ANN,
            tier,
            until,
            payment.charge,
            order.amount,
            order.currency,
            payment.paid_at,
            renews=payment.until is not None,
        )
        self.kept.append(made)
        return made, True

    async def find(self, avatar: AvatarId, number: int) -> Purchase | None:
        return next((one for one in self.kept if one.number == number and one.avatar == avatar), None)

    async def of(self, avatar: AvatarId, account: AccountId, person: str) -> Sequence[Purchase]:
        return [one for one in reversed(self.kept) if one.person == person]

    async def refund(self, avatar: AvatarId, account: AccountId, charge: str, *, now: datetime) -> Purchase | None:
        for index, one in enumerate(self.kept):
            if one.charge == charge:
                self.kept[index] = replace(one, refunded_at=one.refunded_at or now)
                return self.kept[index]
        return None

    async def paid_until(self, bought: Purchase) -> datetime | None:
        standing = (one.until for one in self.kept if one.tier == bought.tier and one.refunded_at is None)
        return max(standing, default=None)


@dataclass
class FakeMemberships:
    """Until when, by tier."""

    held: dict[str, datetime] = field(default_factory=dict)

    async def grant(self, avatar: AvatarId, fan: FanId, tier: str, source: str, until: datetime | None = None) -> None:
        assert (avatar, fan, source) == (MAYA, ANN, SOURCE)
        assert until is not None
        self.held[tier] = until

    async def revoke(self, avatar: AvatarId, fan: FanId, source: str, tier: str = "") -> bool:
        return self.held.pop(tier, None) is not None


@dataclass
class World:
    """A shop, and what came of it."""

    books: FakeBooks = field(default_factory=FakeBooks)
    memberships: FakeMemberships = field(default_factory=FakeMemberships)
    sanctions: list[Sanction] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    paid_back: list[tuple[str, str]] = field(default_factory=list)
    faults: list[StagedoorError] = field(default_factory=list)
    persona: Persona = PERSONA
    posts: list[Post] = field(default_factory=list)
    desk: bool = False

    def __post_init__(self) -> None:
        avatar: Any = lambda: SimpleNamespace(id=MAYA, persona=self.persona)  # noqa: E731 - as small as an avatar gets here
        fake = cast("Any", self)
        self.shop = Shop(cast("Any", self.books), cast("Any", self.memberships), fake, FakeClock())
        self.help = Help(fake, fake, fake, fake)
        self.shop.open(TELEGRAM, avatar, self)

    async def standing(self, avatar: AvatarId, person: Any, *, now: datetime) -> Sequence[Sanction]:
        return self.sanctions

    async def add(self, case: Case) -> Case:
        self.cases.append(case)
        return replace(case, number=len(self.cases))

    async def controls(self, avatar: AvatarId) -> Controls:
        place = {"account": str(TELEGRAM), "chat": "-100", "shared": True}
        return Controls(1, {("", "desk"): place} if self.desk else {})

    async def find(self, avatar: AvatarId, account: AccountId, user: str) -> FanId | None:
        return ANN

    async def post(self, avatar: AvatarId, post: Post, *, now: datetime) -> bool:
        self.posts.append(post)
        return True

    async def pay_back(self, person: str, charge: str) -> None:
        if self.faults:
            raise self.faults.pop()
        self.paid_back.append((person, charge))


def asked(command: str, argument: str = "", *, account: AccountId = TELEGRAM, shared: bool = False) -> Asked:
    place = Place(account, "ann", shared=shared)
    incoming = Incoming(place, "1", Sender("ann", "Ann"), "", NOON, command, argument)
    values = {"payment": argument} if argument else {}
    return Asked(BY_NAME[command], MAYA, PERSONA, Actor(account, "ann", Rank.CREATOR), incoming, values, NOON)


def payment(charge: str = "c1", **changes: Any) -> Payment:
    return replace(Payment(charge, "ann", "Ann", Order(payload(SUPPORTERS), "XTR", 250), NOON), **changes)


# ── what is sold ─────────────────────────────────────────────────────────────────────────────────


async def test_upgrade_lists_what_has_a_price_with_a_button_each() -> None:
    answer = await upgrade(World().shop, asked("upgrade"))
    assert "**supporters** (250 Stars a month): Recipes before all others." in answer.text
    assert "**season** (900 Stars for 90 days)" in answer.text
    assert "friends" not in answer.text
    assert [(one.command, one.argument) for one in answer.actions] == [("upgrade", "supporters"), ("upgrade", "season")]
    assert all(len(one.label) <= 40 for one in answer.actions)


async def test_a_tier_that_is_named_comes_with_its_invoice() -> None:
    monthly = (await upgrade(World().shop, asked("upgrade", "supporters"))).invoice
    once = (await upgrade(World().shop, asked("upgrade", "season"))).invoice
    assert monthly is not None
    assert once is not None
    assert (monthly.amount, monthly.monthly, monthly.payload) == (250, True, payload(SUPPORTERS))
    assert (once.amount, once.monthly, once.payload) == (900, False, payload(SEASON))


@pytest.mark.parametrize("name", ["friends", "nobody", "SUPPORTERS", "../x"])
async def test_what_is_not_sold_has_no_invoice(name: str) -> None:
    answer = await upgrade(World().shop, asked("upgrade", name))
    assert answer.invoice is None
    assert "/upgrade" in answer.text


async def test_stars_are_paid_on_telegram_only() -> None:
    answer = await upgrade(World().shop, asked("upgrade", "supporters", account=DISCORD))
    assert answer.invoice is None
    assert "Telegram" in answer.text


async def test_what_is_in_discords_shop_is_sold_there_and_stars_are_not_spoken_of() -> None:
    sold = SUPPORTERS.model_copy(update={"discord_sku": "100000000000000001"})
    persona = PERSONA.model_copy(update={"tiers": (sold, SEASON)})
    there = await upgrade(World().shop, replace(asked("upgrade", account=DISCORD), persona=persona))
    here = await upgrade(World().shop, replace(asked("upgrade", account=TELEGRAM), persona=persona))
    assert (there.products, there.actions) == (("100000000000000001",), ())
    assert "Stars" not in there.text
    assert "**supporters**: Recipes before all others." in there.text
    assert (here.products, len(here.actions)) == ((), 2)


async def test_where_nothing_has_a_price_that_is_said() -> None:
    free = PERSONA.model_copy(update={"tiers": PERSONA.tiers[:1]})
    answer = await upgrade(World().shop, replace(asked("upgrade"), persona=free))
    assert answer.actions == ()
    assert "nothing to buy" in answer.text


async def test_upgrade_says_what_one_has_and_gives_it_back_to_who_was_forgotten() -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment())
    world.memberships.held.clear()
    answer = await upgrade(world.shop, asked("upgrade"))
    assert answer.text.startswith("You're in **supporters** until 2026-12-23.")
    assert world.memberships.held == {"supporters": NOON + MONTH}
    in_a_group = await upgrade(world.shop, asked("upgrade", shared=True))
    assert "You're in" not in in_a_group.text


async def test_what_has_ended_or_was_paid_back_is_not_given_back() -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment("c1", paid_at=NOON - 2 * MONTH))
    await world.shop.paid(TELEGRAM, payment("c2"))
    await world.shop.refunded(TELEGRAM, "c2", at=NOON)
    world.memberships.held.clear()
    await upgrade(world.shop, asked("upgrade"))
    assert world.memberships.held == {}


# ── before the money is taken ────────────────────────────────────────────────────────────────────


async def test_the_right_order_is_approved() -> None:
    world = World()
    assert await world.shop.approve(TELEGRAM, "ann", Order(payload(SUPPORTERS), "XTR", 250)) == ""


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (Order(payload(SUPPORTERS), "XTR", 1), "price has changed"),
        (Order("tier/supporters/1/30", "XTR", 250), "price has changed"),
        (Order(payload(SUPPORTERS), "EUR", 250), "price has changed"),
        (Order("tier/friends/250/30", "XTR", 250), "no such circle"),
        (Order("tier/gone/250/30", "XTR", 250), "no such circle"),
        (Order("something else", "XTR", 250), "no such circle"),
        (Order("", "XTR", 250), "no such circle"),
    ],
)
async def test_a_wrong_one_is_not(order: Order, why: str) -> None:
    assert why in await World().shop.approve(TELEGRAM, "ann", order)


async def test_who_is_banned_everywhere_cannot_pay_and_who_is_banned_in_one_group_can() -> None:
    order = Order(payload(SUPPORTERS), "XTR", 250)
    here, everywhere = (Sanction("ban", community, None, 1) for community in ("-100", ""))
    assert await World(sanctions=[here]).shop.approve(TELEGRAM, "ann", order) == ""
    assert "doesn't take payments" in await World(sanctions=[here, everywhere]).shop.approve(TELEGRAM, "ann", order)


# ── when it was taken ────────────────────────────────────────────────────────────────────────────


async def test_a_payment_gives_the_tier_and_thanks_once() -> None:
    world = World()
    assert "supporters" in await world.shop.paid(TELEGRAM, payment())
    assert await world.shop.paid(TELEGRAM, payment()) == ""
    assert world.memberships.held == {"supporters": NOON + MONTH}


async def test_what_was_kept_but_not_given_is_given_when_it_is_told_again() -> None:
    world = World()
    await world.books.add(MAYA, TELEGRAM, payment(), tier="supporters", days=30)  # and then the machine died
    assert await world.shop.paid(TELEGRAM, payment()) == ""
    assert world.memberships.held == {"supporters": NOON + MONTH}


async def test_each_month_carries_the_membership_on() -> None:
    world = World()
    for month in (1, 2, 3):
        await world.shop.paid(TELEGRAM, payment(f"c{month}", until=NOON + month * MONTH))
        assert world.memberships.held == {"supporters": NOON + month * MONTH}
    assert "renews" in await world.shop.paid(TELEGRAM, payment("c4", until=NOON + 4 * MONTH))


async def test_money_for_nothing_that_we_know_is_in_the_books_and_gives_nothing() -> None:
    world = World()
    assert "/paysupport" in await world.shop.paid(TELEGRAM, payment(order=Order("something else", "XTR", 5)))
    assert len(world.books.kept) == 1
    assert world.memberships.held == {}


# ── help and refunds ─────────────────────────────────────────────────────────────────────────────


async def test_paysupport_opens_a_report_with_the_payments_it_may_be_about() -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment())
    answer = await support(world.shop, world.help, asked("paysupport", "I  paid\n twice"))
    (case,) = world.cases
    assert "1: supporters, 250 Stars" in answer.text
    assert (case.kind, case.person.user, case.reason) == ("report", "ann", "/paysupport (payments 1): I paid twice")


async def test_where_there_is_a_desk_the_report_is_brought_there_with_what_can_be_done() -> None:
    world = World(desk=True)
    await world.shop.paid(TELEGRAM, payment())
    await support(world.shop, world.help, asked("paysupport", "I paid twice"))
    (post,) = world.posts
    assert (post.place.chat, post.fan) == ("-100", ANN)
    assert "I paid twice" in post.text
    assert [(one.command, one.argument) for one in post.actions] == [
        ("talk take", "ann"),
        ("refund", "1"),
        ("case close", "1"),
    ]


async def test_who_asks_for_help_all_day_opens_three_reports() -> None:
    world = World()
    answers = [await support(world.shop, world.help, asked("paysupport", f"help {number}")) for number in range(9)]
    assert len(world.cases) == 3
    assert [one.refused for one in answers] == [False] * 3 + [True] * 6


async def test_a_subscription_that_renews_is_not_sold_twice() -> None:
    world = World()
    order = Order(payload(SUPPORTERS), "XTR", 250)
    await world.shop.paid(TELEGRAM, payment(until=NOON + MONTH))
    assert "have that already" in await world.shop.approve(TELEGRAM, "ann", order)
    assert await world.shop.approve(TELEGRAM, "ann", Order(payload(SEASON), "XTR", 900)) == ""
    await world.shop.refunded(TELEGRAM, "c1", at=NOON)
    assert await world.shop.approve(TELEGRAM, "ann", order) == ""


async def test_without_words_paysupport_says_how_and_opens_nothing() -> None:
    world = World()
    assert "/paysupport" in (await support(world.shop, world.help, asked("paysupport"))).text
    shared = await support(world.shop, world.help, asked("paysupport", "help", shared=True))
    assert "private chat" in shared.text
    assert world.cases == []


async def test_a_refund_pays_back_ends_the_membership_and_is_done_once() -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment())
    done = await refund(world.shop, asked("refund", "1"))
    again = await refund(world.shop, asked("refund", "1"))
    assert world.paid_back == [("ann", "c1")]
    assert done.change is not None
    assert "250 Stars" in done.text
    assert again.change is None
    assert "already" in again.text
    assert world.memberships.held == {}


async def test_another_payment_still_counts_after_a_refund() -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment())
    await world.shop.paid(TELEGRAM, payment("c2", until=NOON + 2 * MONTH))
    await refund(world.shop, asked("refund", "1"))
    assert world.memberships.held == {"supporters": NOON + 2 * MONTH}


async def test_a_refund_that_telegram_tells_of_ends_it_too() -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment())
    await world.shop.refunded(TELEGRAM, "c1", at=NOON)
    await world.shop.refunded(TELEGRAM, "unknown", at=NOON)
    assert world.memberships.held == {}


@pytest.mark.parametrize(
    ("fault", "said"), [(ChannelUnavailable("503"), "Nothing changed"), (ChannelRejected("CHARGE"), "CHARGE")]
)
async def test_a_refund_that_fails_changes_nothing(fault: StagedoorError, said: str) -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment())
    world.faults.append(fault)
    answer = await refund(world.shop, asked("refund", "1"))
    assert said in answer.text
    assert answer.change is None
    assert world.memberships.held
    assert world.books.kept[0].refunded_at is None


@pytest.mark.parametrize("number", ["", "2", "0", "-1", "x", "1" * 50, "\u0661"])
async def test_a_payment_that_is_not_there_is_said_to_be_so(number: str) -> None:
    world = World()
    await world.shop.paid(TELEGRAM, payment())
    assert "no payment" in (await refund(world.shop, asked("refund", number))).text
    assert world.paid_back == []


async def test_an_account_that_is_not_connected_pays_nothing_back() -> None:
    world = World()
    await world.books.add(MAYA, AccountId("telegram:2"), payment(), tier="supporters", days=30)
    assert "not connected" in (await refund(world.shop, asked("refund", "1"))).text
