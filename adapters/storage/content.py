"""What creators have published: documents, their passages, and how far each source has been read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.passages import PASSAGES, in_pages, read_passages
from adapters.storage.putting import Wanted, hold, put, rise
from adapters.storage.schema import Upsert, content_revision, crawl, document, passage
from core.content import Change, Chunk, Crawl, Document, DocumentId, Holding, Kind, Listed, Passage, PassageId
from core.model import AvatarId


class Content:
    """See ``core.ports.Content``. Everything raises ``StorageUnavailable`` when the database cannot do it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── writing ──────────────────────────────────────────────────────────────────────────────────

    async def put(
        self, avatar: AvatarId, source: str, batch: Sequence[tuple[Document, Sequence[Chunk]]], *, now: datetime
    ) -> Sequence[Change]:
        """See ``core.ports.Content``. Best some hundred passages at a time: other writers wait meanwhile.

        A passage of a changed document keeps its id where its text is the same, and its vectors where its heading and
        its document's title are, too. Of a key that comes twice, the later document is kept.
        """
        wanted = {each.key: Wanted.of(each, chunks) for each, chunks in batch}
        changes = await self._database.write(lambda connection: put(connection, avatar, source, wanted, now))
        return [changes[each.key] for each, _ in batch]

    async def keep_only(
        self, avatar: AvatarId, source: str, keys: Collection[str], *, whole: Collection[str] = ()
    ) -> int:
        """See ``core.ports.Content``. What is much goes in several transactions, so that others can write between."""
        kept, key = frozenset(keys), {"avatar": avatar, "source": source}
        known = await self._database.read(lambda connection: connection.execute(_KEYS, key).all())
        parts = frozenset(whole)
        gone = [row.id for row in known if row.key not in kept and _whole(row.key) not in parts]
        for page in in_pages(gone):
            await self._database.write(partial(_drop, avatar=avatar, gone=page))
        return len(gone)

    async def forget(self, avatar: AvatarId, source: str) -> int:
        """Drop a source with all that is known of it; the number of documents dropped."""
        dropped = await self.keep_only(avatar, source, ())
        key = {"avatar": avatar, "source": source}
        await self._database.write(lambda connection: connection.execute(_FORGET_CRAWLS, key) and None)
        return dropped

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    async def revision(self, avatar: AvatarId) -> int:
        """See ``core.ports.Content``."""
        return await self._database.read(
            lambda connection: connection.execute(_REVISION, {"avatar": avatar}).scalar_one_or_none() or 0
        )

    async def scan(self, avatar: AvatarId, *, after: PassageId, limit: int) -> Sequence[Passage]:
        """See ``core.ports.Content``."""
        return await self._passages(_PAGE, avatar=avatar, after=after, most=limit)

    async def own_texts(self, avatar: AvatarId, *, after: PassageId, limit: int) -> Sequence[Passage]:
        """Passages in the creator's own words, in the order of their ids, a page at a time."""
        return await self._passages(_OWN_WORDS, avatar=avatar, after=after, most=limit)

    async def fetch(self, avatar: AvatarId, passages: Collection[PassageId]) -> Sequence[Passage]:
        """See ``core.ports.Content``."""
        pages = list(in_pages(list(passages)))
        return await self._database.read(
            lambda connection: [
                each
                for page in pages
                for each in read_passages(connection.execute(_THESE, {"avatar": avatar, "which": page}))
            ]
        )

    async def neighbours(self, avatar: AvatarId, document: DocumentId, ordinal: int, spread: int) -> Sequence[Passage]:
        """A passage of a document with up to ``spread`` before and after it, in their order."""
        span = {"first": ordinal - spread, "last": ordinal + spread}
        return await self._passages(_AROUND, avatar=avatar, document=document, **span)

    async def newest(self, avatar: AvatarId, limit: int) -> Sequence[Listed]:
        """The documents published last; those without a date come after all others, the newest known first."""
        key = {"avatar": avatar, "most": limit}
        return await self._database.read(lambda connection: [_listed(*row) for row in connection.execute(_NEWEST, key)])

    async def openings(self, avatar: AvatarId, *, limit: int) -> Sequence[Passage]:
        """See ``core.ports.Content``."""
        return await self._passages(_OPENINGS, avatar=avatar, most=limit)

    async def sources(self, avatar: AvatarId) -> Sequence[Holding]:
        """What is kept of each source, by its name."""
        return await self._database.read(
            lambda connection: [Holding(*row) for row in connection.execute(_SOURCES, {"avatar": avatar})]
        )

    async def _passages(self, query: sa.Select[Any], **key: Any) -> Sequence[Passage]:
        return await self._database.read(lambda connection: read_passages(connection.execute(query, key)))

    # ── how far a source has been read ───────────────────────────────────────────────────────────

    async def crawls(self, avatar: AvatarId, source: str) -> Mapping[str, Crawl]:
        """What is known of the addresses of a source."""
        key = {"avatar": avatar, "source": source}
        return await self._database.read(
            lambda connection: {row.url: Crawl(*row[1:]) for row in connection.execute(_CRAWLS, key)}
        )

    async def crawled(self, avatar: AvatarId, source: str, seen: Mapping[str, Crawl]) -> None:
        """Note what servers said of addresses, in place of what they said before."""
        rows = [
            {
                "avatar_id": avatar,
                "source": source,
                "url": url,
                "etag": each.etag,
                "last_modified": each.last_modified,
                "fetched_at": each.fetched_at,
            }
            for url, each in sorted(seen.items())
        ]
        if rows:
            await self._database.write(lambda connection: connection.execute(_CRAWLED.on(connection), rows) and None)


