"""What creators and moderators have set for avatars and their places."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.schema import Upsert
from adapters.storage.steering import setting, setting_revision
from core.model import AvatarId, Controls

_avatar: sa.BindParameter[str] = sa.bindparam("avatar")

_ALL = sa.select(setting.c.place, setting.c.name, setting.c.value).where(setting.c.avatar_id == _avatar)

_REVISION = sa.select(setting_revision.c.number).where(setting_revision.c.avatar_id == _avatar)

_this = sa.and_(
    setting.c.avatar_id == _avatar,
    setting.c.place == sa.bindparam("where"),
    setting.c.name == sa.bindparam("which"),
)

_BEFORE = sa.select(setting.c.value).where(_this)

_UNSET = sa.delete(setting).where(_this)


def _keep(insert: Any) -> sa.Executable:
    new = insert(setting)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "place", "name"], set_={"value": new.excluded.value}
    )


def _rise(insert: Any) -> sa.Executable:
    new = insert(setting_revision).values(avatar_id=sa.bindparam("avatar"), number=1)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id"], set_={"number": setting_revision.c.number + 1}
    )


_KEEP, _RISE = Upsert(_keep), Upsert(_rise)


class Switchboard:
    """See ``core.controls.Switchboard``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def controls(self, avatar: AvatarId) -> Controls:
        """See ``core.controls.Switchboard``."""
        return await self._database.read(lambda connection: read(connection, avatar))

    async def set(self, avatar: AvatarId, name: str, value: Any, *, where: str = "") -> Any:
        """See ``core.controls.Switchboard``."""
        return await self._database.write(lambda connection: put(connection, avatar, name, value, where=where))


def read(connection: sa.Connection, avatar: str) -> Controls:
    """All that is set for an avatar."""
    revision = connection.execute(_REVISION, {"avatar": avatar}).scalar_one_or_none() or 0
    rows = connection.execute(_ALL, {"avatar": avatar}).all()
    return Controls(revision, {(place, name): value for place, name, value in rows})


def put(connection: sa.Connection, avatar: str, name: str, value: Any, *, where: str = "") -> Any:
    """Set something within a transaction that changes other things, too; see ``core.controls.Switchboard.set``."""
    connection.execute(_RISE.on(connection), {"avatar": avatar})  # first: it is what two writers wait for each other at
    key = {"avatar": avatar, "where": where, "which": name}
    before = connection.execute(_BEFORE, key).scalar_one_or_none()
    if value is None:
        connection.execute(_UNSET, key)
    else:
        row = {"avatar_id": avatar, "place": where, "name": name, "value": value}
        connection.execute(_KEEP.on(connection), row)
    return before


class Snapshots:
    """Each avatar's controls as they were read last, for those who know which revision they need."""

    def __init__(self) -> None:
        self._known: dict[str, Controls] = {}

    def at(self, connection: sa.Connection, avatar: str, revision: int | None) -> Controls:
        """The controls of this revision, or of a newer one that this transaction sees."""
        if revision is None:
            return Controls()
        known = self._known.get(avatar)
        if known is None or known.revision != revision:
            known = self._known[avatar] = read(connection, avatar)
        return known
