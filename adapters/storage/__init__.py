"""Everything that must outlast the process, on SQLite or PostgreSQL, with the same statements."""

from adapters.storage.database import Database, open_database
from adapters.storage.inbox import Inbox
from adapters.storage.leases import Leases
from adapters.storage.rules import Rules
from adapters.storage.storage import Storage, open_storage
from adapters.storage.turns import Turns

__all__ = ["Database", "Inbox", "Leases", "Rules", "Storage", "Turns", "open_database", "open_storage"]
