"""Reading what a creator has published, and reading it again: into the database, only what has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from adapters.ingest.fetch import Fetcher, Validators
from adapters.ingest.reading import Item, Wishes
from adapters.ingest.sandbox import Sandbox
from adapters.ingest.sources import Gathering, Unchanged, gather
from adapters.storage import Content
from bots import sources
from bots.house import House
from bots.sources import Sources
from core.content import Change, Crawl, Document, Skipped
from core.errors import ConfigError, InvalidInput, ModelRejected, ModelUnavailable, StorageUnavailable
from core.model import AvatarId
from core.shelving import Shelved, shelve

log = structlog.get_logger()

LOOK_EVERY = 900.0  # seconds between two looks whether a source is due
NOTED = "content"  # under which an avatar's sources are remembered as read
MOST_TOLD = 5  # of what was skipped, for each source


@dataclass(slots=True)
class Progress:
    """How far reading one source is."""

    source: str
    items: int = 0  # files and pages begun
    total: int | None = None
    shelved: Shelved = field(default_factory=Shelved)


Tell = Callable[[Progress], None]


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
    """Read every source of an avatar; one that fails does not keep the others from being read.

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
    return done


@dataclass(slots=True)
class _Reading:
    """One source being read."""

    content: Content
    avatar: AvatarId
    source: str
    wishes: Wishes
    sandbox: Sandbox
    tell: Tell
    unchanged: set[str] = field(default_factory=set)

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
        if gathering.complete and not shelved.failed:  # of a source that was not read whole, nobody knows what is gone
            gone = await self.content.keep_only(self.avatar, self.source, shelved.keys, whole=self.unchanged)
        seen = {url: Crawl(one.etag, one.modified, now) for url, one in gathering.validators.items()}
        await self.content.crawled(self.avatar, self.source, seen)
        counts = shelved.documents
        new, changed, same = (counts[one] for one in (Change.NEW, Change.CHANGED, Change.SAME))
        return Read(
            self.source, new, changed, same + len(self.unchanged), gone, shelved.passages, _summed(shelved.skipped)
        )

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
                                if isinstance(outcome, Skipped) and outcome.failed:  # else it counts as known next time
                                    gathering.validators.pop(one.key, None)
                                yield outcome
                    case Unchanged():
                        self.unchanged.add(one.key)
                    case Skipped():
                        yield one


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


# ── while the avatar runs ────────────────────────────────────────────────────────────────────────


async def first(built: House, say: Callable[[str], None]) -> None:
    """Read an avatar's content before its first conversation; later changes are read meanwhile."""
    wanted = sources.load(built.making.path.parent)
    if wanted is None or not wanted.sources or await built.store.content.revision(built.avatar.id):
        return
    say(f"Reading what {built.avatar.persona.name} has published ...")
    await _refresh(built, wanted, say)


async def keep_current(built: House, say: Callable[[str], None]) -> None:
    """Read an avatar's content anew whenever that is due, until cancelled."""
    while True:
        try:
            wanted = sources.load(built.making.path.parent)
            if wanted is not None and wanted.every and await _due(built, timedelta(hours=wanted.every)):
                await _refresh(built, wanted, lambda _: None)
        except (ConfigError, StorageUnavailable) as exc:
            log.warning("content.not_read", avatar=built.avatar.id, reason=str(exc))
            if isinstance(exc, ConfigError):
                say(str(exc))
        await asyncio.sleep(LOOK_EVERY)


async def _due(built: House, every: timedelta) -> bool:
    last = (await built.store.content.crawls(built.avatar.id, NOTED)).get(NOTED)
    return last is None or datetime.now(UTC) - last.fetched_at >= every


async def _refresh(built: House, wanted: Sources, say: Callable[[str], None]) -> None:
    content, avatar = built.store.content, built.avatar.id
    for one in await sync(content, avatar, built.making.path.parent, wanted):
        log.info("content.read", avatar=avatar, new=one.new, changed=one.changed, gone=one.gone, failed=one.failed)
        if one.failed:
            log.warning("content.failed", avatar=avatar, skipped=len(one.skipped), problem=one.problem)
        say(told(one))
    await content.crawled(avatar, NOTED, {NOTED: Crawl("", "", datetime.now(UTC))})
    try:
        await built.library.embed_missing(avatar)
    except (ModelUnavailable, ModelRejected) as exc:
        log.warning("content.not_embedded", avatar=avatar, reason=str(exc))
