"""Exports of Substack: published posts, those behind the paywall for subscribers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.content import Kind
from tests.unit.exports.build import read, stored, text, unpacked, zipped
from tests.unit.exports.samples import substack

LISTS = "lists of your readers are never read"


def test_published_posts_are_taken_with_their_headings_dates_and_tiers(tmp_path: Path):
    documents, left = read(stored(zipped(substack()), tmp_path / "a.zip"), url="https://maya.substack.com/")
    first, second = documents
    assert (first.kind, first.title, first.tier) == (Kind.PAGE, "The first, best loaf", "")
    assert first.key == "substack/101"
    assert first.url == "https://maya.substack.com/p/first-loaf"
    assert first.published == datetime(2023, 1, 2, 8, 0, tzinfo=UTC)
    assert [(part.heading, part.text) for part in first.sections] == [
        ("", "Start here\n\nFlour, water."),
        ("Method", "Mix & wait."),
    ]
    assert (text(second), second.tier) == ("Feed it twice.", "subscriber")
    assert left == {LISTS: 1, "drafts": 1, "threads and other things that are no posts": 1}


@pytest.mark.parametrize(
    ("audience", "tier"),
    [("everyone", ""), ("only_free", "subscriber"), ("only_paid", "subscriber"), ("founding", "founding")],
)
def test_each_audience_has_its_tier(audience: str, tier: str, tmp_path: Path):
    files = substack()
    files["posts.csv"] = files["posts.csv"].replace(b"only_paid", audience.encode())
    documents, _ = read(unpacked(files, tmp_path))
    assert documents[1].tier == tier


def test_an_audience_that_nobody_knows_is_left_out(tmp_path: Path):
    files = substack()
    files["posts.csv"] = files["posts.csv"].replace(b"only_paid", b"inner_circle")
    documents, left = read(unpacked(files, tmp_path))
    assert [document.title for document in documents] == ["The first, best loaf"]
    assert left["posts for an audience that is not known here"] == 1


def test_a_post_whose_text_is_missing_or_empty_is_reported(tmp_path: Path):
    files = substack()
    del files["posts/102.levain.html"]
    files["posts/101.first-loaf.html"] = b"<script>x</script>"
    files["posts.csv"] = files["posts.csv"].replace(b"Start here", b"")
    documents, left = read(unpacked(files, tmp_path))
    assert documents == []
    assert left["posts whose text is missing from the export"] == 1
    assert left["no words of yours in it: only pictures, files or links"] == 1
