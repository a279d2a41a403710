"""Cases: questions with what a good answer says and rests on, checked without anybody's judgement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core.model import Used
from core.words import gist, numbers

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]

LEAST_SHARED = 0.5  # of a correction's stems must come back in the answer
MOMENT = re.compile(r"[?&]t=\d+s\Z")  # of a video, at the end of its address


class Case(BaseModel):
    """One question, and what holds for every good answer to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: Line
    says: tuple[Line, ...] = Field(default=(), description='Each must occur; "85 percent | 85 %" are alternatives.')
    never: tuple[Line, ...] = Field(default=(), description="None may occur.")
    cites: tuple[Line, ...] = Field(default=(), description="Titles or addresses of which one must be a source.")
    answered: bool = Field(default=True, description="false: the right answer is that there is none.")
    means: str = Field(max_length=2000, default="", description="The whole right answer, as the creator put it.")


class Cases(BaseModel):
    """A ``cases.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cases: tuple[Case, ...] = ()


def failures(case: Case, answer: str, used: Sequence[Used], *, gap: bool) -> list[str]:
    """What is wrong with an answer, a sentence each; empty: it is right as far as can be checked without a judge."""
    plain = _plain(answer)
    found = [f'It does not say "{one}".' for one in case.says if not any(_occurs(way, plain) for way in one.split("|"))]
    found += [f'It says "{one}".' for one in case.never if _occurs(one, plain)]
    sources = {part for one in used if one.cited for part in (one.title, one.url, MOMENT.sub("", one.url))}
    if case.cites and not sources & set(case.cites):
        found.append(f"It rests on none of: {', '.join(case.cites)}.")
    if gap and case.answered:
        found.append("It says that there is no answer.")
    if not gap and not case.answered:
        found.append("It answers, although nothing published does.")
    if case.means:
        found += _strays(case.means, answer)
    return found


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _occurs(wanted: str, plain: str) -> bool:
    """Whether a text holds these words; 70 is not in 170."""
    words = _plain(wanted)
    before, after = (r"(?<!\d)" if words[:1].isdigit() else ""), (r"(?!\d)" if words[-1:].isdigit() else "")
    return bool(words) and re.search(f"{before}{re.escape(words)}{after}", plain) is not None


def _strays(meant: str, answer: str) -> list[str]:
    """Where an answer leaves out numbers of what was meant, or most of its words."""
    missing = numbers(meant) - numbers(answer)
    if missing:
        return [f"It leaves out {', '.join(sorted(missing))}."]
    wanted = gist(meant)
    shared = len(wanted & gist(answer))
    if wanted and shared < LEAST_SHARED * len(wanted):
        return [f"It has {shared} of the {len(wanted)} words that matter in the right answer."]
    return []
