"""What a creator sees of the fans of an avatar, and the tags and notes that they keep about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.remembered import creator_note, creator_tag, fact
from adapters.storage.schema import AnyRow, Upsert, fan, message
from adapters.storage.scopes import fact_columns, read_facts
from core.memory import CreatorNote, Fact, FactId, NoteId, Visitor
from core.model import AvatarId, FanId

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")
_tag: sa.BindParameter[Any] = sa.bindparam("tag")

_BETWEEN = "\n"  # tags in one column: none of them has a line break in it


class Audience:
    """See ``core.memories.Audience``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def visitors(self, avatar: AvatarId, *, after: FanId, limit: int, tag: str = "") -> Sequence[Visitor]:
        """See ``core.memories.Audience``."""
        key = {"avatar": avatar, "after": after, "most": limit, **({"tag": tag} if tag else {})}
        statement = _TAGGED if tag else _VISITORS
        return await self._database.read(
            lambda connection: [_visitor(row) for row in connection.execute(statement, key)]
        )

    async def facts(self, avatar: AvatarId, fan: FanId, *, after: FactId, limit: int) -> Sequence[Fact]:
        """See ``core.memories.Audience``."""
        key = {"avatar": avatar, "fan": fan, "after": after, "most": limit}
        return await self._database.read(lambda connection: read_facts(connection.execute(_OPEN_FACTS, key)))

    async def tag(self, avatar: AvatarId, fan: FanId, tag: str) -> bool:
        """See ``core.memories.Audience``."""
        row = {"avatar_id": avatar, "fan_id": fan, "tag": tag}

        def work(connection: sa.Connection) -> bool:
            known = _is_known(connection, avatar, fan)
            if known:
                connection.execute(_TAG.on(connection), row)
            return known

        return await self._database.write(work)

    async def untag(self, avatar: AvatarId, fan: FanId, tag: str) -> bool:
        """See ``core.memories.Audience``."""
        key = {"avatar": avatar, "fan": fan, "tag": tag}
        return await self._database.write(lambda connection: bool(connection.execute(_UNTAG, key).rowcount))

    async def note(self, avatar: AvatarId, fan: FanId, text: str, *, now: datetime) -> CreatorNote | None:
        """See ``core.memories.Audience``."""
        row = {"avatar_id": avatar, "fan_id": fan, "text": text, "made_at": now}

        def work(connection: sa.Connection) -> CreatorNote | None:
            if not _is_known(connection, avatar, fan):
                return None
            (made,) = connection.execute(_NOTE, row)
            return _note(made)

        return await self._database.write(work)

    async def notes(self, avatar: AvatarId, fan: FanId) -> Sequence[CreatorNote]:
        """See ``core.memories.Audience``."""
        key = {"avatar": avatar, "fan": fan}
        return await self._database.read(lambda connection: list(map(_note, connection.execute(_NOTES, key))))

    async def drop_note(self, avatar: AvatarId, fan: FanId, which: NoteId) -> bool:
        """See ``core.memories.Audience``."""
        key = {"avatar": avatar, "fan": fan, "which": which}
        return await self._database.write(lambda connection: bool(connection.execute(_DROP, key).rowcount))


# ── who there is ─────────────────────────────────────────────────────────────────────────────────


def _of_each(what: sa.Function[Any], table: sa.Table) -> sa.ScalarSelect[Any]:
    """Something over the rows of each fan in a table."""
    of_the_fan = (table.c.fan_id == fan.c.id, table.c.avatar_id == fan.c.avatar_id)
    return sa.select(what).where(*of_the_fan).correlate(fan).scalar_subquery()


_VISITORS = (
    sa.select(
        fan.c.id,
        fan.c.platform,
        fan.c.name,
        fan.c.first_seen,
        fan.c.last_seen,
        _of_each(sa.func.count(message.c.id), message).label("messages"),
        _of_each(sa.func.aggregate_strings(creator_tag.c.tag, _BETWEEN), creator_tag).label("tags"),
        _of_each(sa.func.count(creator_note.c.id), creator_note).label("notes"),
        fan.c.opened_at,
    )
    .where(fan.c.avatar_id == _avatar, fan.c.id > sa.bindparam("after"))
    .order_by(fan.c.id)
    .limit(sa.bindparam("most"))
)

_TAGGED = _VISITORS.where(
    sa.exists().where(
        creator_tag.c.fan_id == fan.c.id, creator_tag.c.avatar_id == fan.c.avatar_id, creator_tag.c.tag == _tag
    )
)

_KNOWN = sa.select(fan.c.id).where(fan.c.id == _fan, fan.c.avatar_id == _avatar).with_for_update(key_share=True)


def _visitor(row: AnyRow) -> Visitor:
    return Visitor(
        id=FanId(row.id),
        platform=row.platform,
        name=row.name,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        messages=row.messages,
        tags=tuple(sorted(row.tags.split(_BETWEEN))) if row.tags else (),
        notes=row.notes,
        open=row.opened_at is not None,
    )


def _is_known(connection: sa.Connection, avatar: AvatarId, who: FanId) -> bool:
    """Whether there is such a fan, who then stays until the transaction ends."""
    return connection.execute(_KNOWN, {"avatar": avatar, "fan": who}).one_or_none() is not None


# ── what is remembered of them, where they allow it ──────────────────────────────────────────────

_OPEN_FACTS = (
    sa.select(fact.c.fan_id, *fact_columns)
    .join(fan, sa.and_(fan.c.id == fact.c.fan_id, fan.c.avatar_id == fact.c.avatar_id))
    .where(
        fact.c.avatar_id == _avatar,
        fact.c.fan_id == _fan,
        fact.c.replaced_at.is_(None),
        fan.c.opened_at.is_not(None),
        fact.c.id > sa.bindparam("after"),
    )
    .order_by(fact.c.id)
    .limit(sa.bindparam("most"))
)

# ── what the creator keeps about them ────────────────────────────────────────────────────────────

_TAG = Upsert(lambda insert: insert(creator_tag).on_conflict_do_nothing(index_elements=["fan_id", "tag"]))

_UNTAG = sa.delete(creator_tag).where(
    creator_tag.c.avatar_id == _avatar, creator_tag.c.fan_id == _fan, creator_tag.c.tag == _tag
)

_note_columns = (creator_note.c.id, creator_note.c.text, creator_note.c.made_at)

_NOTE = sa.insert(creator_note).returning(*_note_columns)

_NOTES = (
    sa.select(*_note_columns)
    .where(creator_note.c.avatar_id == _avatar, creator_note.c.fan_id == _fan)
    .order_by(creator_note.c.id)
)

_DROP = sa.delete(creator_note).where(
    creator_note.c.avatar_id == _avatar, creator_note.c.fan_id == _fan, creator_note.c.id == sa.bindparam("which")
)


def _note(row: AnyRow) -> CreatorNote:
    return CreatorNote(NoteId(row.id), row.text, row.made_at)
