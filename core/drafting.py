"""Commands about how much the avatar may say on its own, and about the replies that wait because of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from core import autonomy
from core.autonomy import AUTONOMY, Dial
from core.control import Asked
from core.handover import Acceptance, Draft
from core.handovers import Counter
from core.model import Action, Answer, Change, Controls
from core.text import clean, neutralise

LONGEST_DELAY = timedelta(hours=24)
LONGEST_REPLY = 4000  # characters
SHOWN = 5  # drafts with buttons in one answer

_NONE = "No reply waits for you."
_GONE = "That draft is decided already, or was never there. /draft list shows what waits."
_SENT, _EDITED, _DISCARDED = "Sent.", "Sent in your words.", "Discarded: nothing is sent."
_SET = "Set: {dial}{where}."
_HOW_LONG = "A delay needs a length of time, a minute to a day: `/avatar autonomy delay 5m`"
_NO_DESK = "\n\nDrafts wait under /draft list; with `/avatar desk here` they come to a place of your choice."


async def dial(counter: Counter, asked: Asked) -> Answer:
    """Set how much may be said unseen."""
    values, place = asked.values, asked.incoming.place
    mode, only = values["mode"], clean(str(values.get("only", "")), 60)
    after = values.get("after", timedelta(0))
    assert isinstance(after, timedelta)
    if mode == "delay" and not timedelta(minutes=1) <= after <= LONGEST_DELAY:
        return Answer(_HOW_LONG)
    tiers = {tier.name for tier in asked.persona.tiers}
    here = only == "here"
    new = Dial(
        mode,  # type: ignore[arg-type]  # one of the choices
        int(after.total_seconds()) if mode == "delay" else 0,
        tier=only if only in tiers else "",
        topic="" if here or only in tiers else only,
    )
    where = Controls.keys(place)[0] if here else ""
    controls = await counter.switchboard.controls(asked.avatar)
    standing = AUTONOMY.of(controls, place if here else None)
    await counter.switchboard.set(
        asked.avatar, AUTONOMY.name, AUTONOMY.kept(autonomy.set_to(standing, new)), where=where
    )
    text = _SET.format(dial=new.name, where=", in this place" if here else "")
    before = "; ".join(one.name for one in standing)
    return Answer(
        text + ("" if mode == "auto" or controls.nearest("desk", None) else _NO_DESK),
        change=Change("autonomy here" if here else "autonomy", before=before, after=new.name),
    )


async def drafts(counter: Counter, asked: Asked) -> Answer:
    """What waits, and how well drafts did."""
    waiting = await counter.drafts.waiting(asked.avatar)
    rates = await counter.drafts.rates(asked.avatar)
    listed = "\n\n".join(_line(one) for one in waiting[:SHOWN]) or _NONE
    more = f"\n\n… and {len(waiting) - SHOWN} more." if len(waiting) > SHOWN else ""
    actions = tuple(action for one in waiting[:1] for action in _buttons(one))
    return Answer(f"{listed}{more}{_rates(rates)}", actions=actions)


async def send(counter: Counter, asked: Asked) -> Answer:
    """Send a draft as it is."""
    draft = await _named(counter, asked)
    if draft is None or not await counter.drafts.decide(draft, "sent", post=autonomy.sent(draft), now=asked.now):
        return Answer(_GONE)
    return Answer(_SENT, change=_change(draft, "sent"))


async def edit(counter: Counter, asked: Asked) -> Answer:
    """Send a draft in other words; without any, the answer carries what there is to be edited."""
    draft = await _named(counter, asked)
    if draft is None:
        return Answer(_GONE)
    text = neutralise(clean(str(asked.values.get("text", "")), LONGEST_REPLY))
    if not text:
        return Answer(f"What should I say? `/draft edit {draft.turn} TEXT`", draft=draft.text)
    if not await counter.drafts.decide(draft, "edited", post=autonomy.sent(draft, text), now=asked.now):
        return Answer(_GONE)
    return Answer(_EDITED, change=_change(draft, "edited"))


async def discard(counter: Counter, asked: Asked) -> Answer:
    """Send nothing."""
    draft = await _named(counter, asked)
    if draft is None or not await counter.drafts.decide(draft, "discarded", now=asked.now):
        return Answer(_GONE)
    return Answer(_DISCARDED, change=_change(draft, "discarded"))


async def _named(counter: Counter, asked: Asked) -> Draft | None:
    number = asked.values["number"]
    return next((one for one in await counter.drafts.waiting(asked.avatar) if one.turn == number), None)


def _change(draft: Draft, after: str) -> Change:
    return Change(f"draft {draft.turn}", before="waiting", after=after)


def _line(draft: Draft) -> str:
    when = f", sent at {draft.send_at:%H:%M} UTC" if draft.send_at else ""
    return f"**{draft.turn}** to {draft.talk.name or 'a shared place'} ({draft.dial}{when}):\n{draft.text}"


def _buttons(draft: Draft) -> tuple[Action, ...]:
    number = str(draft.turn)
    return (
        Action(f"Send {number}", "draft send", number, "good"),
        Action(f"Discard {number}", "draft discard", number, "danger"),
    )


def _rates(rates: Sequence[Acceptance]) -> str:
    lines = [
        f"- {one.dial}: {100 * one.sent // total} % of {total} sent unchanged, {one.edited} edited, "
        f"{one.discarded} discarded"
        for one in rates
        if (total := one.sent + one.edited + one.discarded)
    ]
    return "\n\n**So far**\n" + "\n".join(lines) if lines else ""
