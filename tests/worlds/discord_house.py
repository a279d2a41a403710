"""What stands behind a Discord account in tests of commands: the real dispatch over handlers that only note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from core.commands import AT_ONCE, START, TABLE
from core.control import Argument, Asked
from core.dispatch import Dispatch
from core.model import Answer, AvatarId, Change, Incoming
from core.persona import Persona
from tests.fakes import FakeClock
from tests.fakes_control import FakeAudit, FakeStaff
from tests.worlds.discord_intake import NotingIntake

OFFERED = [command for command in TABLE if command is not START]
MAYA = AvatarId("maya")
PERSONA = Persona(name="Maya", personality="Warm.", greeting="Hi!")
DONE = Answer("Done.", change=Change("something", "", "else"))

VALUES: Mapping[str, Any] = {"number": 12, "switch": "on", "span": "2h"}
READ: Mapping[str, Any] = {"number": 12, "switch": True, "span": timedelta(hours=2)}


@dataclass
class House:
    """The real dispatch over handlers that note what they were asked."""

    intake: NotingIntake
    creator: str
    asked: list[Asked] = field(default_factory=list)
    staff: FakeStaff = field(default_factory=FakeStaff)
    audit: FakeAudit = field(default_factory=FakeAudit)
    answers: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        handlers = dict.fromkeys(AT_ONCE, self._handle)
        self.dispatch = Dispatch(handlers, staff=self.staff, audit=self.audit, clock=FakeClock())
        self.intake.obey = self._obey

    async def _obey(self, incoming: Incoming) -> Answer:
        self.dispatch.appoint(incoming.place.account, [self.creator])
        if incoming.command not in AT_ONCE:
            return Answer(self.intake.answer)
        return await self.dispatch.answer(MAYA, PERSONA, incoming)

    async def _handle(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.answers.get(asked.command.name, DONE)


def value_of(argument: Argument, entities: dict[str, Any]) -> Any:
    """Something that could be filled in."""
    if argument.kind == "choice":
        return argument.choices[0]
    if argument.kind == "text":
        return argument.example or "some words"
    return entities[argument.kind] if argument.kind in entities else VALUES[argument.kind]


def read_of(argument: Argument, value: Any) -> Any:
    """What the handler finds of it."""
    return READ.get(argument.kind) or (str(value.id) if argument.kind in {"fan", "place", "role"} else value)
