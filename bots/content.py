"""Reading what a creator has published, and reading it again: into the database, only what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from adapters.ingest.answers import Answers
from adapters.ingest.exports import READERS as EXPORTS
from adapters.ingest.feeds import Feed
from adapters.ingest.fetch import Fetcher, Validators
from adapters.ingest.reading import Item, Wishes
from adapters.ingest.sandbox import Sandbox
from adapters.ingest.sources import Gathering, Unchanged, gather
from adapters.library import Library
from adapters.storage import Content, Storage
from bots import sources
from bots.sources import ALL, Sources
from core.content import CORRECTIONS, Change, Crawl, Document, Skipped
from core.errors import InvalidInput, ModelRejected, ModelUnavailable
from core.model import AvatarId
from core.shelving import Shelved, shelve

log = structlog.get_logger()

MOST_TOLD = 5  # of what was skipped, for each source


@dataclass(slots=True)
class Progress:
    """How far reading one source is."""

    source: str
    items: int = 0  # files and pages begun
    total: int | None = None
    shelved: Shelved = field(default_factory=Shelved)


Tell = Callable[[Progress], None]
SCATTERED = (*EXPORTS, Feed(), Answers())  # the keys of their documents don't say which item they are from


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one source."""

    source: str
    new: int
    changed: int
    same: int
    gone: int
    passages: int
    skipped: tuple[Skipped, ...]
    problem: str = ""  # why nothing could be read at all

    @property
    def failed(self) -> bool:
        """Whether something could not be read that should have been."""
        return bool(self.problem) or any(one.failed for one in self.skipped)


async def sync(
    content: Content,
    avatar: AvatarId,
    folder: Path,
    wanted: Sources,
    *,
    tell: Tell = lambda _: None,
    web: Fetcher | None = None,
) -> list[Read]:
    """Read every source of an avatar, and drop what it names no more. One that fails does not keep others from it.

    Args:
        content: The shelf.
        avatar: Whose.
        folder: The avatar's: paths in the list of sources are meant from there.
        wanted: The list of sources.
        tell: Told now and then how far it is.
        web: What fetches pages; None: one that reaches public addresses only.

    Raises:
        StorageUnavailable: What was kept until then stays kept.
    """
    wishes = Wishes(wanted.creator, frozenset(wanted.consent))
    done: list[Read] = []
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox())
        fetcher = await stack.enter_async_context(web or Fetcher())
        for source in wanted.sources:
            reading = _Reading(content, avatar, source, wishes, sandbox, tell)
            try:
                done.append(await reading.read(sources.located(source, folder), fetcher))
            except InvalidInput as exc:
                done.append(Read(source, 0, 0, 0, 0, 0, (), str(exc)))
    done += [await _dropped(content, avatar, one) for one in await unnamed(content, avatar, wanted)]
    await content.crawled(avatar, ALL, {ALL: Crawl("", "", datetime.now(UTC))})
    return done


async def unnamed(content: Content, avatar: AvatarId, wanted: Sources) -> list[str]:
    """The sources of which something is kept although the list does not name them any more."""
    named = {*wanted.sources, CORRECTIONS}
    return [one.source for one in await content.sources(avatar) if one.source not in named]


async def _dropped(content: Content, avatar: AvatarId, source: str) -> Read:
    gone = await content.forget(avatar, source)
    return Read(source, 0, 0, 0, gone, 0, (Skipped(source, f"{sources.FILE} does not name it any more"),))


