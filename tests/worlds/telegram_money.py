"""Telegram Stars in the fake: invoices, payments, renewals, refunds and the record of all of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.worlds.telegram_state import ApiError, Message, Payload, now

if TYPE_CHECKING:
    from tests.worlds.telegram import FakeTelegram
    from tests.worlds.telegram_people import Person

MONTH = 2_592_000  # seconds
DEAREST_SUBSCRIPTION = 10_000  # Stars
_STARS = "XTR"


@dataclass(slots=True)
class Bill:
    """Something that can be paid."""

    title: str
    payload: str
    amount: int
    monthly: bool = False


@dataclass(slots=True)
class Asked:
    """A question before a payment, and its answer."""

    id: str
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    ok: bool = False
    problem: str = ""


class Purse:
    """What people pay the bot."""

    def __init__(self, world: FakeTelegram) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self.links: dict[str, Bill] = {}
        self.bills: dict[tuple[int, int], Bill] = {}  # by chat and message
        self.asked: dict[str, Asked] = {}
        self.charges: dict[str, Payload] = {}  # by charge: what was told of the payment, and "person"
        self.refunded: set[str] = set()
        self.transactions: list[Payload] = []

    def bill_of(self, message: Message) -> Bill:
        """What a message asks to be paid: by its own button, or behind its link."""
        own = self.bills.get((message.chat.id, message.id))
        return own or self.links[next(button["url"] for button in message.buttons if "url" in button)]

    async def pays(self, person: Person, bill: Bill, *, deadline: float = 10.0) -> str:
        """Somebody pays; the charge, or why the bot refused.

        Raises:
            TimeoutError: The bot did not answer in time, and nothing was paid.
        """
        asked = Asked(f"pcq{next(self._numbers)}")
        self.asked[asked.id] = asked
        query = {"id": asked.id, "from": person.payload, **_priced(bill)}
        self._world.updates.add("pre_checkout_query", query)
        async with asyncio.timeout(deadline):
            await asked.answer.wait()
        if not asked.ok:
            return asked.problem
        extra: Payload = {}
        if bill.monthly:
            extra = {"is_recurring": True, "is_first_recurring": True, "subscription_expiration_date": now() + MONTH}
        return self.take(person, bill, extra)

    def renews(self, person: Person, bill: Bill, *, until: int) -> str:
        """Telegram takes the next month's payment: no question is asked."""
        return self.take(person, bill, {"is_recurring": True, "subscription_expiration_date": until})

    def take(self, person: Person, bill: Bill, extra: Payload | None = None) -> str:
        """Money is taken, and the bot told so."""
        charge = f"stx{next(self._numbers)}"
        told = {
            **_priced(bill),
            "telegram_payment_charge_id": charge,
            "provider_payment_charge_id": "",
            **(extra or {}),
        }
        self.charges[charge] = {**told, "person": person.id}
        partner: Payload = {"type": "user", "transaction_type": "invoice_payment", "user": person.payload}
        partner |= {"invoice_payload": bill.payload} | ({"subscription_period": MONTH} if bill.monthly else {})
        self.transactions.append({"id": charge, "amount": bill.amount, "date": now(), "source": partner})
        message = self._world.post(person.chat, person.payload, {"successful_payment": told})
        self._world.updates.add("message", message.payload)
        return charge

    def pay_back(self, person_id: int, charge: str) -> None:
        """Pay a charge back.

        Raises:
            ApiError: As Telegram refuses it.
        """
        told = self.charges.get(charge)
        if told is None or told["person"] != person_id:
            raise ApiError(400, "Bad Request: CHARGE_NOT_FOUND")
        if charge in self.refunded:
            raise ApiError(400, "Bad Request: CHARGE_ALREADY_REFUNDED")
        self.refunded.add(charge)
        chat = self._world.chats[person_id, ""]
        kept = ("currency", "total_amount", "invoice_payload", "telegram_payment_charge_id")
        back = {name: told[name] for name in kept}
        partner = {"type": "user", "transaction_type": "invoice_payment", "user": self._person(person_id)}
        self.transactions.append({"id": charge, "amount": told["total_amount"], "date": now(), "receiver": partner})
        message = self._world.post(chat, self._person(person_id), {"refunded_payment": back})
        self._world.updates.add("message", message.payload)

    def _person(self, person_id: int) -> Payload:
        return next(one for one in self._world.people if one["id"] == person_id)


