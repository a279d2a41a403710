"""Markdown as Telegram shows it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.telegram.render import MAX_ENTITIES, Rendered, measure, render, units

PIECES = st.sampled_from(
    [
        *("**", "*", "_", "__", "~~", "||", "`", "```", "```py\n", "[", "](", ")", "](https://x.example)", "![", "\n"),
        *("](javascript:x)", "](tg://user?id=1)", "# ", "> ", "- ", "1. ", "| a | b |\n|---|---|\n", "---", "<b>"),
        *(
            "<!--",
            "-->",
            "\\(",
            "\\)",
            "$$",
            "🍞",
            "👩‍👩‍👧",
            "é",
            "@someone",
            "@",
            "\u2060",
            "\x00",
            "\ud83c",
            " ",
            "word",
        ),
    ]
)
MARKDOWN = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))


@given(source=MARKDOWN, shared=st.booleans())
@example(source="\ud800", shared=False)
@example(source="[a]: http://x", shared=True)
@example(source="`@a`@b **@c** 🍞@d", shared=True)
def test_whatever_is_written_can_be_shown(source: str, shared: bool) -> None:
    shown = render(source, shared=shared)
    assert not source.strip() or shown.text.strip()
    assert len(shown.entities) <= MAX_ENTITIES
    encoded = shown.text.encode("utf-16-le")  # strict: no lone surrogate is left
    assert measure(source, shared=shared) == len(encoded) // 2
    for entity in shown.entities:
        assert entity.offset >= 0
        assert entity.length > 0
        assert entity.offset + entity.length <= len(encoded) // 2
        encoded[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le")
        assert entity.type != "text_link" or str(entity.url).startswith(("http://", "https://", "mailto:"))
        assert entity.type not in {"text_mention", "custom_emoji", "mention"}


@given(source=MARKDOWN)
def test_the_text_of_a_shared_place_differs_only_by_what_is_invisible(source: str) -> None:
    private, shared = render(source, shared=False), render(source, shared=True)
    assert shared.text.replace("\u2060", "") == private.text.replace("\u2060", "")
    assert len(shared.entities) == len(private.entities)


@given(text=st.text())
def test_length_is_counted_in_utf16_units(text: str) -> None:
    assert units(text) == sum(2 if ord(char) > 0xFFFF else 1 for char in text)


def test_entities_move_with_what_is_inserted() -> None:
    shown = render("@a **@b** and `@c` *d*", shared=True)
    covered = [
        shown.text.encode("utf-16-le")[2 * e.offset : 2 * (e.offset + e.length)].decode("utf-16-le")
        for e in shown.entities
    ]
    assert covered == ["@\u2060b", "@c", "d"]


def test_an_address_is_no_mention() -> None:
    assert render("write to maya@example.com", shared=True).text == "write to maya@example.com"


def test_entities_beyond_the_limit_are_left_out_and_the_text_stays() -> None:
    shown = render(" ".join(f"**b{number}**" for number in range(150)), shared=False)
    assert len(shown.entities) == 100
    assert shown.text.endswith("b149")


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "tg://user?id=1", "data:text/html,x", "file:///etc", "ftp://x"]
)
def test_only_web_and_mail_links_keep_their_target(target: str) -> None:
    assert render(f"see [this]({target})", shared=False) == Rendered("see this")


def test_headings_carry_no_pictograms() -> None:
    assert render("# Bread\ntext", shared=False).text.startswith("Bread")


def test_a_very_long_text_is_measured_quickly_enough_to_be_cut() -> None:
    assert measure("@a **b** " * 12_000, shared=True) > 4096
