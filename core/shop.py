"""Selling circles of fans: /upgrade, /paysupport and /refund, and what to do with the money that platforms tell of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from core import commands
from core.avatar import Avatar
from core.control import Asked
from core.controls import Cases, Sanctions, Switchboard
from core.errors import ChannelRejected, ChannelUnavailable
from core.limits import Rate
from core.memories import Fans
from core.meters import Memberships
from core.model import AccountId, Action, Answer, AvatarId, Change, Invoice, Post
from core.moderation import Case, Person
from core.pace import Pace
from core.payments import Books, Order, Payment, Purchase, Register
from core.persona import Persona, Tier
from core.ports import Clock, Outbox
from core.takeover import DESK
from core.text import clean, neutralise

log = structlog.get_logger()

STARS = "XTR"
REQUESTS = Rate(3, timedelta(days=1))  # for help, of one person
SOURCE = "stars"  # of a membership
MONTH = 30  # days of a subscription
_PAYLOAD = re.compile(r"tier/([a-z0-9_-]{1,40})/(\d{1,6})/(\d{1,4})", re.ASCII)  # its name, its price, its days
_LONGEST_WORDS = 500  # characters of a request for help that are kept
_SHOWN = 5  # payments

_UPGRADE = """Supporters of {name} get:

{tiers}

You pay {name}'s bot in Telegram Stars. Nothing changes about who answers: I stay an AI. Questions: /paysupport"""
_IN_DISCORD = """Supporters of {name} get:

{tiers}

You pay Discord, which shows the price first. Nothing changes about who answers: I stay an AI. \
Questions: /paysupport"""
_NOTHING = "There is nothing to buy here: everything I have is for everybody. Thank you for asking!"
_ELSEWHERE = "Stars are paid on Telegram: write /upgrade to me there."
_NO_SUCH = "There is no such circle any more. /upgrade shows what there is."
_BANNED = "This avatar doesn't take payments from you. Nothing was paid."
_CHANGED = "The price has changed since. Nothing was paid: /upgrade shows what there is now."
_THANKS = "Thank you! You're in **{tier}** until {until}.{renewal} Questions about the payment: /paysupport"
_FOR_WHAT = "Thank you! I can't tell what that payment was for: please write /paysupport and a few words."
_RENEWED = " It renews by itself each month; to end it: Settings, My Stars, in Telegram."

_SUPPORT = """A person will look at it: {name} was told. Answers come here, and may take a day or two. \
Your own data and your payments are yours to see with /export.{payments}
Tell more with `/paysupport` and your words."""
_IN_PRIVATE = "Write /paysupport to me in a private chat: it is nobody else's business."
_TOO_MANY = "You've asked a few times today: it is all noted, and a person will look at it."
_BROUGHT = """**Help with a payment** (case {number}), from {name}:

> {words}

Their payments: {payments}"""
_HAS_IT = "You have that already, and it renews on {day}. Nothing was paid."
_WHAT = """What went wrong with a payment? Write it after the command: `/paysupport I paid twice.` \
{name} looks at it and can pay Stars back. To end a subscription: Settings, My Stars, in Telegram.{payments}"""

_NOT_FOUND = "There is no payment of that number. Write /refund and the number that stands in the report."
_BEFORE = "Payment {number} was paid back on {day} already."
_NO_REGISTER = "The account that took payment {number} is not connected now. Start it, and try again."
_LATER = "Telegram could not do it just now. Nothing changed: try again in a moment."
_REFUSED = "Telegram refuses to pay it back: {reason}."
_BACK = """Paid back: payment {number}, {amount} Stars. What it gave has ended.{renewal}"""
_ENDS = " If it was a subscription, the fan can end it in Settings, My Stars; it would renew otherwise."


