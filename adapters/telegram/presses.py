"""Buttons that were pressed: each is a command, checked like one that is typed, and every press is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from telegram import Bot
from telegram.error import TelegramError

from adapters.telegram import buttons, render
from adapters.telegram.arrivals import Press
from adapters.telegram.at_once import SORRY, AtOnce
from core.model import Answer, Incoming, Place

log = structlog.get_logger()

QUICK = 2.0  # seconds for the answer to a press; then it is acknowledged, and the answer follows as a message
SLOW = 20.0  # seconds until a command is given up
LONGEST_TOAST = 200  # characters that an acknowledgement may have
_GLANCE = 60  # characters that are read while they fade
_NOT_MINE = "I don't know that button. Please give the command again."
_TOO_OLD = "These buttons are too old. Please give the command again."
_PRIVATELY = "I've written to you privately."


class Presses:
    """Answers presses.

    Args:
        at_once: Has commands carried out, and brings long answers to whom they are for.
        bot: Acknowledges.
        link: Opens the private chat with the bot.
        clock: Wall time.
    """

    def __init__(self, at_once: AtOnce, bot: Bot, *, link: str, clock: Callable[[], datetime]) -> None:
        self._at_once, self._bot, self._link, self._clock = at_once, bot, link, clock

    async def take(self, press: Press) -> None:
        """Answer a press. Nothing is raised: Telegram would send it again for ever."""
        try:
            command, argument = buttons.read(press.data)
            if press.place is None:
                await self._acknowledge(press, _TOO_OLD, alert=True)
            elif not command:
                log.info("telegram.press.unknown", chat=press.place.chat)
                await self._acknowledge(press, _NOT_MINE, alert=True)
            else:
                await self._obey(press, press.place, command, argument)
        except Exception as exc:  # noqa: BLE001 - see above
            log.error("telegram.press.failed", error=type(exc).__name__)
            await self._acknowledge(press, SORRY)

    async def _obey(self, press: Press, place: Place, command: str, argument: str) -> None:
        asked = Incoming(
            place,
            message=f"press:{press.query}",
            sender=press.sender,
            text=f"/{command} {argument}".rstrip(),
            sent_at=self._clock(),
            command=command,
            argument=argument,
            about=str(press.message),
        )
        work = asyncio.ensure_future(self._carried_out(asked))
        try:
            done, _ = await asyncio.wait({work}, timeout=QUICK)
            if not done:
                await self._acknowledge(press)
            answer = await work
        finally:
            work.cancel()
        if answer.change is not None:
            await self._settle(press, place)
        await self._answer(press, asked, answer, acknowledged=not done)

    async def _carried_out(self, asked: Incoming) -> Answer:
        try:
            async with asyncio.timeout(SLOW):
                return await self._at_once.obey(asked) or Answer(SORRY)
        except TimeoutError:
            return Answer(SORRY)

    async def _answer(self, press: Press, asked: Incoming, answer: Answer, *, acknowledged: bool) -> None:
        """A short answer fades in over the chat, for who pressed only; a longer one is a message to them."""
        short = render.render(answer.text, shared=False).text if answer.text else ""
        fits = len(short) <= LONGEST_TOAST and not (answer.actions or answer.files or answer.invoice)
        if fits and not acknowledged:
            await self._acknowledge(press, short, alert=answer.refused or len(short) > _GLANCE)
            return
        went = await self._at_once.say_alone(asked, answer) if answer.text else asked.place
        await self._at_once.hand_over(went, answer.files)
        if acknowledged:
            return
        if went is None:
            await self._acknowledge(press, url=self._link)
        else:
            await self._acknowledge(press, _PRIVATELY if asked.place.shared else "")

    async def _settle(self, press: Press, place: Place) -> None:
        """Take the buttons away: what they offered is done."""
        try:
            await self._bot.edit_message_reply_markup(
                int(place.chat), press.message, business_connection_id=place.business or None
            )
        except TelegramError as exc:
            log.info("telegram.press.not_settled", chat=place.chat, error=type(exc).__name__)

    async def _acknowledge(self, press: Press, text: str = "", *, alert: bool = False, url: str | None = None) -> None:
        """Tell Telegram that the press arrived; one that it has forgotten meanwhile needs that no more."""
        try:
            await self._bot.answer_callback_query(press.query, text=text or None, show_alert=alert, url=url)
        except TelegramError as exc:
            log.info("telegram.press.unacknowledged", error=type(exc).__name__)
