"""The migrations lead to the tables that the code speaks of, wholly or not at all."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import adapters.storage.migrations
from adapters.storage import Database, Receipts, Turns, open_database, open_storage
from adapters.storage.database import _driver
from adapters.storage.migrations import is_current, revise, upgrade
from adapters.storage.schema import metadata
from core.errors import ConfigError
from core.model import ConversationId, Outcome, Place, Reply, Used
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, Talk
from tests.worlds.postgres import Postgres

FAILING = '''
"""Fails half-way."""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", "0005"
def upgrade():
    op.create_table("half_way", sa.Column("id", sa.Integer))
    op.execute("UPDATE fan SET name = 'changed'")
    op.execute("INSERT INTO half_way (no_such_column) VALUES (1)")
'''


FIRST = (  # as the first version left it: one exchange, and a turn that is under way
    """INSERT INTO fan (avatar_id, platform, platform_user, name, language, first_seen, last_seen)
       VALUES ('maya', 'telegram', 'ann', 'Ann', 'de', 1, 2)""",
    """INSERT INTO conversation (avatar_id, account, chat, thread, business, shared, generation, window_start, worker,
           lease_until, created_at)
       VALUES ('maya', 'telegram:1', 'ann', '', '', false, 2, 0, 'w1', 9, 1)""",
    """INSERT INTO turn (avatar_id, conversation_id, generation, state, reply, remembered, outcome, created_at,
           claimed_at, finished_at)
       VALUES ('maya', 1, 1, 'done', 'hello', 'hello', 'answered', 1, 1, 1),
              ('maya', 1, 2, 'open', NULL, NULL, NULL, 2, 2, NULL)""",
    """INSERT INTO message (avatar_id, conversation_id, fan_id, platform_message, text, command, argument, attachment,
           language, sent_at, received_at, state, turn_id, tokens)
       VALUES ('maya', 1, 1, 'm1', 'hi', '', '', '', 'de', 1, 1, 'answered', 1, 2),
              ('maya', 1, NULL, NULL, 'hello', '', '', '', '', 1, 1, 'answered', 1, 5),
              ('maya', 1, 1, 'm2', 'how?', '', '', '', 'de', 2, 2, 'taken', 2, 4)""",
    """INSERT INTO allowance (avatar_id, fan_id, name, tat, noticed_until)
       VALUES ('maya', 1, 'minute', 7, 8), ('maya', 1, 'day', 9, NULL), ('maya', 1, 'link', 5, NULL)""",
)
BUCKETS = {  # and what they have become
    ("maya", "fan/1", "link", 5, None),
    ("maya", "fan/1", "messages/60", 7, 8),
    ("maya", "fan/1", "messages/86400", 9, None),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.empty()


_LEFT = sa.text("SELECT avatar_id, subject, name, tat, noticed_until FROM bucket")


def differences(connection: sa.Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def names(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


async def test_a_migrated_database_has_the_tables_of_the_code(empty: str) -> None:
    async with open_database(empty) as database:
        assert await database.write(differences) == []
        assert await database.write(names) == {*metadata.tables, "alembic_version"}


async def test_opening_again_changes_nothing(empty: str) -> None:
    for chat in ("first", "second"):
        async with open_storage(empty, RULES) as storage:
            await Talk(storage).exchange("hi", "hello", place=Place(ACCOUNT, chat))
            assert await storage.database.write(differences) == []
            assert (await storage.receipt(Place(ACCOUNT, "first")))["reply"] == "hello"


async def test_a_revision_that_fails_leaves_the_database_as_it_was(url: str, tmp_path: Path) -> None:
    ours = Path(adapters.storage.migrations.__file__).parent
    theirs = tmp_path / "migrations"
    shutil.copytree(ours, theirs, ignore=shutil.ignore_patterns("__pycache__"))
    (theirs / "versions" / "9999_failing.py").write_text(FAILING)
    async with open_storage(url, RULES) as storage:
        talk = Talk(storage)
        await talk.says("hi")
        before = await storage.database.write(names)
        with pytest.raises(ConfigError, match="left as it was"):
            await storage.database.write(lambda connection: revise(connection, str(theirs)))
        assert await storage.database.write(names) == before
    async with open_storage(url, RULES) as storage:  # the old version still starts, and works
        assert [row["name"] for row in await Talk(storage).rows(metadata.tables["fan"])] == ["Ann"]


# ── from one revision to the next ────────────────────────────────────────────────────────────────


def revisions(folder: Path, *, until: str, failing: bool = False) -> str:
    """Our migrations up to a revision, the last of which may fail after all that it does."""
    ours = Path(adapters.storage.migrations.__file__).parent
    shutil.copytree(ours, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for script in sorted((folder / "versions").glob("[0-9]*.py")):
        if script.name[:4] > until:
            script.unlink()
        elif failing and script.name[:4] == until:
            script.write_text(
                script.read_text().replace("def downgrade", "    op.drop_table('missing')\n\n\ndef downgrade")
            )
    return str(folder)


def columns(connection: sa.Connection) -> dict[str, list[str]]:
    """The columns of all tables that there are."""
    tables = sa.MetaData()
    tables.reflect(connection)
    return {name: list(table.c.keys()) for name, table in tables.tables.items()}


async def everything(database: Database, of: dict[str, list[str]] | None = None) -> dict[str, list[Any]]:
    """All rows of these tables with these columns; of all that there are."""

    def look(connection: sa.Connection) -> dict[str, list[Any]]:
        return {
            name: sorted(
                map(repr, connection.execute(sa.select(*map(sa.column, each)).select_from(sa.table(name))).mappings())
            )
            for name, each in (of or columns(connection)).items()
        }

    return await database.read(look)


@pytest.fixture
async def first(empty: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A database as the first version left it: with an open conversation, and nothing of later revisions."""
    async with _driver(sa.make_url(empty), 5.0, visiting=False) as database:
        location = revisions(tmp_path / "first", until="0001")
        await database.write(lambda connection: revise(connection, location))
        await database.write(lambda connection: [connection.execute(sa.text(each)) for each in FIRST] and None)
        yield database


