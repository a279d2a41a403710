"""The limiter on a real table, against a model of a few lines: all scopes, circles, meters, and a clock that jumps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.storage.allowances import Settlement
from adapters.storage.buckets import charge_reply
from adapters.storage.limiting import Limiter
from adapters.storage.metering import bucket
from core.limits import LIMITS, METERS, SCOPES, Limit, Limits, Rate, put
from core.model import (
    AccountId,
    AvatarId,
    Claim,
    Controls,
    ConversationId,
    FanId,
    MessageId,
    Pending,
    Place,
    TurnId,
)
from tests.contract.conftest import NOON, RULES

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MICRO = timedelta(microseconds=1)
CIRCLES = ("member", "friend")  # lowest first
FANS = st.integers(1, 3)
TIERS = st.sampled_from(["", "member", "friend"])

PLACES = {  # by conversation; those of one avatar but the last
    1: ("maya", Place(AccountId("telegram:1"), "ann")),
    2: ("maya", Place(AccountId("telegram:1"), "group", "7", shared=True)),
    3: ("maya", Place(AccountId("telegram:1"), "group", "8", shared=True)),
    4: ("maya", Place(AccountId("discord:1"), "channel", shared=True, community="server")),
    5: ("maya", Place(AccountId("discord:1"), "other", shared=True, community="server")),
    7: ("maya", Place(AccountId("telegram:1"), "group", shared=True)),
    6: ("zoe", Place(AccountId("telegram:2"), "group", "7", shared=True)),
}
SETTABLE = st.builds(
    lambda scope, meter, count, period, tier: Limit(scope, meter, Rate(count, period), tier if scope == "fan" else ""),
    st.sampled_from([scope for scope in SCOPES if scope != "system"]),
    st.sampled_from(METERS),
    st.integers(0, 4),
    st.sampled_from([MINUTE, HOUR]),
    TIERS,
)


@dataclass
class Model:
    """What was used up: for each thing that is limited, until when it is, in microseconds."""

    until: dict[tuple[object, ...], int] = field(default_factory=dict)

    def admits(self, limit: Limit, key: tuple[object, ...], now: int) -> bool:
        used, cost, most = self._used(limit, key, now)
        return used + cost <= most if limit.meter == "messages" else used < most

    def use(self, limit: Limit, key: tuple[object, ...], now: int, units: int) -> None:
        used, cost, _ = self._used(limit, key, now)
        period = limit.rate.period // MICRO
        if limit.meter == "messages":
            self.until[key] = now + used + cost
        else:
            self.until[key] = now + min(used - -units * period // limit.rate.count, 2 * period)

    def _used(self, limit: Limit, key: tuple[object, ...], now: int) -> tuple[int, int, int]:
        """What is used up, what one more takes, and how much there is."""
        period = limit.rate.period // MICRO
        used = max(self.until.get(key, now) - now, 0)
        if limit.meter == "messages":
            cost = -(-period // limit.rate.count)
            most = cost * limit.rate.count
            return (most - cost if used > most else used), cost, most
        return (period - 1 if used > 2 * period else used), 0, period


def whose(limit: Limit, conversation: int, fan: int) -> tuple[object, ...]:
    """What a limit is kept apart by."""
    avatar, place = PLACES[conversation]
    chat = (place.account, place.community or place.chat) if place.shared else conversation
    parts: dict[str, tuple[object, ...]] = {
        "fan": (avatar, fan),
        "conversation": (avatar, conversation),
        "place": (avatar, chat),
        "account": (avatar, place.account),
        "avatar": (avatar,),
        "system": (),
    }
    return (limit.scope, limit.meter, limit.rate.period, *parts[limit.scope])


def holding(limits: tuple[Limit, ...], tier: str) -> list[Limit]:
    """The limits for a fan of a circle, in the words of the documentation."""
    mine = {"": (), "member": ("member",), "friend": ("member", "friend")}[tier]
    found = []
    for key in {(one.scope, one.meter, one.rate.period) for one in limits}:
        same = [one for one in limits if (one.scope, one.meter, one.rate.period) == key]
        circles = [one for one in same if one.tier in mine]
        plain = [one for one in same if not one.tier]
        if circles:
            best = circles[0] if any(not one.rate.count for one in circles) else None
            found.append(replace(best, rate=Rate(0, key[2])) if best else max(circles, key=lambda one: one.rate.count))
        elif plain:
            found.append(plain[-1])
    return [one for one in found if one.rate.count]


class LimiterMachine(RuleBasedStateMachine):
    """Whatever is written, spent, set, and however the clock goes: as the model says."""

    @initialize(
        limits=st.lists(SETTABLE, max_size=5),
        minute=st.integers(0, 4),
        day=st.integers(0, 6),
        system=st.integers(0, 8),
    )
    def begin(self, limits: list[Limit], minute: int, day: int, system: int) -> None:
        self.engine = sa.create_engine("sqlite://")
        self.connection = self.engine.connect()
        bucket.create(self.connection)
        self.defaults = Limits(
            Rate(minute, MINUTE),
            Rate(day, timedelta(days=1)),
            (Limit("system", "messages", Rate(system, MINUTE)), Limit("system", "tokens", Rate(system * 10, HOUR))),
        )
        self.set: tuple[Limit, ...] = ()
        for one in limits:
            self.set = put(self.set, one)
        self.model, self.now, self.numbers = Model(), NOON, 0
        self.promised: dict[tuple[str, int], datetime] = {}

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.connection.close()
            self.engine.dispose()

    @property
    def limits(self) -> tuple[Limit, ...]:
        return (
            Limit("fan", "messages", self.defaults.minute),
            Limit("fan", "messages", self.defaults.day),
            *self.defaults.system,
            *self.set,
        )

    @property
    def controls(self) -> Controls:
        return Controls(1, {("", LIMITS.name): LIMITS.kept(self.set)})

    @property
    def micros(self) -> int:
        return (self.now - NOON) // MICRO

    @rule(
        conversation=st.sampled_from(sorted(PLACES)),
        messages=st.lists(st.tuples(FANS, TIERS, st.booleans()), min_size=1, max_size=4),
    )
    def write(self, conversation: int, messages: list[tuple[int, str, bool]]) -> None:
        expected = [self._admitted(conversation, *message) for message in messages]
        settled, first = self._settled(conversation, messages)
        assert settled.taken == [first + index for index, admitted in enumerate(expected) if admitted]
        assert sorted([*settled.taken, *settled.silent, *settled.told]) == [
            first + index for index in range(len(messages))
        ]
        for number, told in settled.told.items():
            self._promise((PLACES[conversation][0], messages[number - first][0]), told.lifts_at)

    @rule(
        conversation=st.sampled_from(sorted(PLACES)),
        fans=st.lists(FANS, min_size=1, max_size=3, unique=True),
        tier=TIERS,
        tokens=st.integers(0, 60),
        money=st.integers(0, 9),
    )
    def charge(self, conversation: int, fans: list[int], tier: str, tokens: int, money: int) -> None:
        used = {"tokens": tokens, "money": money}
        claim = self._claim(conversation, fans, tier)
        charge_reply(self.connection, self.defaults, claim, used, self.now)
        shared: set[tuple[object, ...]] = set()
        parts: dict[str, list[int]] = {
            meter: [units * (n + 1) // len(fans) - units * n // len(fans) for n in range(len(fans))]
            for meter, units in used.items()
        }
        for index, fan in enumerate(fans):
            for limit in holding(self.limits, tier):
                key = whose(limit, conversation, fan)
                if limit.meter == "messages" or key in shared:
                    continue
                shared.add(key)
                units = parts[limit.meter][index] if limit.scope == "fan" else used[limit.meter]
                if units:
                    self.model.use(limit, key, self.micros, units)

    @rule(limit=SETTABLE)
    def set_a_limit(self, limit: Limit) -> None:
        self.set = put(self.set, limit)

    @rule(seconds=st.floats(0, 90))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(hours=st.sampled_from([-100, -1, 1, 30]))
    def jump(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def nothing_is_kept_twice(self) -> None:
        if hasattr(self, "engine"):
            names = self.connection.execute(sa.select(bucket.c.avatar_id, bucket.c.subject, bucket.c.name)).all()
            assert len(names) == len(set(names))

    def _admitted(self, conversation: int, fan: int, tier: str, command: bool) -> bool:
        limits = holding(self.limits, tier)
        if command:
            limits = [one for one in limits if (one.scope, one.meter, one.rate.period) == ("fan", "messages", MINUTE)]
        keys = [(one, whose(one, conversation, fan)) for one in limits]
        if not all(self.model.admits(one, key, self.micros) for one, key in keys):
            return False
        for one, key in keys:
            if one.meter == "messages":
                self.model.use(one, key, self.micros, 1)
        return True

    def _settled(self, conversation: int, messages: list[tuple[int, str, bool]]) -> tuple[Settlement, int]:
        avatar, place = PLACES[conversation]
        first, self.numbers = self.numbers, self.numbers + len(messages)
        rows: Any = [
            SimpleNamespace(
                id=first + index, fan_id=fan, command="help" * command, granted=tier or None, roles="", text=""
            )
            for index, (fan, tier, command) in enumerate(messages)
        ]
        limiter = Limiter.at(
            self.connection,
            replace(RULES, limits=self.defaults, tiers=lambda _avatar: CIRCLES),
            self.controls,
            avatar=avatar,
            conversation=conversation,
            place=place,
            by_person=False,
            now=self.now,
        )
        return limiter.settle(rows), first

    def _promise(self, fan: tuple[str, int], lifts_at: datetime) -> None:
        """Nobody is told to wait who knows that they have to wait that long."""
        assert self.now < lifts_at <= self.now + timedelta(days=1)
        assert lifts_at > self.promised.get(fan, self.now)
        self.promised[fan] = lifts_at

    def _claim(self, conversation: int, fans: list[int], tier: str) -> Claim:
        avatar, place = PLACES[conversation]
        circles = {"": (), "member": ("member",), "friend": ("member", "friend")}[tier]
        pending = tuple(
            Pending(MessageId(0), "", FanId(fan), "", "", self.now, tiers=frozenset(circles)) for fan in fans
        )
        where, whom = ConversationId(conversation), AvatarId(avatar)
        return Claim(TurnId(1), where, whom, place, 1, pending, (), (), controls=self.controls)


LimiterMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestLimiter = cast("Any", LimiterMachine.TestCase)
