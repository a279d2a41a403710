"""How often each of many may do something, in the memory of one process."""

from __future__ import annotations

from datetime import datetime

from core.limits import Rate, spend

MOST_KNOWN = 10_000  # from which on those who have long been idle are forgotten


class Pace:
    """One allowance for each of many.

    Args:
        rate: What each may do.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._known: dict[str, datetime] = {}

    def admits(self, who: str, *, now: datetime) -> bool:
        """Whether it may be done once more; then it counts as done."""
        decision = spend(self._rate, self._known.get(who), now)
        if decision.tat is not None:
            self._known[who] = decision.tat
        if len(self._known) > MOST_KNOWN:
            self._known = {one: tat for one, tat in self._known.items() if tat > now}
        return decision.admitted
