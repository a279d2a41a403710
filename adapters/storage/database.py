"""One small face over both databases: a transaction is a synchronous function over a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from adapters.storage.migrations import is_current, upgrade
from core.errors import ConfigError

T = TypeVar("T")
Work = Callable[[sa.Connection], T]


class Database(Protocol):
    """Runs functions, each in one transaction. A function may be run again, so it changes nothing but the database.

    What a function raises rolls its transaction back and reaches the caller. A passing fault of the database itself
    (locked, full, connection lost) is ``StorageUnavailable``: nothing was stored, unless the connection broke during
    the very commit. A cancelled caller's transaction may or may not be done; nobody else's suffers.
    """

    alone: bool
    """No other process can be at work in it; some may visit."""

    async def write(self, work: Work[T], *, durable: bool = True) -> T:
        """Run a function that changes something.

        On return it has outlived the process. ``durable``: a loss of power, too; without it, that may undo what was
        written since the last durable write, at most the last moments (a fraction of a second), and only the end of it.
        """

    async def read(self, work: Work[T]) -> T:
        """Run a function that only looks, at one moment's state; it does not wait for writers."""


@asynccontextmanager
async def open_database(url: str, *, busy_timeout: float = 5.0, visiting: bool = False) -> AsyncIterator[Database]:
    """Open a database and bring its schema up to date.

    Args:
        url: ``sqlite:///path/to/file`` or ``postgresql://user:password@host/name``.
        busy_timeout: Seconds to wait for a lock that somebody else holds.
        visiting: Look in, and write a little, while another process may be at work in it.

    Raises:
        ConfigError: The address is of no use, the file is in use by another process, or the schema is not ours.
        StorageUnavailable: The database does not answer.
    """
    try:
        address = sa.make_url(url)
    except ArgumentError:
        raise ConfigError(f"The database address cannot be read. {_FORMS}") from None
    async with _driver(address, busy_timeout, visiting=visiting) as database:
        if not visiting:
            await database.write(upgrade)
        elif not await database.read(is_current):
            await _bring_up_to_date(url, busy_timeout)
        yield database


async def _bring_up_to_date(url: str, busy_timeout: float) -> None:
    """Do what a visitor must not do by itself: the schema changes only under a process that is alone."""
    try:
        async with open_database(url, busy_timeout=busy_timeout):
            pass
    except ConfigError as exc:
        raise ConfigError(f"The database's tables are those of another version of Stagedoor. {exc}") from exc


def _driver(address: sa.URL, busy_timeout: float, *, visiting: bool) -> AbstractAsyncContextManager[Database]:
    """Only the driver that is used is loaded."""
    match address.drivername.partition("+")[0]:
        case "sqlite":
            from adapters.storage.sqlite import open_sqlite  # noqa: PLC0415 - see above

            return open_sqlite(address, busy_timeout=busy_timeout, visiting=visiting)
        case "postgresql" | "postgres":
            from adapters.storage.postgresql import open_postgresql  # noqa: PLC0415 - see above

            return open_postgresql(address, busy_timeout=busy_timeout)
        case other:
            raise ConfigError(f"The database address begins with {other!r}. {_FORMS}")


_FORMS = "It is sqlite:///path/to/file or postgresql://user:password@host/name."
