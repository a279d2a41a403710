"""What the model is told for one answer beside the talk, and what of it the answer rests on in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from core import knowledge
from core.avatar import Avatar
from core.content import Found
from core.errors import StorageUnavailable
from core.model import Claim, Pending, Used
from core.ports import Library

log = structlog.get_logger()

CANDIDATES = 12  # passages looked at for each answer


@dataclass(frozen=True, slots=True)
class Briefing:
    """What was gathered for one answer."""

    asked: str = ""  # what the fan wants to know
    notes: str = ""  # for the prompt
    passages: tuple[Found, ...] = ()  # of the creator's content, best first, as they are numbered in the notes
    gap: bool = False  # the fan looks for something that nothing published answers


@dataclass(frozen=True, slots=True)
class Checked:
    """A model's answer, held against what it was given."""

    text: str
    sources: str  # a line of links to go under it; empty: none
    used: tuple[Used, ...]


async def brief(avatar: Avatar, library: Library, claim: Claim, talk: Sequence[Pending], now: datetime) -> Briefing:
    """Gather what may help to answer this. A database that does not answer costs the notes, not the reply."""
    asked = knowledge.question(talk, claim.window, now)
    try:
        found = await library.find(avatar.id, asked, limit=CANDIDATES)
    except StorageUnavailable as exc:
        log.warning("briefing.library.unavailable", turn=claim.turn, reason=str(exc))
        found = ()
    passages = knowledge.choose(found, avatar.notes)
    # Where not even a poor candidate was found, there may be no content at all: a gap only for those who promise it.
    gap = not passages and bool(found or avatar.persona.strictness == "strict") and knowledge.seeks(asked.text)
    return Briefing(asked.text, knowledge.notes(passages, avatar.persona.name), passages, gap)


def check(avatar: Avatar, briefing: Briefing, answer: str) -> Checked:
    """What may be said of a model's answer, and what stands under it.

    A strict avatar that says what is not in the passages is made to quote the best of them instead.
    """
    persona, passages = avatar.persona, briefing.passages
    text = knowledge.unmarked(answer) if passages else answer
    if persona.strictness == "strict" and passages and not knowledge.supported(text, passages, briefing.asked):
        best = passages[0]
        text = knowledge.quote(briefing.asked, best)
        rests_on: tuple[Found, ...] = (best,)
    else:
        rests_on = knowledge.cited(text, passages)
    shown = persona.sources == "always" or (persona.sources == "asked" and knowledge.wants_sources(briefing.asked))
    return Checked(
        text, knowledge.footer(rests_on, persona.texts.sources) if shown else "", knowledge.used(passages, rests_on)
    )
