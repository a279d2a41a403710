"""Commands that are answered at once and not by a turn: typed ones here, pressed ones in ``presses``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import structlog
from telegram import Bot, ChatMember
from telegram.error import TelegramError

from adapters.telegram import business, menus
from adapters.telegram.arrivals import Noun
from adapters.telegram.till import StarRegister
from core.commands import BY_NAME, START
from core.control import Rank
from core.errors import ChannelRejected, StagedoorError, Unavailable
from core.model import Answer, File, Incoming, Outgoing, Place, Sender
from core.ports import Channel, Intake
from core.split import split

log = structlog.get_logger()

SORRY = "Sorry, that did not work just now. Please try again in a moment."
PRIVATELY = "I've answered you privately."
NO_CHAT = "I answer that in private, and you have not opened a chat with me yet: press Start [there]({url})."
ANONYMOUS = "I answer that in private, and an anonymous administrator has no chat with me: give it as yourself."
DONE = "Done. "

KNOWN_FOR = 60.0  # seconds for which it is taken as known who keeps order
REFUSED_EVERY = 60.0  # seconds between two refusals to the same person in the same chat
PATIENCE = 10.0  # seconds for one command
FILE_PATIENCE = 60.0  # seconds for one file
_KEEP_ORDER = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})


class AtOnce:
    """Says who keeps order in a group, has the core decide and answer, and brings the answer to whom it is for.

    What is for moderators only goes into their own chat with the bot: in the group stands no more than that.

    Args:
        intake: Decides and answers.
        bot: Asks who keeps order.
        channel: Speaks.
        register: Shows invoices.
        link: Opens the private chat with the bot.
        creators: Ids of those whose avatar it is.
        monotonic: Seconds that never run backwards.
    """

    def __init__(
        self,
        intake: Intake,
        bot: Bot,
        channel: Channel,
        *,
        register: StarRegister,
        link: str,
        creators: Collection[str] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._intake, self._bot, self._channel, self._register = intake, bot, channel, register
        self._creators = frozenset(creators)
        self._link = link
        self._moderators = _Lasting(KNOWN_FOR, monotonic)
        self._refused = _Lasting(REFUSED_EVERY, monotonic)

    async def answer(self, incoming: Incoming) -> None:
        """Answer a command. Nothing is raised: Telegram would send it again for ever."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self.obey(incoming)
                if answer is None:
                    await self._say(incoming.place, Answer(SORRY), incoming.message)
                    return
                answer = self._once(incoming, answer)
                where = await self.say(incoming, answer)
            await self.hand_over(where, answer.files)
        except Exception as exc:  # noqa: BLE001 - see above
            log.error("telegram.command.failed", chat=incoming.place.chat, error=type(exc).__name__)

    async def explain(self, noun: Noun) -> None:
        """Say how a noun's verbs are used: no secret, and no right. Nothing is raised, as above."""
        asked = noun.asked
        try:
            async with asyncio.timeout(PATIENCE):
                await self._privately(asked, menus.usage(noun.noun, buttons=not asked.place.shared))
        except Exception as exc:  # noqa: BLE001 - as above
            log.error("telegram.command.failed", chat=asked.place.chat, error=type(exc).__name__)

    async def welcome(self, incoming: Incoming) -> bool:
        """See to a creator who opens the chat, or who comes from one of their own; True: that was all."""
        place = incoming.place
        if incoming.command != START.name or not self._is_creator(incoming) or place.shared or place.business:
            return False
        await menus.offer_all(self._bot, incoming.sender.id)
        answer = business.opened(incoming)
        if answer is None:
            return False
        try:
            await self.say(incoming, answer)
        except StagedoorError as exc:
            log.warning("telegram.welcome.failed", error=type(exc).__name__)
        return True

    async def obey(self, incoming: Incoming) -> Answer | None:
        """Have the core carry a command out, and tell it who keeps order there; None: that can't be done just now."""
        try:
            if BY_NAME[incoming.command].audience > Rank.FAN and not self._is_creator(incoming):
                incoming = replace(incoming, sender=await self._attested(incoming.place, incoming.sender))
            return await self._intake.command(incoming)
        except (TelegramError, Unavailable) as exc:
            log.warning("telegram.command.unavailable", chat=incoming.place.chat, error=type(exc).__name__)
            return None

    async def say(self, incoming: Incoming, answer: Answer) -> Place | None:
        """Bring an answer to whoever asked; where it went, None if nowhere."""
        place = incoming.place
        privileged = incoming.command in BY_NAME and BY_NAME[incoming.command].audience > Rank.FAN
        if answer.text and not answer.refused and (privileged or answer.invoice):
            return await self._privately(incoming, answer)
        await self._say(place, answer, incoming.message)
        return place

    def _is_creator(self, incoming: Incoming) -> bool:
        return incoming.sender.id in self._creators

    def _once(self, incoming: Incoming, answer: Answer) -> Answer:
        if not answer.refused:
            return answer
        whom = (incoming.place.chat, incoming.sender.id)
        if self._refused.get(whom):
            return Answer("", refused=True)
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

    async def _privately(self, incoming: Incoming, answer: Answer) -> Place | None:
        """Answer in the private chat of whoever asked, and say so where they did."""
        where = await self.say_alone(incoming, answer, reply_to=incoming.message)
        if not incoming.place.shared:
            return where
        hint = PRIVATELY if where else ANONYMOUS if int(incoming.sender.id) < 0 else NO_CHAT.format(url=self._link)
        done = DONE if answer.change and not where else ""
        await self._say(incoming.place, Answer(done + hint), incoming.message)
        return where

    async def say_alone(self, incoming: Incoming, answer: Answer, *, reply_to: str | None = None) -> Place | None:
        """Answer nobody but whoever asked; where, or None if that can't be done."""
        place = incoming.place
        if not place.shared:
            await self._say(place, answer, reply_to)
            return place
        if int(incoming.sender.id) < 0:
            return None
        own = Place(place.account, incoming.sender.id)
        try:
            await self._say(own, answer)
        except ChannelRejected:  # it was never opened, or it is blocked
            return None
        return own

    async def _say(self, place: Place, answer: Answer, reply_to: str | None = None) -> None:
        if answer.invoice is not None and not place.business:
            await self._register.show(place, answer.invoice)
            return
        able = self._channel.abilities(place)
        parts = split(answer.text, limit=able.text_limit, measure=able.measure) if answer.text else []
        for number, part in enumerate(parts, 1):
            actions = answer.actions if number == len(parts) else ()
            await self._channel.send(place, Outgoing(part, key="", reply_to=reply_to or None, actions=actions))

    async def hand_over(self, place: Place | None, files: Sequence[File]) -> None:
        """Send files to where the answer went."""
        if place is None:
            return
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
            await self._say(place, Answer(SORRY))


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
