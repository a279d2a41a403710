"""What the fake Telegram remembers: people, chats, messages, drafts and updates not yet confirmed."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Payload = dict[str, Any]

_MARKUP = re.compile(r"(?<!\w)(?:(?P<mention>@\w{2,32})|(?P<bot_command>/\w{1,32}(?:@\w+)?)|(?P<url>https?://\S+))")
NOT_BY_DEFAULT = frozenset(("chat_member", "message_reaction", "message_reaction_count"))


class ApiError(Exception):
    """A refusal as the Bot API words it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def detected(text: str) -> list[Payload]:
    """The entities that Telegram finds by itself in what a person types."""
    return [
        {"type": match.lastgroup, "offset": units(text[: match.start()]), "length": units(match[0])}
        for match in _MARKUP.finditer(text)
    ]


@dataclass(slots=True)
class Message:
    """One message as the chat shows it now, and how it looked before."""

    chat: Chat
    id: int
    by_bot: bool
    payload: Payload
    at: float  # monotonic seconds
    shown: list[tuple[float, str]] = field(default_factory=list)  # every text it ever had
    deleted: bool = False

    @property
    def text(self) -> str:
        """What it says now."""
        return str(self.payload.get("text") or self.payload.get("caption") or "")

    @property
    def entities(self) -> list[Payload]:
        """How it is formatted now."""
        return list(self.payload.get("entities", []))

    @property
    def reply_to(self) -> int | None:
        """Id of the message it answers."""
        origin = self.payload.get("reply_to_message")
        return origin["message_id"] if origin else None

    @property
    def buttons(self) -> list[Payload]:
        """What can be pressed under it now."""
        rows = (self.payload.get("reply_markup") or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def markup(self, keyboard: Payload | None) -> None:
        """Replace what can be pressed."""
        self.payload.pop("reply_markup", None)
        if keyboard:
            self.payload["reply_markup"] = keyboard

    @property
    def thread(self) -> int | None:
        """Id of its topic."""
        return self.payload.get("message_thread_id")


@dataclass(slots=True)
class Press:
    """A button that somebody pressed, and what they saw then."""

    id: str
    at: float  # monotonic seconds
    answered: bool = False
    text: str = ""
    alert: bool = False  # a window to be closed, not a line that fades
    url: str = ""
    took: float = 0.0  # seconds until it was answered


@dataclass(slots=True)
class Draft:
    """One preview that a fan saw."""

    id: int
    text: str
    at: float
    entities: list[Payload] = field(default_factory=list)
    thread: int | None = None


@dataclass(slots=True)
class Chat:
    """A private chat, a group or a business chat."""

    id: int
    payload: Payload
    ids: Iterator[int]
    business: str = ""
    messages: dict[int, Message] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    topics: dict[int, str] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None  # what every call gets: blocked, kicked, closed
    migrated_to: int | None = None
    owner: int | None = None  # of a group
    administrators: set[int] = field(default_factory=set)  # other people than the owner
    started: bool = True  # a bot cannot write first
    quiet_for_a_day: bool = False  # a business chat in which the other side has not written lately

    @property
    def said(self) -> list[Message]:
        """The bot's messages that are still there, in order."""
        return [message for message in self.messages.values() if message.by_bot and not message.deleted]

    @property
    def texts(self) -> list[str]:
        """What the bot's messages say now."""
        return [message.text for message in self.said]


@dataclass(slots=True)
class WebhookState:
    """Where updates are delivered, and how that went."""

    url: str = ""
    secret: str = ""
    last_error: str = ""
    last_error_at: int = 0


class Updates:
    """The queue of one bot: kept until confirmed, filtered on arrival, delivered to one poller at a time."""

    def __init__(self, *, first_id: int = 500_000) -> None:
        self._ids = itertools.count(first_id)
        self._pending: dict[int, Payload] = {}
        self._allowed: frozenset[str] | None = None
        self._arrived = asyncio.Event()
        self._poller: asyncio.Future[None] | None = None

    @property
    def pending(self) -> list[Payload]:
        """What is not confirmed, oldest first."""
        return list(self._pending.values())

    def allow(self, kinds: Sequence[str] | None) -> None:
        """Set which kinds are kept from now on; None leaves that as it is, nothing means the default."""
        if kinds is not None:
            self._allowed = frozenset(kinds) or None

    def add(self, kind: str, payload: Payload) -> None:
        """Keep an update and wake whoever waits."""
        if kind not in self._allowed if self._allowed is not None else kind in NOT_BY_DEFAULT:
            return
        update_id = next(self._ids)
        self._pending[update_id] = {"update_id": update_id, kind: payload}
        self._arrived.set()

    def repeat(self, update: Payload) -> None:
        """Deliver an update once more under a new id, as Telegram may."""
        update_id = next(self._ids)
        self._pending[update_id] = {**update, "update_id": update_id}
        self._arrived.set()

    def confirm(self, offset: int) -> None:
        """Forget everything before an offset; a negative one counts from the end."""
        if offset < 0:
            offset = next(iter(list(self._pending)[offset:]), 0)
        for update_id in [known for known in self._pending if known < offset]:
            del self._pending[update_id]

    async def poll(self, *, offset: int, limit: int, timeout: float) -> list[Payload]:  # noqa: ASYNC109 - the API's own parameter
        """Answer at once if there is anything, else hold on; the poll before this one is cut off with 409."""
        self.confirm(offset)
        if self._poller and not self._poller.done():
            self._poller.set_exception(
                ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
            )
        if not self._pending and timeout > 0:
            await self._wait(timeout)
        return list(itertools.islice(self._pending.values(), limit))

    async def wait(self) -> Payload:
        """The oldest update, once there is one."""
        while not self._pending:
            self._arrived.clear()
            await self._arrived.wait()
        return next(iter(self._pending.values()))

    async def _wait(self, seconds: float) -> None:
        self._arrived.clear()
        cut_off: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poller = cut_off
        arrived = asyncio.ensure_future(self._arrived.wait())
        try:
            await asyncio.wait((arrived, cut_off), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            arrived.cancel()
            if not cut_off.done():
                cut_off.cancel()
        if not cut_off.cancelled():
            cut_off.result()


def now() -> int:
    """Unix time in seconds, as the Bot API dates everything."""
    return int(time.time())
