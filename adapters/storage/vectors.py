"""Embeddings of passages, as opaque bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.passages import PASSAGES, in_pages, of_avatar, read_passages
from adapters.storage.schema import Upsert, embedding, passage
from core.content import Passage, PassageId
from core.model import AvatarId


class Vectors:
    """See ``core.ports.Vectors``. Everything raises ``StorageUnavailable`` when the database cannot do it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def missing(self, avatar: AvatarId, model: str, limit: int) -> Sequence[Passage]:
        """See ``core.ports.Vectors``. In the order of their ids."""
        key = {"avatar": avatar, "model": model, "most": limit}
        return await self._database.read(lambda connection: read_passages(connection.execute(_MISSING, key)))

    async def add(self, avatar: AvatarId, model: str, vectors: Mapping[PassageId, bytes]) -> None:
        """See ``core.ports.Vectors``. One that is known already is replaced."""
        await self._database.write(lambda connection: _add(connection, avatar, model, vectors))

    async def all(self, avatar: AvatarId, model: str, *, after: PassageId, limit: int) -> Mapping[PassageId, bytes]:
        """See ``core.ports.Vectors``."""
        key = {"avatar": avatar, "model": model, "after": after, "most": limit}
        return await self._database.read(
            lambda connection: {PassageId(row[0]): row[1] for row in connection.execute(_PAGE, key)}
        )


_of_model = sa.and_(embedding.c.avatar_id == sa.bindparam("avatar"), embedding.c.model == sa.bindparam("model"))

_MISSING = (
    PASSAGES.where(~sa.exists().where(_of_model, embedding.c.passage_id == passage.c.id))
    .order_by(passage.c.id)
    .limit(sa.bindparam("most"))
)

_PAGE = (
    sa.select(embedding.c.passage_id, embedding.c.vector)
    .where(_of_model, embedding.c.passage_id > sa.bindparam("after"))
    .order_by(embedding.c.passage_id)
    .limit(sa.bindparam("most"))
)

_STILL_THERE = (
    sa.select(passage.c.id)
    .where(of_avatar, passage.c.id.in_(sa.bindparam("which", expanding=True)))
    .with_for_update(read=True, key_share=True)  # nobody drops it before its vector is kept
)


def _add_vectors(insert: Any) -> sa.Executable:
    new = insert(embedding)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "passage_id", "model"], set_={"vector": new.excluded.vector}
    )


_ADD = Upsert(_add_vectors)


def _add(connection: sa.Connection, avatar: AvatarId, model: str, vectors: Mapping[PassageId, bytes]) -> None:
    for page in in_pages(sorted(vectors)):
        rows = [
            {"avatar_id": avatar, "passage_id": row.id, "model": model, "vector": vectors[PassageId(row.id)]}
            for row in connection.execute(_STILL_THERE, {"avatar": avatar, "which": page})
        ]
        if rows:
            connection.execute(_ADD.on(connection), rows)
