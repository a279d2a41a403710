"""The corpus, as it is played."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a fan writes, what the model does, and what the code has to see to."""

    name: str = "Ann"  # the fan's
    says: tuple[str, ...]  # messages, each answered before the next; in a burst they are answered together
    model: str  # its words, whatever it is asked; {placeholders} as in ``stage.placeholders``
    language: str = ""
    burst: bool = False
    never: tuple[str, ...] = ()  # is never visible, in previews either
    shows: str = ""  # is visible in the end
    asked: bool = True  # whether the model is asked about the last message
    minor: bool | None = None  # whether the fan counts as a minor in the end; None: not looked at
    crisis: str = ""  # the kind that is counted; then the model is not asked
    then: str = ""  # a command that the fan gives afterwards, and is refused
    pings: bool = False  # the text would ping if it were sent carelessly


def corpus() -> Iterator[tuple[str, Attempt]]:
    """Every attempt with its id."""
    for path in sorted(CORPUS.glob("*.toml")):
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        for number, one in enumerate(found["attempt"], 1):
            values = {key: tuple(value) if isinstance(value, list) else value for key, value in one.items()}
            yield f"{path.stem}-{number}", Attempt(**values)  # type: ignore[arg-type] # as the files have them
