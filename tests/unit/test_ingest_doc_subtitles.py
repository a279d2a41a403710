"""Subtitles: sentences with their seconds, captions that roll, times that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.ingest.reading import Item, Wishes
from adapters.ingest.subtitles import Subtitles
from core.content import Document, Kind, Skipped

# ruff: noqa: RUF001  Cyrillic is meant

WORDS = ("one", "two", "three", "four")
SRT = """1
00:00:01,000 --> 00:00:03,500
Welcome back, everybody. Today

2
00:00:03,500 --> 00:00:06,000
<i>we bake</i> a rye bread.
{\\an8}It takes

3
00:00:06,200 --> 00:00:08,000
two days!
"""
ROLLING = """WEBVTT
Kind: captions
Language: en

NOTE made by a machine

STYLE
::cue { color: lime }

00:00:00.080 --> 00:00:02.310 align:start position:0%

so<00:00:00.320><c> today</c><00:00:00.640><c> we</c><c> bake</c>

00:00:02.310 --> 00:00:02.320 align:start position:0%
so today we bake


00:00:02.320 --> 00:00:04.790 align:start position:0%
so today we bake
a<00:00:02.480><c> loaf</c><00:00:02.800><c> of</c><c> rye</c>

00:00:04.790 --> 00:00:04.800 align:start position:0%
a loaf of rye


00:00:04.800 --> 00:00:07.000 align:start position:0%
a loaf of rye
[Music]
"""


def read(folder: Path, content: str | bytes, name: str = "talk.srt") -> list[Document | Skipped]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    item = Item(path, name)
    assert Subtitles().recognises(item)
    return list(Subtitles().read(item, Wishes()))


def said(found: list[Document | Skipped]) -> list[tuple[float | None, str, str]]:
    return [
        (section.start, section.speaker, section.text)
        for one in found
        if isinstance(one, Document)
        for section in one.sections
    ]


def test_cues_are_joined_to_sentences_with_the_second_they_begin(tmp_path: Path):
    found = read(tmp_path, SRT)
    assert said(found) == [
        (1.0, "", "Welcome back, everybody."),
        (1.0, "", "Today we bake a rye bread."),
        (3.5, "", "It takes two days!"),
    ]
    assert isinstance(found[0], Document)
    assert found[0].kind is Kind.VIDEO


def test_captions_that_roll_up_the_screen_are_said_once(tmp_path: Path):
    assert said(read(tmp_path, ROLLING, "talk.vtt")) == [(0.08, "", "so today we bake a loaf of rye")]


def test_captions_that_grow_word_by_word_are_said_once(tmp_path: Path):
    grown = "\n\n".join(f"00:0{at}.000 --> 00:0{at + 1}.000\n{' '.join(WORDS[: at + 1])}" for at in range(4))
    assert said(read(tmp_path, f"WEBVTT\n\n{grown}", "x.vtt")) == [(0.0, "", "one two three four")]


def test_what_is_really_said_twice_stays(tmp_path: Path):
    cues = "1\n00:00:01,000 --> 00:00:02,000\nNo.\n\n2\n00:00:05,000 --> 00:00:06,000\nNo.\n"
    assert [text for _, _, text in said(read(tmp_path, cues))] == ["No.", "No."]


def test_speakers_are_kept(tmp_path: Path):
    cues = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Maya B.>Hello there.\n<v Tom>Hi.\n\n"
        "00:02.000 --> 00:03.000\nMAYA: Shall we?\n\n00:03.000 --> 00:04.000\n>> Sure.\nNote: knead it well.\n"
    )
    assert said(read(tmp_path, cues, "x.vtt")) == [
        (1.0, "Maya B.", "Hello there."),
        (1.0, "Tom", "Hi."),
        (2.0, "Maya", "Shall we?"),
        (3.0, "", "Sure."),
        (3.0, "", "Note: knead it well."),
    ]


def test_impossible_times_are_skipped_and_counted(tmp_path: Path):
    cues = (
        "1\n-00:00:05,000 --> 00:00:04,000\nbefore the beginning\n\n"
        "2\n00:00:09,000 --> 00:00:04,000\nends before it begins\n\n"
        "3\n00:99 --> nonsense\nunreadable\n\n"
        "4\n00:00:04,000 --> 00:00:09,000\nfour to nine,\n\n5\n00:00:05,000 --> 00:00:06,000\noverlapping.\n"
    )
    found = read(tmp_path, cues)
    assert said(found) == [(4.0, "", "four to nine, overlapping.")]
    assert sorted((one.count, one.failed) for one in found if isinstance(one, Skipped)) == [(1, True), (2, True)]


def test_cues_out_of_order_are_put_in_order(tmp_path: Path):
    cues = "1\n00:00:05,000 --> 00:00:06,000\nsecond.\n\n2\n00:00:01,000 --> 00:00:02,000\nfirst,\n"
    assert [text for _, _, text in said(read(tmp_path, cues))] == ["first,", "second."]


def test_files_without_blank_lines_and_with_doubled_line_ends_are_read(tmp_path: Path):
    dense = "1\n00:00:01,000 --> 00:00:02,000\nOne,\n2\n00:00:02,000 --> 00:00:03,000\ntwo.\n"
    doubled = "1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\nOne, two.\r\r\n\r\r\n"
    assert said(read(tmp_path, dense)) == said(read(tmp_path, doubled.encode())) == [(1.0, "", "One, two.")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_wrong_encodings_are_mended(tmp_path: Path, encoding: str):
    line = "Сегодня мы печём ржаной хлеб, и это займёт у нас целых два дня."
    found = read(tmp_path, f"1\n00:00:01,000 --> 00:00:02,000\n{line}\n".encode(encoding))
    assert [text for _, _, text in said(found)] == [line]


def test_cues_whose_letters_are_lost_are_counted(tmp_path: Path):
    good = "1\n00:00:01,000 --> 00:00:02,000\nFine.\n\n" + "2\n00:00:03,000 --> 00:00:04,000\nGrüße.\n\n" * 9000
    raw = good.encode() + b"3\n00:00:05,000 --> 00:00:06,000\nGr\xfc\xdfe\n"
    lost = [one for one in read(tmp_path, raw) if isinstance(one, Skipped)]
    assert [(one.count, one.failed) for one in lost] == [(1, True)]


def test_names_of_downloaded_transcripts_give_title_address_and_language(tmp_path: Path):
    found = read(tmp_path, SRT, "Rye in two days [dQw4w9WgXcQ].pt-BR.srt")
    assert isinstance(found[0], Document)
    assert (found[0].title, found[0].url, found[0].language) == (
        "Rye in two days",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "pt-BR",
    )


def test_chinese_captions_are_joined_without_spaces(tmp_path: Path):
    cues = "1\n00:00:01,000 --> 00:00:02,000\n今天我们\n\n2\n00:00:02,000 --> 00:00:03,000\n烤面包。很好吃。\n"
    assert [text for _, _, text in said(read(tmp_path, cues))] == ["今天我们烤面包。", "很好吃。"]
