"""How often, and how much: a burst, refilled evenly.

The rule is the generic cell rate algorithm (ITU-T I.371, annex A; ATM Forum Traffic Management 4.1, section
4.4.2) in its virtual scheduling form. All that it remembers of a bucket is one moment, the theoretical arrival
time (``tat``): when the next unit would be due if it was drawn on at exactly the allowed pace.

What is counted one by one (messages) is spent beforehand. What is known only afterwards (tokens, money) is charged
then, and may leave a debt: until it has been refilled, nothing is admitted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Literal, get_args

from core.control import Setting

Scope = Literal["fan", "conversation", "place", "account", "avatar", "system"]
Meter = Literal["messages", "tokens", "money"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
METERS: tuple[Meter, ...] = get_args(Meter)
FOR_COMMANDS = timedelta(minutes=1)  # commands spend from no longer limit: whoever used up the day can still ask
_LEAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` units at once, then one more each ``period / count``; a count of 0 is no limit."""

    count: int  # messages, tokens, or millionths of the currency
    period: timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """What all who share a bucket may use up together: one fan, all in one place, all who talk with an avatar."""

    scope: Scope
    meter: Meter
    rate: Rate
    tier: str = ""  # what a fan of this circle has instead; for the scope "fan" only

    @property
    def name(self) -> str:
        """Which of the buckets of its scope; a limit that changes goes on with what is in it."""
        return _named(self.meter, self.rate.period)


@cache
def _named(meter: Meter, period: timedelta) -> str:
    return f"{meter}/{period // timedelta(seconds=1)}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What whoever runs the program has set; creators set theirs with ``LIMITS``."""

    minute: Rate  # messages of one fan
    day: Rate
    system: tuple[Limit, ...] = ()  # of all avatars together


LIMITS: Setting[tuple[Limit, ...]] = Setting("limits", tuple[Limit, ...], ())


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one message."""

    admitted: bool
    tat: datetime | None  # to be kept for this bucket; a refusal leaves it as it was
    lifts_at: datetime | None  # when the next message would be admitted; None if this one was


@dataclass(frozen=True, slots=True)
class Left:
    """A limit, and what is left of it for somebody."""

    limit: Limit
    units: int
    lifts_at: datetime | None = None  # when there is something again; None: there is


# ── buckets ──────────────────────────────────────────────────────────────────────────────────────


def spend(rate: Rate, tat: datetime | None, now: datetime) -> Decision:
    """Decide on one message at ``now``, given the ``tat`` kept from the last admitted one.

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


def check(rate: Rate, tat: datetime | None, now: datetime) -> Decision:
    """Decide on one message that draws on a bucket only afterwards: it passes where anything is left.

    No refusal lasts longer than one period, whatever the clock does.
    """
    due = _due(rate, tat, now)
    if not rate.count or due < now + rate.period:
        return Decision(admitted=True, tat=tat, lifts_at=None)
    return Decision(admitted=False, tat=tat, lifts_at=due - rate.period + _LEAST)


def charge(rate: Rate, tat: datetime | None, now: datetime, amount: int) -> datetime:
    """The ``tat`` to be kept once ``amount`` units were used up; the debt that may be left is one period's at most."""
    cost = timedelta(microseconds=-(-amount * (rate.period // _LEAST) // rate.count))
    return min(_due(rate, tat, now) + cost, now + 2 * rate.period)


def decide(limit: Limit, tat: datetime | None, now: datetime) -> Decision:
    """Decide on one message by what its limit counts."""
    return (spend if limit.meter == "messages" else check)(limit.rate, tat, now)


def left(limit: Limit, tat: datetime | None, now: datetime) -> Left:
    """What is left at ``now``: whole units, none while there is a debt."""
    rate, lifts_at = limit.rate, decide(limit, tat, now).lifts_at
    if lifts_at is not None:
        return Left(limit, 0, lifts_at)
    if limit.meter == "messages":
        interval = -(-rate.period // rate.count)
        full = now + rate.count * interval
        return Left(limit, (full - min(max(tat or now, now), full - interval)) // interval)
    return Left(limit, (now + rate.period - _due(rate, tat, now)) * rate.count // rate.period)


def _due(rate: Rate, tat: datetime | None, now: datetime) -> datetime:
    """When the next unit is due; a moment out of reach means that the clock has jumped back."""
    due = max(tat or now, now)
    return due if due <= now + 2 * rate.period else now + rate.period - _LEAST


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


@cache
def standing(limits: Limits) -> tuple[Limit, ...]:
    """What holds where a creator has set nothing else."""
    own = (Limit("fan", "messages", limits.minute), Limit("fan", "messages", limits.day))
    return tuple(one for one in (*own, *limits.system) if one.rate.count)


def in_force(limits: Iterable[Limit], tiers: Collection[str]) -> tuple[Limit, ...]:
    """The limits for a fan of these circles.

    Of two on the same thing in the same time the later holds, and a circle's goes before the one for everybody; of
    several circles' the most generous. What a count of 0 lifts is left out.
    """
    best: dict[tuple[str, str, timedelta], Limit] = {}
    for one in limits:
        if one.tier and one.tier not in tiers:
            continue
        key = (one.scope, one.meter, one.rate.period)
        known = best.get(key)
        if known is None or one.tier == known.tier or (one.tier and _generous(one, known)):
            best[key] = one
    return tuple(one for one in best.values() if one.rate.count)


def _generous(one: Limit, known: Limit) -> bool:
    """Whether a circle's limit takes the place of the one known so far."""
    return not known.tier or (known.rate.count != 0 and (one.rate.count == 0 or one.rate.count > known.rate.count))


def put(limits: Iterable[Limit], new: Limit) -> tuple[Limit, ...]:
    """Limits with one more, in place of what was set for the same before."""
    return (*(one for one in limits if replace(one, rate=new.rate) != new or one.rate.period != new.rate.period), new)