@dataclass(frozen=True, slots=True)
class Shop:
    """What the handlers work with, and the port ``Till`` for adapters.

    Args:
        books: Every payment.
        memberships: What payments give.
        sanctions: Who is banned.
        clock: Wall time.
    """

    books: Books
    memberships: Memberships
    sanctions: Sanctions
    clock: Clock
    _sellers: dict[AccountId, tuple[Callable[[], Avatar], Register]] = field(default_factory=dict)

    def open(self, account: AccountId, seller: Callable[[], Avatar], register: Register) -> None:
        """From now on this account sells what its avatar has to sell.

        Args:
            account: Which.
            seller: The avatar as it is now.
            register: The account's side of the money.
        """
        self._sellers[account] = seller, register

    def register(self, account: AccountId) -> Register | None:
        """Where an account pays back; None: it is not connected."""
        seller = self._sellers.get(account)
        return seller and seller[1]

    async def approve(self, account: AccountId, person: str, order: Order) -> str:
        """See ``core.payments.Till``."""
        avatar = self._avatar(account)
        tier, now = _ordered(avatar.persona, order.payload), self.clock.now()
        if tier is None:
            return _NO_SUCH
        if order.currency != STARS or order.amount != tier.stars or order.payload != payload(tier):
            return _CHANGED
        known = Person(account.partition(":")[0], person)
        standing = await self.sanctions.standing(avatar.id, known, now=now)
        if any(one.kind == "ban" and not one.community for one in standing):
            return _BANNED
        renews = [
            one.until
            for one in await self.books.of(avatar.id, account, person)
            if one.tier == tier.name and one.renews and one.until > now and one.refunded_at is None
        ]
        return _HAS_IT.format(day=_day(max(renews))) if renews and not tier.days else ""

    async def paid(self, account: AccountId, payment: Payment) -> str:
        """See ``core.payments.Till``."""
        avatar = self._avatar(account)
        name, days = _bought(payment.order.payload)
        bought, new = await self.books.add(avatar.id, account, payment, tier=name, days=days)
        if bought is None:
            return ""
        await self._settle(bought)  # where it is known, too: it may have been cut off after the line above
        log.info("shop.paid", avatar=avatar.id, number=bought.number, amount=bought.amount, new=new)
        if not new:
            return ""
        if not name:
            return _FOR_WHAT
        renewal = _RENEWED if bought.renews else ""
        return _THANKS.format(tier=name, until=_day(bought.until), renewal=renewal)

    async def refunded(self, account: AccountId, charge: str, *, at: datetime) -> None:
        """See ``core.payments.Till``."""
        bought = await self.books.refund(self._avatar(account).id, account, charge, now=at)
        if bought is None:
            log.warning("shop.refund.unknown", account=account)
            return
        await self._settle(bought)

    def _avatar(self, account: AccountId) -> Avatar:
        seller, _ = self._sellers[account]
        return seller()

    async def held(self, avatar: AvatarId, account: AccountId, person: str, now: datetime) -> dict[str, datetime]:
        """What somebody has paid for and still has, by tier; who had everything forgotten gets it back by this."""
        found: dict[str, datetime] = {}
        for one in await self.books.of(avatar, account, person):
            if one.tier and one.until > now and one.refunded_at is None:
                await self._settle(one)
                found[one.tier] = max(one.until, found.get(one.tier, now))
        return found

    async def _settle(self, bought: Purchase) -> None:
        """Bring the membership in line with the books; it may be done twice."""
        if bought.fan is None or not bought.tier:
            return
        until = await self.books.paid_until(bought)
        if until is None:
            await self.memberships.revoke(bought.avatar, bought.fan, SOURCE, bought.tier)
        else:
            await self.memberships.grant(bought.avatar, bought.fan, bought.tier, SOURCE, until)


# ── what is sold ─────────────────────────────────────────────────────────────────────────────────


def payload(tier: Tier) -> str:
    """What an invoice for a tier carries, and its payment brings back."""
    return f"tier/{tier.name}/{tier.stars}/{tier.days or MONTH}"


def _bought(carried: str) -> tuple[str, int]:
    """The tier that a payload names, and for how many days; an empty name where it is none of ours."""
    match = _PAYLOAD.fullmatch(carried)
    return (match[1], int(match[3])) if match else ("", 0)


def _ordered(persona: Persona, carried: str) -> Tier | None:
    name, _ = _bought(carried)
    return _sold(persona, name)


def _sold(persona: Persona, name: str) -> Tier | None:
    return next((tier for tier in persona.tiers if tier.name == name and tier.stars), None)


async def upgrade(shop: Shop, asked: Asked) -> Answer:
    """What supporters get, with a button for each tier that can be bought; a tier's own invoice where one is named."""
    persona, name = asked.persona, asked.incoming.argument.strip()
    if in_discord := [tier for tier in persona.tiers if tier.discord_sku and _platform(asked) == "discord"]:
        tiers = "\n".join(_named(tier) for tier in in_discord)
        products = tuple(tier.discord_sku for tier in in_discord if tier.discord_sku)
        return Answer(persona.say(_IN_DISCORD, tiers=tiers), products=products)
    sold = [tier for tier in persona.tiers if tier.stars]
    held = await shop.held(asked.avatar, asked.actor.account, asked.actor.person, asked.now)
    if not sold and not held:
        return Answer(_NOTHING)
    if not name:
        tiers = "\n".join(_line(tier) for tier in sold)
        actions = tuple(Action(_label(tier), commands.UPGRADE.name, tier.name, style="good") for tier in sold)
        mine = "" if asked.incoming.place.shared else "".join(_mine(tier, until) for tier, until in held.items())
        return Answer(mine + persona.say(_UPGRADE, tiers=tiers), actions=actions)
    tier = _sold(persona, name)
    if tier is None:
        return Answer(_NO_SUCH)
    if _platform(asked) != "telegram":
        return Answer(_ELSEWHERE)
    described = tier.description or persona.say("What {name} keeps for supporters.")
    return Answer(_line(tier), invoice=Invoice(tier.name, described, payload(tier), tier.stars or 0, not tier.days))


def _mine(tier: str, until: datetime) -> str:
    return f"You're in **{tier}** until {_day(until)}.\n\n"


