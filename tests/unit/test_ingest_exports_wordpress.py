"""WordPress's export (WXR): published posts and pages, as readers saw them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ingest.exports.wordpress import without_shortcodes
from core.content import Kind
from core.errors import InvalidInput
from tests.unit.exports.build import read, stored, text, zipped
from tests.unit.exports.samples import author, entry, wordpress


def test_published_posts_and_pages_are_taken(tmp_path: Path):
    documents, left = read(stored(wordpress(), tmp_path / "site.xml"))
    first, second = documents
    assert (first.kind, first.title, first.key, first.language) == (Kind.PAGE, "Rye", "wordpress/1", "en-US")
    assert first.url == "https://maya.example/1/"
    assert first.published == datetime(2023, 1, 2, 8, 0, tzinfo=UTC)
    assert [(part.heading, part.text) for part in first.sections] == [("", "Scald the rye."), ("Why", "Starch.")]
    assert (second.title, text(second)) == ("About", "About me.")
    assert left == {
        "drafts, planned or deleted": 1,
        "private or protected by a password": 2,
        "attachments": 1,
        "menus, forms and other things that are no posts": 1,
    }


@pytest.mark.parametrize("status", ["draft", "future", "pending", "trash", "auto-draft", "inherit", ""])
def test_nothing_unpublished_is_taken(status: str, tmp_path: Path):
    assert read(stored(wordpress(entry(1, "x y", status=status)), tmp_path / "a.xml"))[0] == []


def test_a_zip_of_several_files_is_read_whole(tmp_path: Path):
    files = {"site.1.xml": wordpress(entry(1, "One")), "site.2.xml": wordpress(entry(2, "Two"))}
    documents, _ = read(stored(zipped(files), tmp_path / "a.zip"))
    assert [text(document) for document in documents] == ["One", "Two"]


def test_of_several_authors_only_the_named_one_is_the_creators_voice(tmp_path: Path):
    two = author("maya", "Maya Lin") + author("bo", "Bo")
    path = stored(wordpress(entry(1, "Mine"), entry(2, "His", by="bo"), authors=two), tmp_path / "a.xml")
    assert [document.own_words for document in read(path, "@maya LIN")[0]] == [True, False]
    assert [document.own_words for document in read(path)[0]] == [False, False]


def test_posts_of_the_classic_editor_keep_their_paragraphs(tmp_path: Path):
    (document,), _ = read(stored(wordpress(entry(1, "One <b>two</b>.\n\nThree\nfour.")), tmp_path / "a.xml"))
    assert text(document) == "One two.\n\nThree four."


def test_control_characters_do_not_end_the_reading(tmp_path: Path):
    (document,), _ = read(stored(wordpress(entry(1, "Rye\x0b and\x02 time")), tmp_path / "a.xml"))
    assert text(document) == "Rye and time"


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path):
    whole = wordpress(entry(1, "One"), entry(2, "Two"))
    documents, left = read(stored(whole[:-400], tmp_path / "a.xml"))
    assert [text(document) for document in documents] == ["One"]
    ((why, count),) = left.items()
    assert "is damaged from line" in why
    assert count == 1


def test_document_types_and_entities_are_refused(tmp_path: Path):
    secret = stored(b"root:x", tmp_path / "secret")
    hostile = f'<!DOCTYPE rss [<!ENTITY e SYSTEM "file://{secret}">]>\n<rss'.encode()
    path = stored(wordpress(entry(1, "&e;")).replace(b"<rss", hostile, 1), tmp_path / "a.xml")
    with pytest.raises(InvalidInput, match="document type"):
        read(path)


def test_a_hundred_thousand_elements_inside_each_other_are_refused(tmp_path: Path):
    deep = wordpress().replace(b"<channel>", b"<channel>" + b"<a>" * 100_000)
    with pytest.raises(InvalidInput, match="damaged"):
        read(stored(deep, tmp_path / "a.xml"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[gallery ids="1,2"] Rye', " Rye"),
        ('[caption id="a" width="3"]<img/> A loaf[/caption]', "<img/> A loaf"),
        ("[embed]https://a.example[/embed]", "https://a.example"),
        ("[contact-form-7 id='1'][toc]", ""),
        ("[my_box]inside[/my_box]", "inside"),
        ("He said [sic] and [1] and [citation needed].", "He said [sic] and [1] and [citation needed]."),
        ("a[0] = b[i]; x = [y]", "a[0] = b[i]; x = [y]"),
    ],
)
def test_shortcodes_go_and_other_brackets_stay(before: str, after: str):
    assert without_shortcodes(before) == after


@given(st.text(alphabet="[]/=ab \"'", max_size=200))
def test_any_brackets_are_borne(text: str):
    assert len(without_shortcodes(text)) <= len(text)


def test_many_open_brackets_take_no_time():
    assert without_shortcodes("[a " * 20_000) == "[a " * 20_000
    assert without_shortcodes("[a =" * 20_000) == "[a =" * 20_000
