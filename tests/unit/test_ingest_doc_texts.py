"""Markdown, plain text, web pages: what is read from them, and where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.ingest.decoding import encoding_of, pieces
from adapters.ingest.html import Html
from adapters.ingest.markdown import Markdown, Text
from adapters.ingest.markup import text_of
from adapters.ingest.naming import moment, title_of
from adapters.ingest.outline import LONGEST_DOCUMENT, LONGEST_PARAGRAPH, Block, documents, sections
from adapters.ingest.reading import Item, Reader, Wishes
from core.content import Document, Kind, Section, Skipped
from core.errors import InvalidInput

NOTE = """---
title: "Bread for beginners"
date: 2024-05-01T08:00:00+02:00
url: https://maya.example/bread
lang: en-GB
tags: [a, b]
---

# Bread

Flour, *water*, salt and [time](https://maya.example/time).

## Starters

- rye
- wheat

### Feeding

Every day <script>alert("x")</script>at noon.

## Ovens

| oven | degrees |
|------|---------|
| gas  | 230     |
"""
SENTENCES = "A good sourdough needs time and patience, and now and then some fresh flour. " * 4
PAGE = f"""<!doctype html><html lang="de-AT"><head><title>Sauerteig | Maya</title>
<link rel="canonical" href="https://maya.example/sauerteig">
<meta property="article:published_time" content="2024-03-02T10:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/about">About me</a></nav>
<article><h1>Sauerteig</h1><p>{SENTENCES}</p><h2>Mehl</h2><p>{SENTENCES}</p><ul><li>Roggen</li><li>Weizen</li></ul>
</article><footer>Copyright, imprint, cookies</footer></body></html>"""


def read(reader: Reader, folder: Path, name: str, content: str | bytes, *, url: str = "") -> list[Document | Skipped]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    item = Item(path, name, url)
    assert reader.recognises(item)
    return list(reader.read(item, Wishes()))


def only(found: list[Document | Skipped]) -> Document:
    assert len(found) == 1
    assert isinstance(found[0], Document)
    return found[0]


def test_front_matter_gives_title_date_address_and_language(tmp_path: Path):
    note = only(read(Markdown(), tmp_path, "bread.md", NOTE))
    assert (note.title, note.url, note.language) == ("Bread for beginners", "https://maya.example/bread", "en-GB")
    assert note.published == datetime(2024, 5, 1, 6, tzinfo=UTC)
    assert note.kind is Kind.PAGE


def test_sections_of_markdown_carry_the_path_of_their_headings(tmp_path: Path):
    note = only(read(Markdown(), tmp_path, "bread.md", NOTE))
    assert [(one.heading, one.text) for one in note.sections] == [
        ("Bread", "Flour, water, salt and time."),
        ("Bread > Starters", "- rye\n- wheat"),
        ("Bread > Starters > Feeding", "Every day at noon."),
        ("Bread > Ovens", "oven | degrees\ngas | 230"),
    ]


def test_front_matter_in_toml_is_read_too(tmp_path: Path):
    note = only(read(Markdown(), tmp_path, "x.md", '+++\ntitle = "Rye"\ndate = 2023-01-02\n+++\n\nText.'))
    assert (note.title, note.published) == ("Rye", datetime(2023, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize("line", ["draft: true", "published: false", "draft: Yes"])
def test_a_draft_is_skipped_on_purpose(tmp_path: Path, line: str):
    (found,) = read(Markdown(), tmp_path, "x.md", f"---\n{line}\n---\nSecret plans.")
    assert isinstance(found, Skipped)
    assert not found.failed


def test_the_first_heading_is_the_title_where_there_is_no_other(tmp_path: Path):
    note = only(read(Markdown(), tmp_path, "2024-02-03-loaf.md", "# My first loaf\n\nIt sank.\n\n## Why\n\nCold."))
    assert note.title == "My first loaf"
    assert [one.heading for one in note.sections] == ["", "Why"]
    assert note.published == datetime(2024, 2, 3, tzinfo=UTC)


def test_plain_text_keeps_its_paragraphs_and_old_encodings(tmp_path: Path):
    text = "Über die Größe eines Brötchens lässt sich streiten.\n\nÄhnliches gilt für Käse und Äpfel, schöne Grüße!"
    note = only(read(Text(), tmp_path, "grüße.txt", text.encode("cp1252")))
    assert [one.text for one in note.sections] == [text]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_told_by_its_mark(encoding: str):
    assert "дрожжи".encode(encoding).decode(encoding_of("дрожжи".encode(encoding))) == "дрожжи"


def test_a_binary_file_is_no_text_whatever_its_name(tmp_path: Path):
    with pytest.raises(InvalidInput, match="no text file"):
        read(Text(), tmp_path, "x.txt", b"\x00\x01\x02" * 100)


def test_an_empty_file_holds_no_text(tmp_path: Path):
    assert read(Text(), tmp_path, "x.txt", "") == [Skipped("x.txt", "holds no text")]


def test_the_article_of_a_page_is_read_without_menus_and_footers(tmp_path: Path):
    page = only(read(Html(), tmp_path, "saved.html", PAGE))
    assert (page.title, page.url, page.language) == ("Sauerteig", "https://maya.example/sauerteig", "de-AT")
    assert page.published == datetime(2024, 3, 2, tzinfo=UTC)
    assert [one.heading for one in page.sections] == ["", "Mehl"]
    assert page.sections[1].text.endswith("- Roggen\n- Weizen")
    assert not any(word in one.text for one in page.sections for word in ("Home", "imprint"))


def test_the_address_that_a_page_was_fetched_from_outranks_what_it_claims(tmp_path: Path):
    page = only(read(Html(), tmp_path, "page", PAGE, url="https://blog.maya.example/2"))
    assert page.url == "https://blog.maya.example/2"


def test_no_date_is_made_up_for_a_page_that_has_none(tmp_path: Path):
    html = f"<html><body><article><p>Since 12 March 2019. {SENTENCES}</p></article><p>Copyright 2020</p></body></html>"
    assert only(read(Html(), tmp_path, "x.html", html)).published is None


def test_a_page_without_an_article_is_read_as_it_stands(tmp_path: Path):
    page = only(read(Html(), tmp_path, "x.html", "<p>Just one line.<br>And another &amp; more."))
    assert [one.text for one in page.sections] == ["Just one line.\nAnd another & more."]


def test_a_page_in_a_declared_encoding_is_read_in_it(tmp_path: Path):
    html = '<meta charset="windows-1251"><p>Хлеб пекут долго.</p>'.encode("cp1251")
    assert only(read(Html(), tmp_path, "x.html", html)).sections[0].text == "Хлеб пекут долго."


def test_paragraphs_and_rows_of_html_are_told_apart():
    html = "<div>a <b>b</b><p>c</p>d</div><table><tr><td>1<td>2<tr><td>3<td>4</table><pre>x\n  y</pre>"
    assert text_of(html) == "a b\n\nc\n\nd\n\n1 | 2\n3 | 4\n\nx\ny"


def test_a_long_text_becomes_several_documents_and_nothing_is_lost():
    paragraphs = [Block(f"{number} " + "word " * 2000) for number in range(200)]
    head = Document("book.txt", Kind.PAGE, "Book", ())
    parts = [one for one in documents(head, sections(paragraphs)) if isinstance(one, Document)]
    assert [one.key for one in parts[:3]] == ["book.txt", "book.txt#2", "book.txt#3"]
    assert all(sum(len(section.text) for section in one.sections) <= LONGEST_DOCUMENT for one in parts)
    joined = " ".join(section.text for one in parts for section in one.sections)
    assert joined.split() == " ".join(block.text for block in paragraphs).split()


def test_one_endless_paragraph_is_cut():
    found = list(documents(Document("x", Kind.PAGE, "", ()), [Section("x" * (3 * LONGEST_PARAGRAPH))]))
    assert [len(one.text) for one in found[0].sections] == [LONGEST_PARAGRAPH] * 3  # type: ignore[union-attr]


def test_a_large_file_comes_in_pieces_that_end_with_paragraphs(tmp_path: Path):
    path = tmp_path / "x.txt"
    path.write_text("A line of words.\nAnd another.\n\n" * 30_000)
    found = list(pieces(path))
    assert len(found) > 2
    assert all(piece.endswith("\n\n") for piece in found)
    assert "".join(found) == path.read_text()


def test_titles_are_made_of_file_names():
    assert [title_of(name) for name in ("2024-05-01-first_loaf.md", "a/b/on-rye.txt", "2024.md")] == [
        "first loaf",
        "on rye",
        "2024",
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-01", 1),
        ("2024-05-01T23:30:00-02:00", 2),
        ("Wed, 01 May 2024 10:00:00 GMT", 1),
        ("2024-05-01 at noon", 1),
    ],
)
def test_dates_are_read_as_pages_and_feeds_write_them(text: str, day: int):
    found = moment(text)
    assert found is not None
    assert (found.date().isoformat(), found.tzinfo) == (f"2024-05-0{day}", UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-45", "0000", "9" * 50, "Wed, 99 May 99999"])
def test_what_is_no_date_is_none(text: str):
    assert moment(text) is None
