"""Archives of X: long posts, threads, answers, links, and what is not taken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.content import Kind
from core.errors import InvalidInput
from tests.unit.exports.build import read, stored, text, unpacked, zipped
from tests.unit.exports.samples import assigned, tweet, x

DMS = "private messages are never read"


def archived(folder: Path, *tweets: dict[str, Any], **more: bytes) -> Path:
    files = x(*tweets) | {f"data/{name.replace('_', '-')}.js": content for name, content in more.items()}
    return stored(zipped(files), folder / "twitter.zip")


def answer(number: int, words: str, to: int, *, user: str = "7", name: str = "maya") -> dict[str, Any]:
    return tweet(
        number,
        words,
        in_reply_to_status_id_str=str(to),
        in_reply_to_user_id_str=user,
        in_reply_to_screen_name=name,
    )


def test_a_post_has_its_address_date_and_language(tmp_path: Path):
    (document,), left = read(archived(tmp_path, tweet(1050118621198921728, "Rye &amp; time", lang="iw")))
    assert document.key == "x/1050118621198921728"
    assert document.kind is Kind.POST
    assert text(document) == "Rye & time"
    assert document.url == "https://x.com/maya/status/1050118621198921728"
    assert document.published == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert document.language == "he"
    assert document.own_words
    assert left == {DMS: 2, "deleted, or never shown to everybody": 1}


def test_short_links_are_written_out_and_those_of_pictures_dropped(tmp_path: Path):
    entities = {
        "urls": [{"url": "https://t.co/abc", "expanded_url": "https://maya.example/rye", "display_url": "maya…"}],
        "media": [{"url": "https://t.co/pic", "media_url": "x"}],
    }
    (document,), _ = read(archived(tmp_path, tweet(9, "Read https://t.co/abc https://t.co/pic", entities=entities)))
    assert text(document) == "Read https://maya.example/rye"


def test_reposts_pictures_and_old_versions_are_left_out(tmp_path: Path):
    edited = {"edit": {"initialTweetId": "3", "editControlInitial": {"editTweetIds": ["3", "4"]}}}
    documents, left = read(
        archived(
            tmp_path,
            tweet(1, "RT @other: their words"),
            tweet(2, "https://t.co/pic"),
            tweet(3, "Bake at 200", edit_info=edited),
            tweet(4, "Bake at 230", edit_info=edited),
        )
    )
    assert [text(document) for document in documents] == ["Bake at 230"]
    assert left["reposts, not your own words"] == 1
    assert left["no words of yours in it: only pictures, files or links"] == 1
    assert left["earlier versions of posts that you edited"] == 1


def test_a_thread_is_one_document_in_order_whatever_the_order_in_the_file(tmp_path: Path):
    thread = [answer(14, "Third.", 12), tweet(99, "Alone."), tweet(10, "First."), answer(12, "Second.", 10)]
    documents, _ = read(archived(tmp_path, *thread))
    assert {document.key: text(document) for document in documents} == {
        "x/99": "Alone.",
        "x/10": "First.\n\nSecond.\n\nThird.",
    }


def test_a_thread_whose_beginning_is_gone_is_still_told(tmp_path: Path):
    documents, _ = read(archived(tmp_path, answer(14, "Third.", 12), answer(12, "Second.", 10)))
    assert [(document.key, text(document)) for document in documents] == [("x/12", "Second.\n\nThird.")]


def test_an_answer_to_somebody_is_marked_and_loses_the_names_at_its_beginning(tmp_path: Path):
    other = answer(20, "@ann @bo Only with a lid", 5, user="8", name="ann")
    (document,), _ = read(archived(tmp_path, other))
    assert document.sections[0].heading == "Reply to @ann"
    assert text(document) == "Only with a lid"


def test_answers_that_point_in_circles_do_no_harm(tmp_path: Path):
    documents, _ = read(archived(tmp_path, answer(30, "One", 31), answer(31, "Two", 30), answer(32, "Three", 32)))
    assert [text(document) for document in documents] == ["One\n\nTwo", "Three"]


def test_a_long_post_is_taken_in_full(tmp_path: Path):
    long = "Rye bread in ten steps, from scalding to slicing: " + "and then wait. " * 40 + "https://t.co/z"
    note = {
        "noteTweet": {
            "noteTweetId": "41",
            "createdAt": "2018-10-10T20:19:24.000Z",
            "core": {"text": long, "urls": [{"shortUrl": "https://t.co/z", "expandedUrl": "https://maya.example/ten"}]},
        }
    }
    short = tweet(40, long[:270].replace("&", "&amp;") + "… https://t.co/self")
    (document,), _ = read(archived(tmp_path, short, note_tweet=assigned("note_tweet", [note])))
    assert text(document) == long.replace("https://t.co/z", "https://maya.example/ten")


def test_all_parts_of_a_large_archive_are_read(tmp_path: Path):
    parts = {"tweets_part1": assigned("tweets", [tweet(2, "Two."), answer(3, "Three.", 1)])}
    documents, _ = read(archived(tmp_path, tweet(1, "One."), **parts))
    assert {text(document) for document in documents} == {"One.\n\nThree.", "Two."}


def test_the_oldest_form_and_a_single_file_are_read(tmp_path: Path):
    old = assigned("tweet", [tweet(1, "Bare.")["tweet"], answer(2, "Goes on.", 1)["tweet"]])
    path = unpacked({"tweet.js": old, "account.js": x()["data/account.js"]}, tmp_path) / "tweet.js"
    (document,), left = read(path)
    assert (text(document), left) == ("Bare.\n\nGoes on.", {})


def test_a_broken_part_costs_only_what_follows_the_damage(tmp_path: Path):
    broken = assigned("tweets", [tweet(5, "Before the damage."), tweet(6, "After.")])[:-200]
    documents, left = read(archived(tmp_path, tweet(1, "One."), tweets_part1=broken))
    assert [text(document) for document in documents] == ["One.", "Before the damage."]
    assert left["data/tweets-part1.js: is no whole JSON file; download the export again"] == 1


def test_an_archive_without_posts_is_refused_with_what_to_do(tmp_path: Path):
    path = stored(zipped({"data/tweets.js": b"window.YTD.tweets.part0 = nonsense"}), tmp_path / "a.zip")
    with pytest.raises(InvalidInput, match="no whole JSON"):
        read(path)
    empty = stored(zipped({"data/tweets.js": assigned("tweets", [])}), tmp_path / "b.zip")
    with pytest.raises(InvalidInput, match="holds nothing"):
        read(empty)


def test_a_date_that_is_missing_is_told_from_the_id(tmp_path: Path):
    odd = tweet(1050118621198921728, "Undated")
    odd["tweet"]["created_at"] = "yesterday"
    (document,), _ = read(archived(tmp_path, odd))
    assert document.published is not None
    assert document.published.date().isoformat() == "2018-10-10"
