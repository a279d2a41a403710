"""Bringing a database's schema up to date, in one transaction: it happens wholly or not at all."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from adapters.storage.schema import metadata
from core.errors import ConfigError

HEAD = "0005"  # the newest revision: what ``metadata`` describes
_LOCATION = "adapters.storage:migrations"
_LOCK = 7_482_301  # any number of our own: two processes that start at once migrate one after the other
_VERSION = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))


def is_current(connection: sa.Connection) -> bool:
    """Whether the schema is the one that this program works with; nothing is changed."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return False
    return [version for (version,) in connection.execute(sa.select(_VERSION.c.version_num))] == [HEAD]


def upgrade(connection: sa.Connection) -> None:
    """Bring a database up to date, within the caller's transaction.

    Alembic is loaded only for a database that an older version has written: it is large, and hardly ever needed.

    Args:
        connection: Inside a transaction that also covers DDL.

    Raises:
        ConfigError: The database is newer than this program, or a revision failed. Nothing was changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    if is_current(connection):
        return
    if sa.inspect(connection).get_table_names():
        revise(connection)
        return
    metadata.create_all(connection)
    _VERSION.create(connection)
    connection.execute(sa.insert(_VERSION).values(version_num=HEAD))


def revise(connection: sa.Connection, location: str = _LOCATION) -> None:
    """Run every revision that this database has not seen; see ``upgrade``.

    Args:
        connection: As there.
        location: Where the revisions are, in Alembic's terms.
    """
    from alembic import command  # noqa: PLC0415 - see upgrade
    from alembic.config import Config  # noqa: PLC0415 - see upgrade
    from alembic.util import CommandError  # noqa: PLC0415 - see upgrade

    config = Config()
    config.set_main_option("script_location", location)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as exc:
        raise ConfigError(
            f"The database was written by a newer Stagedoor ({exc}). Update this one, or use another database."
        ) from exc
    except SQLAlchemyError as exc:
        raise ConfigError(
            f"The database could not be brought up to date and was left as it was: {exc}. "
            "The Stagedoor that ran on it before still does; please report this."
        ) from exc
