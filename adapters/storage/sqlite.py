"""SQLite with group commit: while one transaction is on its way to the disk, the next one is collected.

Awaiting a driver statement by statement costs a thread hop each, many times the statement's own time. Here aiosqlite's
thread runs whole functions: all writes that wait are one transaction, a savepoint each, so that one fsync (FULL: it
survives a power loss) serves them all. Reads have a connection of their own and wait for nobody.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import aiosqlite
import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from adapters.storage.database import Work
from core.errors import ConfigError, StorageUnavailable

T = TypeVar("T")

_OUR_FAULT = {  # what no waiting mends: wrong SQL, a broken constraint
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_TOOBIG,
}


@asynccontextmanager
async def open_sqlite(address: sa.URL, *, busy_timeout: float) -> AsyncIterator[Sqlite]:
    """Open a file that nobody else may open meanwhile; see ``open_database``."""
    if not address.database or address.database == ":memory:":
        raise ConfigError("The database address names no file: sqlite:///path/to/file.")
    path = Path(address.database)
    with _only_process(path):
        writer = _Thread(path, "BEGIN IMMEDIATE", ("journal_mode=WAL", "synchronous=FULL"), busy_timeout)
        reader = _Thread(path, "BEGIN", ("query_only=ON",), busy_timeout)
        try:
            with _told_apart():
                await writer.start()
                await reader.start()
        except StorageUnavailable as exc:
            await writer.close()
            raise ConfigError(f"{path} cannot be opened as a database: {exc}") from exc
        database = Sqlite(writer, reader)
        try:
            yield database
        finally:
            await database.close()


@contextmanager
def _only_process(path: Path) -> Iterator[None]:
    """Keep every other process away from a file; the lock ends with the process, however that ends."""
    note = Path(f"{path}.lock")
    lock = FileLock(note, timeout=0)
    try:
        path.touch(mode=0o600)
        lock.acquire()
    except Timeout:
        holder = note.read_text().strip() or "unknown"
        raise ConfigError(
            f"The database {path} is in use by another Stagedoor (process {holder}). "
            "Stop that one first, give this one a folder of its own, or use PostgreSQL for several processes."
        ) from None
    except OSError as exc:
        raise ConfigError(f"The database {path} cannot be made or locked: {exc.strerror}.") from exc
    try:
        note.write_text(f"{os.getpid()}\n")
        yield
    finally:
        lock.release()


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what the database could not do into StorageUnavailable; what we asked wrongly stays as it is."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as exc:
        cause = exc.orig if isinstance(exc, DBAPIError) else exc
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None or code & 0xFF in _OUR_FAULT:  # the lower byte is the primary result code
            raise
        raise StorageUnavailable(f"SQLite: {cause}") from exc


class _Thread(aiosqlite.Connection):
    """A connection of aiosqlite whose thread also runs whole functions, over a SQLAlchemy connection of its own."""

    def __init__(self, path: Path, begin: str, pragmas: Sequence[str], busy_timeout: float) -> None:
        super().__init__(lambda: self._open(path, busy_timeout), iter_chunk_size=64)
        self._begin = begin
        self._pragmas = ("foreign_keys=ON", *pragmas)
        self._core: sa.Connection | None = None

    @staticmethod
    def _open(path: Path, busy_timeout: float) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, cached_statements=256)

    async def start(self) -> None:
        await self
        await self.run(self._prepare)

    async def run(self, function: Callable[[], T]) -> T:
        """Run a function on this connection's thread."""
        return cast("T", await self._execute(function))  # type: ignore[no-untyped-call]

    def _prepare(self) -> None:
        for pragma in self._pragmas:
            self._conn.execute(f"PRAGMA {pragma}")
        engine = sa.create_engine("sqlite://", creator=lambda: self._conn, poolclass=StaticPool, hide_parameters=True)
        self._core = engine.connect()

    def transact(self, works: Sequence[Work[Any]]) -> list[_Outcome]:
        """Run functions in one transaction, a savepoint each. To be called on this connection's thread."""
        assert self._core is not None
        self._conn.execute(self._begin)
        with self._core.begin():
            return [self._guarded(self._core, work) for work in works]

    def _guarded(self, core: sa.Connection, work: Work[Any]) -> _Outcome:
        self._conn.execute("SAVEPOINT work")
        try:
            value = work(core)
        except Exception as exc:
            if not self._conn.in_transaction:  # SQLite has given up all of it, as on a full disk: then all fail
                raise
            self._conn.execute("ROLLBACK TO work")
            self._conn.execute("RELEASE work")
            return _Outcome(None, exc)
        self._conn.execute("RELEASE work")
        return _Outcome(value, None)


class _Outcome(NamedTuple):
    value: Any
    error: Exception | None


class _Call(NamedTuple):
    work: Work[Any]
    future: asyncio.Future[Any]


class Sqlite:
    """See ``adapters.storage.database.Database``."""

    alone = True

    def __init__(self, writer: _Thread, reader: _Thread) -> None:
        self._writer = writer
        self._reader = reader
        self._waiting: list[_Call] = []
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        """See ``Database``."""
        if self._closed:
            raise StorageUnavailable("The database is closed.")
        call = _Call(work, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush(), name="sqlite group commit")
        with _told_apart():
            return cast("T", await call.future)

    async def read(self, work: Work[T]) -> T:
        """See ``Database``."""
        if self._closed:
            raise StorageUnavailable("The database is closed.")
        with _told_apart():
            (outcome,) = await self._reader.run(lambda: self._reader.transact([work]))
            if outcome.error is not None:
                raise outcome.error
            return cast("T", outcome.value)

    async def close(self) -> None:
        """Commit what waits and close the file."""
        self._closed = True
        try:
            if self._flushing is not None:
                await self._flushing
        finally:
            await self._reader.close()
            await self._writer.close()

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch = [call for call in self._waiting if not call.future.done()]
                self._waiting = []
                await self._commit(batch)
        finally:
            self._flushing = None

    async def _commit(self, batch: Sequence[_Call]) -> None:
        works = [call.work for call in batch]
        try:
            outcomes = await self._writer.run(lambda: self._writer.transact(works))
        except Exception as exc:  # noqa: BLE001 - the transaction as a whole failed: each caller is told
            outcomes = [_Outcome(None, exc)] * len(batch)
        except asyncio.CancelledError:  # the loop is going down: nobody will hear of the outcome
            for call in batch:
                call.future.cancel()
            raise
        for call, outcome in zip(batch, outcomes, strict=True):
            if call.future.done():  # its caller was cancelled meanwhile
                continue
            if outcome.error is None:
                call.future.set_result(outcome.value)
            else:
                call.future.set_exception(outcome.error)
