"""The stores of one database, opened together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.storage.content import Content
from adapters.storage.corrections import Corrections
from adapters.storage.database import Database, open_database
from adapters.storage.fans import Fans
from adapters.storage.forgetting import Forgetting
from adapters.storage.gaps import Gaps
from adapters.storage.inbox import Inbox
from adapters.storage.leases import Leases, release_all
from adapters.storage.lessons import Lessons
from adapters.storage.linking import Links
from adapters.storage.memory import Memory
from adapters.storage.message_vectors import MessageVectors
from adapters.storage.notes import Notes
from adapters.storage.personas import Personas
from adapters.storage.privacy import Privacy
from adapters.storage.receipts import Receipts
from adapters.storage.rules import Rules
from adapters.storage.turns import Turns
from adapters.storage.vectors import Vectors
from core.model import Place


@dataclass(frozen=True, slots=True)
class Storage:
    """What the core works with, and the database beneath."""

    database: Database
    inbox: Inbox
    turns: Turns
    leases: Leases
    content: Content
    vectors: Vectors
    receipts: Receipts
    gaps: Gaps
    corrections: Corrections
    personas: Personas
    memory: Memory
    lessons: Lessons
    message_vectors: MessageVectors
    forgetting: Forgetting
    notes: Notes
    privacy: Privacy
    fans: Fans
    links: Links

    async def receipt(self, place: Place) -> Mapping[str, Any]:
        """See ``Turns.receipt``."""
        return await self.turns.receipt(place)


@asynccontextmanager
async def open_storage(url: str, rules: Rules, *, visiting: bool = False) -> AsyncIterator[Storage]:
    """Open a database, bring its schema up to date, and let go of what a dead process held.

    Args:
        url: See ``open_database``, as for what is raised.
        rules: What the stores have to keep to.
        visiting: For a command that runs beside whoever works on the conversations, and leaves these alone. Where
            another process is at work, the schema must be this version's.
    """
    async with open_database(url, visiting=visiting) as database:
        if database.alone:
            await database.write(release_all)
        yield Storage(
            database,
            Inbox(database, rules),
            Turns(database, rules),
            Leases(database, rules),
            Content(database),
            Vectors(database),
            Receipts(database, rules),
            Gaps(database),
            Corrections(database),
            Personas(database),
            Memory(database),
            Lessons(database),
            MessageVectors(database),
            Forgetting(database),
            Notes(database),
            Privacy(database),
            Fans(database),
            Links(database),
        )
