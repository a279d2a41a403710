"""Which of the messages that wait are within their fans' limits, and which fans are to be told of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from core.limits import Decision, Limits, spend

MINUTE, DAY = "minute", "day"
NOTICE_PAUSE = timedelta(minutes=1)  # a limit lifts bit by bit: without a pause, each bit would bring a new notice


class Waiting(NamedTuple):
    """A message, with what is kept of its fan's two limits."""

    id: int
    fan: int
    command: str
    minute_tat: datetime | None
    minute_noticed: datetime | None
    day_tat: datetime | None
    day_noticed: datetime | None


@dataclass(slots=True)
class Allowance:
    """What is kept of one fan and one limit."""

    tat: datetime | None
    noticed_until: datetime | None


@dataclass(slots=True)
class Settlement:
    """What became of the messages that waited."""

    taken: list[int] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)  # refused, and the fan knows already
    told: dict[int, datetime] = field(default_factory=dict)  # refused; the fan is to be told when the limit lifts
    spent: dict[tuple[int, str], Allowance] = field(default_factory=dict)  # by fan and limit: what to keep now


def settle(waiting: Sequence[Waiting], limits: Limits, now: datetime) -> Settlement:
    """Spend each fan's allowance message by message, oldest first.

    A message spends only where every limit admits it. Commands spend from the minute alone. A fan is told once, and
    again only when the limit has lifted and at least ``NOTICE_PAUSE`` has passed.
    """
    result = Settlement()
    for message in waiting:
        decisions = _decide(message, limits, now, result.spent)
        refused = next(((name, decision) for name, decision in decisions if not decision.admitted), None)
        if refused is None:
            result.taken.append(message.id)
            for name, decision in decisions:
                _kept(message, name, result.spent).tat = decision.tat
            continue
        name, decision = refused
        kept = _kept(message, name, result.spent)
        if kept.noticed_until is not None and kept.noticed_until > now:
            result.silent.append(message.id)
        else:
            assert decision.lifts_at is not None
            result.told[message.id] = decision.lifts_at
            kept.noticed_until = max(decision.lifts_at, now + NOTICE_PAUSE)
    return result


def lifts_at(refused: Waiting, limits: Limits, now: datetime) -> datetime:
    """When a fan whose message was refused may write again, as things stand."""
    decisions = _decide(refused, limits, now, {})
    return next((decision.lifts_at for _, decision in decisions if decision.lifts_at is not None), now)


def _decide(
    message: Waiting, limits: Limits, now: datetime, spent: dict[tuple[int, str], Allowance]
) -> list[tuple[str, Decision]]:
    rates = [(MINUTE, limits.minute)] if message.command else [(MINUTE, limits.minute), (DAY, limits.day)]
    return [(name, spend(rate, _kept(message, name, spent).tat, now)) for name, rate in rates if rate.count]


def _kept(message: Waiting, name: str, spent: dict[tuple[int, str], Allowance]) -> Allowance:
    """What is kept of this message's fan: as it was read, or as earlier messages left it."""
    key = (message.fan, name)
    if key not in spent:
        spent[key] = (
            Allowance(message.minute_tat, message.minute_noticed)
            if name == MINUTE
            else Allowance(message.day_tat, message.day_noticed)
        )
    return spent[key]
