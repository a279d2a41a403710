"""What arrived, on its way to the core."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from telegram import Bot, Update

from adapters.telegram import arrivals
from adapters.telegram.arrivals import Arrival, Checkout, Connection, Noun, Paid, Press, Refunded, Spoken
from adapters.telegram.at_once import AtOnce
from adapters.telegram.business import Connections
from adapters.telegram.presses import Presses
from adapters.telegram.till import StarTill
from adapters.telegram.translate import Identity, Retraction, Revision
from core.commands import AT_ONCE
from core.model import Incoming
from core.ports import Intake

log = structlog.get_logger()

HOLD = 2.0  # seconds for which whatever else arrives waits for a command


@dataclass(frozen=True, slots=True)
class Desk:
    """To whom arrivals are told."""

    intake: Intake
    at_once: AtOnce
    presses: Presses
    connections: Connections
    till: StarTill | None  # None: no payments are taken


class Reception(asyncio.Queue[object]):
    """Hands updates to the core.

    It stands where python-telegram-bot expects a queue: ``put`` returns when the update is stored, and only
    then is the webhook's request answered.

    Args:
        me: Who the bot is.
        bot: What payloads belong to.
        desk: To whom arrivals are told.
        clock: Wall time.
    """

    def __init__(self, me: Identity, bot: Bot, desk: Desk, *, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._me, self._bot, self._desk, self._clock = me, bot, desk, clock
        self._slow: set[asyncio.Task[None]] = set()

    async def put(self, item: object) -> None:
        """Take one update."""
        assert isinstance(item, Update)
        await self._tell(arrivals.arrivals(item, self._me, self._desk.intake.hears))

    async def take(self, batch: Sequence[dict[str, Any]]) -> None:
        """Take a batch of payloads; returns when all of it is stored. Chats go side by side, each in its order."""
        chats: defaultdict[str, list[Arrival]] = defaultdict(list)
        for payload in batch:
            for arrival in self._read(payload):
                if isinstance(arrival, Connection):  # before what was written there afterwards
                    self._desk.connections.note(arrival)
                else:
                    chats[_queue(arrival)].append(arrival)
        *others, last = chats.values() or [[]]
        if not others:  # as it mostly is: a task would only be a detour
            await self._tell(last)
            return
        async with asyncio.TaskGroup() as side_by_side:
            for told in chats.values():
                side_by_side.create_task(self._tell(told))

    async def close(self) -> None:
        """Give up what takes too long."""
        for task in self._slow:
            task.cancel()
        await asyncio.gather(*self._slow, return_exceptions=True)

    def _read(self, payload: dict[str, Any]) -> list[Arrival]:
        try:
            return arrivals.arrivals(Update.de_json(payload, self._bot), self._me, self._desk.intake.hears)
        except Exception as exc:  # noqa: BLE001 - whatever it is, Telegram would send it again for ever
            log.error("telegram.update.unreadable", update=payload.get("update_id"), error=type(exc).__name__)
            return []

    async def _tell(self, told: Sequence[Arrival]) -> None:
        for arrival in told:
            match arrival:
                case Incoming():
                    await self._hear(arrival)
                case Revision():
                    await self._desk.intake.revise(arrival.place, arrival.message, arrival.text)
                case Retraction():
                    await self._desk.intake.retract(arrival.place, arrival.message)
                case Press():
                    await self._promptly(self._desk.presses.take(arrival))
                case Noun():
                    await self._promptly(self._desk.at_once.explain(arrival))
                case Spoken():
                    await self._desk.intake.spoke(arrival.place, arrival.message, arrival.text, arrival.sent_at)
                case Connection():
                    self._desk.connections.note(arrival)
                case Checkout() | Paid() | Refunded() if self._desk.till is not None:
                    await _settle(self._desk.till, arrival)

    async def _hear(self, incoming: Incoming) -> None:
        place = incoming.place
        if place.business and not await self._desk.connections.answers(place.business, incoming.sent_at, self._clock()):
            log.info("telegram.business.not_ours", chat=place.chat)
            return
        if incoming.command in AT_ONCE:
            await self._promptly(self._desk.at_once.answer(incoming))
        elif not await self._desk.at_once.welcome(incoming):
            await self._desk.intake.accept(incoming)

    async def _promptly(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for a command's answer, but not so long that a press or a payment would come too late."""
        task = asyncio.ensure_future(work)
        self._slow.add(task)
        task.add_done_callback(self._slow.discard)
        await asyncio.wait({task}, timeout=HOLD)


async def _settle(till: StarTill, arrival: Checkout | Paid | Refunded) -> None:
    match arrival:
        case Checkout():
            await till.check_out(arrival)
        case Paid():
            await till.paid(arrival)
        case Refunded():
            await till.refunded(arrival)


def _queue(arrival: Arrival) -> str:
    """What is told one after the other; a press and a question before a payment wait for nothing."""
    if isinstance(arrival, Press | Checkout):
        return f"query {arrival.query}"
    return "" if isinstance(arrival, Connection) else arrival.place.chat
