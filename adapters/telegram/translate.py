"""Telegram updates to the core's nouns. Pure: no clock, no network, no state."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from telegram import Message, MessageEntity, Update, User
from telegram.constants import ChatType

from core.commands import BY_NAME, START, find
from core.model import AccountId, Incoming, Place, Sender

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@(\w+))?", re.ASCII | re.IGNORECASE)

_ATTACHMENTS = (  # the order matters: an animation is a document too, a venue a location
    "animation",
    "audio",
    "sticker",
    "photo",
    "voice",
    "video",
    "video_note",
    "document",
    "venue",
    "location",
    "contact",
    "poll",
    "dice",
    "game",
    "story",
    "paid_media",
    "checklist",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is, so that it knows when it is spoken to."""

    account: AccountId
    user_id: int
    username: str
    names: tuple[str, ...] = ()  # what people call it in a group: "Maya"


@dataclass(frozen=True, slots=True)
class Revision:
    """A fan edited a message."""

    place: Place
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """A fan deleted a message."""

    place: Place
    message: str


def nowhere(_place: Place) -> bool:
    """No place is one in which everything is for the avatar."""
    return False


def to_incoming(update: Update, me: Identity, hears: Callable[[Place], bool] = nowhere) -> Incoming | None:
    """The message that an update brings for the avatar; None if there is none.

    In a group only what is addressed to the avatar counts, except in places that it ``hears``. Messages of bots, of
    the owner of a business account, automatic posts and service messages are none.
    """
    message = update.message or update.business_message
    if message is None or not _from_a_fan(message):
        return None
    name, addressee, argument = command_of(message)
    if addressee and addressee.lower() != me.username.lower():
        return None
    place = place_of(message, me.account)
    if place.shared and not addressee and not _is_addressed(message, me) and not hears(place):
        return None
    text, attachment = _text(message, me), _attachment(message)
    if not text and not attachment:
        return None
    command, argument = find(name, argument)
    return Incoming(
        place=place,
        message=str(message.message_id),
        sender=sender_of(message),
        text=text,
        sent_at=message.date,
        command=command,
        argument=_argument(command, argument),
        attachment=attachment,
        about=_about(message) if command in BY_NAME else "",
    )


def to_revision(update: Update, me: Identity) -> Revision | None:
    """The edit that an update tells of; whether the message was known is for the core to say."""
    message = update.edited_message or update.edited_business_message
    if message is None or not _from_a_fan(message):
        return None
    text = _text(message, me)
    return Revision(place_of(message, me.account), str(message.message_id), text) if text else None


def to_retractions(update: Update, me: Identity) -> Iterator[Retraction]:
    """The messages that were deleted (Telegram tells of those in business chats only)."""
    deleted = update.deleted_business_messages
    if deleted is None:
        return
    place = Place(me.account, str(deleted.chat.id), business=deleted.business_connection_id)
    for message_id in deleted.message_ids:
        yield Retraction(place, str(message_id))


def _from_a_fan(message: Message) -> bool:
    if message.is_automatic_forward or message.sender_business_bot:
        return False
    if message.business_connection_id:  # the chat's id is the fan's: anybody else there is the owner
        return message.from_user is not None and message.from_user.id == message.chat.id
    if message.sender_chat:  # a person who writes as their channel, or as an anonymous admin
        return message.chat.type in {ChatType.GROUP, ChatType.SUPERGROUP}
    return message.from_user is not None and not message.from_user.is_bot


def place_of(message: Message, account: AccountId) -> Place:
    """Where a message is."""
    shared = message.chat.type != ChatType.PRIVATE
    return Place(
        account=account,
        chat=str(message.chat.id),
        thread=str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else "",
        business=message.business_connection_id or "",
        shared=shared,
        community=str(message.chat.id) if shared else "",  # a group with all its topics
    )


