"""Telegram's errors in the core's words, and which refusals a changed request gets around."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from adapters.telegram.wire import Flooded, Unanswered
from core.errors import (
    ChannelRejected,
    ChannelUnavailable,
    DeliveryAmbiguous,
    FanUnreachable,
    NotFound,
    StagedoorError,
)

_NOT_FOR_US = ("business connection not found", "business_connection", "business_peer")  # it is off, or out of time
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")


def core_error(exc: TelegramError, *, repeatable: bool) -> StagedoorError:
    """What the caller is told.

    Args:
        exc: The error as python-telegram-bot or ``wire`` raised it; a bare TelegramError is an answer
            that could not be read.
        repeatable: True for calls that may be done twice without harm (edits, drafts, typing): for them
            an answer that never came is only a failure to try again.
    """
    if not repeatable and (isinstance(exc, Unanswered) or type(exc) is TelegramError):
        return DeliveryAmbiguous(f"no usable answer: {exc.message}")
    if isinstance(exc, Forbidden):
        return FanUnreachable(exc.message)
    if isinstance(exc, BadRequest) and _says(exc, *_NOT_FOR_US):
        return FanUnreachable(exc.message)
    if isinstance(exc, BadRequest):
        return NotFound(exc.message) if _says(exc, *_GONE) else ChannelRejected(exc.message)
    retry_after = exc.retry_after if isinstance(exc, Flooded) else None
    return ChannelUnavailable(f"Telegram did not take the call: {type(exc).__name__}", retry_after=retry_after)


def mended(arguments: Mapping[str, Any], exc: TelegramError) -> dict[str, Any] | None:
    """The same call as it may succeed after this refusal; None where there is no such change.

    Each change removes its own cause, so a call is changed only a few times.
    """
    if isinstance(exc, ChatMigrated):
        return {**arguments, "chat_id": exc.new_chat_id}
    if not isinstance(exc, BadRequest):
        return None
    if arguments.get("entities") and _says(exc, "entit"):  # "can't parse entities", "ENTITY_BOUNDS_INVALID"
        return {**arguments, "entities": None}
    if arguments.get("message_thread_id") and _says(exc, "thread not found", "topic_deleted"):
        return {**arguments, "message_thread_id": None}
    return None


def is_unchanged(exc: TelegramError) -> bool:
    """True where an edit was refused because the message shows that text already."""
    return isinstance(exc, BadRequest) and _says(exc, "message is not modified")


def _says(exc: TelegramError, *phrases: str) -> bool:
    text = exc.message.lower()
    return any(phrase in text for phrase in phrases)
