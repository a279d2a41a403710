"""Who is answered in a turn, and who is told once why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from core import gate
from core.controls import Doors
from core.gate import Judgement, Quiet, Reason
from core.model import Claim, FanId, MessageId, Pending
from core.persona import Persona

log = structlog.get_logger()

PERIOD = timedelta(hours=6)  # in which nobody is told the same twice
_OF_THE_PLACE = frozenset({"paused", "quiet", "dms"})  # said once to all who are there
_NEVER_SAID = frozenset({"nothing"})


@dataclass(frozen=True, slots=True)
class Admitted:
    """What is left of a claim, and what is said about the rest."""

    claim: Claim  # with what may be answered only; commands always may
    refused: tuple[MessageId, ...] = ()
    notices: tuple[str, ...] = ()  # Markdown
    reasons: Mapping[str, str] = field(default_factory=dict)  # for the receipt


async def admit(doors: Doors, persona: Persona, claim: Claim, now: datetime) -> Admitted:
    """Take out what may not be answered.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    talk = [one for one in claim.pending if not one.command]
    if not talk or not claim.controls.values:
        return Admitted(claim)
    answered: Mapping[FanId, datetime] = {}
    if gate.pace(claim.controls, claim.place):
        answered = await doors.answered(claim)
    judged = [(one, _judged(claim, one, answered, now)) for one in talk]
    refused = {one.id: judgement for one, judgement in judged if not judgement.open}
    if not refused:
        return Admitted(claim)
    first = {(judgement.reason, one.fan): judgement for one, judgement in reversed(judged) if not judgement.open}
    notices = [
        _notice(persona, claim, reason, judgement, now)
        for (reason, fan), judgement in reversed(first.items())
        if await _may_tell(doors, claim, fan, judgement, now)
    ]
    reasons = sorted({judgement.reason for judgement in refused.values()})
    log.info("admission.refused", turn=claim.turn, messages=len(refused), reasons=",".join(reasons))
    left = replace(claim, pending=tuple(one for one in claim.pending if one.id not in refused))
    return Admitted(left, tuple(refused), tuple(dict.fromkeys(notices)), {"gate": ",".join(reasons)})


def _judged(claim: Claim, one: Pending, answered: Mapping[FanId, datetime], now: datetime) -> Judgement:
    return gate.judge(claim.controls, claim.place, one.text, now=now, answered=answered.get(one.fan))


async def _may_tell(doors: Doors, claim: Claim, fan: FanId, judgement: Judgement, now: datetime) -> bool:
    """Whether it is time to say so: once in a period, and not before what was said last has passed."""
    if judgement.reason in _NEVER_SAID:
        return False
    whom = None if judgement.reason in _OF_THE_PLACE else fan
    until = judgement.until if judgement.reason == "slow" and judgement.until else now + PERIOD
    return await doors.may_tell(claim, whom, judgement.reason, until=until, now=now)


def _notice(persona: Persona, claim: Claim, reason: Reason, judgement: Judgement, now: datetime) -> str:
    texts = persona.texts
    match reason:
        case "quiet" if judgement.until:
            local = judgement.until.astimezone(Quiet.parse(gate.QUIET.of(claim.controls, claim.place)).zone)
            return persona.say(texts.quiet, until=f"{local:%H:%M}")
        case "slow" if judgement.until:
            return persona.say(texts.limit, wait=_wait(judgement.until - now))
        case "dms":
            return persona.say(texts.no_dms)
        case "blocked":
            return persona.say(texts.deflect)
        case _:
            return persona.say(texts.paused)


def _wait(left: timedelta) -> str:
    seconds = max(int(left.total_seconds()), 1)
    name, size = next(unit for unit in (("hour", 3600), ("minute", 60), ("second", 1)) if seconds >= unit[1])
    count = -(-seconds // size)
    return f"{count} {name}{'s' if count > 1 else ''}"
