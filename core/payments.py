"""Payments: what is sold, what was paid, and the ports between the avatar, its platforms and the books.

A platform takes the money and names each payment by a charge. A charge is in the books once, however often it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.model import AccountId, AvatarId, FanId


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody is about to pay for, as the platform tells it."""

    payload: str  # of the invoice, as we made it
    currency: str  # "XTR" for Telegram Stars
    amount: int  # in the currency's smallest unit


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that a platform has taken."""

    charge: str  # the platform's id of it
    person: str  # the platform's id of who paid
    name: str  # as they call themselves
    order: Order
    paid_at: datetime
    until: datetime | None = None  # of a subscription: what was paid ends then, unless it is renewed


@dataclass(frozen=True, slots=True)
class Purchase:
    """One payment in the books."""

    number: int
    avatar: AvatarId
    account: AccountId
    person: str
    fan: FanId | None  # None: who had everything forgotten, and has not come back
    tier: str  # what it gives: a circle of fans; empty: nothing that the avatar knows
    until: datetime  # and until when
    charge: str
    amount: int
    currency: str
    paid_at: datetime
    renews: bool  # it is of a subscription
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Something from a platform's own shop that somebody has, as the platform tells it now."""

    id: str  # the platform's
    product: str  # the platform's id of what it is
    person: str  # the platform's id of who has it
    since: datetime
    until: datetime | None = None  # None: until the platform tells otherwise
    once: bool = False  # no subscription: where the circle that it gives lasts for some days, it does so from then on
    name: str = ""  # as they call themselves, where that is told


class Books(Protocol):
    """Keeps every payment for good. Each method is one transaction. Raises ``StorageUnavailable``."""

    async def add(
        self, avatar: AvatarId, account: AccountId, payment: Payment, *, tier: str, days: int
    ) -> tuple[Purchase | None, bool]:
        """Keep a payment; True if it was not known before. None: it was paid to another avatar, whose account it was.

        Args:
            avatar: Whose fan paid. Who never wrote to it becomes a fan by paying.
            account: To whom it was paid.
            payment: What the platform told.
            tier: What it is for.
            days: How long it gives that, where the platform does not say until when. It follows what was paid before.
        """

    async def find(self, avatar: AvatarId, number: int) -> Purchase | None:
        """The payment of this number."""

    async def of(self, avatar: AvatarId, account: AccountId, payer: str) -> Sequence[Purchase]:
        """All that somebody has paid to this account, newest first. Who has paid and was forgotten is a fan again."""

    async def refund(self, avatar: AvatarId, account: AccountId, charge: str, *, now: datetime) -> Purchase | None:
        """Note that a payment was paid back; None: no such payment. What was noted first stays."""

    async def paid_until(self, bought: Purchase) -> datetime | None:
        """Until when its buyer has paid for its tier, by all that was not paid back; None: by nothing any more."""


class Register(Protocol):
    """An account's side of the money."""

    async def pay_back(self, person: str, charge: str) -> None:
        """Pay a charge back; one that was paid back before is no error.

        Raises:
            ChannelUnavailable: Try again later.
            ChannelRejected: The platform refuses.
        """


class Till(Protocol):
    """What a platform adapter tells of money. A call returns when what it was told is safely stored.

    Raises ``StorageUnavailable``: then the adapter must not tell its platform that it was received.
    """

    async def approve(self, account: AccountId, person: str, order: Order) -> str:
        """Asked before the platform takes money: why it must not, in words for who pays; empty if it may."""

    async def paid(self, account: AccountId, payment: Payment) -> str:
        """Money was taken: what to say to who paid, in Markdown; empty if it was known before."""

    async def refunded(self, account: AccountId, charge: str, *, at: datetime) -> None:
        """Money was paid back, by whomever."""


class Members(Protocol):
    """Keeps who is in which circle of fans. Raises ``StorageUnavailable``."""

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
        """Put whoever holds something into a circle; what this source gave of it before is replaced.

        Who never wrote becomes a fan by it. A time that has passed ends it; None: until it is taken back.
        """


class Holdings(Protocol):
    """What a platform adapter tells of its platform's own shop. Raises ``StorageUnavailable``."""

    def products(self, account: AccountId) -> Sequence[str]:
        """What in the shop gives a circle of fans, by the platform's ids."""

    async def hold(self, account: AccountId, holding: Holding) -> bool:
        """Somebody holds something, or did until some time that has passed; it may be told again and again.

        Returns:
            False if it gives nothing any more.
        """
