"""What holds for every reader of exports: who recognises what, in every shape, and nothing private comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.ingest.exports import READERS
from adapters.ingest.reading import Item
from tests.unit.exports import samples
from tests.unit.exports.build import read, reader_of, stored, tarred, text, unpacked, zipped

CONSENT = frozenset({"telegram"})
CREATOR = ("@Maya", "Maya bakes", "500")
NAMES = {
    "twitter.zip": "X archive",
    "instagram.zip": "Instagram export",
    "tiktok.zip": "TikTok export",
    "result.json": "Telegram export",
    "account/result.json": "Telegram export",
    "bread.json": "Discord export (DiscordChatExporter)",
    "mastodon.zip": "Mastodon archive",
    "substack.zip": "Substack export",
    "site.xml": "WordPress export",
    "takeout.zip": "YouTube Takeout",
    "rye [abcdefghij1].json": "YouTube transcript",
    "rye [abcdefghij1].json3": "YouTube transcript",
    "rye.info.json": "YouTube download",
}
ARCHIVES = [name for name in NAMES if name.endswith(".zip")]


def made(name: str, folder: Path) -> Path:
    sample = samples.everything()[name]
    return stored(sample if isinstance(sample, bytes) else zipped(sample), folder / name)


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_is_recognised_by_its_reader_only(name: str, tmp_path: Path):
    path = made(name, tmp_path)
    assert [reader.name for reader in READERS if reader.recognises(Item(path, name))] == [NAMES[name]]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_private_comes_out_of_any_export(name: str, tmp_path: Path):
    documents, left = read(made(name, tmp_path), *CREATOR, consent=CONSENT)
    assert documents
    assert samples.SECRET not in repr(documents)
    assert samples.SECRET not in " ".join(left)


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_folder_a_wrapped_zip_and_a_tar_say_the_same_as_the_zip(name: str, tmp_path: Path):
    files = samples.everything()[name]
    assert not isinstance(files, bytes)
    expected = read(made(name, tmp_path), *CREATOR)
    wrapped = {f"export-2024/{path}": content for path, content in files.items()}
    junk = {"__MACOSX/._x": b"junk", "__MACOSX/export-2024/._tweets.js": b"junk"}
    shapes = [
        unpacked(files, tmp_path / "unpacked"),
        unpacked(wrapped, tmp_path / "wrapped"),
        stored(zipped(wrapped | junk), tmp_path / "wrapped.zip"),
        stored(zipped(files, 0), tmp_path / "stored.zip"),
        stored(tarred(files), tmp_path / "packed.tar.gz"),
        stored(tarred(files, "w"), tmp_path / "packed.tar"),
    ]
    for shape in shapes:
        assert read(shape, *CREATOR) == expected, shape.name


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_folder_with_other_things_beside_an_export_is_left_to_be_walked(name: str, tmp_path: Path):
    files = samples.everything()[name]
    assert not isinstance(files, bytes)
    unpacked({f"inner/{path}": content for path, content in files.items()}, tmp_path)
    stored(b"# Notes", tmp_path / "notes.md")
    assert reader_of(tmp_path) is None
    assert reader_of(tmp_path / "inner") is not None


def test_ordinary_files_are_nobodys_export(tmp_path: Path):
    ordinary = {
        "notes.md": b"# Rye",
        "data.json": b'{"name": "x", "items": []}',
        "list.json": b'[{"question": "a", "answer": "b"}]',
        "feed.xml": b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>',
        "talk.vtt": samples.VTT,
        "posts.csv": b"question,answer\n",
        "videos.csv": b"name,size\n",
        "book.zip": zipped({"mimetype": b"application/epub+zip", "OEBPS/content.opf": b"<package/>"}),
        "empty.zip": zipped({}),
        "broken.zip": zipped({"data/tweets.js": b"x" * 1000})[:-40],
        "empty.json": b"",
        "odd.tar.gz": b"\x1f\x8b\x08\x00nothing",
    }
    folder = unpacked(ordinary, tmp_path / "folder")
    assert reader_of(folder) is None
    for name in ordinary:
        assert reader_of(folder / name) is None, name
    assert reader_of(folder / "missing.json") is None


def test_titles_of_untitled_posts_are_their_first_words(tmp_path: Path):
    words = "Rye bread wants a long cold night in the fridge, then a very hot oven and patience with the crumb"
    path = stored(zipped(samples.x(samples.tweet(100, f"{words} https://t.co/a"))), tmp_path / "x.zip")
    (document,), _ = read(path)
    assert document.title == "Rye bread wants a long cold night in the fridge, then a very hot oven …"
    assert text(document).startswith(words)
