"""What arrived, on its way to the core."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import structlog
from telegram import Bot, Update

from adapters.telegram import translate
from adapters.telegram.at_once import AtOnce
from adapters.telegram.translate import Identity, Retraction, Revision
from core.commands import AT_ONCE
from core.model import Incoming
from core.ports import Intake

log = structlog.get_logger()

Arrival = Incoming | Revision | Retraction


class Reception(asyncio.Queue[object]):
    """Hands updates to the core.

    It stands where python-telegram-bot expects a queue: ``put`` returns when the update is stored, and only
    then is the webhook's request answered.
    """

    def __init__(self, intake: Intake, me: Identity, bot: Bot, at_once: AtOnce) -> None:
        super().__init__()
        self._intake = intake
        self._me = me
        self._bot = bot
        self._at_once = at_once

    async def put(self, item: object) -> None:
        """Take one update."""
        assert isinstance(item, Update)
        await self._tell(translate.arrivals(item, self._me))

    async def take(self, batch: Sequence[dict[str, Any]]) -> None:
        """Take a batch of payloads; returns when all of it is stored. Chats go side by side, each in its order."""
        chats: defaultdict[str, list[Arrival]] = defaultdict(list)
        for payload in batch:
            for arrival in self._read(payload):
                chats[arrival.place.chat].append(arrival)
        *others, last = chats.values() or [[]]
        if not others:  # as it mostly is: a task would only be a detour
            await self._tell(last)
            return
        async with asyncio.TaskGroup() as side_by_side:
            for arrivals in chats.values():
                side_by_side.create_task(self._tell(arrivals))

    def _read(self, payload: dict[str, Any]) -> list[Arrival]:
        try:
            return translate.arrivals(Update.de_json(payload, self._bot), self._me)
        except Exception as exc:  # noqa: BLE001 - whatever it is, Telegram would send it again for ever
            log.error("telegram.update.unreadable", update=payload.get("update_id"), error=type(exc).__name__)
            return []

    async def _tell(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            match arrival:
                case Incoming() if arrival.command in AT_ONCE:
                    await self._at_once.answer(arrival)
                case Incoming():
                    await self._intake.accept(arrival)
                case Revision():
                    await self._intake.revise(arrival.place, arrival.message, arrival.text)
                case Retraction():
                    await self._intake.retract(arrival.place, arrival.message)
