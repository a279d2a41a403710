"""Accept, wake, work, stop: messages go into the database first, and every conversation is worked on its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import structlog

from core import commands
from core.avatar import Avatar
from core.briefing import Mind
from core.controls import Doors
from core.dispatch import Dispatch
from core.errors import FanUnreachable, StorageUnavailable
from core.model import AccountId, Announcement, Answer, Claim, ConversationId, Incoming, Place
from core.ports import Bus, Channel, Clock, Inbox, Leases, Turns
from core.reception import Reception
from core.screening import Screening
from core.text import clean, clean_name, neutralise
from core.turn import Attempt, Stage, command, play

log = structlog.get_logger()

T = TypeVar("T")

LONGEST_MESSAGE = 8000  # characters kept of one message; no platform's fan types more in earnest
SWEEP_EVERY = 5.0  # seconds between two looks for what an announcement missed
RENEW_EVERY = 20.0  # seconds; a third of a lease
NOT_KNOWN_YET = sys.maxsize  # while a claim is being made, what arrives may be in it
_IN_THE_TALK = "I'm on it: the answer comes in our conversation."
LONGEST_WAIT = 15.0  # seconds between two tries while the database does not answer


@dataclass(slots=True)
class _Work:
    """One conversation being worked."""

    task: asyncio.Task[None] | None = None
    attempt: Attempt = field(default_factory=Attempt)
    restarts: int = 0
    seen: int = 0  # the newest message that the turn under way holds
    news: list[Announcement] = field(default_factory=list)  # what came while a claim was being made

    @property
    def more(self) -> bool:
        """Whether there is something that the last claim did not hold."""
        return any(one.message is None or one.message > self.seen for one in self.news)


class Engine:
    """Takes messages in for all accounts and has every conversation answered, each in order, none waiting for another.

    Args:
        inbox: Where messages are kept.
        turns: Where turns are kept.
        leases: Who works on what.
        mind: Where what avatars know is looked up.
        dispatch: Has commands carried out.
        doors: Where turns look up who may be answered.
        reception: Keeps the desk.
        screening: Classifiers beside the rules; None: none.
        bus: Where due conversations are announced.
        clock: Wall time.
        most_restarts: How often a turn is begun again because the fan went on writing; then it is finished first.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        turns: Turns,
        leases: Leases,
        mind: Mind,
        dispatch: Dispatch,
        doors: Doors,
        reception: Reception,
        screening: Screening | None = None,
        bus: Bus,
        clock: Clock,
        most_restarts: int = 8,
    ) -> None:
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._inbox, self._turns, self._leases, self._bus, self._clock = inbox, turns, leases, bus, clock
        self._mind, self._most_restarts = mind, most_restarts
        self._dispatch, self._doors, self._reception = dispatch, doors, reception
        self._screening = screening or Screening()
        self._look = asyncio.Event()  # set: something may be due that nobody announces
        self._stages: dict[AccountId, Stage] = {}
        self._working: dict[ConversationId, _Work] = {}
        self._stopping = False

    def connect(self, account: AccountId, avatar: Avatar, channel: Channel, *, creators: Collection[str] = ()) -> None:
        """From now on this account speaks as this avatar through this channel.

        Args:
            account: Who speaks.
            avatar: As whom.
            channel: How.
            creators: The platform's ids of those whose avatar it is.
        """
        self._dispatch.appoint(account, creators)
        self._stages[account] = Stage(
            avatar,
            channel,
            self._inbox,
            self._turns,
            self._mind,
            self._clock,
            doors=self._doors,
            talks=self._reception.counter.talks,
            screening=self._screening,
            hurry=self._look.set,
        )
        self._reception.connect(account, avatar.id, avatar.persona, channel)

    def switch(self, avatar: Avatar) -> None:
        """From its next turn on, every account that speaks as this avatar speaks as it is now."""
        for account, stage in self._stages.items():
            if stage.avatar.id == avatar.id:
                self._stages[account] = replace(stage, avatar=avatar)
                self._reception.connect(account, avatar.id, avatar.persona, stage.channel)

    def speaker(self, account: AccountId) -> Avatar:
        """Who speaks as this account, as it is now."""
        return self._stages[account].avatar

    @property
    def busy(self) -> bool:
        """Whether fans are being answered just now."""
        return bool(self._working)

    # ── what adapters tell (the port Intake) ─────────────────────────────────────────────────────

    async def accept(self, incoming: Incoming) -> bool:
        """See ``core.ports.Intake``."""
        if self._reception.is_desk(incoming.place) and not incoming.command:
            await self._insist(lambda: self._pass_on(incoming))
            return True
        news = await self._store(incoming)
        if news is not None:
            await self._bus.announce(news)
        return news is not None

    async def _pass_on(self, incoming: Incoming) -> None:
        """A person at the desk has said something to a fan."""
        actor = await self._dispatch.actor(self._stages[incoming.place.account].avatar.id, incoming)
        said = replace(incoming, text=clean(incoming.text, LONGEST_MESSAGE))
        await self._reception.passes_on(said, actor, self._clock.now())
        self._look.set()

    def hears(self, place: Place) -> bool:
        """See ``core.ports.Intake``."""
        return self._reception.hears(place)

    async def answer(self, incoming: Incoming) -> bool:
        """Accept a message and return when its conversation has come to rest, whether or not it was answered."""
        news = await self._store(incoming)
        if news is None:
            return False
        self._wake(news)
        if (work := self._working.get(news.conversation)) is not None and work.task is not None:
            await asyncio.wait({work.task})
        return True

    async def _store(self, incoming: Incoming) -> Announcement | None:
        sender = replace(incoming.sender, name=neutralise(clean_name(incoming.sender.name)))
        text = neutralise(clean(incoming.text, LONGEST_MESSAGE))
        if not (text or incoming.command or incoming.attachment):
            return None
        message = replace(incoming, sender=sender, text=text)
        return await self._insist(lambda: self._inbox.accept(message, now=self._clock.now()))

    async def revise(self, place: Place, message: str, text: str) -> None:
        """See ``core.ports.Intake``."""
        cleaned = neutralise(clean(text, LONGEST_MESSAGE))
        news = await self._insist(lambda: self._inbox.revise(place, message, cleaned))
        if news is not None:
            await self._bus.announce(news)

    async def retract(self, place: Place, message: str) -> None:
        """See ``core.ports.Intake``."""
        news = await self._insist(lambda: self._inbox.retract(place, message))
        if news is not None:
            await self._bus.announce(news)

    async def command(self, incoming: Incoming) -> Answer:
        """See ``core.ports.Intake``."""
        stage = self._stages[incoming.place.account]
        if incoming.command in commands.AT_ONCE:
            answer = await self._dispatch.answer(stage.avatar.id, stage.avatar.persona, incoming)
            self._look.set()
            return answer
        if incoming.command == commands.HUMAN.name:
            await self.accept(incoming)
            return Answer(_IN_THE_TALK)
        if incoming.command == commands.RESET.name:
            await self._insist(lambda: self._inbox.reset(incoming.place, incoming.message, now=self._clock.now()))
        text, _ = await command(stage, incoming.place, incoming.command)
        return Answer(text)

    async def spoke(self, place: Place, message: str, text: str, sent_at: datetime) -> None:
        """See ``core.ports.Intake``."""
        said = clean(text, LONGEST_MESSAGE)
        now = max(sent_at, self._clock.now())
        await self._insist(lambda: self._reception.spoke(place, message, said, now))
        self._look.set()

    async def last_seen(self, account: AccountId) -> Mapping[str, str]:
        """See ``core.ports.Intake``."""
        return await self._insist(lambda: self._inbox.last_seen(account))

    async def _insist(self, write: Callable[[], Awaitable[T]]) -> T:
        """Repeat until the database takes it: meanwhile the platform keeps the update for us."""
        wait = 0.05
        while True:
            try:
                return await write()
            except StorageUnavailable as exc:
                log.error("engine.storage.unavailable", reason=str(exc), retry_in=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    # ── work ─────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Work until cancelled; ``stop`` first, to leave nothing half-way that could be finished."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._sweep())
            tasks.create_task(self._renew())

    async def stop(self, grace: float = 20.0) -> None:
        """Begin no new turn, give those under way some time, and let go of the rest: it is resumed at the next start.

        Args:
            grace: Seconds for the turns under way.
        """
        self._stopping = True
        tasks = [work.task for work in self._working.values() if work.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            await self._leases.release(self.worker)
        except StorageUnavailable as exc:
            log.warning("engine.release.failed", reason=str(exc))

    async def _listen(self) -> None:
        while True:
            self._wake(await self._bus.next())

    async def _sweep(self) -> None:
        """Find what no announcement told: after a start, a lost worker, a quiet window that has passed, a command."""
        while True:
            self._look.clear()
            try:
                await self._reception.look(self._clock.now())
                await self._sweep_once()
            except StorageUnavailable as exc:
                log.warning("engine.sweep.failed", reason=str(exc))
            except Exception:  # whatever is wrong at a desk, fans are answered
                log.exception("engine.sweep.broken")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_EVERY):  # wait_for can lose a cancellation before Python 3.12
                    await self._look.wait()

    async def _sweep_once(self) -> None:
        """Wake what is due; a turn whose conversation is due all the same was taken from this worker: give it up."""
        claimed = {where: work.attempt for where, work in self._working.items() if work.seen != NOT_KNOWN_YET}
        for where in await self._leases.due(self._stages.keys(), now=self._clock.now()):
            work = self._working.get(where)
            if work is None or claimed.get(where) is work.attempt:
                self._wake(Announcement(where))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                if self._working:
                    await self._leases.renew(self.worker, tuple(self._working), now=self._clock.now())
            except StorageUnavailable as exc:
                log.warning("engine.renew.failed", reason=str(exc))

    def _wake(self, news: Announcement) -> None:
        if self._stopping:
            return
        work = self._working.get(news.conversation)
        if work is None:
            work = self._working[news.conversation] = _Work()
            work.task = asyncio.create_task(self._drain(news.conversation, work))
            return
        work.news.append(news)
        if work.more and work.restarts < self._most_restarts:
            work.attempt.interrupt()

    async def _drain(self, conversation: ConversationId, work: _Work) -> None:
        """Play turn after turn until nothing is pending in this conversation.

        A turn that fails stays claimed and is taken up again when its lease has run out.
        """
        try:
            while not self._stopping:
                work.news, work.attempt, work.seen = [], Attempt(), NOT_KNOWN_YET
                claim = await self._turns.claim(conversation, self.worker, now=self._clock.now())
                if claim is None:
                    if not work.news:
                        break
                    continue
                work.seen = max((one.id for one in claim.pending), default=0)
                if work.more:
                    work.attempt.interrupt()
                if not await self._play(claim, work) and not work.more:
                    break
        except StorageUnavailable as exc:
            log.error("engine.turn.put_off", conversation=conversation, reason=str(exc))
        except Exception:
            log.exception("engine.turn.failed", conversation=conversation)
        finally:
            del self._working[conversation]

    async def _play(self, claim: Claim, work: _Work) -> bool:
        try:
            more = await play(self._stages[claim.place.account], claim, work.attempt)
        except FanUnreachable:
            log.info("engine.fan.unreachable", conversation=claim.conversation)
            await self._leases.unreachable(claim.turn)
            await self._reception.undelivered(claim, self._clock.now())
            more = await self._turns.finish(claim, now=self._clock.now())
        work.restarts = work.restarts + 1 if work.attempt.interrupted else 0
        return more
