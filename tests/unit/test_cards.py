"""A card's JSON: the three versions, what is kept, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import cards
from adapters.cards import Container, Format
from adapters.cards.file import parsed
from core.errors import ConfigError

V1 = {
    "name": "Bo",
    "description": "A fox.",
    "personality": "Sly.",
    "scenario": "",
    "first_mes": "Hi.",
    "mes_example": "",
    "avatar": "none",
    "talkativeness": 0.5,
}
V2 = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {**{name: V1[name] for name in ("name", "description", "first_mes")}, "tags": ["fox"], "x": {"y": [1]}},
}
V3 = {**V2, "spec": "chara_card_v3", "spec_version": "3.0"}


def encoded(card: Any) -> bytes:
    return json.dumps(card).encode()


@pytest.mark.parametrize(("card", "version"), [(V1, "v1"), (V2, "v2"), (V3, "v3")])
def test_each_version_is_recognised(card: dict[str, Any], version: str):
    read = parsed(encoded(card))
    assert (read.card.version, read.card.text("name"), read.container) == (version, "Bo", "json")


def test_what_a_v1_card_has_besides_is_kept_beside():
    form = parsed(encoded(V1)).card.v2()
    assert (form["avatar"], form["talkativeness"]) == ("none", 0.5)
    assert form["data"]["first_mes"] == "Hi."
    assert form["data"]["extensions"] == {}


@pytest.mark.parametrize("card", [V2, V3])
def test_a_card_exported_as_what_it_was_is_the_same_card(card: dict[str, Any]):
    read = parsed(encoded(card)).card
    assert (read.v2() if card is V2 else read.v3()) == card


def test_a_v3_made_of_a_v2_has_what_v3_asks_for_and_the_other_way_round():
    book = {"entries": [{"keys": ["a"], "content": "b"}], "extensions": {}}
    card = parsed(encoded({**V2, "data": {**V2["data"], "character_book": book}})).card  # type: ignore[dict-item]
    assert card.v3()["data"]["group_only_greetings"] == []
    assert card.v3()["data"]["character_book"]["entries"] == [{"use_regex": False, "keys": ["a"], "content": "b"}]
    assert card.v2()["data"]["character_book"] == book
    assert parsed(encoded(V3)).card.v2()["data"]["extensions"] == {}


def test_a_card_of_a_later_version_is_read_and_keeps_its_number():
    card = parsed(encoded({**V3, "spec_version": "3.7"})).card
    assert card.newer
    assert card.v3()["spec_version"] == "3.7"
    assert any("newer" in remark for remark in cards.draft(card).remarks)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "not valid JSON"),
        (b'{"spec": "chara_card_v2"', "not valid JSON"),
        (b'{"name": "\xff"}', "not UTF-8 text (byte 10)"),
        (b'{"a":' * 100_000, "nested more than 100 deep"),
        (b"[" * 100_000 + b"]" * 100_000, "nested more than 100 deep"),
        (b'{"name":"Bo","x":' + b"[" * 150 + b"]" * 150 + b"}", "nested more than 100 deep"),
        (b'{"name": "Bo", "x": ' + b"9" * 5_000 + b"}", "an integer of 5000 digits (it begins with 999999999999)"),
        (b'{"name": "Bo", "x": -Infinity}', "-Infinity where JSON allows only a number"),
        (b'{"name": "Bo", "x": NaN}', "NaN where"),
        (b'{"name": "Bo", "x": 1e999}', "a number that is too large: 1e999"),
        (b'{"name": "Bo", "x": {"y": 1, "y": 2}}', "the field 'y' twice"),
        (b"[1]", "no JSON object"),
        (b"{}", "no character card"),
        (b'{"name": "Bo"}', "no character card"),
        (b'{"spec": "chara_card_v2"}', "data: must be an object"),
        (b'{"spec": "chara_card_v3", "data": [1]}', "data: must be an object"),
        (b'{"spec": "lorebook_v3", "data": {"name": "x"}}', "spec: must be one of chara_card_v2, chara_card_v3"),
        (b'{"spec": ["a"], "data": {"name": "x"}}', "spec: must be one of"),
        (encoded({**V3, "spec_version": 3}), "spec_version: must be text"),
        (encoded({**V1, "name": " "}), "name: String should have at least 1 character"),
        (encoded({**V1, "name": "x" * 301}), "name: String should have at most 300 characters"),
        (encoded({**V1, "name": "\ud800"}), "name: Input should be a valid string"),
        (encoded({**V1, "description": 5}), "description: Input should be a valid string"),
        (encoded({**V2, "data": {}}), "data.name: Field required"),
        (encoded({**V2, "data": {"name": "Bo", "tags": ["a", 1]}}), "data.tags[2]: Input should be a valid string"),
        (encoded({**V2, "data": {"name": "Bo", "tags": "a"}}), "data.tags: Input should be a valid list"),
        (encoded({**V2, "data": {"name": "Bo", "extensions": []}}), "data.extensions: Input should be a valid dict"),
        (
            encoded({**V2, "data": {"name": "Bo", "character_book": {"entries": [{"content": 1}]}}}),
            "data.character_book.entries[1].content: Input should be a valid string",
        ),
        (b'{"name": "' + b"x" * (8 * 1024 * 1024) + b'"}', "larger than 8 MB"),
        (b"RIFF....WEBP", "neither a PNG picture nor JSON nor CHARX"),
        (b"", "neither a PNG picture nor JSON nor CHARX"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_card_that_is_not_sound_is_refused_with_file_and_field(tmp_path: Path, text: bytes, said: str):
    path = tmp_path / "card.json"
    path.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        cards.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_file_that_is_not_there_and_a_folder_are_said_so(tmp_path: Path):
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            cards.read(path)


def test_a_file_of_any_size_is_read_only_up_to_the_limit(tmp_path: Path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(ConfigError, match="larger than 64 MB"):
        cards.read(path)


# ── round trips ──────────────────────────────────────────────────────────────────────────────────

TEXT = st.text(st.characters(exclude_categories=[]), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
UNKNOWN = st.dictionaries(st.text("abcxyz_", min_size=1).map("x_".__add__), JSON, max_size=3)
BOOK = st.fixed_dictionaries(
    {"extensions": UNKNOWN, "entries": st.lists(st.fixed_dictionaries({"keys": st.lists(TEXT, max_size=2)}))}
)
NAME = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)  # half a character in a name is refused
FIELDS = st.fixed_dictionaries(
    {"name": NAME.filter(str.strip), "description": TEXT},
    optional={
        **dict.fromkeys(("personality", "scenario", "first_mes", "mes_example", "creator_notes"), TEXT),
        "nickname": NAME,
        **{name: st.lists(TEXT, max_size=3) for name in ("alternate_greetings", "group_only_greetings", "tags")},
        "extensions": st.dictionaries(TEXT, JSON, max_size=3),
        "character_book": BOOK,
        "assets": st.lists(st.fixed_dictionaries({"type": TEXT, "uri": TEXT, "name": TEXT, "ext": TEXT}), max_size=2),
        "x_unknown": JSON,
    },
)


@st.composite
def any_card(draw: st.DrawFn) -> dict[str, Any]:
    """A card of any version, with unknown fields in and beside it."""
    fields, beside = draw(FIELDS), draw(UNKNOWN)
    version = draw(st.sampled_from(["v1", "v2", "v3"]))
    if version == "v1":
        return {**beside, **fields}
    return {**beside, "spec": f"chara_card_{version}", "spec_version": f"{version[1]}.0", "data": fields}


@given(any_card(), st.sampled_from(["v2", "v3"]), st.sampled_from(["png", "json"]))
def test_whatever_a_card_holds_is_there_after_export_and_import(card: Any, version: Format, container: Container):
    first = parsed(encoded(card))
    once = cards.written(first.card, container, version, None)
    again = parsed(once)
    assert cards.written(again.card, container, version, None) == once
    assert {name: again.card.beside[name] for name in first.card.beside} == dict(first.card.beside)
    for name, value in first.card.fields.items():
        if name != "character_book":
            assert again.card.fields[name] == value
    entries = [card.fields.get("character_book", {}).get("entries", []) for card in (first.card, again.card)]
    assert all(old.items() <= new.items() for old, new in zip(*entries, strict=True))


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: ("{" + text).encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_are_refused_and_nothing_worse(raw: bytes):
    with pytest.raises(ConfigError):
        parsed(raw)


@given(JSON)
def test_arbitrary_json_is_read_or_refused(value: Any):
    for card in (value, {**V2, "data": value}, {**V3, "data": {"name": "Bo", "extensions": value, "tags": value}}):
        try:
            assert parsed(encoded(card)).card.text("name")
        except ConfigError as refused:
            assert str(refused)  # noqa: PT017  both outcomes are right; anything else fails the test
