"""Conversations with known evidence: LoCoMo's published JSON form, and what is asked of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

EVIDENCE = re.compile(r"D:?\s*(\d+)\s*:\s*(\d+)")  # also as it stands in "D8:6; D9:17", "D:11:26" and "D30:05"
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
APART = timedelta(seconds=40)  # between two turns of a session: only the session's time is known
TIME_FORMS = ("%I:%M %p on %d %B, %Y", "%I:%M %p on %d %B %Y", "%d %B, %Y", "%d %B %Y")


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    key: str
    speaker: str
    text: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the turns that answer it."""

    text: str
    kind: str
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation of two, and what is asked of it after its end."""

    name: str
    fan: str
    avatar: str  # the other speaker
    turns: Sequence[Turn]
    questions: Sequence[Asked]

    @property
    def now(self) -> datetime:
        """When it is asked."""
        return self.turns[-1].sent_at + timedelta(days=1)


def locomo(path: Path, *, captions: bool = False) -> Iterator[Talk]:
    """Read a file of conversations; questions without any evidence that exists are left out.

    Args:
        path: Of the JSON file: a list of ``conversation`` and ``qa``.
        captions: Take the captions of shared pictures for words of the turn.
    """
    for number, sample in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        held = sample["conversation"]
        turns = list(_turns(held, captions=captions))
        known = {turn.key for turn in turns}
        asked = [_asked(one, known) for one in sample["qa"]]
        name = str(sample.get("sample_id", number))
        yield Talk(name, held["speaker_a"], held["speaker_b"], turns, [one for one in asked if one.evidence])


def evidence(written: Sequence[str]) -> frozenset[str]:
    """The turns that evidence names, however it is written."""
    return frozenset(f"D{int(session)}:{int(turn)}" for one in written for session, turn in EVIDENCE.findall(one))


def _asked(written: Mapping[str, Any], known: set[str]) -> Asked:
    kind = CATEGORIES.get(written.get("category", 0), "other")
    return Asked(str(written["question"]), kind, evidence(written.get("evidence") or ()) & known)


def _turns(held: Mapping[str, Any], *, captions: bool) -> Iterator[Turn]:
    sessions = sorted(int(match[1]) for name in held if (match := re.fullmatch(r"session_(\d+)", name)))
    for session in sessions:
        began = _moment(held[f"session_{session}_date_time"])
        for place, said in enumerate(held[f"session_{session}"]):
            shown = f" [{said['blip_caption']}]" if captions and said.get("blip_caption") else ""
            key = next(iter(evidence([said["dia_id"]])))
            yield Turn(key, said["speaker"], f"{said['text']}{shown}", began + place * APART)


def _moment(written: str) -> datetime:
    """The time of a session, as it is written there: "1:56 pm on 8 May, 2023"."""
    for form in TIME_FORMS:
        try:
            return datetime.strptime(written.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"{written!r} is no time of a session")