async def test_rows_of_the_first_version_stay_as_they_are(first: Database) -> None:
    columns_of = await first.read(columns)
    before = await everything(first, columns_of)
    assert len(before["message"]) == 3
    assert len(before.pop("allowance")) == 3  # whose rows have moved to a table of all limits
    del before["alembic_version"]
    assert set(before) < set(metadata.tables)
    await first.write(upgrade)
    del columns_of["allowance"]
    after = await everything(first, columns_of)
    assert {name: after[name] for name in before} == before
    assert set(await first.read(lambda connection: connection.execute(_LEFT).all())) == BUCKETS
    assert await first.write(differences) == []
    assert await first.read(is_current)
    reply = Reply("Well.", Outcome.ANSWERED, used=(Used("rule", "kind", "Be kind"),), gap="how?")
    turns = Turns(first, RULES)
    claim = await turns.claim(ConversationId(1), "w1", now=NOON)
    assert claim is not None
    await turns.store(claim, reply, ["Well."])
    assert await Receipts(first, RULES).of_last_reply(DM) == reply.used


async def test_a_revision_of_ours_that_fails_half_way_leaves_every_row_and_table(
    first: Database, tmp_path: Path
) -> None:
    before = await everything(first)
    location = revisions(tmp_path / "failing", until="0005", failing=True)
    with pytest.raises(ConfigError, match="left as it was"):
        await first.write(lambda connection: revise(connection, location))
    assert await everything(first) == before
    await first.write(upgrade)
    assert await first.write(differences) == []


async def test_a_database_of_a_newer_version_is_not_touched(url: str) -> None:
    async with open_database(url) as database:
        await database.write(
            lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num = 'newer'")) and None
        )
    with pytest.raises(ConfigError, match="newer Stagedoor"):
        async with open_database(url):
            pass
