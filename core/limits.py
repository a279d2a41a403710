"""How often a fan may write: a burst, refilled evenly.

The rule is the generic cell rate algorithm (ITU-T I.371, annex A; ATM Forum Traffic Management 4.1, section
4.4.2) in its virtual scheduling form. All that it remembers of a fan is one moment, the theoretical arrival
time (``tat``): when the next message would be due if the fan wrote at exactly the allowed pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` messages at once, then one more each ``period / count``; a count of 0 is no limit."""

    count: int
    period: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fan may send."""

    minute: Rate
    day: Rate


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one message."""

    admitted: bool
    tat: datetime | None  # to be kept for this fan and rate; a refusal leaves it as it was
    lifts_at: datetime | None  # when the next message would be admitted; None if this one was


def spend(rate: Rate, tat: datetime | None, now: datetime) -> Decision:
    """Decide on one message at ``now``, given the ``tat`` kept from this fan's last admitted one.

    From idle, ``count`` messages pass at once. Any window of length w holds at most
    ``count + w // interval`` admitted ones (interval: ``period / count``), so one period at most
    ``2 * count``. No refusal lasts longer than one interval, whatever the clock does.
    """
    if not rate.count:
        return Decision(admitted=True, tat=tat, lifts_at=None)
    interval = -(-rate.period // rate.count)  # rounded up to the microsecond: never more than the rate
    full = now + rate.count * interval
    due = max(tat or now, now)
    if due > full:  # out of reach, so the clock has jumped back: go on from here at the allowed pace
        due = full - interval
    if due + interval > full:
        return Decision(admitted=False, tat=tat, lifts_at=now + (due + interval - full))
    return Decision(admitted=True, tat=due + interval, lifts_at=None)
