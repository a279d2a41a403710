"""What fans ask and nothing published answers: questions of many, grouped, without quoting any one of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.content import Gap
from core.model import FanId
from core.words import gist, stems

LEAST_FANS = 3  # fewer could be recognised
ALIKE = 0.4  # of the smaller question's stems are shared with the theme's common ones
COMMON = 0.34  # of a theme's questions have a stem: then it says what the theme is about
MOST_WORDS = 6  # shown of a theme


@dataclass(frozen=True, slots=True)
class Theme:
    """One thing that several fans asked about."""

    words: tuple[str, ...]  # that several fans used, most used first
    questions: int
    fans: int
    last: datetime


@dataclass(slots=True)
class _Group:
    gaps: list[Gap] = field(default_factory=list)
    stems: Counter[str] = field(default_factory=Counter)

    def likeness(self, said: frozenset[str]) -> float:
        least = COMMON * len(self.gaps)
        common = {stem for stem, count in self.stems.items() if count >= least}
        return len(said & common) / max(min(len(said), len(common)), 1)

    def take(self, gap: Gap, said: frozenset[str]) -> None:
        self.gaps.append(gap)
        self.stems.update(said)


def themes(gaps: Iterable[Gap], *, least_fans: int = LEAST_FANS) -> list[Theme]:
    """The themes that at least so many fans asked about, those of most fans first.

    A theme is named by words that at least so many different fans used themselves, so that nothing that only one of
    them wrote is shown; a theme without such words is left out.
    """
    found = [_theme(group, least_fans) for group in _groups(gaps)]
    return sorted((one for one in found if one is not None), key=lambda one: (-one.fans, -one.questions, one.words))


def _groups(gaps: Iterable[Gap]) -> list[_Group]:
    """Put each question to the group that it is most like, longest questions first: they say most."""
    groups: list[_Group] = []
    holding: defaultdict[str, set[int]] = defaultdict(set)  # groups in which a stem occurs
    stemmed = sorted(((gist(gap.question), gap) for gap in gaps), key=lambda pair: (-len(pair[0]), pair[1].asked_at))
    for said, gap in stemmed:
        near = {at for stem in said for at in holding[stem]}
        best = max(near, key=lambda at: (groups[at].likeness(said), -at), default=None)
        if best is None or groups[best].likeness(said) < ALIKE:
            best = len(groups)
            groups.append(_Group())
        groups[best].take(gap, said)
        for stem in said:
            holding[stem].add(best)
    return groups


def _theme(group: _Group, least_fans: int) -> Theme | None:
    fans = {gap.fan for gap in group.gaps}
    words = _words_of_many(group.gaps, least_fans)
    if len(fans) < least_fans or not words:
        return None
    return Theme(words, len(group.gaps), len(fans), max(gap.asked_at for gap in group.gaps))


def _words_of_many(gaps: Sequence[Gap], least_fans: int) -> tuple[str, ...]:
    """The words that at least so many different fans used, in the form that most of them used."""
    users: defaultdict[tuple[str, str], set[FanId]] = defaultdict(set)
    for gap in gaps:
        for stem, word in stems(gap.question):
            users[stem, word].add(gap.fan)
    most_used = sorted(users.items(), key=lambda item: -len(item[1]))
    shared = [key for key, fans in most_used if len(fans) >= least_fans]
    best = dict(reversed(shared))  # of several forms of a stem, the one that most fans used
    return tuple(word for stem, word in shared if best[stem] == word)[:MOST_WORDS]
