"""What an avatar may spend in a day and in a month, what a reply costs, and what follows as the end comes near."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Literal

from core.control import Setting
from core.model import Usage

Period = Literal["day", "month"]

WARN, LEAN, CLOSED = 0.8, 0.9, 1.0  # shares of a budget: the creator is told; replies get shorter; there are none
CENT = 10_000  # millionths of the currency

_NEARING = """{share} % of what I may spend this {per} is spent (the budget for {meter}). At 90 % my replies get \
shorter, at 100 % I pause until the next {per} begins. /usage shows more, /budget changes it."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that an avatar may spend in one day or month of the calendar, in UTC."""

    per: Period
    meter: Literal["tokens", "money"]
    most: int  # tokens, or millionths of the currency

    @property
    def name(self) -> str:
        """What it is called where something is kept about it."""
        return f"{self.per}/{self.meter}"


BUDGETS: Setting[tuple[Budget, ...]] = Setting("budgets", tuple[Budget, ...], ())


@dataclass(frozen=True, slots=True)
class Prices:
    """What a model costs, in the currency for a million tokens, which is millionths of it for one; 0: unknown."""

    prompt: float = 0.0
    cached: float = 0.0  # the part of the prompt that the endpoint had read before
    completion: float = 0.0

    def of(self, usage: Usage) -> int:
        """Millionths of the currency, rounded up."""
        read = max(usage.prompt - usage.cached, 0)
        cost = read * self.prompt + usage.cached * self.cached + usage.completion * self.completion
        return ceil(round(cost, 6))


@dataclass(frozen=True, slots=True)
class Spent:
    """What an avatar has spent so far."""

    tokens: int = 0
    money: int = 0  # millionths of the currency


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: what one model was used for, for one avatar, on one day."""

    day: date  # in UTC
    purpose: str  # "reply", "learning"
    model: str  # as the endpoint names it
    calls: int
    prompt: int  # tokens
    completion: int
    cached: int  # part of ``prompt``
    money: int  # millionths of the currency
    estimated: int  # of the calls: those whose tokens the endpoint did not count

    @property
    def tokens(self) -> int:
        """All that it read and wrote."""
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class Warned:
    """A budget of which so much is used up that the creator is to be told."""

    budget: Budget
    share: float
    begins: date  # of the day or month that it is about

    @property
    def key(self) -> str:
        """The same for all that is said about the same."""
        return f"budget/{self.budget.name}/{self.begins}"

    @property
    def text(self) -> str:
        """For the creator."""
        return _NEARING.format(share=f"{100 * self.share:.0f}", per=self.budget.per, meter=self.budget.meter)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an avatar stands with its budgets."""

    share: float = 0.0  # of the budget that is nearest to its end
    lifts_at: datetime | None = None  # while one is used up: when the avatar may answer again
    nearing: tuple[Warned, ...] = ()  # those of which the creator is to be told, if that was not done yet


def begins(per: Period, now: datetime) -> date:
    """The first day of the day or month that ``now`` is in."""
    return now.date() if per == "day" else now.date().replace(day=1)


def ends(per: Period, now: datetime) -> datetime:
    """When the next day or month begins."""
    first = begins(per, now)
    following = first + timedelta(days=1) if per == "day" else (first + timedelta(days=31)).replace(day=1)
    return datetime(following.year, following.month, following.day, tzinfo=UTC)


def share(budget: Budget, day: Spent, month: Spent) -> float:
    """How much of a budget is used up; 1.0 and above: all of it."""
    spent = day if budget.per == "day" else month
    return (spent.tokens if budget.meter == "tokens" else spent.money) / budget.most


def standing(budgets: Collection[Budget], day: Spent, month: Spent, now: datetime) -> Standing:
    """How an avatar stands, given what it has spent in this day and in this month."""
    shares = [(share(one, day, month), ends(one.per, now)) for one in budgets if one.most]
    closed = [end for used, end in shares if used >= CLOSED]
    used = max((used for used, _ in shares), default=0.0)
    return Standing(used, max(closed, default=None), warnings(budgets, day, month, now))


def warnings(budgets: Iterable[Budget], day: Spent, month: Spent, now: datetime) -> tuple[Warned, ...]:
    """The budgets of which the creator is to be told now; who tells sees to it that each is told of once a period."""
    used = [(one, share(one, day, month)) for one in budgets if one.most]
    return tuple(Warned(one, much, begins(one.per, now)) for one, much in used if much >= WARN)