def sender_of(message: Message) -> Sender:
    """Who wrote a message."""
    if message.sender_chat:  # as the group itself write only its administrators, when they want to be anonymous
        chat = message.sender_chat
        return Sender(str(chat.id), chat.title or "", moderator=chat.id == message.chat.id)
    assert message.from_user is not None  # _from_a_fan looked
    return person_of(message.from_user)


def person_of(user: User) -> Sender:
    """Somebody who writes as themselves."""
    return Sender(str(user.id), user.full_name, user.language_code or "")


def _attachment(message: Message) -> str:
    return next((kind for kind in _ATTACHMENTS if getattr(message, kind)), "")


def written(message: Message) -> tuple[str, Sequence[MessageEntity]]:
    """What was written, and its entities, whether as text or as a caption."""
    if message.text:
        return message.text, message.entities
    return message.caption or "", message.caption_entities


def command_of(message: Message) -> tuple[str, str, str]:
    """Name, the bot it is for if it names one, and argument of the command a message begins with."""
    text, entities = written(message)
    if not any(entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 for entity in entities):
        return "", "", ""
    match = _COMMAND.match(text)
    if match is None:
        return "", "", ""
    return match[1].lower(), match[2] or "", text[match.end() :].strip()


def _argument(name: str, argument: str) -> str:
    """What of an argument counts."""
    if name == START.name:
        return argument if _PAYLOAD.fullmatch(argument) else ""
    return argument if name else ""


def _about(message: Message) -> str:
    """The message that this one answers; in a topic every message "answers" the one that opened it."""
    origin = message.reply_to_message
    return "" if origin is None or origin.forum_topic_created else str(origin.message_id)


def _is_addressed(message: Message, me: Identity) -> bool:
    return _is_reply_to(message, me) or any(_mentions(message, me)) or _is_named(written(message)[0], me.names)


def _is_reply_to(message: Message, me: Identity) -> bool:
    """In a topic every message "replies" to the one that opened it, which may be the bot's own."""
    origin = message.reply_to_message
    if origin is None or origin.from_user is None or origin.forum_topic_created:
        return False
    return origin.from_user.id == me.user_id


def _mentions(message: Message, me: Identity) -> Iterator[tuple[int, int]]:
    """Where a message mentions the bot: start and end in UTF-16 units."""
    text, entities = written(message)
    for entity in entities:
        start, end = entity.offset, entity.offset + entity.length
        by_id = entity.user is not None and entity.user.id == me.user_id
        if by_id or (
            entity.type == MessageEntity.MENTION and _slice(text, start, end).lower() == f"@{me.username}".lower()
        ):
            yield start, end


def _is_named(text: str, names: Sequence[str]) -> bool:
    """Whether a text begins or ends with one of the names as a whole word ("Maya, …", not "Maya's …")."""
    if not names:
        return False
    name = "|".join(re.escape(name) for name in names)
    pattern = rf"^[^\w@]*(?:{name})(?![\w'’-])|(?<![\w@'’-])(?:{name})\W*$"  # noqa: RUF001 - people type it
    return re.search(pattern, text.strip(), re.IGNORECASE) is not None


def _text(message: Message, me: Identity) -> str:
    """What was written, without the bot's own mention; a bare mention stays, since it is all there is."""
    text, _ = written(message)
    rest = text
    for start, end in sorted(_mentions(message, me), reverse=True):
        before, after = _slice(rest, 0, start), _slice(rest, end, None)
        rest = f"{before.rstrip()} {after.lstrip(' ')}" if before.strip() else after.lstrip(" ,:;-–—")  # noqa: RUF001
    match = _COMMAND.match(rest)
    if match and match[2] and match[2].lower() == me.username.lower():
        rest = f"/{match[1]}{rest[match.end() :]}"
    return rest.strip() or text.strip()


def _slice(text: str, start: int, end: int | None) -> str:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[2 * start : None if end is None else 2 * end].decode("utf-16-le", "replace")
