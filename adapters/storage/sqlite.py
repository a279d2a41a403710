"""SQLite with group commit: while one transaction is on its way to the disk, the next one is collected.

All writes that wait are one transaction, a savepoint each, so that one fsync (FULL: it survives a power loss) serves
them all. Their statements, some ten microseconds each, run on the event loop; only a commit that waits for the disk
goes to aiosqlite's thread. Two threads that both compute would wait for each other at every statement, since each
statement lets go of the interpreter (docs/adr/0002). Reads have a connection and a thread of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
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
_COURTESY = 0.03  # seconds in which a visitor, having written, leaves the write lock to those who wait for it
_HAND_OVER = (
    0.0005  # seconds until a busy event loop has to let another thread run; Python's own 5 ms delay each commit
)
_LATEST = 0.1  # seconds until what no durable write has carried to the disk gets a commit for itself
_LONGEST_LOG = 4000  # pages of the write-ahead log, from which on a durable commit moves them into the database
_TOUCH = "PRAGMA user_version = 0"  # writes a page though it changes nothing
_OUR_FAULT = {  # what no waiting mends: wrong SQL, a broken constraint
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_TOOBIG,
}


@asynccontextmanager
async def open_sqlite(address: sa.URL, *, busy_timeout: float, visiting: bool) -> AsyncIterator[Sqlite]:
    """Open a file that nobody else may open meanwhile but to visit it; see ``open_database``."""
    if not address.database or address.database == ":memory:":
        raise ConfigError("The database address names no file: sqlite:///path/to/file.")
    path = Path(address.database)
    sys.setswitchinterval(min(sys.getswitchinterval(), _HAND_OVER))
    _make(path)
    with contextlib.nullcontext() if visiting else _only_process(path, busy_timeout):
        journal = () if visiting else ("journal_mode=WAL",)  # a change of it needs the file for oneself
        writer = _Writer(path, (*journal, "synchronous=FULL", "busy_timeout=0"), busy_timeout)
        reader = _Reader(path, ("query_only=ON", "schema_version"), busy_timeout)  # looks whether it is a database
        try:
            with _told_apart():
                await writer.start()
                await reader.start()
        except StorageUnavailable as exc:
            await writer.close()
            raise ConfigError(f"{path} cannot be opened as a database: {exc}") from exc
        database = Sqlite(writer, reader, alone=not visiting)
        try:
            yield database
        finally:
            await database.close()


def _make(path: Path) -> None:
    """Make a file that nobody else may read, unless it is there."""
    try:
        path.touch(mode=0o600)
    except OSError as exc:
        raise ConfigError(f"The database {path} cannot be made: {exc.strerror}.") from exc


@contextmanager
def _only_process(path: Path, wait: float) -> Iterator[None]:
    """Keep every other process but visitors away from a file; the lock ends with the process, however that ends.

    Whoever has it may be about to stop, or a visitor who brings the schema up to date: that is waited for.
    """
    note = Path(f"{path}.lock")
    lock = FileLock(note, timeout=wait)
    try:
        lock.acquire()
    except Timeout:
        holder = note.read_text().strip() or "unknown"
        raise ConfigError(
            f"The database {path} is in use by another Stagedoor (process {holder}). "
            "Stop that one first, give this one a folder of its own, or use PostgreSQL for several processes."
        ) from None
    except OSError as exc:
        raise ConfigError(f"The database {path} cannot be locked: {exc.strerror}.") from exc
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


class _LockedError(Exception):
    """Somebody else, such as a backup, holds the write lock."""


class _Writer(_Connection):
    kind = DirectConnection
    _durable: bool | None = None  # what the next commit will be

    def _prepare(self) -> None:
        super()._prepare()
        self.core.begin()  # for good: where a transaction begins and ends is said to the driver

    async def transact(self, works: Sequence[Work[Any]], *, durable: bool) -> list[_Outcome]:
        """Run functions in one transaction, a savepoint each; one that is alone needs none."""
        await self._begin(durable=durable)
        with self._undone():
            outcomes = [_Outcome(works[0](self.core), None)] if len(works) == 1 else list(map(self._guarded, works))
            if durable:
                await self.run(lambda: self._conn.execute("COMMIT"))
            else:
                self._conn.execute("COMMIT")
        return outcomes

    def at_once(self, work: Work[T]) -> T:
        """Run a function in a transaction that waits for nothing.

        Raises:
            _LockedError: Somebody else writes. Nothing was done.
        """
        self._take_lock(durable=False)
        with self._undone():
            value = work(self.core)
            self._conn.execute("COMMIT")
        return value

    async def _begin(self, *, durable: bool) -> None:
        """Take the write lock; somebody else's is waited for without holding the event loop."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._busy_timeout
        while True:
            try:
                return self._take_lock(durable=durable)
            except _LockedError:
                if loop.time() > give_up:
                    raise StorageUnavailable("SQLite: the database is locked") from None
            await asyncio.sleep(_BUSY_WAIT)

    def _take_lock(self, *, durable: bool) -> None:
        if durable != self._durable:
            self._conn.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._conn.execute(f"PRAGMA wal_autocheckpoint={_LONGEST_LOG if durable else 0}")  # it waits for the disk
            self._durable = durable
        try:
            self._conn.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise _LockedError from exc

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """Take everything back if what follows fails."""
        try:
            yield
        except BaseException:
            if self._conn.in_transaction:  # on a full disk SQLite has given up all of it by itself
                self._conn.execute("ROLLBACK")
            raise

    def _guarded(self, work: Work[Any]) -> _Outcome:
        self._conn.execute("SAVEPOINT work")
        try:
            value = work(self.core)
        except Exception as exc:
            if not self._conn.in_transaction:  # SQLite has given up all of it: then all fail
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

    def __init__(self, writer: _Writer, reader: _Reader, *, alone: bool) -> None:
        self.alone = alone
        self._writer = writer
        self._reader = reader
        self._waiting: list[_Call] = []
        self._flushing: asyncio.Task[None] | None = None
        self._owed: asyncio.TimerHandle | None = None  # set while a loss of power would undo something
        self._settling: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, work: Work[T], *, durable: bool = True) -> T:
        """See ``Database``."""
        if self._closed:
            raise StorageUnavailable("The database is closed.")
        if not durable and self._flushing is None:
            with contextlib.suppress(_LockedError), _told_apart():
                value = self._writer.at_once(work)
                self._owe(durable=False)
                return value
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
        self._owe(durable=True)  # SQLite itself sees to it when it closes the file
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
                if not self.alone:
                    await asyncio.sleep(_COURTESY)
        finally:
            self._flushing = None

    async def _commit(self, batch: Sequence[_Call]) -> None:
        try:
            durable = any(call.durable for call in batch)
            outcomes = await self._writer.transact([call.work for call in batch], durable=durable)
            self._owe(durable=durable)
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

    def _owe(self, *, durable: bool) -> None:
        """Note a commit: a durable one has carried all earlier ones to the disk, any other is to get there in time."""
        if durable and self._owed is not None:
            self._owed.cancel()
            self._owed = None
        elif not durable and self._owed is None:
            self._owed = asyncio.get_running_loop().call_later(_LATEST, self._settle)

    def _settle(self) -> None:
        self._owed = None
        self._settling = asyncio.create_task(self._touch(), name="sqlite settling")

    async def _touch(self) -> None:
        with contextlib.suppress(StorageUnavailable):  # whoever writes next is told
            await self.write(lambda connection: connection.exec_driver_sql(_TOUCH) and None)
