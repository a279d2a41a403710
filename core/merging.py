"""What is new about a fan beside what is known: the same, a change, or something else.

Words decide where they can. What replaces something says so; nothing is dropped but what is known already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.firsthand import slot
from core.memory import Fact, FactKind, Learned
from core.testimony import UNVERIFIED, content, denies

SAME_SHARE = 0.8  # of the words of two statements together: they say the same
TIMED = frozenset({FactKind.EVENT, FactKind.PLAN})


class Verdict(StrEnum):
    """How what is new stands to what is old."""

    SAME = "same"
    CHANGED = "changed"  # the old one does not hold any more
    DIFFERENT = "different"
    UNSURE = "unsure"  # the words don't tell


@dataclass(frozen=True, slots=True)
class Noted:
    """A fact with what its words come to."""

    fact: Fact | Learned
    words: frozenset[str]
    subject: frozenset[str]
    denies: bool
    slot: str

    @classmethod
    def of(cls, fact: Fact | Learned) -> Noted:
        """Work it out once, for all that the fact is compared with."""
        which = "" if fact.kind in TIMED else slot(fact.statement)
        return cls(fact, content(fact.statement), content(fact.subject), denies(fact.statement), which)


@dataclass(frozen=True, slots=True)
class Pair:
    """Something new beside something old."""

    new: Learned
    old: Fact


def compared(new: Noted, old: Noted) -> Verdict:
    """What the words tell of two statements, of which ``new`` was made later."""
    if new.fact.fan != old.fact.fan or new.fact.confidence <= UNVERIFIED < old.fact.confidence:
        return Verdict.DIFFERENT
    if new.subject != old.subject and not new.subject & old.subject:
        return Verdict.DIFFERENT
    shared, alike = new.words & old.words, new.denies == old.denies
    if new.slot and new.slot == old.slot:
        return Verdict.SAME if new.words == old.words and alike else Verdict.CHANGED
    if not shared:
        return Verdict.DIFFERENT
    if len(shared) >= SAME_SHARE * len(new.words | old.words):
        return _repeated(new.fact, old.fact) if alike else Verdict.CHANGED
    kinds = {new.fact.kind, old.fact.kind}
    return Verdict.UNSURE if len(kinds) == 1 or kinds <= TIMED or not alike else Verdict.DIFFERENT


def _repeated(new: Fact | Learned, old: Fact | Learned) -> Verdict:
    """The same words: the same, or it happens again, or a plan has moved."""
    if not TIMED & {new.kind, old.kind} or new.holds_from == old.holds_from or None in {new.holds_from, old.holds_from}:
        return Verdict.SAME
    over = old.holds_until is not None and old.holds_until < new.said_at
    return Verdict.DIFFERENT if over or old.kind is FactKind.EVENT else Verdict.UNSURE


def among(fresh: Sequence[Learned]) -> list[Learned]:
    """What is new without what it says twice; of what it takes back itself, the time is noted when that was.

    Of two that one message says alike, the first is kept.
    """
    kept: list[Learned] = []
    for one in sorted(fresh, key=lambda fact: fact.said_at):
        verdicts = [_in_one_lesson(one, earlier) for earlier in kept]
        twice = [at for at, verdict in enumerate(verdicts) if verdict is Verdict.SAME]
        if any(kept[at].source == one.source for at in twice):
            continue
        closed = [
            replace(earlier, holds_until=one.said_at) if verdict is Verdict.CHANGED else earlier
            for earlier, verdict in zip(kept, verdicts, strict=True)
        ]
        kept = [*(earlier for at, earlier in enumerate(closed) if at not in twice), one]
    return kept


def _in_one_lesson(new: Learned, old: Learned) -> Verdict:
    verdict = compared(Noted.of(new), Noted.of(old))
    in_one_breath = new.source == old.source and new.source is not None
    return Verdict.SAME if verdict is Verdict.CHANGED and in_one_breath else verdict


def verdicts(fresh: Sequence[Learned], known: Sequence[Fact]) -> dict[Pair, Verdict]:
    """What the words tell of every pair that has something to do with each other; the likeliest pairs first.

    What a fan had noted is for no one else to judge: there the words must tell.
    """
    noted = [Noted.of(old) for old in known]
    found: dict[Pair, tuple[Verdict, int]] = {}
    for new in map(Noted.of, fresh):
        for old in noted:
            verdict = compared(new, old)
            own = verdict is Verdict.UNSURE and old.fact.source is None
            if verdict is not Verdict.DIFFERENT and not own:
                found[_pair(new, old)] = (verdict, len(new.words & old.words))
    return {pair: verdict for pair, (verdict, _) in sorted(found.items(), key=lambda item: -item[1][1])}


def _pair(new: Noted, old: Noted) -> Pair:
    assert isinstance(new.fact, Learned)
    assert isinstance(old.fact, Fact)
    return Pair(new.fact, old.fact)


def settled(fresh: Sequence[Learned], ruled: Mapping[Pair, Verdict]) -> tuple[Learned, ...]:
    """What is new, with what it replaces.

    Args:
        fresh: As ``among`` gives it.
        ruled: As ``verdicts`` gives it, with somebody's word on what was unsure; what still is counts as different.
    """
    placed = (_placed(new, ruled) for new in fresh)
    return tuple(new for new in placed if new is not None)


def _placed(new: Learned, ruled: Mapping[Pair, Verdict]) -> Learned | None:
    """One of the new among what is known; None if it is known."""
    same = [pair.old for pair, verdict in ruled.items() if pair.new == new and verdict is Verdict.SAME]
    changed = [pair.old for pair, verdict in ruled.items() if pair.new == new and verdict is Verdict.CHANGED]
    if any(old.source is None or old.said_at > new.said_at for old in same):
        return None
    if later := [old.said_at for old in changed if old.said_at > new.said_at]:
        return replace(new, holds_until=min(later))
    return replace(_joined(new, same), replaces=tuple(old.id for old in (*same, *changed)))


def _joined(new: Learned, same: Collection[Fact]) -> Learned:
    """The newer wording with what the older ones knew besides."""
    starts = [one.holds_from for one in same if one.holds_from]
    ends = [one.holds_until for one in same if one.holds_until and new.kind in TIMED]
    return replace(
        new,
        holds_from=new.holds_from or (min(starts) if starts else None),
        holds_until=new.holds_until or (max(ends) if ends else None),
        confidence=max([new.confidence, *(one.confidence for one in same)]),
    )
