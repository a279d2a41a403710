"""A fan wants, or needs, a person: what they are told, and what is brought to the desk. Never silent, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import asking, takeover
from core.commands import HUMAN
from core.handovers import Talks
from core.model import Action, Claim, Pending, Place, Plea, Post, Reason
from core.persona import Persona
from core.ports import Receipts

SHOWN = 3  # messages at the desk

_CALL = """**{name}** {reason} (`talk:{number}`).

{said}"""


@dataclass(frozen=True, slots=True)
class Pleaded:
    """What comes of it."""

    said: str = ""  # to the fan
    plea: Plea | None = None  # to be kept with the turn
    posts: tuple[Post, ...] = ()
    answered: bool = False  # there is nothing left for the avatar to answer


NOTHING = Pleaded()


async def hear(
    talks: Talks, receipts: Receipts, persona: Persona, claim: Claim, talk: Sequence[Pending], *, now: datetime
) -> Pleaded:
    """Whether a person is wanted.

    Who asks for one is always answered. What only looks as if one were needed is said once a day, and the avatar
    answers all the same. The desk hears of a conversation once a day.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    reason = await _reason(receipts, persona, claim, talk)
    if reason is None:
        return NOTHING
    new = asking.is_new(await talks.asked(claim.avatar, claim.conversation), now)
    answered = reason in {Reason.ASKED, Reason.RULE}
    if not (new or answered):
        return NOTHING
    desk = takeover.DESK.of(claim.controls)
    hours = takeover.HOURS.of(claim.controls)
    said = asking.told(persona, hours, desk=desk is not None, known=not new)
    fan = talk[-1].fan
    call = (_call(claim, talk, reason, desk),) if desk and new else ()
    return Pleaded(said, Plea(fan, reason) if new else None, call, answered)


async def _reason(receipts: Receipts, persona: Persona, claim: Claim, talk: Sequence[Pending]) -> Reason | None:
    if any(one.command == HUMAN.name for one in talk):
        return Reason.ASKED
    found = asking.reason(persona, talk, claim.window)
    if found is Reason.REPEATED and any(one.cited for one in await receipts.of_last_reply(claim.place)):
        return None  # the answer that they had rests on something: asking again is no sign of asking in vain
    return found


def _call(claim: Claim, talk: Sequence[Pending], reason: Reason, desk: Place) -> Post:
    said = "\n".join(f"> {one.text}" for one in talk[-SHOWN:])
    number = claim.conversation
    actions = (
        Action("Take", "talk take", f"talk:{number}", "good"),
        Action("Dismiss", "talk dismiss", f"talk:{number}"),
    )
    text = _CALL.format(name=talk[-1].name, reason=reason.value, number=number, said=said)
    return Post(desk, text, actions=actions, about=number, fan=talk[-1].fan)
