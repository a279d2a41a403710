"""Damaged and hostile exports: documents, a report of what was left out, or one clear refusal, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.ingest.exports import READERS
from adapters.ingest.reading import Item, Reader, Wishes
from core.content import Document, Skipped
from core.errors import InvalidInput
from tests.unit.exports import samples
from tests.unit.exports.build import stored, zipped

WISHES = Wishes(("Maya", "Maya bakes", "500"), frozenset({"telegram"}))
BY_NAME = {reader.name: reader for reader in READERS}
PARTS = [  # reader, name of the export, name of the part that is damaged
    ("X archive", "twitter.zip", "data/tweets.js"),
    ("X archive", "twitter.zip", "data/account.js"),
    ("Instagram export", "instagram.zip", "your_instagram_activity/media/posts_1.json"),
    ("TikTok export", "tiktok.zip", "user_data_tiktok.json"),
    ("Mastodon archive", "mastodon.zip", "outbox.json"),
    ("Substack export", "substack.zip", "posts.csv"),
    ("Substack export", "substack.zip", "posts/101.first-loaf.html"),
    ("YouTube Takeout", "takeout.zip", f"{samples.TAKEOUT}video metadata/videos.csv"),
    ("YouTube Takeout", "takeout.zip", f"{samples.TAKEOUT}subtitles/Demo_ part 1.srt"),
    ("Telegram export", "result.json", ""),
    ("Telegram export", "account/result.json", ""),
    ("Discord export (DiscordChatExporter)", "bread.json", ""),
    ("WordPress export", "site.xml", ""),
    ("YouTube transcript", "rye [abcdefghij1].json", ""),
    ("YouTube transcript", "rye [abcdefghij1].json3", ""),
    ("YouTube download", "rye.info.json", ""),
]
DEEP = b'[{"a":' * 100_000
ODD = [
    DEEP,
    b"[" * 100_000 + b"]" * 100_000,
    b'[{"id": ' + b"9" * 5_000 + b"}]",
    b'[{"creation_timestamp": NaN, "media": [Infinity]}]',
    b'[{"title": "a", "title": "b"}]',
    b'[{"title": "\\ud800\\u0000", "creation_timestamp": 1e308}]',
    b'{"messages": 5, "orderedItems": {}, "chats": [], "channel": [], "guild": null}',
    b'[null, true, 1, "x", [], {}]',
    b"\xff\xfe[\x00]\x00",
    b"<rss><channel>" + b"<item>" * 1_000,
    b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><rss>&a;&c;</rss>',
    b'"' * 3 + b"\n\x00,",
    b"",
]


def outcome(reader: Reader, path: Path) -> Iterator[Document | Skipped]:
    """All that comes out, the refusal too."""
    reader.recognises(Item(path, path.name))
    try:
        yield from reader.read(Item(path, path.name), WISHES)
    except InvalidInput as exc:
        yield Skipped("", str(exc), failed=True)


def sound(found: Document | Skipped) -> bool:
    if isinstance(found, Skipped):
        return bool(found.why) and found.count > 0
    said = "".join([found.key, found.title, found.url, *(part.text + part.heading for part in found.sections)])
    return bool(found.key and found.title and found.sections and "\x00" not in said and said.encode())


def check(name: str, export: str, part: str, damaged: bytes) -> list[Document | Skipped]:
    files = samples.everything()[export]
    with tempfile.TemporaryDirectory() as folder:
        content = damaged if isinstance(files, bytes) else zipped({**files, part: damaged}, 0)
        path = stored(content, Path(folder, export))
        found = list(outcome(BY_NAME[name], path))
    assert all(map(sound, found)), found
    assert samples.SECRET not in repr([one for one in found if isinstance(one, Document)])
    return found


def original(export: str, part: str) -> bytes:
    files = samples.everything()[export]
    return files if isinstance(files, bytes) else files[part]


FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(("name", "export", "part"), PARTS)
def test_a_part_cut_off_anywhere_gives_what_came_before(name: str, export: str, part: str):
    whole = original(export, part)

    @FUZZ
    @given(st.integers(0, len(whole)))
    def cut(place: int) -> None:
        check(name, export, part, whole[:place])

    cut()


@pytest.mark.parametrize(("name", "export", "part"), PARTS)
def test_a_part_with_other_bytes_in_it_never_breaks_its_reader(name: str, export: str, part: str):
    whole = original(export, part)
    if samples.SECRET.encode() in whole:  # damage may make it public: then it is no secret
        whole = whole.replace(samples.SECRET.encode(), b"hidden-4711")

    @FUZZ
    @given(
        st.integers(0, len(whole)),
        st.binary(max_size=8) | st.sampled_from([b"null", b"[", b"{}", b'"']),
        st.integers(0, 20),
    )
    def splice(place: int, inserted: bytes, removed: int) -> None:
        check(name, export, part, whole[:place] + inserted + whole[place + removed :])

    splice()


@pytest.mark.parametrize(("name", "export", "part"), PARTS)
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:24]))
def test_something_else_altogether_is_refused_or_left_out(name: str, export: str, part: str, odd: bytes):
    assert check(name, export, part, odd)


@pytest.mark.parametrize(("name", "export", "part"), PARTS)
def test_parts_of_other_exports_are_no_danger(name: str, export: str, part: str):
    for _, other, inner in PARTS:
        content = original(other, inner).replace(samples.SECRET.encode(), b"hidden-4711")
        assert isinstance(check(name, export, part, content), list)


@FUZZ
@given(st.data(), st.sampled_from([name for name in samples.everything() if name.endswith(".zip")]))
@example(None, "twitter.zip")
def test_a_zip_damaged_anywhere_is_refused_or_read_as_far_as_it_is_whole(data: st.DataObject | None, export: str):
    files = samples.everything()[export]
    assert not isinstance(files, bytes)
    whole = zipped({name: content.replace(samples.SECRET.encode(), b"hidden-4711") for name, content in files.items()})
    place = data.draw(st.integers(0, len(whole))) if data else len(whole) // 2
    inserted = data.draw(st.binary(max_size=6)) if data else b"\xff" * 6
    with tempfile.TemporaryDirectory() as folder:
        path = stored(whole[:place] + inserted + whole[place + len(inserted) :], Path(folder, export))
        for reader in READERS:
            assert all(map(sound, outcome(reader, path)))
