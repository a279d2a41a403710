"""YouTube: Takeout, transcripts as tools save them, and subtitles with what a downloader wrote beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.content import Kind
from core.errors import InvalidInput
from tests.unit.exports.build import dumped, read, stored, text, unpacked, zipped
from tests.unit.exports.samples import ABOUT, JSON3, TAKEOUT, TRANSCRIPT, VTT, takeout

WATCH = "https://www.youtube.com/watch?v=abcdefghij1"


# ── Takeout ──────────────────────────────────────────────────────────────────────────────────────


def test_public_videos_come_with_their_description_and_subtitles(tmp_path: Path):
    (video,), left = read(stored(zipped(takeout()), tmp_path / "a.zip"))
    assert (video.kind, video.title, video.url, video.language) == (Kind.VIDEO, "Demo: part 1", WATCH, "en")
    assert video.published == datetime(2021, 2, 1, 10, 0, tzinfo=UTC)
    assert [(part.text, part.start) for part in video.sections] == [
        ("Full recipe below.\n\nFlour: 500 g", None),
        ("Hello there, bakers.", 1.0),
    ]
    assert left == {
        "not public": 2,
        "comments and live chats": 1,
        "what you watched, sought and follow is never read": 1,
    }


def test_a_video_without_a_description_is_told_by_its_title(tmp_path: Path):
    files = takeout()
    name = f"{TAKEOUT}video metadata/videos.csv"
    files[name] = files[name].replace(b'"Full recipe below.\n\nFlour: 500 g"', b"")
    (video,), _ = read(unpacked(files, tmp_path))
    assert video.sections[0].text == "Demo: part 1"


def test_older_exports_with_a_json_file_a_video_are_read(tmp_path: Path):
    resource = {
        "id": "abcdefghij1",
        "snippet": {"title": "Rye", "description": "All of it.", "publishedAt": "2015-01-01T00:00:00.000Z"},
        "status": {"privacyStatus": "public"},
    }
    hidden = resource | {"id": "abcdefghij2", "status": {"privacyStatus": "private"}}
    files = {"Takeout/YouTube/videos/Rye.json": dumped([resource]), "Takeout/YouTube/videos/B.json": dumped([hidden])}
    (video,), left = read(stored(zipped(files), tmp_path / "a.zip"))
    assert (video.url, text(video), left) == (WATCH, "All of it.", {"not public": 1})


def test_posts_of_the_channel_are_taken(tmp_path: Path):
    files = takeout() | {f"{TAKEOUT}posts/posts.csv": b"Post ID,Post Text\nUgk1,New oven today!\n"}
    documents, _ = read(unpacked(files, tmp_path))
    assert [(one.kind, text(one), one.url) for one in documents[1:]] == [
        (Kind.POST, "New oven today!", "https://www.youtube.com/post/Ugk1")
    ]


def test_a_takeout_in_another_language_is_refused_with_what_to_do(tmp_path: Path):
    files = {"Takeout/YouTube und YouTube Music/Videometadaten/Videos.csv": b"Video-ID,Titel\n"}
    with pytest.raises(InvalidInput, match="English"):
        read(stored(zipped(files), tmp_path / "a.zip"))


def test_the_list_of_videos_alone_is_read(tmp_path: Path):
    (video,), _ = read(stored(takeout()[f"{TAKEOUT}video metadata/videos.csv"], tmp_path / "videos.csv"))
    assert video.key == "youtube/abcdefghij1"


# ── transcripts ──────────────────────────────────────────────────────────────────────────────────


def test_a_list_of_snippets_becomes_sentences_with_times(tmp_path: Path):
    path = stored(dumped(TRANSCRIPT), tmp_path / "Rye, the long way [abcdefghij1].json")
    (video,), left = read(path)
    assert (video.kind, video.title, video.url) == (Kind.VIDEO, "Rye, the long way", WATCH)
    assert [(part.text, part.start) for part in video.sections] == [
        ("welcome back today we bake rye.", 0.5),
        ("It's easy.", 6.0),
    ]
    assert left == {}


@pytest.mark.parametrize(
    "value",
    [
        [TRANSCRIPT],
        {"video_id": "abcdefghij1", "language_code": "en", "snippets": TRANSCRIPT},
        JSON3,
    ],
)
def test_other_forms_of_timed_text_are_read(value: Any, tmp_path: Path):
    (video,), _ = read(stored(dumped(value), tmp_path / "abcdefghij1.en.json3"))
    assert video.url == WATCH
    assert video.sections[0].text.startswith("welcome back")
    assert video.sections[-1].start in {6.0, 9.0}


def test_times_that_cannot_be_are_passed_over(tmp_path: Path):
    odd = [*TRANSCRIPT, {"text": "lost", "start": -5, "duration": 1}, {"text": "lost", "start": "soon", "duration": 1}]
    (video,), _ = read(stored(dumped(odd), tmp_path / "a.json"))
    assert "lost" not in text(video)


def test_a_transcript_that_breaks_off_gives_what_came_before(tmp_path: Path):
    (video,), left = read(stored(dumped(TRANSCRIPT)[:-30], tmp_path / "a.json"))
    assert text(video) == "welcome back today we bake rye."
    assert left == {"is no whole JSON file; download the export again": 1}


# ── downloads ────────────────────────────────────────────────────────────────────────────────────


def test_subtitles_take_title_date_and_address_from_the_file_beside_them(tmp_path: Path):
    folder = unpacked({"rye.en.vtt": VTT, "rye.info.json": dumped(ABOUT)}, tmp_path)
    (video,), left = read(folder / "rye.en.vtt")
    assert (video.title, video.url, video.language) == ("Rye, the long way", WATCH, "en")
    assert video.published == datetime(2023, 1, 2, tzinfo=UTC)
    assert [(part.text, part.start) for part in video.sections] == [("welcome back.", 0.0), ("Rye it is.", 4.0)]
    assert left == {}


def test_the_file_beside_gives_the_description(tmp_path: Path):
    (video,), _ = read(stored(dumped(ABOUT), tmp_path / "rye.info.json"))
    assert (video.title, text(video), video.url) == ("Rye, the long way", "All about rye.\nhttps://maya.example", WATCH)
    silent = stored(dumped(ABOUT | {"description": ""}), tmp_path / "silent.info.json")
    assert read(silent) == ([], {"has no description; what is said comes from its subtitles": 1})


def test_a_broken_file_beside_does_not_cost_the_subtitles(tmp_path: Path):
    folder = unpacked({"rye.en.vtt": VTT, "rye.info.json": b'{"title": "Rye", "upload'}, tmp_path)
    (video,), _ = read(folder / "rye.en.vtt")
    assert [part.start for part in video.sections] == [0.0, 4.0]
