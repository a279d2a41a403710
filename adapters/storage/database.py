"""One small face over both databases: a transaction is a synchronous function over a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from adapters.storage.migrations import upgrade
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
    """No other process can be at work in it."""

    async def write(self, work: Work[T], *, durable: bool = True) -> T:
        """Run a function that changes something.

        On return it has outlived the process. ``durable``: a loss of power, too; without it, that may undo what was
        written since the last durable write, never only a part of it.
        """

    async def read(self, work: Work[T]) -> T:
        """Run a function that only looks, at one moment's state; it does not wait for writers."""


@asynccontextmanager
async def open_database(url: str, *, busy_timeout: float = 5.0) -> AsyncIterator[Database]:
    """Open a database and bring its schema up to date.

    Args:
        url: ``sqlite:///path/to/file`` or ``postgresql://user:password@host/name``.
        busy_timeout: Seconds to wait for a lock that somebody else holds.

    Raises:
        ConfigError: The address is of no use, the file is in use by another process, or the schema is not ours.
        StorageUnavailable: The database does not answer.
    """
    try:
        address = sa.make_url(url)
    except ArgumentError:
        raise ConfigError(f"The database address cannot be read. {_FORMS}") from None
    async with _driver(address, busy_timeout) as database:
        await database.write(upgrade)
        yield database


def _driver(address: sa.URL, busy_timeout: float) -> AbstractAsyncContextManager[Database]:
    """Only the driver that is used is loaded."""
    match address.drivername.partition("+")[0]:
        case "sqlite":
            from adapters.storage.sqlite import open_sqlite  # noqa: PLC0415 - see above

            return open_sqlite(address, busy_timeout=busy_timeout)
        case "postgresql" | "postgres":
            from adapters.storage.postgresql import open_postgresql  # noqa: PLC0415 - see above

            return open_postgresql(address, busy_timeout=busy_timeout)
        case other:
            raise ConfigError(f"The database address begins with {other!r}. {_FORMS}")


_FORMS = "It is sqlite:///path/to/file or postgresql://user:password@host/name."
