"""Recall: what of a fan's facts, past messages and summary belongs to an answer.

For each conversation that is under way an index of its past is kept in memory. It is read once and from then on only
extended; what it finds is fetched again before it is used, so that nothing forgotten or changed is ever shown.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from core import recalling
from core.errors import ModelRejected, ModelUnavailable, StorageUnavailable
from core.memory import Episode, Fact, FactKind, Recollection
from core.model import AvatarId, Claim, ConversationId, MessageId

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.library.postings import Floats
    from adapters.library.recall_meaning import Meaning
    from adapters.library.recall_rank import Asked
    from adapters.library.remembered import Remembered
    from core.memories import Memory, MessageVectors
    from core.ports import Embedder

PAGE = 1000  # messages read at once
AT_ONCE = 32  # messages analysed without a thread
READ_AGAIN = 64  # of the last messages, since one with a smaller id may leave its window later
MOST_HELD = 512  # conversations with an index
OLDEST = 3600.0  # seconds after which an index is read anew, beside the talk: fans link accounts, places open up
PATIENCE = 1.5  # seconds that a first reading may keep a reply waiting; after that it goes on beside it
EMBEDDING_PATIENCE = 0.5  # seconds that the embedding of a question may take
BATCH = 64  # messages embedded at once
CANDIDATES = 40  # messages fetched for one answer
TALK = 3  # messages before the question that may say what it is about

FACTS_SHARE, SUMMARY_SHARE = 0.4, 0.25  # of the room, at most; what they leave is for messages
KINDS = tuple(FactKind)

log = structlog.get_logger()


@dataclass(slots=True)
class Held:
    """The index of one conversation."""

    index: Remembered
    meaning: Meaning
    read_at: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    embedding: bool = False


class Recall:
    """As ``core.memories.Recaller``.

    Args:
        memory: Keeps what is remembered.
        vectors: Keeps the embeddings of messages.
        embedder: None: words alone decide.
        languages: For which the embedder was made, as two-letter codes; empty: for all.
        names: What fans call an avatar.
        most: Conversations whose index is kept; the least lately used goes first.
        monotonic: Seconds that never run backwards.
    """

    def __init__(
        self,
        memory: Memory,
        vectors: MessageVectors,
        embedder: Embedder | None = None,
        *,
        languages: Collection[str] = (),
        names: Callable[[AvatarId], str] = str,
        most: int = MOST_HELD,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = memory
        self._vectors = vectors
        self._embedder = embedder
        self._languages = frozenset(languages)
        self._names = names
        self._most = most
        self._monotonic = monotonic
        self._held: OrderedDict[ConversationId, Held] = OrderedDict()
        self._reading: dict[ConversationId, asyncio.Task[None]] = {}
        self._beside: set[asyncio.Task[None]] = set()

    async def recall(self, claim: Claim, asked: str, *, room: int, now: datetime) -> Recollection:
        """As ``core.memories.Recaller``."""
        facts, summary, held = await asyncio.gather(
            self._memory.facts(claim), self._memory.summary(claim.conversation), self._up_to_date(claim)
        )
        from adapters.library.recall_facts import choose, related  # noqa: PLC0415 - as below

        episodes = await self._ranked(held, claim, asked, related(facts, asked), limit=CANDIDATES, now=now)
        names = {one.fan: one.name for one in claim.pending}
        kept = choose(facts, asked, names, room=int(room * FACTS_SHARE), now=now)
        left = room - recalling.cost(recalling.standing(Recollection(kept), names))
        text = recalling.shortened(summary.text, int(room * SUMMARY_SHARE)) if summary else ""
        left -= recalling.cost(recalling.passing(Recollection(summary=text)))
        return Recollection(kept, _fitting(episodes, left, kept), text)

    async def ranked(self, claim: Claim, asked: str, *, limit: int, now: datetime) -> Sequence[Episode]:
        """Past messages that belong to this, best first; empty while a long past is still being read.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        return await self._ranked(await self._up_to_date(claim), claim, asked, "", limit=limit, now=now)

    async def _ranked(
        self, held: Held | None, claim: Claim, asked: str, related: str, *, limit: int, now: datetime
    ) -> Sequence[Episode]:
        if held is None or not len(held.index):
            return ()
        from adapters.library.recall_rank import rank, read  # noqa: PLC0415 - numpy, for those who remember only
        from adapters.library.remembered import text_print  # noqa: PLC0415 - as above

        index = held.index
        talk = [one.text for one in claim.window[-TALK:]]
        asker = claim.pending[-1].fan if claim.pending else None
        understood = read(index, asked, talk, related, asker=asker, now=now)
        likeness = await self._likeness(held, understood)
        rows = list(rank(index, understood, likeness, limit))
        wanted = {MessageId(index.ids[row]): index.prints[row] for row in rows}
        found = {one.id: one for one in await self._memory.fetch(claim, wanted)}
        if any(one not in found or text_print(found[one].text) != mark for one, mark in wanted.items()):
            self._drop(claim.conversation, held)
        self._embed_beside(claim, held)
        return [found[one] for one in wanted if one in found]

    async def settled(self) -> None:
        """Wait until nothing is read or embedded beside the talk any more."""
        while tasks := {*self._beside, *self._reading.values()}:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop whatever is read or embedded beside the talk, and let go of everything."""
        tasks = [*self._beside, *self._reading.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._held.clear()

    # ── the index ────────────────────────────────────────────────────────────────────────────────

    async def _up_to_date(self, claim: Claim) -> Held | None:
        """The index of this conversation with everything in it; None while it is still being read."""
        held = self._held.get(claim.conversation)
        if held is None or self._monotonic() - held.read_at > OLDEST:
            reading = self._reading.get(claim.conversation) or self._read_beside(claim)
            if held is None:
                await asyncio.wait({reading}, timeout=PATIENCE)
                if reading.done() and not reading.cancelled():
                    reading.result()
                held = self._held.get(claim.conversation)
        if held is not None and claim.conversation in self._held:
            self._held.move_to_end(claim.conversation)
            async with held.lock:
                await self._extend(claim, held.index)
        return held

    def _read_beside(self, claim: Claim) -> asyncio.Task[None]:
        task = asyncio.create_task(self._read(claim), name=f"recall {claim.conversation}")
        self._reading[claim.conversation] = task
        task.add_done_callback(lambda done: self._read_done(claim.conversation, done))
        return task

    def _read_done(self, conversation: ConversationId, task: asyncio.Task[None]) -> None:
        self._reading.pop(conversation, None)
        if not task.cancelled() and (fault := task.exception()):
            log.warning("recall.reading.failed", conversation=conversation, reason=str(fault))

    async def _read(self, claim: Claim) -> None:
        """Make the index of a conversation anew."""
        from adapters.library.recall_meaning import Meaning  # noqa: PLC0415 - numpy, for those who remember only
        from adapters.library.remembered import Remembered  # noqa: PLC0415 - as above

        held = Held(Remembered(self._names(claim.avatar)), Meaning(), self._monotonic())
        await self._extend(claim, held.index)
        if self._embedder is not None:
            await self._load(claim, held, self._embedder.name)
        self._held[claim.conversation] = held
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    async def _extend(self, claim: Claim, index: Remembered) -> None:
        """Take in what has left the window since."""
        after = MessageId(index.ids[-READ_AGAIN - 1] if len(index) > READ_AGAIN else 0)
        known = set(index.ids[-READ_AGAIN:])
        while page := await self._memory.episodes(claim, after=after, limit=PAGE):
            new = [one for one in page if one.id not in known]
            if len(new) > AT_ONCE:
                await asyncio.to_thread(index.add, new)
            else:
                index.add(new)
            if len(page) < PAGE:
                return
            after = page[-1].id

    def _drop(self, conversation: ConversationId, held: Held) -> None:
        """Something in an index is gone or changed: nothing of it is kept."""
        if self._held.get(conversation) is held:
            del self._held[conversation]

    # ── meaning ──────────────────────────────────────────────────────────────────────────────────

    async def _likeness(self, held: Held, asked: Asked) -> Floats | None:
        """How alike each message and the question are in meaning; None where that is not to be had in time."""
        if self._embedder is None or not self._speaks(asked.language):
            return None
        try:
            async with asyncio.timeout(EMBEDDING_PATIENCE):
                vector = (await self._embedder.embed([asked.text], query=True))[0]
        except (ModelUnavailable, ModelRejected, TimeoutError) as exc:
            log.warning("recall.embedding.failed", model=self._embedder.name, reason=str(exc) or "too slow")
            return None
        return held.meaning.likeness(vector, len(held.index))

    async def _load(self, claim: Claim, held: Held, model: str) -> None:
        """Read the vectors that are kept."""
        after, rows = MessageId(0), {one: row for row, one in enumerate(held.index.ids)}
        while page := await self._vectors.all(claim, model, after=after, limit=PAGE):
            held.meaning.put({rows[one]: blob for one, blob in page.items() if one in rows})
            if len(page) < PAGE:
                return
            after = max(page)

    def _embed_beside(self, claim: Claim, held: Held) -> None:
        """Give vectors to the messages that have none, beside the talk."""
        if self._embedder is None or held.embedding or not len(held.meaning.missing(len(held.index), 1)):
            return
        held.embedding = True
        task = asyncio.create_task(self._embed(claim, held, self._embedder), name=f"embed {claim.conversation}")
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _embed(self, claim: Claim, held: Held, embedder: Embedder) -> None:
        try:
            while self._held.get(claim.conversation) is held:
                rows = {
                    MessageId(held.index.ids[row]): int(row) for row in held.meaning.missing(len(held.index), BATCH)
                }
                if not rows:
                    return
                made = await self._embedded(embedder, await self._memory.fetch(claim, rows))
                await self._vectors.add(claim.avatar, embedder.name, made)
                held.meaning.put({row: made.get(one, b"") for one, row in rows.items()})
        except (ModelUnavailable, ModelRejected, StorageUnavailable) as exc:
            log.warning("recall.embedding.failed", model=embedder.name, reason=str(exc))
        finally:
            held.embedding = False

    async def _embedded(self, embedder: Embedder, episodes: Sequence[Episode]) -> dict[MessageId, bytes]:
        """The vectors of messages; empty where the embedder does not know the language, so that nobody asks again."""
        from adapters.library.tongue import language_of  # noqa: PLC0415 - it is loaded by now
        from adapters.library.vectors import packed  # noqa: PLC0415 - as above

        spoken = [one for one in episodes if self._speaks(language_of(one.text))]
        made = await embedder.embed([one.text for one in spoken], query=False) if spoken else ()
        return {one.id: b"" for one in episodes} | {
            one.id: packed(vector) for one, vector in zip(spoken, made, strict=True)
        }

    def _speaks(self, language: str) -> bool:
        return not self._languages or not language or language in self._languages


def _fitting(episodes: Sequence[Episode], room: int, facts: Sequence[Fact]) -> tuple[Episode, ...]:
    """The best that fit, in the order in which they were said; not those that a fact already tells of in short."""
    told = {fact.source for fact in facts}
    left = room - recalling.cost(recalling.SAID)
    kept: list[Episode] = []
    for one in sorted(episodes, key=lambda one: one.id in told):
        price = recalling.cost(recalling.episode_line(one))
        if price <= left:
            kept.append(one)
            left -= price
    return tuple(sorted(kept, key=lambda one: (one.sent_at, one.id)))
