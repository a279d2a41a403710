"""Made-up conversations of a year or more, with known evidence: the same seed makes the same."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.library.dates import MONTHS, table
from tests.bench.memory_sets import Asked, Talk, Turn

PARTS = Path(__file__).parent.parent / "sets" / "memory"
LANGUAGES = ("ar", "de", "en", "es", "hi", "zh")
BEGIN = datetime(2025, 1, 3, 18, 0, tzinfo=UTC)
FAN, AVATAR = "Lena", "Maya"
CONCERTS = 4


def made(language: str, seed: int, sessions: int = 200) -> Talk:
    """A conversation in which facts are told, told of others, changed and dated among much small talk.

    Args:
        language: One of ``LANGUAGES``.
        seed: What is drawn by.
        sessions: One every day or two.
    """
    drawn = random.Random(f"{language}/{seed}")
    parts = json.loads((PARTS / f"{language}.json").read_text(encoding="utf-8"))
    starts = _starts(drawn, sessions)
    planted = list(_planted(parts, drawn, starts, language))
    by_session: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for session, key, text in (one for _, told in planted for one in told):
        by_session[session].append((key, text))
    turns: list[Turn] = []
    for session, began in enumerate(starts):
        lines = _session(parts["chat"], by_session[session], drawn, session)
        turns += [Turn(key, who, text, began + timedelta(minutes=at)) for at, (key, who, text) in enumerate(lines)]
    return Talk(f"{language}/{seed}", FAN, AVATAR, turns, [asked for asked, _ in planted if asked.text])


def _starts(drawn: random.Random, sessions: int) -> list[datetime]:
    """When each session begins, about two days apart."""
    starts = [BEGIN]
    while len(starts) < sessions:
        starts.append(starts[-1] + timedelta(hours=drawn.randint(20, 76)))
    return starts


def _session(
    chat: Sequence[tuple[str, str]], told: Sequence[tuple[str, str]], drawn: random.Random, session: int
) -> Iterator[tuple[str, str, str]]:
    """Small talk, with what is told in between."""
    for place in range(drawn.randint(3, 6)):
        (said, answer), (more, reply) = drawn.sample(list(chat), 2)  # joined, so that hardly anything is said twice
        yield f"{session}.{place}a", FAN, f"{said} {more}"
        yield f"{session}.{place}b", AVATAR, f"{answer} {reply}"
        for key, text in told if place == 1 else ():
            yield key, FAN, text


Told = list[tuple[int, str, str]]  # session, key and text of each turn


def _planted(
    parts: Any, drawn: random.Random, starts: Sequence[datetime], language: str
) -> Iterator[tuple[Asked, Told]]:
    """What is told where, and what is asked of it; an empty question where it only distracts."""
    last = len(starts) - 1
    for number, ((text, question, values), near) in enumerate(zip(parts["facts"], parts["near"], strict=True)):
        value, other = drawn.sample(values, 2)
        yield (
            Asked(question, "fact", frozenset({f"f{number}"})),
            [(drawn.randint(0, last), f"f{number}", text.format(x=value))],
        )
        yield Asked("", "", frozenset()), [(drawn.randint(0, last), f"n{number}", near.format(x=other))]
    for number, (first, then, question, values) in enumerate(parts["changes"]):
        sessions = sorted(drawn.sample(range(last + 1), 3))
        texts = [first, then, then]
        told = [
            (session, f"c{number}.{step}", text.format(x=value))
            for step, (session, text, value) in enumerate(zip(sessions, texts, drawn.sample(values, 3), strict=True))
        ]
        yield Asked(question, "changed", frozenset({f"c{number}.2"})), told
    for number, (first, second, question, values) in enumerate(parts["hops"]):
        value = drawn.choice(values)
        told = [
            (drawn.randint(0, last), f"h{number}.{step}", text.format(x=value))
            for step, text in enumerate((first, second))
        ]
        yield Asked(question, "multi-hop", frozenset(key for _, key, _ in told)), told
    yield from _dated(parts["dated"], drawn, starts, language)


def _dated(
    dated: tuple[str, str, list[str]], drawn: random.Random, starts: Sequence[datetime], language: str
) -> Iterator[tuple[Asked, Told]]:
    """The same kind of evening in several months, each asked for by its month."""
    text, question, values = dated
    names = table(language)
    months: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for session, began in enumerate(starts):
        months[began.year, began.month].append(session)
    chosen = drawn.sample(sorted(months), min(CONCERTS, len(months)))
    for (year, month), value in zip(chosen, drawn.sample(values, len(chosen)), strict=True):
        key, session = f"d{year}.{month}", drawn.choice(months[year, month])
        name = max(names[MONTHS[month - 1]], key=len)
        written = f"{year}年{month}月" if language == "zh" else f"{name.title()} {year}"
        yield Asked(question.format(month=written), "dated", frozenset({key})), [(session, key, text.format(x=value))]
