"""Embeddings of messages, as opaque bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.passages import in_pages
from adapters.storage.remembered import message_embedding
from adapters.storage.schema import Upsert, message
from adapters.storage.scopes import SPOKEN_ELSEWHERE, SPOKEN_HERE, sources, speakers
from core.model import AvatarId, Claim, MessageId


class MessageVectors:
    """See ``core.memories.MessageVectors``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, avatar: AvatarId, model: str, vectors: Mapping[MessageId, bytes]) -> None:
        """See ``core.memories.MessageVectors``. One that is known already is replaced."""
        await self._database.write(lambda connection: _add(connection, avatar, model, vectors))

    async def all(self, claim: Claim, model: str, *, after: MessageId, limit: int) -> Mapping[MessageId, bytes]:
        """See ``core.memories.MessageVectors``."""
        return await self._database.read(lambda connection: _all(connection, claim, model, after, limit))


_of_model = sa.and_(
    message_embedding.c.message_id == message.c.id,
    message_embedding.c.avatar_id == sa.bindparam("avatar"),
    message_embedding.c.model == sa.bindparam("model"),
)


def _vectors(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.join(message_embedding, _of_model)
        .with_only_columns(message.c.id, message_embedding.c.vector, maintain_column_froms=True)
        .where(message.c.id > sa.bindparam("after"))
        .limit(sa.bindparam("most"))
    )


_HERE, _ELSEWHERE = _vectors(SPOKEN_HERE), _vectors(SPOKEN_ELSEWHERE)


def _all(connection: sa.Connection, claim: Claim, model: str, after: int, limit: int) -> Mapping[MessageId, bytes]:
    key = {"avatar": claim.avatar, "model": model, "after": after, "most": limit}
    found = [
        (MessageId(known), vector)
        for row in sources(connection, claim.avatar, claim.conversation, speakers(claim))
        for known, vector in connection.execute(_HERE if row.same else _ELSEWHERE, {**key, "source": row.id})
    ]
    return dict(sorted(found)[:limit])


_STILL_THERE = (
    sa.select(message.c.id)
    .where(
        message.c.avatar_id == sa.bindparam("avatar"),
        message.c.id.in_(sa.bindparam("which", expanding=True)),
        message.c.text != "",
    )
    .with_for_update(read=True, key_share=True)  # nobody drops it before its vector is kept
)


def _add_vectors(insert: Any) -> sa.Executable:
    new = insert(message_embedding)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["message_id", "model"], set_={"vector": new.excluded.vector}
    )


_ADD = Upsert(_add_vectors)


def _add(connection: sa.Connection, avatar: AvatarId, model: str, vectors: Mapping[MessageId, bytes]) -> None:
    for page in in_pages(sorted(vectors)):
        rows = [
            {"message_id": row.id, "model": model, "avatar_id": avatar, "vector": vectors[MessageId(row.id)]}
            for row in connection.execute(_STILL_THERE, {"avatar": avatar, "which": page})
        ]
        if rows:
            connection.execute(_ADD.on(connection), rows)
