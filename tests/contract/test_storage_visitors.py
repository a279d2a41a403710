"""A command that opens the database while another process works in it."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from adapters.storage import open_database, open_storage
from adapters.storage.schema import conversation
from core.content import Change, Chunk, Document, Kind
from core.errors import ConfigError
from core.model import AvatarId
from tests.contract.conftest import DM, NOON, RULES, Talk

MAYA = AvatarId("maya")

# Works in the database until its input ends: messages come in and are answered, one after the other.
RESIDENT = """
import asyncio, sys
from core.model import Place
from adapters.storage import open_storage
from tests.contract.conftest import ACCOUNT, RULES, Talk

async def main():
    async with open_storage(sys.argv[1], RULES) as storage:
        talk, exchanges = Talk(storage), 0
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        print("open", flush=True)
        while not ended.done():
            chat = str(exchanges % 7)
            await talk.exchange(f"hi {exchanges}", "hello", place=Place(ACCOUNT, chat), fan=chat)
            exchanges += 1
        print(exchanges, flush=True)

asyncio.run(main())
"""


@asynccontextmanager
async def resident(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process at work in the database."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", RESIDENT, url, stdin=pipe, stdout=pipe)
    try:
        assert child.stdout is not None
        assert await asyncio.wait_for(child.stdout.readline(), 60) == b"open\n"
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def batch(number: int) -> list[tuple[Document, list[Chunk]]]:
    return [
        (Document(f"{number}/{n}", Kind.PAGE, "A page", ()), [Chunk(f"Text {n} of {number}. " * 40, 200)] * 8)
        for n in range(32)
    ]


async def test_it_writes_much_while_the_other_goes_on_working(url: str) -> None:
    async with resident(url) as child, open_storage(url, RULES, visiting=True) as storage:
        assert not storage.database.alone
        batches = 0
        while batches < 10 or await storage.receipts.why(MAYA, "20") is None:  # until both have done much
            changes = await storage.content.put(MAYA, "blog", batch(batches), now=NOON)
            assert set(changes) == {Change.NEW}
            batches += 1
        (holding,) = await storage.content.sources(MAYA)
        assert (holding.documents, holding.passages) == (batches * 32, batches * 32 * 8)
        out, _ = await asyncio.wait_for(child.communicate(b""), 60)
        assert child.returncode == 0
        assert int(out) >= 20


async def test_it_takes_nothing_from_whoever_works(url: str) -> None:
    async with open_storage(url, RULES) as storage:
        talk = Talk(storage)
        claim = await talk.claims(await talk.says("hi"))
        async with open_storage(url, RULES, visiting=True) as visitor:
            assert await visitor.personas.record(MAYA, "name = 'Maya'", "", now=NOON) == 1
        assert [row["worker"] for row in await talk.rows(conversation)] == [talk.worker]
        assert await talk.answers(claim, "hello") is False
        assert len(await storage.personas.history(MAYA)) == 1


async def test_nobody_is_kept_away_by_it(url: str) -> None:
    async with open_storage(url, RULES, visiting=True) as first, open_storage(url, RULES, visiting=True) as second:
        await first.personas.record(MAYA, "a", "", now=NOON)
        async with open_storage(url, RULES) as storage:
            await Talk(storage).exchange("hi", "hello")
            assert await second.personas.record(MAYA, "b", "", now=NOON) == 2
        assert (await first.receipts.why(MAYA, "1")) is not None
        assert (await second.receipt(DM))["reply"] == "hello"


async def test_where_nobody_works_it_brings_the_database_up_to_date_itself(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    async with open_storage(f"sqlite:///{path}", RULES, visiting=True) as storage:
        assert await storage.content.put(MAYA, "blog", batch(1), now=NOON) == [Change.NEW] * 32
    assert path.stat().st_mode & 0o077 == 0
    async with open_database(f"sqlite:///{path}") as database:
        assert database.alone


VISITOR = """
import asyncio, sys
from adapters.storage import open_storage
from tests.contract.conftest import NOON, RULES

async def main():
    async with open_storage(sys.argv[1], RULES, visiting=True) as storage:
        await storage.personas.record("maya", sys.argv[2], "", now=NOON)

asyncio.run(main())
"""


async def test_those_who_visit_a_new_database_at_once_all_get_in(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    program = (sys.executable, "-c", VISITOR, url)
    children = [await asyncio.create_subprocess_exec(*program, str(number)) for number in range(3)]
    assert await asyncio.gather(*(child.wait() for child in children)) == [0, 0, 0]
    async with open_storage(url, RULES) as storage:
        assert {each.toml for each in await storage.personas.history(MAYA)} == {"0", "1", "2"}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_tables_of_another_version_are_left_to_whoever_works_with_them(url: str) -> None:
    async with resident(url) as child:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as other:
            other.execute("UPDATE alembic_version SET version_num = '0001'")
            other.commit()
        with pytest.raises(ConfigError, match=rf"another version .*\(process {child.pid}\). Stop that one first"):
            async with open_database(url, busy_timeout=0.2, visiting=True):
                pass


async def test_a_file_that_is_no_database_cannot_be_visited(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database" * 100)
    with pytest.raises(ConfigError, match=r"notes\.txt"):
        async with open_database(f"sqlite:///{path}", visiting=True):
            pass
