"""Databases of each kind, for whatever is to work on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds import postgres as world


@pytest.fixture(scope="session")
def postgres() -> Iterator[world.Postgres]:
    with world.running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with today's tables, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stagedoor.db'}"
    server: world.Postgres = request.getfixturevalue("postgres")
    return server.fresh()
