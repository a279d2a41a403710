"""The port to what is kept for fans' safety."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.model import AvatarId


@dataclass(frozen=True, slots=True)
class Crises:
    """How often, in one month, somebody was shown where to find help."""

    month: str  # "2026-11", in UTC
    kind: str  # see ``core.crisis.Kind``
    count: int


class Wellbeing(Protocol):
    """Keeps counts without identity. Raises ``StorageUnavailable``."""

    async def crises(self, avatar: AvatarId, year: int) -> Sequence[Crises]:
        """What was counted in a year, by month and kind; months without any are missing."""