def _priced(bill: Bill) -> Payload:
    return {"currency": _STARS, "total_amount": bill.amount, "invoice_payload": bill.payload}


class Money:
    """The Bot API's methods about Stars."""

    def __init__(self, world: FakeTelegram) -> None:
        self._world = world
        self.table: dict[str, Callable[[Payload], Awaitable[Any]]] = {
            "sendinvoice": self._send_invoice,
            "createinvoicelink": self._create_invoice_link,
            "answerprecheckoutquery": self._answer_pre_checkout_query,
            "refundstarpayment": self._refund_star_payment,
            "getstartransactions": self._get_star_transactions,
        }

    async def _send_invoice(self, params: Payload) -> Payload:
        chat = self._world.chats.get((int(params["chat_id"]), ""))
        if chat is None or not chat.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        if chat.refusal:
            raise ApiError(*chat.refusal)
        bill = _checked(params)
        shown = {"title": bill.title, "description": params["description"], "start_parameter": ""}
        shown |= {"currency": _STARS, "total_amount": bill.amount}
        message = self._world.post(chat, self._world.me, {"invoice": shown}, by_bot=True)
        self._world.purse.bills[chat.id, message.id] = bill
        return message.payload

    async def _create_invoice_link(self, params: Payload) -> str:
        bill = _checked(params)
        link = f"https://t.me/$fake{len(self._world.purse.links)}"
        self._world.purse.links[link] = bill
        return link

    async def _answer_pre_checkout_query(self, params: Payload) -> bool:
        asked = self._world.purse.asked.get(str(params["pre_checkout_query_id"]))
        if asked is None or asked.answer.is_set():
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        asked.ok = params.get("ok") in {True, "true"}
        asked.problem = str(params.get("error_message") or "")
        if not asked.ok and not asked.problem:
            raise ApiError(400, "Bad Request: error message is empty")
        asked.answer.set()
        return True

    async def _refund_star_payment(self, params: Payload) -> bool:
        self._world.purse.pay_back(int(params["user_id"]), str(params["telegram_payment_charge_id"]))
        return True

    async def _get_star_transactions(self, params: Payload) -> Payload:
        offset, limit = int(params.get("offset") or 0), int(params.get("limit") or 100)
        return {"transactions": self._world.purse.transactions[offset : offset + limit]}


def _checked(params: Payload) -> Bill:
    """What a call asks to be paid.

    Raises:
        ApiError: As Telegram refuses it.
    """
    title, description, payload = (str(params.get(name) or "") for name in ("title", "description", "payload"))
    if not 1 <= len(title) <= 32 or not 1 <= len(description) <= 255 or not 1 <= len(payload.encode()) <= 128:
        raise ApiError(400, "Bad Request: invoice title, description or payload is of the wrong length")
    if params.get("currency") != _STARS:
        raise ApiError(400, "Bad Request: CURRENCY_INVALID")
    prices = params["prices"]
    if len(prices) != 1 or not int(prices[0]["amount"]) >= 1:
        raise ApiError(400, "Bad Request: STARS_INVOICE_INVALID")
    period = int(params.get("subscription_period") or 0)
    amount = int(prices[0]["amount"])
    if period and (period != MONTH or amount > DEAREST_SUBSCRIPTION):
        raise ApiError(400, "Bad Request: SUBSCRIPTION_PERIOD_INVALID")
    return Bill(title, payload, amount, monthly=bool(period))
