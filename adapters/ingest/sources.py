"""What a creator names as a source, as items to read: a file, a folder, an export, a page, a feed, a sitemap."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from adapters.ingest.exports import READERS as EXPORTS
from adapters.ingest.feeds import Feed
from adapters.ingest.fetch import Fetcher, Validators
from adapters.ingest.links import Link, Listing, same_site
from adapters.ingest.reading import Item
from adapters.ingest.sandbox import Sandbox
from adapters.ingest.sitemap import Sitemap
from adapters.ingest.wire import key_of
from core.content import Skipped
from core.errors import InvalidInput, NotFound, Unavailable

WEB = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
MOST_PAGES = 50_000  # of one sitemap or feed, further sitemaps included
MOST_LISTINGS = 500  # sitemaps that one index may lead to
LISTINGS: tuple[Listing, ...] = (Sitemap(), Feed())
NOT_CONTENT = re.compile(r"^(?:\.|~\$|__MACOSX$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A page that is as it was: what is kept of it stays."""

    key: str


Gathered: TypeAlias = Item | Skipped | Unchanged


class Gathering:
    """The items of one source, one after another; to be iterated once.

    The file of a fetched item is deleted when the next one is asked for.

    Attributes:
        total: How many there will be, once that is known.
        complete: True at the end if what did not come is not there any more. A feed names only its newest entries,
            and a list that could not be read says nothing: then it stays False.
        validators: What to hand in as ``known`` the next time, by key.
    """

    def __init__(
        self, source: str, web: Fetcher, sandbox: Sandbox, known: Mapping[str, Validators], scratch: Path | None
    ) -> None:
        self.total: int | None = None
        self.complete = False
        self.validators: dict[str, Validators] = {}
        self._source = source.strip()
        self._web = web
        self._sandbox = sandbox
        self._known = known
        self._scratch = scratch

    def __aiter__(self) -> AsyncGenerator[Gathered]:
        if self._source.lower().startswith("www."):
            return self._from_web(f"https://{self._source}")
        return self._from_web(self._source) if WEB.match(self._source) else self._from_disk()

    # ── the disk ─────────────────────────────────────────────────────────────────────────────────

    async def _from_disk(self) -> AsyncGenerator[Gathered]:
        found = await asyncio.to_thread(_all, self._source)
        self.total = len(found)
        for one in found:
            yield one
        self.complete = True

    # ── the web ──────────────────────────────────────────────────────────────────────────────────

    async def _from_web(self, url: str) -> AsyncGenerator[Gathered]:
        async with self._fetched(url) as first:
            listing = _listing(first) if isinstance(first, Item) else None
            pages, problems = await self._listed(first) if listing and isinstance(first, Item) else ([], [])
            if listing:
                self.validators.pop(url, None)  # a list is always read anew, or its pages would not be known
            self.total = 1 + len(pages) + len(problems)
            yield first
        for problem in problems:
            yield problem
        for page in pages:
            async with self._fetched(page, home=url) as got:
                yield got
        self.complete = not problems and not (listing and listing.partial) and not _failed(first)

    async def _listed(self, first: Item) -> tuple[list[str], list[Skipped]]:
        """The pages that a list leads to, over further lists, and what went wrong with those."""
        pages: dict[str, None] = {}
        problems: list[Skipped] = []
        waiting = deque(await self._links(first, pages, problems))
        seen = {first.key, first.url}
        while waiting and len(seen) < MOST_LISTINGS:
            if (url := waiting.popleft()) in seen:
                continue
            seen.add(url)
            async with self._fetched(url, home=first.url) as got:
                self.validators.pop(url, None)
                if isinstance(got, Item):
                    waiting.extend(await self._links(got, pages, problems))
                elif isinstance(got, Skipped):
                    problems.append(got)
        if waiting or len(pages) > MOST_PAGES:
            problems.append(
                Skipped(first.key, f"leads to more than {MOST_PAGES:,} pages: the rest is left", failed=True)
            )
        return [page for page in pages if page not in seen][:MOST_PAGES], problems

    async def _links(self, item: Item, pages: dict[str, None], problems: list[Skipped]) -> list[str]:
        """Note the pages and problems of one list, and give back the further lists."""
        further = []
        async for one in self._sandbox.links(item):
            match one:
                case Skipped():
                    problems.append(one)
                case Link(url, listing=True):
                    further.append(url)
                case Link(url):
                    pages[url] = None
        return further

    @asynccontextmanager
    async def _fetched(self, url: str, home: str = "") -> AsyncIterator[Gathered]:
        """A page in a file that lasts as long as the context.

        Args:
            url: Where it is; also its key.
            home: An address on the site that it must still be on after redirects; empty: anywhere.
        """
        with tempfile.TemporaryDirectory(prefix="stagedoor-", dir=self._scratch) as folder:
            yield await self._got(url, Path(folder) / "page", home)

    async def _got(self, url: str, to: Path, home: str) -> Gathered:
        key = key_of(url)
        try:
            page = await self._web.get(url, to, self._known.get(key))
        except NotFound as exc:
            return Skipped(key, str(exc))
        except (InvalidInput, Unavailable) as exc:
            return Skipped(key, str(exc), failed=True)
        if page is None:
            self.validators[key] = self._known[key]
            return Unchanged(key)
        if home and not same_site(page.url, home):
            return Skipped(key, "leads to another site")
        self.validators[key] = page.validators
        return Item(page.path, key, page.url, page.media_type)


