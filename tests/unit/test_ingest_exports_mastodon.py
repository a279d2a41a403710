"""Archives of Mastodon: what everybody could read, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.exports.build import read, stored, tarred, text, zipped
from tests.unit.exports.samples import ACTOR, FOLLOWERS, PUBLIC, SECRET, mastodon, toot

PRIVATE = "private messages are never read"
ANN = "https://example.social/users/ann"


def test_public_and_unlisted_posts_are_taken(tmp_path: Path):
    documents, left = read(stored(zipped(mastodon()), tmp_path / "a.zip"))
    assert [text(document) for document in documents] == ["Rye needs time.\n\nAnd salt.", "Unlisted crumbs"]
    assert documents[0].url == "https://example.social/@maya/1"
    assert documents[0].published == datetime(2022, 11, 20, 9, 30, tzinfo=UTC)
    assert documents[0].language == "en"
    assert left == {PRIVATE: 1, "for your followers only": 1, "boosts, not your own words": 1}


@pytest.mark.parametrize(
    ("to", "cc", "why"),
    [
        ([ANN], [], PRIVATE),
        ([], [], PRIVATE),
        ([FOLLOWERS], [ANN], "for your followers only"),
    ],
)
def test_what_is_not_for_everybody_is_never_taken(to: list[str], cc: list[str], why: str, tmp_path: Path):
    path = stored(zipped(mastodon(toot(1, f"<p>{SECRET}</p>", to, cc))), tmp_path / "a.zip")
    assert read(path) == ([], {why: 1})


def test_a_post_that_only_its_wrapper_calls_public_is_not_taken(tmp_path: Path):
    hidden = toot(1, f"<p>{SECRET}</p>", [ANN], [])
    hidden["to"] = [PUBLIC]
    assert read(stored(zipped(mastodon(hidden)), tmp_path / "a.zip")) == ([], {PRIVATE: 1})


@pytest.mark.parametrize("name", [PUBLIC, "as:Public", "Public"])
def test_every_name_for_everybody_counts(name: str, tmp_path: Path):
    (document,), _ = read(stored(zipped(mastodon(toot(1, "<p>Rye</p>", [name], []))), tmp_path / "a.zip"))
    assert text(document) == "Rye"


def test_answers_warnings_and_polls_are_marked(tmp_path: Path):
    mention = {"type": "Mention", "href": ANN, "name": "@ann"}
    activities = [
        toot(
            1, "<p><span>@<a>ann</a></span> Only rye</p>", [PUBLIC], [ANN], inReplyTo=f"{ANN}/statuses/9", tag=[mention]
        ),
        toot(2, "<p>More on rye</p>", [PUBLIC], [], inReplyTo=f"{ACTOR}/statuses/1"),
        toot(3, "<p>With gluten</p>", [PUBLIC], [], summary="Food"),
        toot(4, "<p>Which?</p>", [PUBLIC], [], type="Question", oneOf=[{"name": "Rye"}, {"name": "Spelt"}]),
    ]
    documents, _ = read(stored(zipped(mastodon(*activities)), tmp_path / "a.zip"))
    assert [document.sections[0].heading for document in documents] == ["Reply to @ann", "", "Food", ""]
    assert [text(document) for document in documents] == [
        "Only rye",
        "More on rye",
        "With gluten",
        "Which?\n- Rye\n- Spelt",
    ]
    assert documents[2].title == "Food"


def test_the_older_tar_with_pictures_first_is_read(tmp_path: Path):
    files = {f"media_attachments/files/{number}.jpg": b"x" for number in range(50)} | mastodon()
    documents, _ = read(stored(tarred(files), tmp_path / "archive-2023.tar.gz"))
    assert len(documents) == 2


def test_posts_of_others_in_the_outbox_are_not_taken(tmp_path: Path):
    other = toot(1, "<p>Theirs</p>", [PUBLIC], [], attributedTo=ANN)
    assert read(stored(zipped(mastodon(other)), tmp_path / "a.zip")) == ([], {"not your own words": 1})
