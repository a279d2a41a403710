"""Commands about a reply or about what is kept of a fan: answered in the chat at once, and not by a turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog
from telegram import Bot, ChatMember
from telegram.error import TelegramError

from core.commands import RESTRICTED
from core.errors import Unavailable
from core.model import Answer, File, Incoming, Outgoing, Place, Sender
from core.ports import Channel, Intake
from core.split import split

log = structlog.get_logger()

SORRY = "Sorry, that did not work just now. Please try again in a moment."
KNOWN_FOR = 60.0  # seconds for which it is taken as known who keeps order
REFUSED_EVERY = 60.0  # seconds between two refusals to the same person in the same chat
PATIENCE = 10.0  # seconds for one command: whatever else arrives waits for it
FILE_PATIENCE = 60.0  # seconds for one file
_KEEP_ORDER = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})


class AtOnce:
    """Says who keeps order in a group, has the core decide and answer, and sends the answer as a reply.

    Args:
        intake: Decides and answers.
        bot: Asks who keeps order.
        channel: Speaks.
        monotonic: Seconds that never run backwards.
    """

    def __init__(
        self, intake: Intake, bot: Bot, channel: Channel, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._intake, self._bot, self._channel = intake, bot, channel
        self._moderators = _Lasting(KNOWN_FOR, monotonic)
        self._refused = _Lasting(REFUSED_EVERY, monotonic)

    async def answer(self, incoming: Incoming) -> None:
        """Answer a command. Nothing is raised: Telegram would send it again for ever."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._answer(incoming)
                if answer.text:
                    await self._say(incoming, answer.text)
            await self._hand_over(incoming, answer.files)
        except Exception as exc:  # noqa: BLE001 - see above
            log.error("telegram.command.failed", chat=incoming.place.chat, error=type(exc).__name__)

    async def _answer(self, incoming: Incoming) -> Answer:
        """What to say; nothing to somebody who was refused a moment ago."""
        try:
            if incoming.command in RESTRICTED:
                incoming = replace(incoming, sender=await self._attested(incoming.place, incoming.sender))
            answer = await self._intake.command(incoming)
        except (TelegramError, Unavailable) as exc:
            log.warning("telegram.command.unavailable", chat=incoming.place.chat, error=type(exc).__name__)
            return Answer(SORRY)
        if not answer.refused:
            return answer
        whom = (incoming.place.chat, incoming.sender.id)
        if self._refused.get(whom):
            return Answer("")
        self._refused.put(whom, value=True)
        return answer

    async def _attested(self, place: Place, sender: Sender) -> Sender:
        """The sender, with Telegram's word on whether they keep order in this group."""
        if sender.moderator or not place.shared or int(sender.id) < 0:  # below 0 are channels and groups
            return sender
        whom = (place.chat, sender.id)
        known = self._moderators.get(whom)
        if known is None:
            member = await self._bot.get_chat_member(int(place.chat), int(sender.id))
            known = member.status in _KEEP_ORDER
            self._moderators.put(whom, value=known)
        return replace(sender, moderator=known)

    async def _say(self, incoming: Incoming, text: str) -> None:
        able = self._channel.abilities(incoming.place)
        for part in split(text, limit=able.text_limit, measure=able.measure):
            await self._channel.send(incoming.place, Outgoing(part, key="", reply_to=incoming.message))

    async def _hand_over(self, incoming: Incoming, files: Sequence[File]) -> None:
        place = incoming.place
        try:
            for file in files:
                async with asyncio.timeout(FILE_PATIENCE):
                    await self._bot.send_document(
                        int(place.chat),
                        file.content,
                        filename=file.name,
                        business_connection_id=place.business or None,
                        message_thread_id=int(place.thread) if place.thread else None,
                    )
        except (TelegramError, TimeoutError) as exc:
            log.warning("telegram.file.failed", chat=place.chat, error=type(exc).__name__)
            await self._say(incoming, SORRY)


class _Lasting:
    """What is taken as known for a while."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds, self._monotonic = seconds, monotonic
        self._known: dict[tuple[str, str], tuple[float, bool]] = {}

    def get(self, key: tuple[str, str]) -> bool | None:
        """The value, while it lasts."""
        until, value = self._known.get(key, (0.0, False))
        return value if self._monotonic() < until else None

    def put(self, key: tuple[str, str], *, value: bool) -> None:
        """Know this from now on, and forget what has run out."""
        now = self._monotonic()
        self._known = {key: known for key, known in self._known.items() if known[0] > now}
        self._known[key] = now + self._seconds, value
