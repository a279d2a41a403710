"""Keeping documents: what is new is added, what has changed is brought in line, what is the same is left alone.

A transaction first locks the avatar's revision, so that two who bring the same content come one after the other.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapters.storage.passages import in_pages
from adapters.storage.schema import AnyRow, Upsert, content_revision, document, embedding, passage
from core.content import Change, Chunk, Document
from core.model import AvatarId


class Wanted(NamedTuple):
    """A document as it is to be kept."""

    document: Document
    chunks: Sequence[Chunk]
    digest: str

    @classmethod
    def of(cls, document: Document, chunks: Sequence[Chunk]) -> Wanted:
        """Take the measure of a document: all that is kept of it, so not its sections, but what was cut of them."""
        kept = [_said(document), [_chunk(chunk) for chunk in chunks]]
        text = json.dumps(kept, default=lambda moment: moment.astimezone(UTC).isoformat())
        return cls(document, chunks, blake2b(text.encode(), digest_size=16).hexdigest())

    def change(self, known: AnyRow | None) -> Change:
        """What keeping it does to what is kept."""
        if known is None:
            return Change.NEW
        return Change.SAME if known.digest == self.digest else Change.CHANGED


def _said(document: Document) -> dict[str, Any]:
    """What a document's row holds of the document itself."""
    return {
        "kind": document.kind.value,
        "title": document.title,
        "url": document.url,
        "published": document.published,
        "language": document.language,
        "own_words": document.own_words,
        "tier": document.tier,
    }


def _chunk(chunk: Chunk) -> dict[str, Any]:
    """What a passage's row holds of the chunk."""
    return {
        "text": chunk.text,
        "tokens": chunk.tokens,
        "heading": chunk.heading,
        "page": chunk.page,
        "start": chunk.start,
        "language": chunk.language,
    }


# ── the revision ─────────────────────────────────────────────────────────────────────────────────

_of_avatar = content_revision.c.avatar_id == sa.bindparam("avatar")

_HOLD = sa.select(content_revision.c.number).where(_of_avatar).with_for_update()

_FIRST = Upsert(lambda insert: insert(content_revision).on_conflict_do_nothing(index_elements=["avatar_id"]))

_RISE = sa.update(content_revision).where(_of_avatar).values(number=content_revision.c.number + 1)


def hold(connection: sa.Connection, avatar: AvatarId) -> None:
    """Let nobody else change this avatar's content until the transaction ends."""
    if connection.execute(_HOLD, {"avatar": avatar}).one_or_none() is None:
        connection.execute(_FIRST.on(connection), {"avatar_id": avatar})
        connection.execute(_HOLD, {"avatar": avatar}).one_or_none()


def rise(connection: sa.Connection, avatar: AvatarId) -> None:
    """Say that this avatar's content has changed."""
    connection.execute(_RISE, {"avatar": avatar})


# ── putting ──────────────────────────────────────────────────────────────────────────────────────

_KNOWN = sa.select(document.c.id, document.c.key, document.c.digest, document.c.title).where(
    document.c.avatar_id == sa.bindparam("avatar"),
    document.c.source == sa.bindparam("source"),
    document.c.key.in_(sa.bindparam("keys", expanding=True)),
)

_ADD = sa.insert(document).returning(document.c.id, sort_by_parameter_order=True)

_ADD_PASSAGES = sa.insert(passage)


def put(
    connection: sa.Connection, avatar: AvatarId, source: str, wanted: Mapping[str, Wanted], now: datetime
) -> Mapping[str, Change]:
    """See ``core.ports.Content.put``; what is wanted and what changes, by the documents' keys."""
    hold(connection, avatar)
    scope = {"avatar": avatar, "source": source}
    pages = (connection.execute(_KNOWN, {**scope, "keys": page}) for page in in_pages(list(wanted)))
    known = {row.key: row for page in pages for row in page}
    changes = {key: each.change(known.get(key)) for key, each in wanted.items()}
    new = [each for key, each in wanted.items() if changes[key] is Change.NEW]
    changed = [(known[key], each) for key, each in wanted.items() if changes[key] is Change.CHANGED]
    if new:
        _add(connection, avatar, source, new, now)
    if changed:
        _revise(connection, avatar, changed, now)
    if new or changed:
        rise(connection, avatar)
    return changes


