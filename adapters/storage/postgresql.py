"""PostgreSQL through asyncpg: the same functions, each in a transaction of its own on a pooled connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar, cast

import asyncpg
import sqlalchemy as sa
import tenacity
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.storage.database import Work
from core.errors import ConfigError, StorageUnavailable

T = TypeVar("T")

_COLLISIONS = {"40001", "40P01"}  # serialization failure, deadlock: the loser simply tries again
_PASSING = ("08", "25P03", "53", "55P03", "57", "58")  # SQLSTATE classes and codes of faults that pass
_WRONG_ADDRESS = ("28", "3D")  # wrong user or password, no such database
_TRIES = 5
_CONNECTIONS = 20


@asynccontextmanager
async def open_postgresql(address: sa.URL, *, busy_timeout: float) -> AsyncIterator[Postgresql]:
    """Open a pool of connections; see ``open_database``."""
    if mode := address.query.get("sslmode"):  # libpq's word for what asyncpg calls ssl
        address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    engine = create_async_engine(
        address.set(drivername="postgresql+asyncpg"),
        pool_size=_CONNECTIONS,
        max_overflow=0,
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 60,  # a server that has gone silent is found out
            "server_settings": {"lock_timeout": str(int(busy_timeout * 1000))},
        },
    )
    try:
        yield Postgresql(engine)
    finally:
        await engine.dispose()


def _sqlstate(exc: BaseException) -> str:
    return str(getattr(exc.orig, "sqlstate", None) or "") if isinstance(exc, DBAPIError) else ""


def _collided(exc: BaseException) -> bool:
    return _sqlstate(exc) in _COLLISIONS


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what the database could not do into StorageUnavailable; what we asked wrongly stays as it is."""
    try:
        yield
    except DBAPIError as exc:
        state = _sqlstate(exc)
        if state.startswith(_WRONG_ADDRESS):
            raise ConfigError(f"PostgreSQL refuses the database address: {exc.orig}") from exc
        passing = isinstance(exc, (OperationalError, InterfaceError)) or exc.connection_invalidated
        if passing or state in _COLLISIONS or state.startswith(_PASSING):
            raise StorageUnavailable(f"PostgreSQL: {type(exc.orig).__name__} {state}".rstrip()) from exc
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PoolTimeout) as exc:
        raise StorageUnavailable(f"PostgreSQL: {type(exc).__name__}") from exc


class Postgresql:
    """See ``adapters.storage.database.Database``."""

    alone = False

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, work: Work[T], *, durable: bool = True) -> T:  # noqa: ARG002 - always is
        """See ``Database``."""
        with _told_apart():
            return cast("T", await self._transact(work))

    async def read(self, work: Work[T]) -> T:
        """See ``Database``."""
        with _told_apart():
            async with self._engine.connect() as connection:
                return await connection.run_sync(work)

    @tenacity.retry(
        retry=tenacity.retry_if_exception(_collided),
        stop=tenacity.stop_after_attempt(_TRIES),
        wait=tenacity.wait_random_exponential(multiplier=0.01, max=0.2),
        reraise=True,
    )
    async def _transact(self, work: Work[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)
