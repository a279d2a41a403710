"""The way to speak on Telegram."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import ChatMigrated, TelegramError

from adapters.telegram import render
from adapters.telegram.business import Connections
from adapters.telegram.buttons import keyboard
from adapters.telegram.errors import core_error, is_unchanged, mended
from adapters.telegram.wire import Flooded, ready
from core.errors import ChannelRejected, ChannelUnavailable, FanUnreachable
from core.model import Abilities, Outgoing, Place

log = structlog.get_logger()

_ATTEMPTS = 4  # a call as asked, and once more for each change that ``mended`` knows
_NO_PREVIEW = {"is_disabled": True}  # of links: Telegram would fetch whatever address a model wrote
_TYPING_LASTS = 5.0  # seconds
_PRIVATE_INTERVAL = 1.0  # seconds between previews; about one call a second is allowed per chat
_GROUP_INTERVAL = 3.0  # 20 messages and edits a minute


class TelegramChannel:
    """Speaks as one bot. A chat that answered 429 is left alone for as long as it asked for.

    Meanwhile ``send`` and ``edit`` raise ``ChannelUnavailable`` with the time left, and ``typing`` and
    ``draft``, which nobody misses, do nothing. Other chats go on.

    Args:
        bot: Makes the calls.
        connections: The business accounts that it answers for.
        monotonic: Seconds that never run backwards.
    """

    def __init__(self, bot: Bot, connections: Connections, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._bot, self._connections = bot, connections
        self._monotonic = monotonic
        self._quiet_until: dict[int, float] = {}
        self._moved: dict[int, int] = {}  # groups that became supergroups, by their old id

    def abilities(self, place: Place) -> Abilities:
        """Limits are UTF-16 units of the rendered text. Drafts exist in private chats only."""
        return _SHARED if int(place.chat) < 0 else _BUSINESS if place.business else _PRIVATE

    async def typing(self, place: Place) -> None:
        """Show "typing…"; nothing while the chat must be left alone."""
        if not self._quiet_left(place):
            await self._call("sendChatAction", place, action=ChatAction.TYPING)

    async def send(self, place: Place, outgoing: Outgoing) -> str:
        """Send one message. Telegram has no idempotency key: ``outgoing.key`` is not used."""
        if not outgoing.text.strip():
            raise ChannelRejected("an empty text cannot be sent")
        reply = None
        if outgoing.reply_to is not None:
            reply = {"message_id": int(outgoing.reply_to), "allow_sending_without_reply": True}
        message = await self._call(
            "sendMessage",
            place,
            repeatable=False,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=reply,
            reply_markup=keyboard(outgoing.actions),
            **_shown(place, outgoing.text),
        )
        return str(message["message_id"])

    async def edit(self, place: Place, receipt: str, text: str) -> None:
        """Replace a message's text."""
        if not text.strip():
            raise ChannelRejected("a text cannot be replaced by an empty one")
        shown: dict[str, Any] = {"message_id": int(receipt), "link_preview_options": _NO_PREVIEW, **_shown(place, text)}
        await self._call("editMessageText", place, threaded=False, **shown)

    async def open_thread(self, place: Place, title: str) -> Place:
        """Open a topic, where the group is a forum and the bot may; elsewhere the chat itself is the place."""
        if not place.shared:
            return place
        try:
            topic = await self._call("createForumTopic", place, repeatable=False, threaded=False, name=title[:128])
        except ChannelRejected:
            log.info("telegram.topic.refused", chat=place.chat)
            return place
        return replace(place, thread=str(topic["message_thread_id"]))

    async def draft(self, place: Place, key: int, text: str) -> None:
        """Show a preview for 30 s (an empty text shows "Thinking…"); nothing while the chat must be left alone."""
        if not self.abilities(place).drafts:
            raise ChannelRejected("drafts exist in private chats only")
        if not self._quiet_left(place):
            await self._call("sendMessageDraft", place, draft_id=key, **_shown(place, text))

    async def _call(
        self,
        method: str,
        place: Place,
        *,
        repeatable: bool = True,
        threaded: bool = True,
        **arguments: Any,
    ) -> Any:
        """Make one call, in whosever name; an answer that an owner does not allow (any more) is thrown away."""
        if not place.business:
            return await self._insist(method, place, repeatable=repeatable, threaded=threaded, **arguments)
        try:
            await self._connections.require(place.business)
            return await self._insist(method, place, repeatable=repeatable, threaded=threaded, **arguments)
        except FanUnreachable:
            await self._connections.tell_owner(place.business)
            raise

    async def _insist(self, method: str, place: Place, *, repeatable: bool, threaded: bool, **arguments: Any) -> Any:
        """Make one call, changed where a refusal can be got around. None where an edit changed nothing."""
        if left := self._quiet_left(place):
            raise ChannelUnavailable("Telegram asked for a pause in this chat", retry_after=left)
        arguments["chat_id"] = self._chat(place)
        if threaded and place.thread:
            arguments["message_thread_id"] = int(place.thread)
        if place.business:
            arguments["business_connection_id"] = place.business
        for _ in range(_ATTEMPTS):
            try:
                return await self._post(method, arguments)
            except TelegramError as exc:
                if is_unchanged(exc):
                    return None
                self._note(arguments["chat_id"], exc)
                changed = mended(arguments, exc)
                if changed is None:
                    raise core_error(exc, repeatable=repeatable) from exc
                log.info("telegram.call.changed", chat=arguments["chat_id"], error=type(exc).__name__)
                arguments = changed
        raise ChannelRejected("Telegram refused every form of this call")

    async def _post(self, method: str, arguments: dict[str, Any]) -> Any:
        given = {name: value for name, value in arguments.items() if value is not None}
        return await self._bot.request.post(f"{self._bot.base_url}/{method}", ready(given))

    def _note(self, chat: int, exc: TelegramError) -> None:
        """Remember what an error says of the chat itself."""
        if isinstance(exc, ChatMigrated):
            self._moved[chat] = exc.new_chat_id
        if isinstance(exc, Flooded):
            now = self._monotonic()
            self._quiet_until = {chat: until for chat, until in self._quiet_until.items() if until > now}
            self._quiet_until[chat] = now + exc.retry_after
            log.warning("telegram.call.flood", chat=chat, retry_after=exc.retry_after)

    def _chat(self, place: Place) -> int:
        chat = int(place.chat)
        return self._moved.get(chat, chat)

    def _quiet_left(self, place: Place) -> float:
        """Seconds for which this place's chat must be left alone."""
        until = self._quiet_until.get(self._chat(place))
        return 0.0 if until is None else max(0.0, until - self._monotonic())


def _shown(place: Place, markdown: str) -> dict[str, Any]:
    rendered = render.render(markdown, shared=int(place.chat) < 0)
    return {"text": rendered.text, "entities": [one.to_dict() for one in rendered.entities] or None}


_PRIVATE = Abilities(
    text_limit=render.TEXT_LIMIT,
    measure=partial(render.measure, shared=False),
    drafts=True,
    edits=True,
    preview_interval=_PRIVATE_INTERVAL,
    typing_lasts=_TYPING_LASTS,
    actions=True,
)
_BUSINESS = Abilities(
    text_limit=render.TEXT_LIMIT,
    measure=partial(render.measure, shared=False),
    edits=True,
    preview_interval=_PRIVATE_INTERVAL,
    typing_lasts=_TYPING_LASTS,
    actions=True,
)
_SHARED = Abilities(
    text_limit=render.TEXT_LIMIT,
    measure=partial(render.measure, shared=True),
    edits=True,
    preview_interval=_GROUP_INTERVAL,
    typing_lasts=_TYPING_LASTS,
    actions=True,
    threads=True,
)
