"""Exports of Instagram: captions, mended letters, and what is not taken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ingest.exports.instagram import mended
from core.content import Kind
from core.errors import InvalidInput
from tests.unit.exports.build import dumped, read, stored, text, unpacked, zipped
from tests.unit.exports.samples import broken, instagram

ROOTS = ["your_instagram_activity/media/", "your_instagram_activity/content/", "content/"]


@pytest.mark.parametrize("root", ROOTS)
def test_posts_reels_and_stories_are_taken_from_every_form_of_the_export(root: str, tmp_path: Path):
    documents, left = read(stored(zipped(instagram(root)), tmp_path / "a.zip"))
    assert [(document.kind, text(document)) for document in documents] == [
        (Kind.POST, "Crème brûlée 🍮 … à la maison"),
        (Kind.POST, "Trois étapes"),
        (Kind.VIDEO, "Folding, slowly"),
        (Kind.POST, "Back in the kitchen"),
    ]
    assert documents[0].published == datetime(2022, 12, 2, 16, 53, 20, tzinfo=UTC)
    assert documents[1].published == datetime(2023, 1, 1, tzinfo=UTC)
    assert documents[0].key == "instagram/media/posts/202212/1_n.jpg"
    assert left == {
        "private messages are never read": 1,
        "archived, deleted or never published": 1,
        "no words of yours in it: only pictures, files or links": 1,
    }


def test_the_newest_form_with_labels_is_read(tmp_path: Path):
    labelled = [
        {"timestamp": 1672531200, "media": [{"uri": "a.jpg"}], "label_values": [{"label": "Caption", "value": "Rye"}]}
    ]
    (document,), _ = read(stored(dumped(labelled), tmp_path / "posts_1.json"))
    assert (text(document), document.published) == ("Rye", datetime(2023, 1, 1, tzinfo=UTC))


def test_the_form_for_reading_in_a_browser_is_refused_with_what_to_ask_for(tmp_path: Path):
    path = stored(zipped({"your_instagram_activity/media/posts_1.html": b"<html>"}), tmp_path / "a.zip")
    with pytest.raises(InvalidInput, match="JSON"):
        read(path)


def test_a_broken_file_is_named_and_the_others_still_come(tmp_path: Path):
    files = instagram() | {"your_instagram_activity/media/posts_1.json": b'[{"media": ['}
    documents, left = read(unpacked(files, tmp_path))
    assert [text(document) for document in documents] == ["Folding, slowly", "Back in the kitchen"]
    assert left["media/posts_1.json: is no whole JSON file; download the export again"] == 1


@given(st.text())
def test_any_text_that_was_broken_is_mended(text: str):
    try:
        damaged = broken(text)
    except UnicodeEncodeError:
        return  # lone surrogates have no UTF-8
    assert mended(damaged) == text


@given(st.text(alphabet=st.characters(min_codepoint=0x100, exclude_categories=["Cs"])))
def test_a_text_that_was_never_broken_stays(text: str):
    assert mended(text) == text


def test_whole_and_broken_letters_in_one_text_both_come_right():
    assert mended(f"é {broken('é')} 日本 {broken('日本')} Ã") == "é é 日本 日本 Ã"
