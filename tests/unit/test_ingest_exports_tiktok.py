"""Exports of TikTok: captions of public videos, as JSON and as text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from core.content import Kind
from tests.unit.exports.build import dumped, read, stored, text, zipped
from tests.unit.exports.samples import SECRET, clip, tiktok

PRIVATE = "private messages are never read"


def test_public_videos_with_captions_are_taken(tmp_path: Path):
    (document,), left = read(stored(zipped(tiktok()), tmp_path / "a.zip"))
    assert (document.kind, text(document)) == (Kind.VIDEO, "How a dough should feel")
    assert (document.key, document.url) == ("tiktok/71", "https://www.tiktokv.com/share/video/71/")
    assert document.published == datetime(2024, 3, 5, 18, 0, 11, tzinfo=UTC)
    assert left == {PRIVATE: 1, "not public": 1, "no words of yours in it: only pictures, files or links": 1}


def test_older_forms_and_a_single_file_are_read(tmp_path: Path):
    for name, outer in (("a", {"Video": {"Videos": {"VideoList": [clip(1, "Old")]}}}),
                        ("b", {"Activity": {"Video": {"Videos": {"VideoList": [clip(1, "Old")]}}}})):  # fmt: skip
        (document,), left = read(stored(dumped(outer), tmp_path / name / "user_data.json"))
        assert (text(document), left) == ("Old", {})


def test_the_form_as_text_is_read_and_its_messages_are_not(tmp_path: Path):
    posts = (
        "Date: 2024-03-05 18:00:11 UTC\nLink: https://www.tiktokv.com/share/video/71/\nLike(s): 3\n"
        f"Who can view: Public\nTitle: Dough: a feeling\n\nDate: 2024-03-06 18:00:11 UTC\nLink: https://x/video/72/\n"
        f"Who can view: Only me\nTitle: {SECRET}\n"
    )
    files = {"Post/Posts.txt": posts.encode(), "Direct Message/Direct Messages.txt": SECRET.encode()}
    (document,), left = read(stored(zipped(files), tmp_path / "a.zip"))
    assert (text(document), document.published) == ("Dough: a feeling", datetime(2024, 3, 5, 18, 0, 11, tzinfo=UTC))
    assert left == {PRIVATE: 1, "not public": 1}
    (alone,), _ = read(stored(posts.encode(), tmp_path / "Posts.txt"))
    assert alone == document


def test_links_that_run_out_are_not_given_to_fans(tmp_path: Path):
    video = clip(1, "Old") | {"Link": "https://v16m.tiktokcdn.com/abc/?expire=1"}
    (document,), _ = read(stored(zipped(tiktok(video)), tmp_path / "a.zip"))
    assert (document.url, document.key) == ("", "tiktok/2024-03-05 18:00:11")
