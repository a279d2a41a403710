"""The page on lorebook.toml, held against the model, and the sample against both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bots import lorebooks
from core.lore import Book

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/lorebook-toml.md").read_text()
SCHEMA = Book.model_json_schema()
FIELD = re.compile(r"^\| `(\w+)` \| ([^|]+?) \| ([^|]*?) \|", re.MULTILINE)


def kind(schema: Mapping[str, Any]) -> str:
    """In the reader's words, what may stand in a field."""
    if "anyOf" in schema:
        return kind(schema["anyOf"][0])
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema["type"] == "array":
        listed = "tables" if "$ref" in schema["items"] else f"list of texts, {extent(schema['items'])} each"
        return f"{listed}, at most {schema['maxItems']}"
    if schema["type"] == "integer":
        least, most = schema["minimum"], schema.get("maximum")
        return f"{least} or more" if most is None else f"{least} to {most}"
    return "true, false" if schema["type"] == "boolean" else f"text, {extent(schema)}"


def extent(schema: Mapping[str, Any]) -> str:
    return f"up to {schema['maxLength']} characters"


def default(name: str, schema: Mapping[str, Any]) -> str:
    if name in schema.get("required", ()):
        return "required"
    value = schema["properties"][name].get("default")
    return "" if value in (None, [], "") else f"`{str(value).lower()}`"


@pytest.mark.parametrize(("part", "schema"), [("book", SCHEMA), ("entry", SCHEMA["$defs"]["Entry"])])
def test_the_page_has_every_field_with_its_limits_and_default(part: str, schema: Mapping[str, Any]):
    section = PAGE.partition(f"<!-- part: {part} -->")[2].partition("<!-- part:")[0]
    expected = [(name, kind(field), default(name, schema)) for name, field in schema["properties"].items()]
    assert FIELD.findall(section) == expected


def test_the_samples_lorebook_is_called_up_as_the_guide_shows(tmp_path: Path):
    done = lorebooks.tried("maya", tmp_path, "my starter smells of acetone")
    assert [(one.name, one.why) for one in done.entries] == [("Gunnar", "starter")]
    shown = (ROOT / "docs/how-to/lorebook.md").read_text()
    assert f"Gunnar (starter; {done.entries[0].tokens} tokens)" in shown
    assert lorebooks.tried("maya", tmp_path, "hello there").entries == ()


def test_the_example_in_the_guide_is_a_lorebook(tmp_path: Path):
    guide = (ROOT / "docs/how-to/lorebook.md").read_text()
    example = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)[0]
    (tmp_path / lorebooks.FILE).write_text(example)
    book = lorebooks.load(tmp_path)
    assert book is not None
    assert [entry.name for entry in book.entries] == ["Gunnar", "The shop"]
    assert lorebooks.load(tmp_path, "none.toml") is None
