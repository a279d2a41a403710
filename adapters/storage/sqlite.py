"""SQLite with group commit: while one transaction is on its way to the disk, the next one is collected.

All writes that wait are one transaction, a savepoint each, so that one fsync (FULL: it survives a power loss) serves
them all. Their statements, some ten microseconds each, run on the event loop; only the commit goes to aiosqlite's
thread. Two threads that both compute would wait for each other at every statement, since each statement lets go of the
interpreter (docs/adr/0002). Reads have a connection and a thread of their own.
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
from adapters.storage.direct import DirectConnection
from core.errors import ConfigError, StorageUnavailable

T = TypeVar("T")

_LARGEST_BATCH = 32  # writes in one transaction: those who waited resume together, and hold the event loop meanwhile
_BUSY_WAIT = 0.02  # seconds between two tries for the write lock
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
        writer = _Writer(path, ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=0"), busy_timeout)
        reader = _Reader(path, ("query_only=ON",), busy_timeout)
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


class _Connection(aiosqlite.Connection):
    """A connection of aiosqlite whose thread also runs whole functions, with a SQLAlchemy connection over it."""

    kind: type[sa.Connection] = sa.Connection

    def __init__(self, path: Path, pragmas: Sequence[str], busy_timeout: float) -> None:
        super().__init__(lambda: self._open(path, busy_timeout), iter_chunk_size=64)
        self._busy_timeout = busy_timeout
        self._pragmas = ("foreign_keys=ON", *pragmas)
        self.core: sa.Connection

    @staticmethod
    def _open(path: Path, busy_timeout: float) -> sqlite3.Connection:
        # One thread at a time works on it, though not always the same one.
        return sqlite3.connect(
            path, timeout=busy_timeout, isolation_level=None, cached_statements=256, check_same_thread=False
        )

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
        self.core = self.kind(engine)


class _Reader(_Connection):
    def look(self, work: Work[T]) -> T:
        """Run a function at one moment's state. To be called on this connection's thread."""
        self._conn.execute("BEGIN")
        with self.core.begin():
            return work(self.core)


class _Writer(_Connection):
    kind = DirectConnection
    _durable = True

    async def transact(self, works: Sequence[Work[Any]], *, durable: bool) -> list[_Outcome]:
        """Run functions in one transaction, a savepoint each."""
        if durable != self._durable:
            self._conn.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        await self._begin()
        transaction = self.core.begin()
        try:
            outcomes = [self._guarded(work) for work in works]
            await self.run(transaction.commit)
        except BaseException:
            transaction.rollback()
            raise
        return outcomes

    async def _begin(self) -> None:
        """Take the write lock; somebody else's (a backup's) is waited for without holding the event loop."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._busy_timeout
        while True:
            try:
                self._conn.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > give_up:
                    raise
                await asyncio.sleep(_BUSY_WAIT)
            else:
                return

    def _guarded(self, work: Work[Any]) -> _Outcome:
        self._conn.execute("SAVEPOINT work")
        try:
            value = work(self.core)
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
    durable: bool
    future: asyncio.Future[Any]


class Sqlite:
    """See ``adapters.storage.database.Database``."""

    alone = True

    def __init__(self, writer: _Writer, reader: _Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._waiting: list[_Call] = []
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, work: Work[T], *, durable: bool = True) -> T:
        """See ``Database``."""
        if self._closed:
            raise StorageUnavailable("The database is closed.")
        call = _Call(work, durable, asyncio.get_running_loop().create_future())
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
            return await self._reader.run(lambda: self._reader.look(work))

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
                batch, self._waiting = self._waiting[:_LARGEST_BATCH], self._waiting[_LARGEST_BATCH:]
                await self._commit([call for call in batch if not call.future.done()])
        finally:
            self._flushing = None

    async def _commit(self, batch: Sequence[_Call]) -> None:
        try:
            durable = any(call.durable for call in batch)
            outcomes = await self._writer.transact([call.work for call in batch], durable=durable)
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
