"""Where a field stands in a TOML file: every error of a creator's file names its line."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from bots.avatars import SAMPLES
from core.errors import ConfigError
from core.persona import Persona, parse
from core.toml import lines

MAYA = (SAMPLES / "maya" / "avatar.toml").read_text()

STATED = re.compile(r"^(?:avatars/maya/avatar\.toml,|  ) ?line (\d+)", re.MULTILINE)

EVERYTHING = '''\
# a comment with [brackets] and "quotes"
name = "Ann"   # and = another
"a key".'of two' = 1

text = """
[not a table]
still = "text" """
list = [
    "one",  # [ ] { }
    "two, and a \\" quote",
    { inner = "x", deep.er = [1,
        2] },
]
when = 1979-05-27 07:32:00

[style]
length = \'\'\'
a = 1
\'\'\'
emoji = "none"

[[links]]
title = "first"
[links.more]
x = 1

[[links]]
title = "second"

[[links.inner]]
y = 1
[[links.inner]]
y = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("name",), 2),
        (("a key", "of two"), 3),
        (("a key",), 3),
        (("text",), 5),
        (("list",), 8),
        (("list", 0), 9),
        (("list", 1), 10),
        (("list", 2, "inner"), 11),
        (("list", 2, "deep", "er", 1), 12),
        (("when",), 14),
        (("style",), 16),
        (("style", "emoji"), 20),
        (("links",), 22),
        (("links", 0, "more", "x"), 25),
        (("links", 1), 27),
        (("links", 1, "title"), 28),
        (("links", 1, "inner", 1), 32),
        (("links", 1, "inner", 1, "y"), 33),
    ],
)
def test_everything_in_a_file_has_its_line(path: tuple[str | int, ...], line: int):
    assert lines(EVERYTHING)[path] == line


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """The path of every value inside a value."""
    inner: Any = {}
    if isinstance(value, dict):
        inner = value
    elif isinstance(value, list):
        inner = dict(enumerate(value))
    return {path}.union(*(paths(part, (*path, step)) for step, part in inner.items()))


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\"'[]{}=,#\\."), max_size=12)
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_whatever_a_file_holds_each_of_its_values_has_a_line_that_exists(content: dict[str, Any]):
    text = tomlkit.dumps(content)
    found = lines(text)
    assert paths(tomllib.loads(text)) == set(found)
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())


@given(st.lists(st.sampled_from(EVERYTHING.splitlines(keepends=True)), max_size=30))
def test_lines_of_a_file_in_any_order_are_found_where_the_file_is_valid(pieces: list[str]):
    text = "".join(pieces)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert paths(content) == set(lines(text))


@given(st.data())
def test_however_a_file_is_damaged_it_is_a_persona_or_an_error_with_file_and_line(data: st.DataObject):
    start = data.draw(st.integers(0, len(MAYA)), label="start")
    end = data.draw(st.integers(start, min(start + 200, len(MAYA))), label="end")
    instead = data.draw(
        st.text(max_size=8) | st.sampled_from(['"', "[", "]]", "\n", "= 1\n", "[[links]]\n", "x = 3\n"]),
        label="instead",
    )
    damaged = MAYA[:start] + instead + MAYA[end:]
    try:
        problem = ""
        assert isinstance(parse(damaged, "avatars/maya/avatar.toml"), Persona)
    except ConfigError as exc:
        problem = str(exc)
    named = [int(line) for line in STATED.findall(problem)]
    assert bool(named) == bool(problem)
    assert all(1 <= line <= damaged.count("\n") + 1 for line in named)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('name = "A\n', "a.toml, line 1: is not valid TOML"),
        ('name = "A"\n\n[style\n', "a.toml, line 3: is not valid TOML"),
        ('x = [\n"a",\n', "a.toml, line 2: is not valid TOML"),
        ("x = " + "[" * 100_000, "a.toml, line 1: is nested too deeply"),
        ("\nx = " + "9" * 5000 + "\n", "is not valid TOML"),
        ("a = 1\na = 2\n", "a.toml, line 2: is not valid TOML"),
    ],
)
def test_what_is_not_toml_at_all_is_refused_with_its_line(toml: str, said: str):
    with pytest.raises(ConfigError) as caught:
        parse(toml, "a.toml")
    assert said in str(caught.value)
