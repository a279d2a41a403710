"""How much an avatar may say on its own: whether a reply is sent at once, after a while, or when somebody says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.control import Setting
from core.handover import Draft
from core.model import Action, Claim, Controls, Deferred, Outcome, Pending, Place, Post, Reply
from core.takeover import span

Mode = Literal["auto", "delay", "draft"]

_CAUTION: Sequence[Mode] = ("auto", "delay", "draft")  # least first


@dataclass(frozen=True, slots=True)
class Dial:
    """One setting: what becomes of replies, to whom and about what."""

    mode: Mode
    after: int = 0  # seconds of delay
    tier: str = ""  # only for this circle of fans
    topic: str = ""  # only where fans write these words

    @property
    def name(self) -> str:
        """What it is called, where it is listed and where its drafts are counted."""
        length = f" {span(timedelta(seconds=self.after))}" if self.mode == "delay" else ""
        return f"{self.mode}{length}" + "".join(f", {only}" for only in (self.tier, self.topic) if only)


AT_ONCE = Dial("auto")
AUTONOMY: Setting[tuple[Dial, ...]] = Setting("autonomy", tuple[Dial, ...], ())

_WAITING = "Let me get back to you on that."
_DRAFT = """**{name}** wrote:
{asked}

**I would say:**
{text}"""
_DELAYED = "{draft}\n\nIt is sent in {wait}, unless you discard it."


def dial(controls: Controls, place: Place, talk: Sequence[Pending]) -> Dial:
    """What holds for these messages: what is set for a topic or a circle, else for all; nearest place first.

    Of several that fit equally, the most careful one holds.
    """
    dials = AUTONOMY.of(controls, place)
    narrow = [one for one in dials if (one.tier or one.topic) and _fits(one, talk)]
    fitting = narrow or [one for one in dials if not (one.tier or one.topic)]
    return max(fitting, key=lambda one: (_CAUTION.index(one.mode), one.after), default=AT_ONCE)


def _fits(one: Dial, talk: Sequence[Pending]) -> bool:
    return (not one.tier or any(one.tier in message.tiers for message in talk)) and (
        not one.topic or any(one.topic.casefold() in message.text.casefold() for message in talk)
    )


def set_to(dials: Sequence[Dial], new: Dial) -> tuple[Dial, ...]:
    """The settings of a place with one more; one for the same circle and topic is replaced."""
    return (*(one for one in dials if (one.tier, one.topic) != (new.tier, new.topic)), new)


# ── deferring ────────────────────────────────────────────────────────────────────────────────────


def deferred(
    claim: Claim, start: Reply, reply: Reply, by: Dial, *, desk: Place | None, now: datetime, told: bool
) -> Reply:
    """The model's reply put off; what was to be said before it, such as that this is an AI, is said now.

    Args:
        claim: The turn.
        start: What is said whatever the model writes.
        reply: All that would be said.
        by: The setting that has it wait.
        desk: Where those who decide are.
        now: The present.
        told: The fan knows that answers here may take a while.
    """
    last = next(one for one in reversed(claim.pending) if one.text)
    text = reply.text.removeprefix(start.text).lstrip("\n")
    remembered = reply.remembered.removeprefix(start.remembered).lstrip("\n")
    send_at = now + timedelta(seconds=by.after) if by.mode == "delay" else None
    waits = Deferred(last.fan, text, remembered, by.name, send_at)
    post = () if desk is None else (_offered(claim, last, waits, desk, now),)
    said = "\n\n".join(part for part in (start.text, "" if send_at or told else _WAITING) if part)
    return Reply(
        said,
        Outcome.DEFERRED,
        start.remembered,
        model=reply.model,
        usage=reply.usage,
        disclosed=reply.disclosed,
        note=reply.note,
        used=reply.used,
        gap=reply.gap,
        refused=reply.refused,
        posts=(*reply.posts, *post),
        plea=reply.plea,
        deferred=waits,
    )


def _offered(claim: Claim, last: Pending, waits: Deferred, desk: Place, now: datetime) -> Post:
    asked = "\n".join(one.text for one in claim.pending if not one.command)
    text = _DRAFT.format(name=last.name, asked=asked, text=waits.text)
    if waits.send_at is not None:
        text = _DELAYED.format(draft=text, wait=span(waits.send_at - now))
    number = str(claim.turn)
    actions = (
        Action("Send", "draft send", number, "good"),
        Action("Edit", "draft edit", number),
        Action("Discard", "draft discard", number, "danger"),
    )
    return Post(desk, text, actions=actions, about=claim.conversation, fan=last.fan)


def sent(draft: Draft, text: str = "") -> Post:
    """What brings a reply that waited to the fan, as it is or in other words."""
    return Post(draft.talk.place, text or draft.text, remembered=text or draft.remembered, key=f"draft/{draft.turn}")
