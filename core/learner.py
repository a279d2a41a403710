"""The learner: beside the engine, when there is time, it has what fans have told turned into memories.

It never holds up an answer. What it could not finish, it or another learner does again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from core.errors import ModelRejected, ModelUnavailable, StorageUnavailable
from core.learning import Taught, study
from core.memories import Lessons
from core.memory import Lesson
from core.model import AvatarId, Completion, ConversationId, Prompt
from core.ports import ChatModel, Clock

log = structlog.get_logger()

EVERY = 30.0  # seconds between two looks for what is due
PATIENCE = 30.0  # seconds for which a question waits for the model to have time; then it is asked all the same
GLANCE = 0.25  # seconds between two looks whether it has
DEADLINE = 480.0  # seconds for one lesson; the database holds it for ten minutes
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)  # after a failure; doubled each time
MOST_TRIES = 6  # of one lesson; then only what was said in so many words is learned from it
FORGIVEN = timedelta(days=1)  # after which a failure does not count any more
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def _never() -> bool:
    return False


@dataclass(slots=True)
class _Trouble:
    """Failures in a row, and until when to wait."""

    times: int = 0
    until: datetime = LONG_AGO

    def again(self, now: datetime) -> None:
        """Note another failure."""
        self.until = now + min(FIRST_WAIT * 2 ** min(self.times, 10), LONGEST_WAIT)
        self.times += 1


@dataclass(slots=True)
class _Class:
    """What one avatar learns with."""

    avatar: AvatarId
    model: ChatModel | None
    room: int
    outage: _Trouble = field(default_factory=_Trouble)


@dataclass(slots=True)
class Counts:
    """What a learner has done so far."""

    lessons: int = 0  # kept
    facts: int = 0  # kept
    dropped: int = 0  # proposals of the model that the messages did not bear out
    unusable: int = 0  # questions that the model gave no usable answer to
    forgotten: int = 0  # lessons whose fan had them forgotten meanwhile
    failed: int = 0  # tries that ended in a failure
    skipped: int = 0  # lessons that the model was given up on


class Learner:
    """Turns what fans have told into memories, for all avatars that it is told of.

    Args:
        lessons: What there is to be learned from.
        clock: Wall time.
        busy: Whether a model has fans to answer; then learning waits, but not for ever.
        at_once: Lessons that may be under way at a time.
        every: Seconds between two looks for what is due.
    """

    def __init__(
        self,
        *,
        lessons: Lessons,
        clock: Clock,
        busy: Callable[[], bool] = _never,
        at_once: int = 1,
        every: float = EVERY,
    ) -> None:
        self.counts = Counts()
        self._lessons, self._clock, self._busy, self._every = lessons, clock, busy, every
        self._gate = asyncio.Semaphore(at_once)
        self._classes: dict[AvatarId, _Class] = {}
        self._failed: dict[ConversationId, _Trouble] = {}

    def teach(self, avatar: AvatarId, model: ChatModel | None, *, room: int) -> None:
        """From now on learn for this avatar, or with another model.

        Args:
            avatar: Whose conversations.
            model: What reads them; None, where it is too weak: only what fans say in so many words is learned.
            room: Tokens that the model can read and write together.
        """
        self._classes[avatar] = _Class(avatar, model and _Unhurried(model, self._quiet), room)

    async def run(self) -> None:
        """Learn until cancelled; what is under way then is done again by whoever comes next."""
        while True:
            await self.once()
            await asyncio.sleep(self._every)

    async def once(self) -> int:
        """Learn what is due now; the number of lessons kept. No failure is raised."""
        before, now = self.counts.lessons, self._clock.now()
        self._failed = {where: one for where, one in self._failed.items() if one.until + FORGIVEN > now}
        async with asyncio.TaskGroup() as tasks:
            for one in tuple(self._classes.values()):
                tasks.create_task(self._attend(one))
        return self.counts.lessons - before

    async def _attend(self, one: _Class) -> None:
        """All lessons of one avatar that are due."""
        try:
            due = await self._lessons.due(one.avatar, now=self._clock.now())
        except StorageUnavailable as exc:
            log.warning("learner.due.failed", avatar=one.avatar, reason=str(exc))
            return
        async with asyncio.TaskGroup() as tasks:
            for where in due:
                tasks.create_task(self._safely(one, where))

    async def _safely(self, one: _Class, where: ConversationId) -> None:
        async with self._gate:
            now, before = self._clock.now(), self._failed.get(where, _Trouble())
            if max(one.outage.until, before.until) <= now:
                await self._guarded(one, where)

    async def _guarded(self, one: _Class, where: ConversationId) -> None:
        try:
            await self._lesson(one, where)
        except StorageUnavailable as exc:
            log.warning("learner.storage.failed", conversation=where, reason=str(exc))
        except Exception:
            self._note_failure(where)
            log.exception("learner.lesson.broken", conversation=where)

    async def _lesson(self, one: _Class, where: ConversationId) -> None:
        lesson = await self._lessons.take(where, now=self._clock.now())
        taught = await self._studied(one, lesson) if lesson else None
        if lesson is None or taught is None:
            return
        kept = await self._lessons.keep(lesson, taught.facts, taught.summary, now=self._clock.now())
        self._failed.pop(where, None)
        self._count(taught, kept=kept)
        log.info("learner.lesson", conversation=where, kept=kept, facts=len(taught.facts), dropped=taught.dropped)

    async def _studied(self, one: _Class, lesson: Lesson) -> Taught | None:
        """What comes of a lesson; None if it failed and is to be tried again later."""
        try:
            async with asyncio.timeout(DEADLINE):
                taught = await study(lesson, one.model, room=one.room, now=self._clock.now())
        except (ModelUnavailable, ModelRejected, TimeoutError) as exc:
            return await self._failing(one, lesson, exc)
        one.outage = _Trouble()
        return taught

    async def _failing(self, one: _Class, lesson: Lesson, exc: Exception) -> Taught | None:
        one.outage.again(self._clock.now())
        tries = self._note_failure(lesson.conversation)
        log.warning("learner.lesson.failed", conversation=lesson.conversation, tries=tries, reason=str(exc))
        if tries < MOST_TRIES:
            return None
        self.counts.skipped += 1
        return await study(lesson, None, room=one.room, now=self._clock.now())

    def _note_failure(self, where: ConversationId) -> int:
        self.counts.failed += 1
        trouble = self._failed.setdefault(where, _Trouble())
        trouble.again(self._clock.now())
        return trouble.times

    def _count(self, taught: Taught, *, kept: bool) -> None:
        self.counts.dropped += taught.dropped
        self.counts.unusable += taught.unusable
        self.counts.lessons += kept
        self.counts.forgotten += not kept
        self.counts.facts += len(taught.facts) if kept else 0

    async def _quiet(self) -> None:
        """Wait while fans are being answered, but not for ever."""
        for _ in range(int(PATIENCE / GLANCE)):
            if not self._busy():
                return
            await asyncio.sleep(GLANCE)


class _Unhurried:
    """A model that is only asked when it has time."""

    def __init__(self, model: ChatModel, quiet: Callable[[], Awaitable[None]]) -> None:
        self._model, self._quiet = model, quiet

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """See ``core.ports.ChatModel``."""
        await self._quiet()
        async with aclosing(self._model.stream(prompt)) as pieces:
            async for piece in pieces:
                yield piece
