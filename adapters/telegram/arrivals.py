"""All that an update can bring, in the words of the core or of this adapter. Pure: no clock, no network, no state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from telegram import BusinessConnection, CallbackQuery, Message, PreCheckoutQuery, Update

from adapters.telegram.menus import NOUNS
from adapters.telegram.translate import (
    Identity,
    Retraction,
    Revision,
    command_of,
    nowhere,
    person_of,
    place_of,
    sender_of,
    to_incoming,
    to_retractions,
    to_revision,
    written,
)
from core.model import Incoming, Place, Sender
from core.payments import Order, Payment


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button."""

    query: str  # Telegram's id of the press, to answer it by
    sender: Sender
    data: str  # what the button carried; it may be forged
    place: Place | None  # where; None: under a message that Telegram does not show to the bot (any more)
    message: int = 0  # the one that the button is under


@dataclass(frozen=True, slots=True)
class Noun:
    """A command's first word alone."""

    asked: Incoming
    noun: str

    @property
    def place(self) -> Place:
        """Where."""
        return self.asked.place


@dataclass(frozen=True, slots=True)
class Spoken:
    """The owner of a business account wrote there in person."""

    place: Place
    message: str
    text: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """A business account, and what the bot may do for it."""

    id: str
    owner: str  # the owner's user id
    chat: int  # of the owner's private chat with the bot
    enabled: bool
    can_reply: bool


@dataclass(frozen=True, slots=True)
class Checkout:
    """Somebody is about to pay, and Telegram asks whether that is right."""

    query: str
    person: str
    order: Order


@dataclass(frozen=True, slots=True)
class Paid:
    """Somebody has paid."""

    place: Place
    message: str
    payment: Payment


@dataclass(frozen=True, slots=True)
class Refunded:
    """Somebody was paid back."""

    place: Place
    charge: str
    at: datetime


Arrival = Incoming | Revision | Retraction | Press | Noun | Spoken | Connection | Checkout | Paid | Refunded


def arrivals(update: Update, me: Identity, hears: Callable[[Place], bool] = nowhere) -> list[Arrival]:
    """All that an update brings, in its order. ``hears``: see ``core.ports.Intake``."""
    if update.callback_query:
        return [to_press(update.callback_query, me)]
    if update.pre_checkout_query:
        return [to_checkout(update.pre_checkout_query)]
    if update.business_connection:
        return [to_connection(update.business_connection)]
    message = update.message or update.business_message
    if message and (found := _money(message, me) or _spoken(message, me)):
        return [found]
    if (incoming := to_incoming(update, me, hears)) is not None:
        noun = command_of(message)[0] if message and not incoming.command else ""
        return [Noun(incoming, noun)] if noun in NOUNS else [incoming]
    revision = to_revision(update, me)
    return [revision] if revision else list(to_retractions(update, me))


def to_press(query: CallbackQuery, me: Identity) -> Press:
    """A press of a button."""
    under = query.message
    sender, data = person_of(query.from_user), query.data or ""
    if isinstance(under, Message) and under.is_accessible:
        return Press(query.id, sender, data, place_of(under, me.account), under.message_id)
    return Press(query.id, sender, data, None)


def to_checkout(query: PreCheckoutQuery) -> Checkout:
    """A question whether an order is right."""
    order = Order(query.invoice_payload, query.currency, query.total_amount)
    return Checkout(query.id, str(query.from_user.id), order)


def to_connection(connection: BusinessConnection) -> Connection:
    """A business account as it is now."""
    rights = connection.rights
    return Connection(
        connection.id,
        str(connection.user.id),
        connection.user_chat_id,
        enabled=connection.is_enabled,
        can_reply=bool(rights and rights.can_reply),
    )


def _money(message: Message, me: Identity) -> Paid | Refunded | None:
    place = place_of(message, me.account)
    if (back := message.refunded_payment) is not None:
        return Refunded(place, back.telegram_payment_charge_id, message.date)
    paid = message.successful_payment
    if paid is None or message.from_user is None:
        return None
    who = sender_of(message)
    order = Order(paid.invoice_payload, paid.currency, paid.total_amount)
    until = paid.subscription_expiration_date
    payment = Payment(paid.telegram_payment_charge_id, who.id, who.name, order, message.date, until)
    return Paid(place, str(message.message_id), payment)


def _spoken(message: Message, me: Identity) -> Spoken | None:
    """What an owner wrote by hand: not the bot in their name, nor what Telegram sends while they are away."""
    if not message.business_connection_id or message.from_user is None or message.from_user.id == message.chat.id:
        return None
    if message.sender_business_bot or message.is_from_offline:
        return None
    return Spoken(place_of(message, me.account), str(message.message_id), written(message)[0], message.date)
