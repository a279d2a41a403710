"""The migrations lead to the tables that the code speaks of, wholly or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import adapters.storage.migrations
from adapters.storage import open_database, open_storage
from adapters.storage.migrations import upgrade
from adapters.storage.schema import metadata
from core.errors import ConfigError
from core.model import Place
from tests.contract.conftest import ACCOUNT, RULES, Talk
from tests.worlds.postgres import Postgres

FAILING = '''
"""Fails half-way."""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
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
    (theirs / "versions" / "0002_failing.py").write_text(FAILING)
    async with open_storage(url, RULES) as storage:
        talk = Talk(storage)
        await talk.says("hi")
        before = await storage.database.write(names)
        with pytest.raises(ConfigError, match="left as it was"):
            await storage.database.write(lambda connection: upgrade(connection, str(theirs)))
        assert await storage.database.write(names) == before
    async with open_storage(url, RULES) as storage:  # the old version still starts, and works
        assert [row["name"] for row in await Talk(storage).rows(metadata.tables["fan"])] == ["Ann"]


async def test_a_database_of_a_newer_version_is_not_touched(url: str) -> None:
    async with open_database(url) as database:
        await database.write(
            lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")) and None
        )
    with pytest.raises(ConfigError, match="newer Stagedoor"):
        async with open_database(url):
            pass
