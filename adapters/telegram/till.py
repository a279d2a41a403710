"""Payments in Telegram Stars: invoices, the question before each payment, what was paid, and paying back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from telegram import Bot, LabeledPrice, StarTransaction, TransactionPartnerUser
from telegram.error import BadRequest, TelegramError

from adapters.telegram.arrivals import Checkout, Paid, Refunded
from adapters.telegram.buttons import linked
from adapters.telegram.errors import core_error
from core.errors import StagedoorError
from core.model import AccountId, Invoice, Outgoing, Place
from core.payments import Order, Payment, Till
from core.ports import Channel

log = structlog.get_logger()

STARS = "XTR"
PAGE = 100  # transactions
MONTH = timedelta(days=30)  # the only length of a subscription that Telegram knows
_PATIENCE = 8.0  # seconds; Telegram waits ten before it calls the payment off
_NOT_NOW = "That could not be checked just now. Nothing was paid: please try again in a moment."
_PAY = "Pay {amount} Stars a month"
_SUBSCRIBE = "{title}: {description}\n\n{amount} Stars a month, renewed until you end it in Settings, My Stars."
_PAID_BACK = "charge_already_refunded"


class StarTill:
    """One bot's side of the money.

    Args:
        account: Whose.
        bot: Makes the calls.
        channel: Speaks.
        till: Decides, and keeps the books.
    """

    def __init__(self, account: AccountId, bot: Bot, channel: Channel, till: Till) -> None:
        self._account, self._bot, self._channel, self._till = account, bot, channel, till

    async def check_out(self, checkout: Checkout) -> None:
        """Say whether Telegram may take the money; not, where that cannot be told in time."""
        try:
            async with asyncio.timeout(_PATIENCE):
                problem = await self._till.approve(self._account, checkout.person, checkout.order)
        except Exception as exc:  # noqa: BLE001 - whatever it is, no money must be taken then
            log.error("telegram.checkout.failed", error=type(exc).__name__)
            problem = _NOT_NOW
        try:
            await self._bot.answer_pre_checkout_query(checkout.query, ok=not problem, error_message=problem or None)
        except TelegramError as exc:  # too late: then nothing was paid
            log.warning("telegram.checkout.unanswered", error=type(exc).__name__)

    async def paid(self, paid: Paid) -> None:
        """Keep a payment, then thank for it."""
        thanks = await self._till.paid(self._account, paid.payment)
        if not thanks:
            return
        try:
            await self._channel.send(paid.place, Outgoing(thanks, key=""))
        except StagedoorError as exc:  # it is in the books, and Telegram has shown a receipt
            log.warning("telegram.paid.not_thanked", error=type(exc).__name__)

    async def refunded(self, refunded: Refunded) -> None:
        """Keep that a payment was paid back."""
        await self._till.refunded(self._account, refunded.charge, at=refunded.at)

    async def catch_up(self) -> None:
        """Book what was paid and never told: Telegram forgets updates after a day, but no transaction."""
        offset = 0
        while True:
            page = (await self._bot.get_star_transactions(offset=offset, limit=PAGE)).transactions
            for one in page:
                if (payment := booked(one)) is not None:
                    await self._till.paid(self._account, payment)
                elif isinstance(one.receiver, TransactionPartnerUser):  # a refund, under the payment's own id
                    await self._till.refunded(self._account, one.id, at=one.date)
            if len(page) < PAGE:
                return
            offset += PAGE


def booked(transaction: StarTransaction) -> Payment | None:
    """The payment by invoice that a transaction is; None: it is something else, such as a refund or a gift."""
    payer = transaction.source
    if not isinstance(payer, TransactionPartnerUser) or payer.transaction_type != "invoice_payment":
        return None
    order = Order(payer.invoice_payload or "", STARS, int(transaction.amount))
    period = payer.subscription_period
    length = timedelta(seconds=period) if isinstance(period, int) else period
    until = transaction.date + length if length else None
    return Payment(transaction.id, str(payer.user.id), payer.user.full_name, order, transaction.date, until)


class StarRegister:
    """See ``core.payments.Register``; and the way to show an invoice.

    Args:
        bot: Makes the calls.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def pay_back(self, person: str, charge: str) -> None:
        """See ``core.payments.Register``."""
        try:
            await self._bot.refund_star_payment(int(person), charge)
        except TelegramError as exc:
            if isinstance(exc, BadRequest) and _PAID_BACK in exc.message.lower():
                return
            raise core_error(exc, repeatable=True) from exc

    async def show(self, place: Place, invoice: Invoice) -> None:
        """Send an invoice into a private chat: a subscription as a link, since Telegram sells those in no other way.

        Raises:
            ChannelUnavailable: Nothing happened; it may work later.
            DeliveryAmbiguous: It may have been sent.
            ChannelRejected: It cannot be sent there.
        """
        try:
            await (self._subscription(place, invoice) if invoice.monthly else self._once(place, invoice))
        except TelegramError as exc:
            raise core_error(exc, repeatable=False) from exc

    async def _once(self, place: Place, invoice: Invoice) -> None:
        title, description = _described(invoice)
        prices = [LabeledPrice(title, invoice.amount)]
        thread = int(place.thread) if place.thread else None
        await self._bot.send_invoice(
            int(place.chat), title, description, invoice.payload, STARS, prices, message_thread_id=thread
        )

    async def _subscription(self, place: Place, invoice: Invoice) -> None:
        title, description = _described(invoice)
        prices = [LabeledPrice(title, invoice.amount)]
        link = await self._bot.create_invoice_link(
            title, description, invoice.payload, STARS, prices, subscription_period=MONTH
        )
        await self._bot.send_message(
            int(place.chat),
            _SUBSCRIBE.format(title=title, description=description, amount=invoice.amount),
            message_thread_id=int(place.thread) if place.thread else None,
            reply_markup=linked(_PAY.format(amount=invoice.amount), link),  # type: ignore[arg-type] # a plain object will do
        )


def _described(invoice: Invoice) -> tuple[str, str]:
    """Title and description, as long as Telegram shows them."""
    return invoice.title[:32], invoice.description[:255]