def _line(tier: Tier) -> str:
    description = f": {tier.description}" if tier.description else ""
    return f"- **{tier.name}** ({_price(tier)}){description}"


def _named(tier: Tier) -> str:
    return f"- **{tier.name}**{f': {tier.description}' if tier.description else ''}"


def _platform(asked: Asked) -> str:
    return asked.actor.account.partition(":")[0]


def _price(tier: Tier) -> str:
    return f"{tier.stars} Stars for {tier.days} days" if tier.days else f"{tier.stars} Stars a month"


def _label(tier: Tier) -> str:
    price = f" · {tier.stars} ⭐"
    return f"{tier.name[: 40 - len(price)]}{price}"


# ── help and refunds ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Help:
    """What requests for help are brought with."""

    cases: Cases
    fans: Fans
    switchboard: Switchboard
    outbox: Outbox
    pace: Pace = field(default_factory=partial(Pace, REQUESTS))


async def support(shop: Shop, help_: Help, asked: Asked) -> Answer:
    """Help with a payment: a report to the creator, with the payments that it may be about."""
    persona, actor = asked.persona, asked.actor
    if asked.incoming.place.shared:
        return Answer(_IN_PRIVATE, refused=True)
    paid = await shop.books.of(asked.avatar, actor.account, actor.person)
    payments = "".join(f"\n- {_told(one)}" for one in paid[:_SHOWN])
    listed = f"\n\nYour payments:{payments}\n" if payments else ""
    words = " ".join(neutralise(clean(asked.incoming.argument, _LONGEST_WORDS)).split())
    if not words:
        return Answer(persona.say(_WHAT, payments=listed))
    if not help_.pace.admits(actor.name, now=asked.now):
        return Answer(_TOO_MANY, refused=True)
    await _report(help_, asked, words, paid[:_SHOWN])
    return Answer(persona.say(_SUPPORT, payments=listed))


async def _report(help_: Help, asked: Asked, words: str, paid: Sequence[Purchase]) -> None:
    """Open a case, and bring it to the desk if there is one."""
    actor, place = asked.actor, asked.incoming.place
    numbers = ", ".join(str(one.number) for one in paid) or "none"
    person = Person(_platform(asked), actor.person, neutralise(clean(asked.incoming.sender.name, 64)))
    reason = f"/paysupport (payments {numbers}): {words}"
    case = await help_.cases.add(
        Case(asked.avatar, "report", person, "", actor.name, reason, asked.now, place=place.key)
    )
    desk = DESK.of(await help_.switchboard.controls(asked.avatar), place)
    if desk is None:
        return
    text = _BROUGHT.format(number=case.number, name=person.name, words=words, payments=numbers)
    actions = (
        Action("I answer them", commands.TAKE.name, actor.person),
        *(Action(f"Pay back {one.number}", commands.REFUND.name, str(one.number)) for one in _open(paid)),
        Action("Close the case", commands.CLOSE.name, str(case.number)),
    )
    fan = await help_.fans.find(asked.avatar, actor.account, actor.person)
    await help_.outbox.post(
        asked.avatar, Post(desk, text, actions=actions, key=f"case:{case.number}", fan=fan), now=asked.now
    )


def _open(paid: Sequence[Purchase]) -> Sequence[Purchase]:
    """Those that can still be paid back."""
    return [one for one in paid if one.refunded_at is None]


def _told(bought: Purchase) -> str:
    back = f", paid back on {_day(bought.refunded_at)}" if bought.refunded_at else ""
    return f"{bought.number}: {bought.tier}, {bought.amount} Stars on {_day(bought.paid_at)}{back}"


async def refund(shop: Shop, asked: Asked) -> Answer:
    """Pay a fan's Stars back. Done twice it is done once: the platform knows the charge."""
    given = str(asked.values.get("payment", asked.incoming.argument)).strip().removeprefix("#")
    number = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0  # noqa: PLR2004 - digits
    bought = await shop.books.find(asked.avatar, number) if number else None
    if bought is None:
        return Answer(_NOT_FOUND)
    if bought.refunded_at is not None:
        return Answer(_BEFORE.format(number=number, day=_day(bought.refunded_at)))
    register = shop.register(bought.account)
    if register is None:
        return Answer(_NO_REGISTER.format(number=number))
    try:
        await register.pay_back(bought.person, bought.charge)
    except ChannelUnavailable as exc:
        log.warning("shop.refund.unavailable", number=number, reason=str(exc))
        return Answer(_LATER)
    except ChannelRejected as exc:
        return Answer(_REFUSED.format(reason=exc))
    await shop.refunded(bought.account, bought.charge, at=asked.now)
    renewal = _ENDS if bought.renews else ""
    change = Change(f"payment {number}", "paid", "paid back")
    return Answer(_BACK.format(number=number, amount=bought.amount, renewal=renewal), change=change)


def _day(when: datetime) -> str:
    return f"{when:%Y-%m-%d}"
