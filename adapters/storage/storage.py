"""The stores of one database, opened together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.storage.database import Database, open_database
from adapters.storage.inbox import Inbox
from adapters.storage.leases import Leases, release_all
from adapters.storage.rules import Rules
from adapters.storage.turns import Turns
from core.model import Place


@dataclass(frozen=True, slots=True)
class Storage:
    """What the core works with, and the database beneath."""

    database: Database
    inbox: Inbox
    turns: Turns
    leases: Leases

    async def receipt(self, place: Place) -> Mapping[str, Any]:
        """See ``Turns.receipt``."""
        return await self.turns.receipt(place)


@asynccontextmanager
async def open_storage(url: str, rules: Rules) -> AsyncIterator[Storage]:
    """Open a database, bring its schema up to date, and let go of what a dead process held.

    Args:
        url: See ``open_database``, as for what is raised.
        rules: What the stores have to keep to.
    """
    async with open_database(url) as database:
        if database.alone:
            await database.write(release_all)
        yield Storage(database, Inbox(database, rules), Turns(database, rules), Leases(database, rules))
