"""The migrations lead to the tables that the code speaks of, wholly or not at all."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import adapters.storage.migrations
from adapters.storage import Database, Inbox, Receipts, Storage, Turns, open_database, open_storage
from adapters.storage.database import _driver
from adapters.storage.migrations import upgrade
from adapters.storage.schema import metadata
from core.errors import ConfigError
from core.model import ConversationId, Outcome, Place, Reply, Used
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, Talk
from tests.worlds.postgres import Postgres

FAILING = '''
"""Fails half-way."""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", "0002"
def upgrade():
    op.create_table("half_way", sa.Column("id", sa.Integer))
    op.execute("UPDATE fan SET name = 'changed'")
    op.execute("INSERT INTO half_way (no_such_column) VALUES (1)")
'''


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.empty()


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
            await storage.database.write(lambda connection: upgrade(connection, str(theirs)))
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


async def everything(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables that there are."""

    def look(connection: sa.Connection) -> dict[str, list[Any]]:
        tables = sa.MetaData()
        tables.reflect(connection)
        return {
            name: sorted(map(repr, connection.execute(sa.select(table)).mappings()))
            for name, table in tables.tables.items()
        }

    return await database.read(look)


@pytest.fixture
async def first(empty: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A database as the first version left it: with an open conversation, and nothing of later revisions."""
    async with _driver(sa.make_url(empty), 5.0, visiting=False) as database:
        location = revisions(tmp_path / "first", until="0001")
        await database.write(lambda connection: upgrade(connection, location))
        stores = (Inbox(database, RULES), Turns(database, RULES))
        talk = Talk(cast("Storage", SimpleNamespace(database=database, inbox=stores[0], turns=stores[1])))
        await talk.exchange("hi", "hello")
        await talk.claims(await talk.says("how?"))
        yield database


async def test_rows_of_the_first_version_stay_as_they_are(first: Database) -> None:
    before = await everything(first)
    assert len(before["message"]) == 3
    assert set(before) < set(metadata.tables) | {"alembic_version"}
    await first.write(upgrade)
    after = await everything(first)
    assert {name: after[name] for name in before if name != "alembic_version"} == {
        name: rows for name, rows in before.items() if name != "alembic_version"
    }
    assert await first.write(differences) == []
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
    location = revisions(tmp_path / "failing", until="0002", failing=True)
    with pytest.raises(ConfigError, match="left as it was"):
        await first.write(lambda connection: upgrade(connection, location))
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
