"""Accept, wake, work, stop: messages go into the database first, and every conversation is worked on its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from core import commands, review, rights
from core.avatar import Avatar
from core.briefing import Mind
from core.commands import Audience
from core.errors import FanUnreachable, StorageUnavailable
from core.model import AccountId, Announcement, Answer, Claim, ConversationId, Incoming, Place
from core.ports import Bus, Channel, Clock, Content, Corrections, Inbox, Leases, Turns
from core.text import clean, clean_name, neutralise
from core.turn import Attempt, Stage, command, play
from core.wish import Rights

log = structlog.get_logger()

T = TypeVar("T")

LONGEST_MESSAGE = 8000  # characters kept of one message; no platform's fan types more in earnest
SWEEP_EVERY = 5.0  # seconds between two looks for what an announcement missed
RENEW_EVERY = 20.0  # seconds; a third of a lease
NOT_KNOWN_YET = sys.maxsize  # while a claim is being made, what arrives may be in it
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
        corrections: Replies that were put right.
        content: Where what was put right is found again.
        rights: What fans' rights are served with.
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
        corrections: Corrections,
        content: Content,
        rights: Rights,
        bus: Bus,
        clock: Clock,
        most_restarts: int = 8,
    ) -> None:
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._inbox, self._turns, self._leases, self._bus, self._clock = inbox, turns, leases, bus, clock
        self._mind, self._most_restarts = mind, most_restarts
        self._corrections, self._content, self._rights = corrections, content, rights
        self._stages: dict[AccountId, Stage] = {}
        self._creators: dict[AccountId, frozenset[str]] = {}
        self._working: dict[ConversationId, _Work] = {}
        self._stopping = False

    def connect(self, account: AccountId, avatar: Avatar, channel: Channel, *, creators: Collection[str] = ()) -> None:
        """From now on this account speaks as this avatar through this channel.

        Args:
            account: Who speaks.
            avatar: As whom.
            channel: How.
            creators: The platform's ids of those who may put its replies right.
        """
        self._creators[account] = frozenset(creators)
        self._stages[account] = Stage(avatar, channel, self._inbox, self._turns, self._mind, self._clock)

    def switch(self, avatar: Avatar) -> None:
        """From its next turn on, every account that speaks as this avatar speaks as it is now."""
        for account, stage in self._stages.items():
            if stage.avatar.id == avatar.id:
                self._stages[account] = replace(stage, avatar=avatar)

    @property
    def busy(self) -> bool:
        """Whether fans are being answered just now."""
        return bool(self._working)

    # ── what adapters tell (the port Intake) ─────────────────────────────────────────────────────

    async def accept(self, incoming: Incoming) -> bool:
        """See ``core.ports.Intake``."""
        news = await self._store(incoming)
        if news is not None:
            await self._bus.announce(news)
        return news is not None

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
        if (audience := commands.RESTRICTED.get(incoming.command)) is not None:
            return await self._review(stage.avatar, incoming, audience)
        if incoming.command in commands.RIGHTS:
            return await rights.answer(self._rights, stage.avatar.id, incoming, now=self._clock.now())
        if incoming.command == commands.RESET.name:
            await self._insist(lambda: self._inbox.reset(incoming.place, incoming.message, now=self._clock.now()))
        text, _ = await command(stage, incoming.place, incoming.command)
        return Answer(text)

    async def _review(self, avatar: Avatar, asked: Incoming, audience: Audience) -> Answer:
        """Look at a reply or put it right, for who may: what a platform's menus show or hide counts for nothing."""
        if not self._may(asked, audience):
            account, chat, sender = asked.place.account, asked.place.chat, asked.sender.id
            log.warning("engine.command.refused", command=asked.command, account=account, chat=chat, sender=sender)
            return review.refusal(avatar, audience)
        if asked.command == commands.WHY.name:
            return await review.why(avatar, self._mind.receipts, asked)
        now = self._clock.now()
        return await review.revise(avatar, self._mind.receipts, self._corrections, self._content, asked, now=now)

    def _may(self, asked: Incoming, audience: Audience) -> bool:
        if asked.sender.id in self._creators[asked.place.account]:
            return True
        return audience is Audience.MODERATORS and asked.sender.moderator

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
        """Find what no announcement told: after a start, a lost worker, a quiet window that has passed."""
        while True:
            try:
                for conversation in await self._leases.due(self._stages.keys(), now=self._clock.now()):
                    if conversation not in self._working:
                        self._wake(Announcement(conversation))
            except StorageUnavailable as exc:
                log.warning("engine.sweep.failed", reason=str(exc))
            await asyncio.sleep(SWEEP_EVERY)

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
            more = await self._turns.finish(claim, now=self._clock.now())
        work.restarts = work.restarts + 1 if work.attempt.interrupted else 0
        return more