def gather(
    source: str,
    *,
    web: Fetcher,
    sandbox: Sandbox,
    known: Mapping[str, Validators] | None = None,
    scratch: Path | None = None,
) -> Gathering:
    """The items of a source.

    Args:
        source: A path, or an address beginning with ``http://``, ``https://`` or ``www.``.
        web: What fetches pages.
        sandbox: What reads the lists of feeds and sitemaps.
        known: ``Gathering.validators`` of the last time, so that only what has changed is fetched.
        scratch: Where fetched pages wait to be read; None: the system's folder for such.

    Iterating raises ``InvalidInput`` where there is nothing at the path.
    """
    return Gathering(source, web, sandbox, known or {}, scratch)


def _listing(item: Item) -> Listing | None:
    return next((listing for listing in LISTINGS if listing.recognises(item)), None)


def _failed(got: Gathered) -> bool:
    return isinstance(got, Skipped) and got.failed


def _all(source: str) -> list[Item | Skipped]:
    root = Path(source).expanduser()
    if not root.exists():
        raise InvalidInput(f"{source}: there is no such file or folder; addresses begin with https://")
    return list(_walked(root.resolve()))


def _walked(root: Path) -> Iterator[Item | Skipped]:
    """The files of a folder in order; a folder that is an export is one item. What is hidden is passed over."""
    item = Item(root, root.name or "folder")
    if root.is_file() or _is_export(item):
        yield item
        return
    for folder, folders, files in os.walk(root):
        kept = []
        for name in sorted(folders):
            path = Path(folder, name)
            below = Item(path, _key(path, root))
            if NOT_CONTENT.match(name):
                continue
            if path.is_symlink():
                yield Skipped(below.key, "a link to another folder: what lies there is not followed")
            elif _is_export(below):
                yield below
            else:
                kept.append(name)
        folders[:] = kept
        for path in (Path(folder, name) for name in sorted(files) if not NOT_CONTENT.match(name)):
            if path.is_symlink() or not path.is_file():
                yield Skipped(_key(path, root), "a link or a device, not a file: copy what it stands for")
            else:
                yield Item(path, _key(path, root))


def _key(path: Path, root: Path) -> str:
    return key_of(path.relative_to(root).as_posix())


def _is_export(item: Item) -> bool:
    return any(reader.recognises(item) for reader in EXPORTS)