@dataclass(slots=True)
class _Reading:
    """One source being read."""

    content: Content
    avatar: AvatarId
    source: str
    wishes: Wishes
    sandbox: Sandbox
    tell: Tell
    untouched: set[str] = field(default_factory=set)  # keys of what was not read this time: it stays as it is kept
    unchanged: int = 0
    scattered: bool = False  # something failed, and nobody knows which documents it held

    async def read(self, address: str, web: Fetcher) -> Read:
        known = await self.content.crawls(self.avatar, self.source)
        validators = {url: Validators(one.etag, one.last_modified) for url, one in known.items()}
        gathering = gather(address, web=web, sandbox=self.sandbox, known=validators)
        now = datetime.now(UTC)
        progress = Progress(self.source)

        def shelving(shelved: Shelved) -> None:
            progress.shelved = shelved
            self.tell(progress)

        async with aclosing(self._outcomes(gathering, progress)) as outcomes:
            shelved = await shelve(self.content, self.avatar, self.source, outcomes, now=now, progress=shelving)
        gone = 0
        if gathering.complete and not self.scattered:
            gone = await self.content.keep_only(self.avatar, self.source, shelved.keys, whole=self.untouched)
        seen = {url: Crawl(one.etag, one.modified, now) for url, one in gathering.validators.items()}
        await self.content.crawled(self.avatar, self.source, seen)
        counts = shelved.documents
        new, changed, same = (counts[one] for one in (Change.NEW, Change.CHANGED, Change.SAME))
        return Read(self.source, new, changed, same + self.unchanged, gone, shelved.passages, _summed(shelved.skipped))

    async def _outcomes(self, gathering: Gathering, progress: Progress) -> AsyncGenerator[Document | Skipped]:
        async with aclosing(aiter(gathering)) as items:
            async for one in items:
                progress.items += 1
                progress.total = gathering.total
                self.tell(progress)
                match one:
                    case Item():
                        async with aclosing(self.sandbox.read(one, self.wishes)) as outcomes:
                            async for outcome in outcomes:
                                if isinstance(outcome, Skipped) and outcome.failed:
                                    gathering.validators.pop(one.key, None)  # else it counts as known next time
                                    self._failed(one)
                                yield outcome
                    case Unchanged():
                        self.untouched.add(one.key)
                        self.unchanged += 1
                    case Skipped():
                        if one.failed:
                            self.untouched.add(one.key)
                        yield one

    def _failed(self, item: Item) -> None:
        self.untouched.add(item.key)
        self.scattered |= any(reader.recognises(item) for reader in SCATTERED)


def _summed(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    """What was skipped for one reason as one, under the first of its names; failures each by itself."""
    counts: Counter[str] = Counter()
    first: dict[str, Skipped] = {}
    for one in skipped:
        if not one.failed:
            counts[one.why] += one.count
            first.setdefault(one.why, one)
    failures = [one for one in skipped if one.failed]
    return (*failures, *(Skipped(one.key, why, count=counts[why]) for why, one in first.items()))


def told(one: Read) -> str:
    """What became of a source, for people."""
    if one.problem:
        return f"{one.source}: {one.problem}"
    parts = [(one.new, "new"), (one.changed, "changed"), (one.gone, "gone"), (one.same, "as before")]
    counts = ", ".join(f"{count} {word}" for count, word in parts if count) or "nothing"
    lines = [f"{one.source}: {counts} ({one.passages} passages)"]
    for each in one.skipped[:MOST_TOLD]:
        word = "failed" if each.failed else "left out"
        lines.append(f"  {word}: {each.key}{f' and {each.count - 1} more' if each.count > 1 else ''}: {each.why}")
    more = len(one.skipped) - MOST_TOLD
    return "\n".join([*lines, *([f"  ... and {more} more; --json tells all"] if more > 0 else [])])


def as_json(one: Read) -> dict[str, Any]:
    """What became of a source, for programs."""
    return {**asdict(one), "failed": one.failed}


async def refresh(
    store: Storage, library: Library, avatar: AvatarId, folder: Path, wanted: Sources, *, tell: Tell = lambda _: None
) -> list[Read]:
    """As ``sync``; and what is new gets its embeddings, where there is a model for them."""
    read = await sync(store.content, avatar, folder, wanted, tell=tell)
    try:
        await library.embed_missing(
            avatar, lambda done: tell(Progress("embeddings", done, None, Shelved(passages=done)))
        )
    except (ModelUnavailable, ModelRejected) as exc:
        log.warning("content.not_embedded", avatar=avatar, reason=str(exc))
    return read
