"""adapters.storage.Database: one promise, two databases; and what only one of them has to keep."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from adapters.storage import Database, open_database
from core.errors import ConfigError, StorageUnavailable

ROWS = sa.table("sheet", sa.column("id", sa.Integer), sa.column("text", sa.Text))


def add(number: int, text: str = "x") -> Callable[[sa.Connection], int]:
    def work(connection: sa.Connection) -> int:
        connection.execute(sa.insert(ROWS).values(id=number, text=text))
        return number

    return work


def numbers(connection: sa.Connection) -> list[int]:
    return list(connection.scalars(sa.select(ROWS.c.id).order_by(ROWS.c.id)))


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with open_database(url, busy_timeout=0.2) as opened:
        await opened.write(
            lambda connection: (
                connection.execute(sa.text("CREATE TABLE sheet (id INTEGER PRIMARY KEY, text TEXT)")) and None
            )
        )
        yield opened


async def test_what_was_written_is_read(database: Database) -> None:
    assert await database.write(add(1)) == 1
    assert await database.read(numbers) == [1]


async def test_two_hundred_callers_at_once_each_get_their_own_answer(database: Database) -> None:
    answers = await asyncio.gather(*(database.write(add(number)) for number in range(200)))
    assert answers == list(range(200))
    assert await database.read(numbers) == answers


async def test_a_failing_caller_is_told_and_harms_nobody_else(database: Database) -> None:
    def fails(connection: sa.Connection) -> None:
        add(100)(connection)
        raise LookupError("on purpose")

    outcomes = await asyncio.gather(
        database.write(add(1)),
        database.write(fails),
        database.write(add(1)),
        database.write(add(2)),
        return_exceptions=True,
    )
    first, failed, again, second = outcomes
    assert isinstance(failed, LookupError)
    assert {type(first), type(again)} == {int, IntegrityError}
    assert second == 2
    assert await database.read(numbers) == [1, 2]


async def test_a_cancelled_caller_does_not_stop_the_others(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(add(number))) for number in range(20)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[3], asyncio.CancelledError)
    assert [one for one in outcomes if isinstance(one, int)] == [number for number in range(20) if number != 3]
    assert set(await database.read(numbers)) >= set(range(20)) - {3}


async def test_a_read_is_one_moment(database: Database) -> None:
    await database.write(add(1))

    def twice(connection: sa.Connection) -> tuple[list[int], list[int]]:
        return numbers(connection), numbers(connection)

    before, after = await database.read(twice)
    assert before == after == [1]


async def test_a_wrong_statement_is_our_fault_and_says_so(database: Database) -> None:
    with pytest.raises((OperationalError, ProgrammingError)):
        await database.read(lambda connection: connection.execute(sa.text("SELECT nonsense FROM nowhere")))
    assert await database.write(add(1)) == 1


async def test_an_error_shows_no_values(database: Database) -> None:
    await database.write(add(1, "a secret"))
    with pytest.raises(IntegrityError) as caught:
        await database.write(add(1, "a secret"))
    assert "a secret" not in str(caught.value)


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────

only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@only_sqlite
async def test_it_is_kept_as_safe_as_promised(database: Database, url: str) -> None:
    def pragmas(connection: sa.Connection) -> list[object]:
        return [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert await database.write(pragmas) == ["wal", 2, 1]
    assert file_of(url).stat().st_mode & 0o077 == 0


@only_sqlite
async def test_what_need_not_survive_a_loss_of_power_does_not_wait_for_the_disk(database: Database) -> None:
    def synchronous(connection: sa.Connection) -> object:
        return connection.exec_driver_sql("PRAGMA synchronous").scalar()

    assert await database.write(synchronous, durable=False) == 1
    assert await database.write(synchronous) == 2
    together = (database.write(synchronous), database.write(synchronous, durable=False))
    assert list(await asyncio.gather(*together)) == [2, 2]


@only_sqlite
async def test_what_waited_for_no_disk_gets_there_soon_though_nobody_writes_again(database: Database) -> None:
    settled = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch(connection: sa.Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        seen: list[str] = []

        def note(statement: str) -> None:
            seen.append(statement)
            if statement == "COMMIT" and "PRAGMA synchronous=FULL" in seen:
                loop.call_soon_threadsafe(settled.set)

        driver.set_trace_callback(note)

    await database.write(watch)
    assert await database.write(add(1), durable=False) == 1
    async with asyncio.timeout(10):
        await settled.wait()


@only_sqlite
async def test_a_write_that_waits_for_no_disk_is_taken_back_when_it_fails(database: Database) -> None:
    def fails(connection: sa.Connection) -> None:
        add(1)(connection)
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        await database.write(fails, durable=False)
    assert await database.write(add(1), durable=False) == 1
    assert await database.read(numbers) == [1]


@only_sqlite
async def test_a_write_that_waits_for_no_disk_does_wait_for_a_lock(database: Database, url: str) -> None:
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(database.write(add(1), durable=False))
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
        assert await writing == 1
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="locked"):
            await database.write(add(2), durable=False)


@only_sqlite
async def test_writes_that_wait_together_share_one_commit(database: Database) -> None:
    seen: list[str] = []

    def watch(connection: sa.Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_trace_callback(seen.append)

    await database.write(watch)
    assert await asyncio.gather(*(database.write(add(number)) for number in range(60))) == list(range(60))
    assert seen.count("COMMIT") == 1 + 2  # the watcher's own, and batches of 32


@only_sqlite
async def test_a_lock_that_somebody_else_holds_is_a_passing_fault(database: Database, url: str) -> None:
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(*(database.write(add(number)) for number in range(3)), return_exceptions=True)
        assert all(isinstance(one, StorageUnavailable) and "locked" in str(one) for one in outcomes)
        other.execute("ROLLBACK")
    assert await database.write(add(1)) == 1


@only_sqlite
async def test_a_full_disk_is_a_passing_fault_for_everybody_in_the_transaction(database: Database) -> None:
    def limit(pages: int) -> Callable[[sa.Connection], object]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar()

    await database.write(limit(1))  # SQLite makes that the present size
    writes = (database.write(add(1)), database.write(add(2, "x" * 100_000)), database.write(add(3)))
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert all(isinstance(one, StorageUnavailable) and "full" in str(one) for one in outcomes)
    await database.write(limit(1_000_000))
    assert await database.write(add(4)) == 4
    assert await database.read(numbers) == [4]


@only_sqlite
async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(StorageUnavailable, match="readonly"):
        await database.read(add(1))


@only_sqlite
async def test_closing_commits_what_waits(url: str) -> None:
    async with open_database(url) as database:
        await database.write(
            lambda connection: connection.execute(sa.text("CREATE TABLE sheet (id INTEGER, text TEXT)")) and None
        )
        tasks = [asyncio.create_task(database.write(add(number))) for number in range(5)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == list(range(5))
    with pytest.raises(StorageUnavailable):
        await database.write(add(9))
    async with open_database(url) as database:
        assert await database.read(numbers) == list(range(5))


@only_sqlite
async def test_a_second_process_is_told_who_has_the_file(url: str) -> None:
    async with open_database(url):
        with pytest.raises(ConfigError, match=rf"process {os.getpid()}\)"):
            async with open_database(url, busy_timeout=0.2):
                pass
    async with open_database(url) as database:
        assert database.alone


HOLD = """
import asyncio, sys
from adapters.storage import open_database
async def main():
    async with open_database(sys.argv[1]):
        print("open", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@only_sqlite
async def test_a_killed_process_leaves_no_lock(url: str) -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, url, stdout=asyncio.subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert await asyncio.wait_for(child.stdout.readline(), 20) == b"open\n"
        with pytest.raises(ConfigError, match=rf"process {child.pid}\)"):
            async with open_database(url, busy_timeout=0.2):
                pass
    finally:
        child.kill()
        await child.wait()
    async with open_database(url) as database:
        assert database.alone


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "not an address"])
async def test_an_address_of_no_use_says_what_is_wanted(address: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///"):
        async with open_database(address):
            pass


async def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database" * 100)
    with pytest.raises(ConfigError, match=r"notes\.txt"):
        async with open_database(f"sqlite:///{path}"):
            pass
    with pytest.raises(ConfigError, match="nowhere"):
        async with open_database(f"sqlite:///{tmp_path}/nowhere/x.db"):
            pass


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────


@only_postgresql
async def test_a_deadlock_is_tried_again(database: Database, url: str) -> None:
    for number in (1, 2):
        await database.write(add(number))
    tried: list[int] = []

    def change(first: int, second: int) -> Callable[[sa.Connection], None]:
        def work(connection: sa.Connection) -> None:
            tried.append(first)
            for number in (first, second):
                connection.execute(sa.update(ROWS).where(ROWS.c.id == number).values(text=f"by {first}"))
                connection.execute(sa.text("SELECT pg_sleep(0.2)"))  # the other one gets its first row meanwhile

        return work

    async with open_database(url) as patient:  # it waits for locks longer than PostgreSQL looks for deadlocks
        await asyncio.gather(patient.write(change(1, 2)), patient.write(change(2, 1)))
    assert sorted(tried) in ([1, 1, 2], [1, 2, 2])


@only_postgresql
async def test_a_lost_connection_is_a_passing_fault(database: Database) -> None:
    def dies(connection: sa.Connection) -> None:
        add(1)(connection)
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StorageUnavailable):
        await database.write(dies)
    assert await database.read(numbers) == []
    assert await database.write(add(2)) == 2


@only_postgresql
async def test_a_database_that_is_not_there_is_a_wrong_address(url: str) -> None:
    with pytest.raises(ConfigError, match="no_such"):
        async with open_database(url.replace("/fresh_", "/no_such_")):
            pass


@only_postgresql
async def test_an_address_as_libpq_writes_it_is_understood(url: str) -> None:
    async with open_database(url.replace("postgresql://", "postgres://") + "&sslmode=disable") as database:
        assert not database.alone


async def test_a_server_that_is_not_there_is_a_passing_fault_that_shows_no_password() -> None:
    with pytest.raises(StorageUnavailable) as caught:
        async with open_database("postgresql://ann:hunter2@127.0.0.1:1/x"):
            pass
    assert "hunter2" not in str(caught.value)
