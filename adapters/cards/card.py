"""A card's JSON: read strictly, kept whole, written as version 2 or 3.

The versions differ in their wrapping and in which fields must be there, so the fields are kept as they came, known or
not, and only the wrapping changes. Fields that a version does not know stay: readers have to ignore them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, StringConstraints, ValidationError

from adapters.cards.decorators import parted
from core.errors import ConfigError

Version = Literal["v1", "v2", "v3"]

MOST_BYTES = 8 * 1024 * 1024  # of a card's JSON
MOST_DEPTH = 100
LONGEST_NAME = 300  # characters
MOST_DIGITS = 100  # of an integer; far more than any timestamp or seed has

SPECS: Mapping[str, Version] = {"chara_card_v2": "v2", "chara_card_v3": "v3"}
NEWEST = 3.0
V1_FIELDS = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
V2_FIELDS: Mapping[str, Any] = {
    **dict.fromkeys(V1_FIELDS, ""),
    **dict.fromkeys(("creator_notes", "system_prompt", "post_history_instructions"), ""),
    "alternate_greetings": [],
    "tags": [],
    "creator": "",
    "character_version": "",
    "extensions": {},
}
V3_FIELDS: Mapping[str, Any] = {**V2_FIELDS, "group_only_greetings": []}
BACKFILLED = (
    "This is a Character Card V3, read here as a V2. A program that knows V3 shows all of it."  # asked for by V3
)


class _Entry(BaseModel):
    content: str | None = None


class _Book(BaseModel):
    entries: list[_Entry] | None = None


class _Asset(BaseModel):
    type: str | None = None
    uri: str | None = None


class _Fields(BaseModel):
    """What must have a certain type if it is there; anything else may be anything."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
    description: str | None = None
    personality: str | None = None
    scenario: str | None = None
    first_mes: str | None = None
    mes_example: str | None = None
    creator_notes: str | None = None
    system_prompt: str | None = None
    post_history_instructions: str | None = None
    creator: str | None = None
    character_version: str | None = None
    nickname: Annotated[str, StringConstraints(max_length=LONGEST_NAME)] | None = None
    alternate_greetings: list[str] | None = None
    group_only_greetings: list[str] | None = None
    tags: list[str] | None = None
    source: list[str] | None = None
    assets: list[_Asset] | None = None
    extensions: dict[str, Any] | None = None
    character_book: _Book | None = None
    creator_notes_multilingual: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card, whatever its version.

    Attributes:
        version: In which version it came.
        spec_version: As the card has it, "1.0" for V1.
        fields: What versions 2 and 3 have under ``data``, unknown fields included.
        beside: What stands beside ``data``.
    """

    version: Version
    spec_version: str
    fields: Mapping[str, Any]
    beside: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A text field, empty if it is not there or null."""
        return self.fields.get(name) or ""

    @property
    def newer(self) -> bool:
        """Whether it was written for a later version than we know."""
        try:
            return float(self.spec_version) > NEWEST
        except ValueError:
            return False

    def changed(self, fields: Mapping[str, Any]) -> Card:
        """The card with other fields; copies of them beside ``data``, which some programs keep, change along."""
        mirrored = {name for name in fields if name in self.beside and self.beside[name] == self.fields.get(name)}
        beside = {**self.beside, **{name: fields[name] for name in mirrored}}
        return replace(self, fields={**self.fields, **fields}, beside=beside)

    def v2(self) -> dict[str, Any]:
        """The card as a V2; one that came as a V2 is as it came, also where something that V2 asks for is missing."""
        if self.version == "v2":
            return self._wrapped("chara_card_v2", self.spec_version, self.fields)
        return self._wrapped("chara_card_v2", "2.0", {**V2_FIELDS, **self.fields})

    def v3(self) -> dict[str, Any]:
        """The card as a V3; one that came as a V3 is as it came."""
        if self.version == "v3":
            return self._wrapped("chara_card_v3", self.spec_version, self.fields)
        fields = {**V3_FIELDS, **self.fields}
        book = fields.get("character_book")
        if book and book.get("entries"):
            fields["character_book"] = {**book, "entries": [{"use_regex": False, **one} for one in book["entries"]]}
        return self._wrapped("chara_card_v3", "3.0", fields)

    def _wrapped(self, spec: str, spec_version: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.beside, "spec": spec, "spec_version": spec_version, "data": fields}

    def backfilled(self) -> dict[str, Any]:
        """The card as a V2 to stand beside a V3, for older programs; it says that there is more."""
        form = self.v3()
        fields = {**V2_FIELDS, **form["data"]}
        fields["creator_notes"] = "\n\n".join(filter(None, (fields["creator_notes"], BACKFILLED)))
        book = fields.get("character_book")
        if book and book.get("entries"):  # V2 knows no decorators
            bare = [
                {**one, "content": parted(one["content"])[1]} if one.get("content") else one for one in book["entries"]
            ]
            fields["character_book"] = {**book, "entries": bare}
        return {**form, "spec": "chara_card_v2", "spec_version": "2.0", "data": fields}


