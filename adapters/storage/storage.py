"""The stores of one database, opened together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from adapters.storage.audience import Audience
from adapters.storage.cases import Cases
from adapters.storage.content import Content
from adapters.storage.corrections import Corrections
from adapters.storage.database import Database, open_database
from adapters.storage.drafts import Drafts
from adapters.storage.fans import Fans
from adapters.storage.forgetting import Forgetting
from adapters.storage.gaps import Gaps
from adapters.storage.holds import Holds
from adapters.storage.inbox import Inbox
from adapters.storage.leases import Leases, release_all
from adapters.storage.ledger import Ledger
from adapters.storage.lessons import Lessons
from adapters.storage.linking import Links
from adapters.storage.memberships import Memberships
from adapters.storage.memory import Memory
from adapters.storage.message_vectors import MessageVectors
from adapters.storage.notes import Notes
from adapters.storage.outbox import Outbox
from adapters.storage.payments import Payments
from adapters.storage.personas import Personas
from adapters.storage.privacy import Privacy
from adapters.storage.receipts import Receipts
from adapters.storage.rules import Rules
from adapters.storage.sanctions import Doors, Sanctions
from adapters.storage.staff import Audit, Staff
from adapters.storage.standing import Allowances
from adapters.storage.switchboard import Snapshots, Switchboard
from adapters.storage.talks import Talks
from adapters.storage.turns import Turns
from adapters.storage.vectors import Vectors
from adapters.storage.wellbeing import Wellbeing
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
    audience: Audience
    switchboard: Switchboard
    staff: Staff
    audit: Audit
    sanctions: Sanctions
    cases: Cases
    doors: Doors
    allowances: Allowances
    memberships: Memberships
    ledger: Ledger
    outbox: Outbox
    holds: Holds
    talks: Talks
    drafts: Drafts
    payments: Payments
    wellbeing: Wellbeing

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
    rules = replace(rules, snapshots=Snapshots())  # of this database alone
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
            Audience(database),
            Switchboard(database),
            Staff(database),
            Audit(database),
            Sanctions(database),
            Cases(database),
            Doors(database),
            Allowances(database, rules),
            Memberships(database),
            Ledger(database, rules),
            Outbox(database),
            Holds(database, rules),
            Talks(database),
            Drafts(database),
            Payments(database),
            Wellbeing(database),
        )
