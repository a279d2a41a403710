"""Everything that must outlast the process, on SQLite or PostgreSQL, with the same statements."""

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
from adapters.storage.leases import Leases
from adapters.storage.ledger import Ledger
from adapters.storage.lessons import Lessons
from adapters.storage.linking import Links
from adapters.storage.memberships import Memberships
from adapters.storage.memory import Memory
from adapters.storage.message_vectors import MessageVectors
from adapters.storage.notes import Notes
from adapters.storage.outbox import Outbox
from adapters.storage.payments import Payments
from adapters.storage.personas import Personas, Version
from adapters.storage.privacy import Privacy
from adapters.storage.receipts import Receipts
from adapters.storage.rules import Rules
from adapters.storage.sanctions import Doors, Sanctions
from adapters.storage.staff import Audit, Staff
from adapters.storage.standing import Allowances
from adapters.storage.storage import Storage, open_storage
from adapters.storage.switchboard import Switchboard
from adapters.storage.talks import Talks
from adapters.storage.turns import Turns
from adapters.storage.vectors import Vectors
from adapters.storage.wellbeing import Wellbeing

__all__ = [
    "Allowances",
    "Audience",
    "Audit",
    "Cases",
    "Content",
    "Corrections",
    "Database",
    "Doors",
    "Drafts",
    "Fans",
    "Forgetting",
    "Gaps",
    "Holds",
    "Inbox",
    "Leases",
    "Ledger",
    "Lessons",
    "Links",
    "Memberships",
    "Memory",
    "MessageVectors",
    "Notes",
    "Outbox",
    "Payments",
    "Personas",
    "Privacy",
    "Receipts",
    "Rules",
    "Sanctions",
    "Staff",
    "Storage",
    "Switchboard",
    "Talks",
    "Turns",
    "Vectors",
    "Version",
    "Wellbeing",
    "open_database",
    "open_storage",
]
