"""Bringing a database's schema up to date, in one transaction: it happens wholly or not at all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from core.errors import ConfigError

_LOCATION = "adapters.storage:migrations"
_LOCK = 7_482_301  # any number of our own: two processes that start at once migrate one after the other


def is_current(connection: sa.Connection) -> bool:
    """Whether the schema is the one that this program works with; nothing is changed."""
    wanted = ScriptDirectory.from_config(_config(_LOCATION)).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) == set(wanted)


def upgrade(connection: sa.Connection, location: str = _LOCATION) -> None:
    """Run every revision that this database has not seen, within the caller's transaction.

    Args:
        connection: Inside a transaction that also covers DDL.
        location: Where the revisions are, in Alembic's terms.

    Raises:
        ConfigError: The database is newer than this program, or a revision failed. Nothing was changed.
    """
    config = _config(location)
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
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


def _config(location: str) -> Config:
    config = Config()
    config.set_main_option("script_location", location)
    return config
