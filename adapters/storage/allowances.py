"""Which of the messages that wait are within all limits, and which fans are to be told of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from adapters.storage.schema import EPOCH
from core.limits import FOR_COMMANDS, Decision, Limit, Rate, decide, in_force

NOTICE_PAUSE = timedelta(minutes=1)  # a limit lifts bit by bit: without a pause, each bit would bring a new notice
BUDGET = "budget"  # the name of the notice that it is used up
URGENT = Limit("fan", "messages", Rate(5, timedelta(minutes=10)))  # calls for help that are heard beyond all limits


class Key(NamedTuple):
    """Names one bucket; sorted, they are in the order in which they are locked."""

    avatar: str  # empty: of all avatars together
    subject: str
    name: str


class Bucket(NamedTuple):
    """What is kept of one bucket."""

    tat: datetime | None = None
    noticed_until: datetime | None = None


class Waiting(NamedTuple):
    """A message, and what decides on its limits."""

    id: int
    fan: int
    command: bool
    tiers: frozenset[str]
    text: str = ""


class Told(NamedTuple):
    """What a fan is told of a limit."""

    lifts_at: datetime
    crowd: bool  # others have used it up as well


class Draw(NamedTuple):
    """One limit that a message draws on."""

    bucket: Key
    notice: Key  # where it is kept that this fan was told
    limit: Limit
    crowd: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """Where messages wait, and what holds there."""

    avatar: str
    account: str
    conversation: int
    place: str  # the community, or else the chat; empty: nobody else can read along
    limits: Sequence[Limit]  # those of circles, too
    closed_until: datetime | None = None  # the budget is used up until then
    urgent: Callable[[str], bool] = lambda _text: False  # answered beyond every limit, as ``URGENT`` allows

    def draws(self, message: Waiting) -> list[Draw]:
        """What a message draws on. A command costs no model: it spends from its fan's shortest limits alone."""
        limits = in_force(self.limits, message.tiers)
        if message.command:
            limits = tuple(one for one in limits if _for_commands(one))
        return [self.draw(one, message.fan) for one in limits]

    def draw(self, limit: Limit, fan: int) -> Draw:
        """The bucket of a limit, as far as this fan is concerned."""
        own = f"fan/{fan}"
        if limit.scope == "fan":
            key = Key(self.avatar, own, limit.name)
            return Draw(key, key, limit, crowd=False)
        avatar = "" if limit.scope == "system" else self.avatar
        crowd = bool(self.place) or limit.scope not in ("conversation", "place")
        notice = Key(self.avatar, own, f"{limit.scope}/{limit.name}")
        return Draw(Key(avatar, self._subject(limit), limit.name), notice, limit, crowd)

    def subjects(self, fans: Collection[int]) -> set[str]:
        """Whose buckets messages of these fans may draw on, and where their notices are kept."""
        limits = [one for one in self.limits if one.rate.count]
        if not limits and self.closed_until is None:
            return set()
        return {*(f"fan/{fan}" for fan in fans), *(self._subject(one) for one in limits if one.scope != "fan")}

    def _subject(self, limit: Limit) -> str:
        match limit.scope:
            case "conversation":
                return f"conversation/{self.conversation}"
            case "place":
                return f"place/{self.place or self.conversation}"
            case "account":
                return f"account/{self.account}"
            case scope:
                return scope


def _for_commands(limit: Limit) -> bool:
    return limit.scope == "fan" and limit.meter == "messages" and limit.rate.period <= FOR_COMMANDS


@dataclass(slots=True)
class Settlement:
    """What became of the messages that waited."""

    taken: list[int] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)  # refused, and the fan knows already
    told: dict[int, Told] = field(default_factory=dict)  # refused, and the fan is to be told
    changed: dict[Key, Bucket] = field(default_factory=dict)  # what to keep now


def settle(waiting: Sequence[Waiting], scene: Scene, kept: Mapping[Key, Bucket], now: datetime) -> Settlement:
    """Spend allowances message by message, oldest first.

    A message spends only where every limit admits it. A fan is told once of each limit, and again only when it has
    lifted and at least ``NOTICE_PAUSE`` has passed; of a limit that lifts before what they were told of, not at all.
    """
    result = Settlement()
    for message in waiting:
        draws = scene.draws(message)
        decisions = [decide(draw.limit, _bucket(draw.bucket, kept, result.changed).tat, now) for draw in draws]
        refused = next(_refused(message, scene, draws, decisions), None)
        if refused is not None and scene.urgent(message.text):
            key = Key(scene.avatar, f"fan/{message.fan}", "urgent")
            draws = [Draw(key, key, URGENT, crowd=False)]
            decisions = [decide(URGENT, _bucket(draws[0].bucket, kept, result.changed).tat, now)]
            refused = refused if decisions[0].lifts_at else None
        if refused is None:
            result.taken.append(message.id)
            for draw, decision in zip(draws, decisions, strict=True):
                if draw.limit.meter == "messages":
                    known = _bucket(draw.bucket, kept, result.changed)
                    result.changed[draw.bucket] = known._replace(tat=decision.tat)
            continue
        notice, told = refused
        known = _bucket(notice, kept, result.changed)
        promised = _promised(notice, kept, result.changed)
        if (known.noticed_until or now) > now or promised >= told.lifts_at:
            result.silent.append(message.id)
        else:
            result.told[message.id] = told
            result.changed[notice] = known._replace(noticed_until=max(told.lifts_at, now + NOTICE_PAUSE))
    return result


def lifts(refused: Waiting, scene: Scene, kept: Mapping[Key, Bucket], now: datetime) -> Told:
    """What a fan whose message was refused is to be told, as things stand."""
    draws = scene.draws(refused)
    decisions = [decide(draw.limit, _bucket(draw.bucket, kept, {}).tat, now) for draw in draws]
    return next((told for _, told in _refused(refused, scene, draws, decisions)), Told(now, crowd=False))


def _refused(
    message: Waiting, scene: Scene, draws: Sequence[Draw], decisions: Sequence[Decision]
) -> Iterator[tuple[Key, Told]]:
    """Each reason not to answer a message: where it is kept that its fan was told, and what to tell."""
    if scene.closed_until is not None and not message.command:
        yield Key(scene.avatar, f"fan/{message.fan}", BUDGET), Told(scene.closed_until, crowd=True)
    for draw, decision in zip(draws, decisions, strict=True):
        if decision.lifts_at is not None:
            yield draw.notice, Told(decision.lifts_at, draw.crowd)


def _promised(notice: Key, kept: Mapping[Key, Bucket], changed: Mapping[Key, Bucket]) -> datetime:
    """Until when a fan was told to wait, whatever for."""
    own = (bucket for key, bucket in (*kept.items(), *changed.items()) if key[:2] == notice[:2])
    return max((bucket.noticed_until for bucket in own if bucket.noticed_until is not None), default=EPOCH)


def _bucket(key: Key, kept: Mapping[Key, Bucket], changed: Mapping[Key, Bucket]) -> Bucket:
    """As earlier messages left it, or as it was read."""
    return changed.get(key) or kept.get(key) or Bucket()
