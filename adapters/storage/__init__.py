"""Everything that must outlast the process, on SQLite or PostgreSQL, with the same statements."""

from adapters.storage.content import Content
from adapters.storage.corrections import Corrections
from adapters.storage.database import Database, open_database
from adapters.storage.gaps import Gaps
from adapters.storage.inbox import Inbox
from adapters.storage.leases import Leases
from adapters.storage.personas import Personas, Version
from adapters.storage.receipts import Receipts, Why
from adapters.storage.rules import Rules
from adapters.storage.storage import Storage, open_storage
from adapters.storage.turns import Turns
from adapters.storage.vectors import Vectors

__all__ = [
    "Content",
    "Corrections",
    "Database",
    "Gaps",
    "Inbox",
    "Leases",
    "Personas",
    "Receipts",
    "Rules",
    "Storage",
    "Turns",
    "Vectors",
    "Version",
    "Why",
    "open_database",
    "open_storage",
]
