"""Everything that must outlast the process, on SQLite or PostgreSQL, with the same statements."""

from adapters.storage.content import Content
from adapters.storage.corrections import Corrections
from adapters.storage.database import Database, open_database
from adapters.storage.fans import Fans
from adapters.storage.forgetting import Forgetting
from adapters.storage.gaps import Gaps
from adapters.storage.inbox import Inbox
from adapters.storage.leases import Leases
from adapters.storage.lessons import Lessons
from adapters.storage.linking import Links
from adapters.storage.memory import Memory
from adapters.storage.message_vectors import MessageVectors
from adapters.storage.notes import Notes
from adapters.storage.personas import Personas, Version
from adapters.storage.privacy import Privacy
from adapters.storage.receipts import Receipts
from adapters.storage.rules import Rules
from adapters.storage.storage import Storage, open_storage
from adapters.storage.turns import Turns
from adapters.storage.vectors import Vectors

__all__ = [
    "Content",
    "Corrections",
    "Database",
    "Fans",
    "Forgetting",
    "Gaps",
    "Inbox",
    "Leases",
    "Lessons",
    "Links",
    "Memory",
    "MessageVectors",
    "Notes",
    "Personas",
    "Privacy",
    "Receipts",
    "Rules",
    "Storage",
    "Turns",
    "Vectors",
    "Version",
    "open_database",
    "open_storage",
]