def _whole(key: str) -> str:
    """The key of the document of which this is the key of a part."""
    before, mark, part = key.rpartition("#")
    return before if mark and part.isdecimal() else key


_REVISION = sa.select(content_revision.c.number).where(content_revision.c.avatar_id == sa.bindparam("avatar"))

_PAGE = PASSAGES.where(passage.c.id > sa.bindparam("after")).order_by(passage.c.id).limit(sa.bindparam("most"))

_OWN_WORDS = _PAGE.where(document.c.own_words)

_OPENINGS = (
    PASSAGES.where(passage.c.ordinal == 0)
    .order_by(document.c.published.desc().nulls_last(), document.c.id.desc())
    .limit(sa.bindparam("most"))
)

_THESE = PASSAGES.where(passage.c.id.in_(sa.bindparam("which", expanding=True)))

_AROUND = PASSAGES.where(
    passage.c.document_id == sa.bindparam("document"),
    passage.c.ordinal.between(sa.bindparam("first"), sa.bindparam("last")),
).order_by(passage.c.ordinal)

_documents = document.c.avatar_id == sa.bindparam("avatar")

_NEWEST = (
    sa.select(
        document.c.id,
        document.c.source,
        document.c.kind,
        document.c.title,
        document.c.url,
        document.c.published,
        document.c.language,
        document.c.tier,
    )
    .where(_documents)
    .order_by(document.c.published.desc().nulls_last(), document.c.id.desc())
    .limit(sa.bindparam("most"))
)

_SOURCES = (
    sa.select(
        document.c.source,
        sa.func.count(document.c.id.distinct()),
        sa.func.count(passage.c.id),
        sa.func.max(document.c.updated_at),
    )
    .outerjoin(passage, sa.and_(passage.c.avatar_id == document.c.avatar_id, passage.c.document_id == document.c.id))
    .where(_documents)
    .group_by(document.c.source)
    .order_by(document.c.source)
)

_KEYS = sa.select(document.c.id, document.c.key).where(_documents, document.c.source == sa.bindparam("source"))

_CRAWLS = sa.select(crawl.c.url, crawl.c.etag, crawl.c.last_modified, crawl.c.fetched_at).where(
    crawl.c.avatar_id == sa.bindparam("avatar"), crawl.c.source == sa.bindparam("source")
)


def _crawled(insert: Any) -> sa.Executable:
    new = insert(crawl)
    seen = {"etag": new.excluded.etag, "last_modified": new.excluded.last_modified}
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "source", "url"], set_={**seen, "fetched_at": new.excluded.fetched_at}
    )


_CRAWLED = Upsert(_crawled)

_DROP = sa.delete(document).where(_documents, document.c.id == sa.bindparam("which"))

_FORGET_CRAWLS = sa.delete(crawl).where(
    crawl.c.avatar_id == sa.bindparam("avatar"), crawl.c.source == sa.bindparam("source")
)


def _listed(known: int, source: str, kind: str, *rest: Any) -> Listed:
    return Listed(DocumentId(known), source, Kind(kind), *rest)


def _drop(connection: sa.Connection, avatar: AvatarId, gone: Sequence[int]) -> None:
    hold(connection, avatar)
    connection.execute(_DROP, [{"avatar": avatar, "which": which} for which in gone])
    rise(connection, avatar)
