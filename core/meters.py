"""The ports of what is used up: what is left, who has more of it, and what was spent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from core.budgets import Entry
from core.limits import Left
from core.model import AvatarId, FanId, Place, Usage
from core.tiers import Membership


class Allowances(Protocol):
    """What is left of the limits. Raises ``StorageUnavailable``."""

    async def left(self, avatar: AvatarId, place: Place, fan: FanId | None, *, now: datetime) -> Sequence[Left]:
        """What holds in a place, for a fan of whom only what was granted counts, and what is left of it.

        Without a fan: for somebody who has not written yet.
        """


class Memberships(Protocol):
    """Keeps which circles fans are in. Each method is one transaction. Raises ``StorageUnavailable``."""

    async def grant(self, avatar: AvatarId, fan: FanId, tier: str, source: str, until: datetime | None = None) -> None:
        """Put a fan into a circle; what this source gave of it before is replaced.

        A time that has passed ends it; None: until it is taken back. A fan of another avatar's is left alone.
        """

    async def revoke(self, avatar: AvatarId, fan: FanId, source: str, tier: str = "") -> bool:
        """Take back what a source gave, of one circle or of all; False if that was nothing."""

    async def of(self, avatar: AvatarId, fan: FanId, *, now: datetime) -> Sequence[Membership]:
        """The circles that a fan is in, whatever they come from."""


class Ledger(Protocol):
    """Keeps what models were used for. Each method is one transaction. Raises ``StorageUnavailable``.

    What a reply has taken is entered together with it (``core.ports.Turns.store``).
    """

    priced: bool
    """What models cost is known."""

    async def charge(self, avatar: AvatarId, purpose: str, model: str, usage: Usage, *, now: datetime) -> None:
        """Enter a call that was made beside the replies."""

    async def entries(self, avatar: AvatarId, *, since: date) -> Sequence[Entry]:
        """What was entered from this day on, oldest first."""
