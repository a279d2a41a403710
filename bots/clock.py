"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Tells wall time."""

    def now(self) -> datetime:
        """See ``core.ports.Clock``."""
        return datetime.now(UTC)