def blank() -> Card:
    """A card with nothing in it yet."""
    return Card("v3", "3.0", dict(V3_FIELDS), {})


def parse(text: bytes) -> Card:
    """Read a card's JSON.

    Raises:
        ConfigError: It is not JSON, not a card, or a field has the wrong type. The text names the field.
    """
    root = _load(text)
    if not isinstance(root, dict):
        raise ConfigError("the card is no JSON object")
    fields = root if "spec" not in root and "data" not in root else root.get("data")
    if not isinstance(fields, dict):
        raise ConfigError("data: must be an object with the card's fields")
    version, spec_version = _version(root)
    where = "" if fields is root else "data."
    try:
        _Fields.model_validate(fields)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False)[0]
        step = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in error["loc"])
        raise ConfigError(f"{where}{step.lstrip('.')}: {error['msg']}") from exc
    if version == "v1":
        beside = {name: value for name, value in root.items() if name not in V1_FIELDS}
        return Card(version, spec_version, {name: root[name] for name in V1_FIELDS if name in root}, beside)
    beside = {name: value for name, value in root.items() if name not in {"spec", "spec_version", "data"}}
    return Card(version, spec_version, fields, beside)


def dump(card: Mapping[str, Any], *, indent: int | None = None) -> bytes:
    """The JSON of a card, as UTF-8; halves of surrogate pairs, which UTF-8 has no place for, are escaped."""
    try:
        return json.dumps(card, ensure_ascii=False, indent=indent).encode()
    except UnicodeEncodeError:
        return json.dumps(card, indent=indent).encode()


def _version(root: Mapping[str, Any]) -> tuple[Version, str]:
    if "spec" not in root and "data" not in root:
        if not any(isinstance(root.get(name), str) for name in V1_FIELDS[1:]):
            raise ConfigError("this JSON is no character card: it has neither 'spec' nor the fields of a V1 card")
        return "v1", "1.0"
    spec, spec_version = root.get("spec"), root.get("spec_version", "")
    if not isinstance(spec, str) or spec not in SPECS:
        raise ConfigError(f"spec: must be one of {', '.join(SPECS)}")
    if not isinstance(spec_version, str):
        raise ConfigError("spec_version: must be text")
    return SPECS[spec], spec_version


def _load(text: bytes) -> Any:
    if len(text) > MOST_BYTES:
        raise ConfigError(f"the card's JSON is larger than {MOST_BYTES // 1024**2} MB")
    try:
        read = json.loads(
            text.decode("utf-8-sig"),
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as exc:
        raise ConfigError(f"the card is not UTF-8 text (byte {exc.start})") from exc
    except json.JSONDecodeError as exc:
        raise ConfigError(f"the card is not valid JSON: {exc}") from exc
    except RecursionError as exc:
        raise ConfigError(f"the card's JSON is nested more than {MOST_DEPTH} deep") from exc
    _measure(read)
    return read


def _measure(read: Any) -> None:
    """Refuse what is nested so deeply that writing it again could fail."""
    level: list[Any] = [read]
    for _ in range(MOST_DEPTH + 1):
        level = [child for value in level for child in _children(value)]
    if level:
        raise ConfigError(f"the card's JSON is nested more than {MOST_DEPTH} deep")


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ConfigError(f"the card has an integer of {len(digits)} digits (it begins with {digits[:12]})")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ConfigError(f"the card has a number that is too large: {digits[:24]}")
    return number


def _constant(name: str) -> NoReturn:
    raise ConfigError(f"the card has {name} where JSON allows only a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ConfigError(f"the card has the field '{twice[:60]}' twice in one object")
    return read
