"""The versions of each avatar's persona, as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.schema import Upsert, persona_version
from core.errors import NotFound
from core.model import AvatarId


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a persona."""

    number: int  # from 1
    toml: str
    note: str  # how it came about
    created_at: datetime


_VERSIONS = (
    sa.select(persona_version.c.number, persona_version.c.toml, persona_version.c.note, persona_version.c.created_at)
    .where(persona_version.c.avatar_id == sa.bindparam("avatar"))
    .order_by(persona_version.c.number.desc())
)

_NEWEST = _VERSIONS.limit(1)

_ONE = _VERSIONS.where(persona_version.c.number == sa.bindparam("number"))

_ADD = Upsert(
    lambda insert: (
        insert(persona_version)
        .on_conflict_do_nothing(index_elements=["avatar_id", "number"])
        .returning(persona_version.c.number)
    )
)


class Personas:
    """Raises ``StorageUnavailable`` when the database cannot do it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, avatar: AvatarId, toml: str, note: str, *, now: datetime) -> int:
        """Keep a version, unless the newest has the same text; the number of the newest then."""
        return await self._database.write(lambda connection: _record(connection, avatar, toml, note, now))

    async def history(self, avatar: AvatarId) -> Sequence[Version]:
        """All versions, newest first."""
        return await self._database.read(
            lambda connection: [Version(*row) for row in connection.execute(_VERSIONS, {"avatar": avatar})]
        )

    async def get(self, avatar: AvatarId, number: int) -> Version:
        """One version.

        Raises:
            NotFound: There is none of that number.
        """
        key = {"avatar": avatar, "number": number}
        row = await self._database.read(lambda connection: connection.execute(_ONE, key).one_or_none())
        if row is None:
            raise NotFound(f"There is no version {number} of {avatar}.")
        return Version(*row)


def _record(connection: sa.Connection, avatar: AvatarId, toml: str, note: str, now: datetime) -> int:
    while True:
        newest = connection.execute(_NEWEST, {"avatar": avatar}).one_or_none()
        if newest is not None and newest.toml == toml:
            return int(newest.number)
        number = newest.number + 1 if newest is not None else 1
        row = {"avatar_id": avatar, "number": number, "toml": toml, "note": note, "created_at": now}
        if connection.execute(_ADD.on(connection), row).scalar_one_or_none() is not None:
            return int(number)  # else another process was faster: look again
