"""Which facts about a fan belong to an answer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from adapters.library.terms import SMALL, terms
from adapters.library.tongue import language_of
from core import recalling
from core.memory import Fact, FactKind
from core.model import FanId

STANDING = (
    FactKind.BOUNDARY,
    FactKind.IDENTITY,
    FactKind.RELATIONSHIP,
    FactKind.PLAN,
    FactKind.PREFERENCE,
    FactKind.EVENT,
)
NEAR = timedelta(days=14)  # from its day, within which a plan is news
LEAST_CONFIDENCE = 0.3  # of a fact that is told at all


def choose(
    facts: Sequence[Fact], asked: str, names: Mapping[FanId, str], *, room: int, now: datetime
) -> tuple[Fact, ...]:
    """The facts to tell fans of these names, best first, in at most ``room`` tokens.

    What the fan doesn't want comes first, whatever was asked; then what the question is about, then what says most of
    who they are. Where all fit, all are told: then they are the same for every question, and a prompt's prefix holds.
    """
    language = language_of(asked)
    wanted = _terms(asked, language)
    held = [
        (fact, _terms(f"{fact.subject} {fact.statement}", language))
        for fact in facts
        if fact.confidence >= LEAST_CONFIDENCE
    ]
    common = Counter(term for _, words in held for term in words)
    about = {fact.id: sum(math.log(1 + len(held) / common[term]) for term in words & wanted) for fact, words in held}
    ordered = sorted((fact for fact, _ in held), key=lambda fact: (*_rank(fact, now), -fact.said_at.timestamp()))
    ordered.sort(key=lambda fact: (fact.kind is not FactKind.BOUNDARY, -about[fact.id]))
    left = room - recalling.cost(recalling.heading(names))
    kept = []
    for fact in ordered:
        price = recalling.cost(recalling.fact_line(fact, names if len(names) > 1 else {}))
        if price <= left:
            kept.append(fact)
            left -= price
    return tuple(kept)


def related(facts: Sequence[Fact], asked: str) -> str:
    """Whom the question is about, as the facts call them: "her sister Ana" for "my sister"; to be looked for too."""
    language = language_of(asked)
    wanted = _terms(asked, language)
    return " ".join(dict.fromkeys(fact.subject for fact in facts if wanted & _terms(fact.subject, language)))


def _rank(fact: Fact, now: datetime) -> tuple[bool, int]:
    """Near plans before all else, then by kind."""
    day = fact.holds_until or fact.holds_from
    near = fact.kind is FactKind.PLAN and day is not None and abs(day - now) <= NEAR
    return not near, STANDING.index(fact.kind)


def _terms(text: str, language: str) -> set[str]:
    """The telling terms of a text; of one too short to tell its language, as that of the question."""
    return {term for term in terms(text, language_of(text) or language) if not term.startswith(SMALL)}
