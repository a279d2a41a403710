"""A creator's ``lorebook.toml``, validated: what the avatar is told only when it is talked about."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from core import toml
from core.keys import BadPattern, Key
from core.persona import Line

MOST_ENTRIES = 5000
MOST_KEYS = 100  # in one list
MOST_EFFORT = 20_000  # for all keys of a book: a quarter of a second for the worst of patterns and messages
LONGEST_CONTENT = 8000  # characters
LONGEST_COMMENT = 2000  # characters

Keys = Annotated[tuple[Line, ...], Field(max_length=MOST_KEYS)]
Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CONTENT)]
Depth = Annotated[int, Field(ge=0, le=1000)]
Weight = Annotated[int, Field(ge=-(10**9), le=10**9)]


class Entry(BaseModel):
    """Something that the avatar is told when one of the keys comes up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    keys: Keys = ()
    content: Content
    secondary_keys: Keys = ()
    logic: Literal["any", "all", "not any", "not all"] = "any"  # of the secondary keys must be there
    exclude_keys: Keys = ()
    constant: bool = False
    enabled: bool = True
    order: Weight = 100  # in the prompt, lowest first
    priority: Weight | None = None  # lowest is dropped first; None: as ``order`` says
    scan_depth: Depth | None = None  # newest messages looked at; None: as the book says
    position: Literal["before", "after"] = "after"  # the description of the character
    depth: Depth | None = None  # that many messages before the end, in place of ``position``
    probability: Annotated[int, Field(ge=0, le=100)] = 100  # per cent of the turns in which it counts
    case_sensitive: bool = False
    whole_words: bool = True
    triggered_by: Literal["anything", "messages", "entries"] = "anything"
    triggers_others: bool = True
    after_replies: Annotated[int, Field(ge=0, le=10**6)] = 0
    every_replies: Annotated[int, Field(ge=1, le=10**6)] = 1
    after_match: Literal["again", "stay", "never"] = "again"  # what follows once it has been found
    comment: Annotated[str, StringConstraints(max_length=LONGEST_COMMENT)] = ""  # for people
    card: Annotated[int, Field(ge=1)] | None = None  # which entry of the character card it came from

    @field_validator("keys", "secondary_keys", "exclude_keys")
    @classmethod
    def _can_be_looked_for(cls, keys: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        name = info.data.get("name", "an entry")
        for written in keys:
            try:
                key = Key.of(written, case=False, whole=True)
            except BadPattern as exc:
                raise ValueError(f"of '{name}': {written[:60]} is refused: {exc}.") from exc
            if key.pattern is None and not key.needle:
                raise ValueError(f"of '{name}': one has nothing in it that could be found. Remove it.")
        return keys

    @property
    def effort(self) -> int:
        """What looking for its keys costs."""
        keys = (*self.keys, *self.secondary_keys, *self.exclude_keys)
        return sum(Key.of(key, case=False, whole=False).effort for key in keys)

    @model_validator(mode="after")
    def _can_come_up(self) -> Self:
        if self.enabled and not self.constant and not self.keys:
            raise ValueError(f"'{self.name}' has no keys. Add keys = [\"...\"], or constant = true.")
        return self


class Book(BaseModel):
    """A whole lorebook."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scan_depth: Depth = 4  # newest messages looked at
    token_budget: Annotated[int, Field(ge=0, le=100_000)] = 800  # for all that is found in one turn
    recursive: bool = False  # what is found is searched for keys of others
    entries: Annotated[tuple[Entry, ...], Field(max_length=MOST_ENTRIES)] = ()

    @field_validator("entries")
    @classmethod
    def _fit_together(cls, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        if twice := [name for name, count in Counter(entry.name for entry in entries).items() if count > 1]:
            raise ValueError(f"has more than one entry named '{twice[0]}'. Rename one of them.")
        if sum(entry.effort for entry in entries) > MOST_EFFORT:
            raise ValueError(f"are too much to look for: {MOST_EFFORT:,} plain keys at most, or shorter expressions.")
        return entries


def parse(text: str, source: str) -> Book:
    """Read a lorebook from the text of a ``lorebook.toml``.

    Args:
        text: The file's text.
        source: What to call the file in errors.

    Raises:
        ConfigError: Naming the file, and for each error its line, its entry and field, and what would mend it.
    """
    return toml.read(text, source, Book)