def _add(connection: sa.Connection, avatar: AvatarId, source: str, new: Sequence[Wanted], now: datetime) -> None:
    rows = [
        {
            "avatar_id": avatar,
            "source": source,
            "key": each.document.key,
            "digest": each.digest,
            "updated_at": now,
            **_said(each.document),
        }
        for each in new
    ]
    added = connection.execute(_ADD, rows)
    _add_passages(
        connection,
        [
            {"avatar_id": avatar, "document_id": row.id, "ordinal": ordinal, **_chunk(chunk)}
            for row, each in zip(added, new, strict=True)
            for ordinal, chunk in enumerate(each.chunks)
        ],
    )


def _add_passages(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_ADD_PASSAGES, rows)


# ── what has changed ─────────────────────────────────────────────────────────────────────────────

_REVISE = sa.update(document).where(
    document.c.avatar_id == sa.bindparam("avatar"), document.c.id == sa.bindparam("which")
)

_THEIR_PASSAGES = (
    sa.select(passage)
    .where(
        passage.c.avatar_id == sa.bindparam("avatar"), passage.c.document_id.in_(sa.bindparam("which", expanding=True))
    )
    .order_by(passage.c.document_id, passage.c.ordinal)
)

_this_passage = sa.and_(passage.c.avatar_id == sa.bindparam("avatar"), passage.c.id == sa.bindparam("which"))

_MOVE = sa.update(passage).where(_this_passage)

_DROP = sa.delete(passage).where(_this_passage)

_UNEMBED = sa.delete(embedding).where(
    embedding.c.avatar_id == sa.bindparam("avatar"), embedding.c.passage_id == sa.bindparam("which")
)


class _Repair:
    """What brings the passages of changed documents in line, collected to be done in a few statements."""

    def __init__(self, avatar: AvatarId) -> None:
        self._avatar = avatar
        self.added: list[dict[str, Any]] = []
        self.moved: list[dict[str, Any]] = []  # the text is the same, something else is not
        self.dropped: list[dict[str, Any]] = []
        self.unlike: list[dict[str, Any]] = []  # what their vectors were made from has changed

    def note(self, known: AnyRow, passages: Iterable[AnyRow], wanted: Wanted) -> None:
        """Compare a document's passages with those that are wanted, by their texts."""
        by_text: dict[str, list[AnyRow]] = defaultdict(list)
        for row in passages:
            by_text[row.text].append(row)
        retitled = known.title != wanted.document.title
        for ordinal, chunk in enumerate(wanted.chunks):
            values = {"ordinal": ordinal, **_chunk(chunk)}
            if rows := by_text[chunk.text]:
                self._keep(rows.pop(0), values, retitled=retitled)
            else:
                self.added.append({"avatar_id": self._avatar, "document_id": known.id, **values})
        self.dropped += [self._key(row) for rows in by_text.values() for row in rows]

    def _keep(self, row: AnyRow, values: dict[str, Any], *, retitled: bool) -> None:
        if any(getattr(row, name) != value for name, value in values.items()):
            self.moved.append({**self._key(row), **values})
        if retitled or row.heading != values["heading"]:
            self.unlike.append(self._key(row))

    def _key(self, row: AnyRow) -> dict[str, Any]:
        return {"avatar": self._avatar, "which": row.id}


def _revise(
    connection: sa.Connection, avatar: AvatarId, changed: Sequence[tuple[AnyRow, Wanted]], now: datetime
) -> None:
    revised = [
        {"avatar": avatar, "which": known.id, "digest": each.digest, "updated_at": now, **_said(each.document)}
        for known, each in changed
    ]
    connection.execute(_REVISE, revised)
    passages: dict[int, list[AnyRow]] = defaultdict(list)
    for page in in_pages([known.id for known, _ in changed]):
        for row in connection.execute(_THEIR_PASSAGES, {"avatar": avatar, "which": page}):
            passages[row.document_id].append(row)
    repair = _Repair(avatar)
    for known, each in changed:
        repair.note(known, passages[known.id], each)
    steps = ((_UNEMBED, repair.unlike), (_DROP, repair.dropped), (_MOVE, repair.moved))
    for statement, rows in steps:
        if rows:
            connection.execute(statement, rows)
    _add_passages(connection, repair.added)
