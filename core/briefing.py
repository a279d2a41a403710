"""What the model is told for one answer beside the talk, and what of it the answer rests on in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from core import conduct, crisis, knowledge, recalling
from core.avatar import Avatar
from core.content import Found, Passage, Question
from core.errors import StorageUnavailable
from core.lorebook import Lore
from core.memories import Recaller
from core.memory import Recollection
from core.model import Claim, Pending, Place, Used
from core.ports import Library, Receipts
from core.prompt import closing
from core.text import estimate_tokens

log = structlog.get_logger()

CANDIDATES = 12  # passages looked at for each answer
INTERESTS = 8  # messages of a fan that show what they like
TO_DISCOVER = 40  # passages, and as many documents, looked at for something that the fan does not know
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Briefing:
    """What was gathered for one answer."""

    asked: str = ""  # what the fan wants to know
    notes: str = ""  # for the prompt
    passages: tuple[Found, ...] = ()  # of the creator's content, best first, as they are numbered in the notes
    others: tuple[Used, ...] = ()  # entries of the lorebook and memories that came up
    gap: bool = False  # the fan looks for something that nothing published answers
    always: str = ""  # for the prompt, too, and never left out: how to treat who is in this turn
    minor: bool = False  # one of them is a minor


@dataclass(frozen=True, slots=True)
class Checked:
    """A model's answer, held against what it was given."""

    text: str
    sources: str  # a line of links to go under it; empty: none
    used: tuple[Used, ...]


@dataclass(frozen=True, slots=True)
class Mind:
    """Where what an avatar knows is looked up."""

    library: Library
    receipts: Receipts
    recaller: Recaller


async def brief(avatar: Avatar, mind: Mind, claim: Claim, talk: Sequence[Pending], *, now: datetime) -> Briefing:
    """Gather what may help to answer this. A database that does not answer costs the notes, not the reply."""
    asked = replace(knowledge.question(talk, claim.window, now), tiers=_tiers(claim))
    remembered, found = await asyncio.gather(
        _remembered(avatar, mind, claim, asked.text, now), _found(avatar, mind, claim, asked, now)
    )
    passages = knowledge.choose(found, avatar.notes)
    # Where not even a poor candidate was found, there may be no content at all: a gap only for those who promise it.
    gap = not passages and bool(found or avatar.persona.strictness == "strict") and knowledge.seeks(asked.text)
    lore = _lore(avatar, claim, talk)
    names = {message.fan: message.name for message in claim.pending}
    told = (
        *(one.content for one in lore if one.depth is None and one.position == "before"),
        recalling.notes(remembered, names, now, claim.window),
        *(one.content for one in lore if one.depth is not None or one.position == "after"),
        knowledge.notes(passages, avatar.persona.name),
        closing(avatar.persona),
    )
    used = tuple(Used("lore", one.name, f"{one.name} ({one.why})") for one in lore)
    notes = "\n\n".join(part for part in told if part)
    minor = any(one.minor for one in claim.pending)
    gentle = crisis.GENTLE if crisis.lately(claim.window, now) else ""
    always = "\n".join(one for one in (conduct.TO_A_MINOR if minor else "", gentle) if one)
    return Briefing(asked.text, notes, passages, (*used, *recalling.used(remembered)), gap, always, minor)


def _tiers(claim: Claim) -> frozenset[str]:
    """The circles whose content may be answered from: where others read along, none."""
    return frozenset() if claim.place.shared else frozenset().union(*(one.tiers for one in claim.pending))


async def _found(avatar: Avatar, mind: Mind, claim: Claim, asked: Question, now: datetime) -> Sequence[Found]:
    """Passages of what was published that may answer this, best first."""
    try:
        found = await mind.library.find(avatar.id, asked, limit=CANDIDATES)
        if not knowledge.wants_more(asked.text):
            return found
        picked = await _unseen(avatar, mind, claim.place, now)
    except StorageUnavailable as exc:
        log.warning("briefing.library.unavailable", turn=claim.turn, reason=str(exc))
        return ()
    return [*(Found(one, score=0.0, coverage=1.0) for one in picked), *found]


async def _remembered(avatar: Avatar, mind: Mind, claim: Claim, asked: str, now: datetime) -> Recollection:
    """What of the past belongs to this; where nothing can have been remembered, nobody looks."""
    if not (claim.trimmed or any(message.remembered for message in claim.pending)):
        return Recollection()
    try:
        return await mind.recaller.recall(claim, asked, room=avatar.recall, now=now)
    except StorageUnavailable as exc:
        log.warning("briefing.memory.unavailable", turn=claim.turn, reason=str(exc))
        return Recollection()


def _lore(avatar: Avatar, claim: Claim, talk: Sequence[Pending]) -> Sequence[Lore]:
    said = [*(one.text for one in claim.window), *(message.text for message in talk)]
    conversation, turn = claim.conversation, claim.turn
    found = avatar.lore.activate(said, seed=turn, talk=conversation, fresh=len(talk), estimate=estimate_tokens)
    return found.entries


def check(avatar: Avatar, briefing: Briefing, answer: str) -> Checked:
    """What may be said of a model's answer, and what stands under it.

    An avatar that is to be strict, and says what is not in the passages, is made to quote the best of them instead.
    """
    persona, passages = avatar.persona, briefing.passages
    text = knowledge.unmarked(answer) if passages else answer
    if avatar.quotes and passages and not knowledge.supported(text, passages, briefing.asked):
        best = passages[0]
        text = knowledge.quote(briefing.asked, best)
        rests_on: tuple[Found, ...] = (best,)
    else:
        rests_on = knowledge.cited(text, passages)
    shown = persona.sources == "always" or (persona.sources == "asked" and knowledge.wants_sources(briefing.asked))
    used = (*knowledge.used(passages, rests_on), *briefing.others)
    return Checked(text, knowledge.footer(rests_on, persona.texts.sources) if shown else "", used)


# ── commands about content ───────────────────────────────────────────────────────────────────────


async def sources(avatar: Avatar, receipts: Receipts, place: Place) -> str:
    """What the last reply rests on; where it rests on nothing, that."""
    cited = [one for one in await receipts.of_last_reply(place) if one.cited and one.kind == "passage"]
    texts = avatar.persona.texts
    return f"{texts.sources}:\n{knowledge.listed(cited)}" if cited else avatar.persona.say(texts.nothing_to_show)


async def discover(avatar: Avatar, mind: Mind, place: Place, now: datetime) -> tuple[str, tuple[Used, ...]]:
    """Something to see next: near to what fans talk about here, or else new, and not shown here before."""
    picked = await _unseen(avatar, mind, place, now)
    texts = avatar.persona.texts
    if not picked:
        return avatar.persona.say(texts.nothing_new), ()
    return f"{avatar.persona.say(texts.suggestions)}\n{knowledge.suggestions(picked)}", knowledge.suggested(picked)


async def _unseen(avatar: Avatar, mind: Mind, place: Place, now: datetime) -> tuple[Passage, ...]:
    interests = "\n".join(await mind.receipts.lately(place, limit=INTERESTS))
    fitting = await mind.library.find(avatar.id, Question(interests, now=now), limit=TO_DISCOVER) if interests else ()
    newest = await mind.library.newest(avatar.id, limit=TO_DISCOVER)
    passages = [*(one.passage for one in fitting), *newest]
    return knowledge.next_to_see(passages, await mind.receipts.shown(place), SUGGESTIONS)
