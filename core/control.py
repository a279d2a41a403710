"""The nouns of the control room: who may do what, commands and what they are given, and what has been set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from core.model import AccountId, Answer, AvatarId, Controls, Incoming, Place
from core.persona import Persona

T = TypeVar("T")

Kind = Literal[
    "text",  # words; as the last argument it takes all that is left
    "number",  # a whole number, not below 0
    "choice",  # one of ``choices``
    "switch",  # on or off
    "span",  # a length of time: 90s, 30m, 2h, 3d, 1w
    "fan",  # a mention, the platform's id, or "#12" as the avatar numbers its fans
    "place",  # a channel, thread or topic: a mention or the platform's id
    "role",  # a role of the server: a mention or the platform's id
]
Value = str | int | bool | timedelta


class Rank(IntEnum):
    """What somebody is to an avatar. Each may do what those below may."""

    FAN = 0
    MODERATOR = 1  # keeps order: in a server or group, or by grant wherever the avatar is
    CREATOR = 2  # whose avatar it is
    OPERATOR = 3  # on whose machine it runs


@dataclass(frozen=True, slots=True)
class Argument:
    """One thing that a command is given."""

    name: str  # one small word
    description: str  # at most 100 characters
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    required: bool = True  # those that are not come after those that are
    example: str = ""  # of a text, as it could be typed


@dataclass(frozen=True, slots=True)
class Command:
    """One command as every platform offers it."""

    name: str  # without the slash: "help", or a noun and a verb, "fan ban"
    description: str  # for menus, at most 100 characters
    audience: Rank = Rank.FAN
    arguments: tuple[Argument, ...] = ()
    about: bool = False  # it is about a message: the one replied to, or whose menu it was chosen from
    final: bool = False  # what it does can't be undone: it is done when it was confirmed
    talk: bool = False  # answered in the conversation, by a turn, as if the fan had asked in words


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command, as far as it was checked on our side."""

    account: AccountId
    person: str  # the platform's id; "operator" for the command line
    rank: Rank
    community: str = ""  # where a moderator of one server or group may act; empty: wherever the avatar is

    @property
    def name(self) -> str:
        """For the audit log."""
        return f"{self.account}/{self.person}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that whoever gave it may give, with its arguments read."""

    command: Command
    avatar: AvatarId
    persona: Persona
    actor: Actor
    incoming: Incoming
    values: Mapping[str, Value]  # by the arguments' names; those left out are missing
    now: datetime


ROLE = "role:"  # stands before a role's id where people and roles are kept together


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody, or everybody with a role, was made a moderator of an avatar, wherever it is on this platform."""

    avatar: AvatarId
    platform: str  # "telegram"
    person: str  # the platform's id; of a role with ``ROLE`` before it: then it counts in the role's server only
    by: str  # see ``Actor.name``
    at: datetime


@dataclass(frozen=True, slots=True)
class Act:
    """One privileged act, as the audit log keeps it. It quotes no fan."""

    avatar: AvatarId
    by: str  # see ``Actor.name``
    rank: Rank
    command: str
    place: str  # see ``Place.key``; empty: the command line
    outcome: Literal["done", "refused", "failed"]
    at: datetime
    subject: str = ""  # what it was done to: "fan #12"
    before: str = ""
    after: str = ""
    number: int = 0  # given when it is kept


Handler = Callable[[Asked], Awaitable[Answer]]


class Setting(Generic[T]):
    """One thing that can be set for an avatar as a whole and, nearer ones winning, for its places.

    Args:
        name: What it is called where it is kept.
        kind: The values that it may have.
        default: What holds where nothing was set.
    """

    def __init__(self, name: str, kind: Any, default: T) -> None:
        self.name, self.default = name, default
        self._accepts = kind
        self._last: tuple[Any, T] | None = None  # what was read last, and as what: a snapshot is read for many turns

    @cached_property
    def _kind(self) -> TypeAdapter[T]:
        """Made when it is first needed: most is never set, and making them all would slow every start."""
        return TypeAdapter(self._accepts)

    def of(self, controls: Controls, place: Place | None = None) -> T:
        """What holds in a place; without one, for the avatar as a whole. What cannot be read counts as not set."""
        kept = controls.nearest(self.name, place)
        if kept is None:
            return self.default
        if self._last is None or self._last[0] is not kept:
            self._last = (kept, self._read(kept))
        return self._last[1]

    def _read(self, kept: Any) -> T:
        try:
            return self._kind.validate_python(kept, strict=False)
        except ValidationError:
            return self.default

    def each(self, controls: Controls, place: Place | None = None) -> list[T]:
        """All that is set for a place and what it belongs to, nearest first: for what adds up."""
        found = (controls.values.get((where, self.name)) for where in controls.keys(place))
        return [self.of(Controls(values={("", self.name): kept})) for kept in found if kept is not None]

    def kept(self, value: T) -> Any:
        """The value as JSON can hold it."""
        return self._kind.dump_python(value, mode="json")
