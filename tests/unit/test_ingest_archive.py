"""Archives, honest and lying: nothing leads out of them, everything is counted, nothing is unpacked to disk."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ingest.archive import glimpse, open_archive
from adapters.ingest.containers import MOST_BYTES, MOST_ENTRIES
from core.errors import InvalidInput
from tests.unit.exports.build import stored, tarred, unpacked, zipped

FILES = {"data/posts.json": b"[1, 2]", "readme.txt": b"hello " * 100}


def link(name: str, target: bytes = b"/etc/passwd") -> bytes:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr(entry, target)
    return raw.getvalue()


def tarred_entry(name: str, kind: bytes) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    return raw.getvalue()


def lying(raw: bytes, size: int) -> bytes:
    """The same zip, its directory claiming another unpacked size for the first entry."""
    place = raw.index(b"PK\x01\x02")
    return raw[: place + 24] + struct.pack("<I", size) + raw[place + 28 :]


def encrypted(raw: bytes) -> bytes:
    place = raw.index(b"PK\x01\x02")
    return raw[: place + 8] + struct.pack("<H", 1) + raw[place + 10 :]


def everything(path: Path, most_bytes: int = MOST_BYTES) -> dict[str, bytes]:
    with open_archive(path, most_bytes=most_bytes) as archive:
        found = {}
        for name in archive.names:
            with archive.open(name) as source:
                found[name] = source.read()
        return found


def test_a_folder_a_zip_and_a_tar_hold_the_same(tmp_path: Path):
    shapes = [
        unpacked(FILES, tmp_path / "folder"),
        stored(zipped(FILES), tmp_path / "a.zip"),
        stored(tarred(FILES, "w"), tmp_path / "a.tar"),
        stored(tarred(FILES), tmp_path / "a.tar.gz"),
    ]
    for shape in shapes:
        assert everything(shape) == FILES
        assert set(glimpse(shape)) == set(FILES)


def test_a_single_file_is_an_archive_of_one_with_what_belongs_to_it(tmp_path: Path):
    unpacked({"tweets.js": b"[]", "account.js": b"[1]", "other.js": b""}, tmp_path)
    with open_archive(tmp_path / "tweets.js", beside=("account.js", "missing.js")) as archive:
        assert archive.names == ("tweets.js", "account.js")
        assert archive.whole("account.js", 100) == b"[1]"
    assert everything(tmp_path / "tweets.js") == {"tweets.js": b"[]"}


def test_names_are_told_without_the_wrapping_folder_and_what_systems_leave_behind(tmp_path: Path):
    files = {"x-2024/data/a.js": b"", "x-2024/.DS_Store": b"", "__MACOSX/x-2024/._a.js": b"", "x-2024\\data\\b.js": b""}
    assert set(everything(stored(zipped(files), tmp_path / "a.zip"))) == {"data/a.js", "data/b.js"}


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/passwd", "C:\\evil", "..\\evil", "\\\\host\\evil"])
def test_names_that_lead_out_are_refused(name: str, tmp_path: Path):
    for raw, ending in ((zipped({"good": b"", name: b""}), "zip"), (tarred({"good": b"", name: b""}), "tar.gz")):
        with pytest.raises(InvalidInput, match="must stay inside"):
            open_archive(stored(raw, tmp_path / f"a.{ending}"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (link("data/tweets.js"), "links and devices"),
        (tarred_entry("a", tarfile.SYMTYPE), "links and devices"),
        (tarred_entry("a", tarfile.LNKTYPE), "links and devices"),
        (tarred_entry("a", tarfile.FIFOTYPE), "links and devices"),
        (tarred_entry("a", tarfile.CHRTYPE), "links and devices"),
        (encrypted(zipped(FILES)), "is encrypted"),
        (zipped(FILES, zipfile.ZIP_LZMA), "packed in an unusual way"),
        (zipped({"inner.bin": zipped(FILES)}), "archive inside an archive"),
        (zipped({"inner.txt": tarred(FILES)}), "archive inside an archive"),
        (tarred({"inner.txt": zipped(FILES)}), "archive inside an archive"),
        (lying(zipped(FILES), 3), "is damaged"),
        (lying(zipped(FILES), 5_000_000), "says it has 5,000,000 bytes and has 6"),
        (zipped(FILES)[:-30], "is damaged|no whole zip"),
        (tarred(FILES, "w")[:700], "is damaged"),
    ],
)
def test_what_is_not_sound_is_refused(raw: bytes, said: str, tmp_path: Path):
    with pytest.raises(InvalidInput, match=said):
        everything(stored(raw, tmp_path / "a"))


def test_links_in_a_folder_are_not_followed(tmp_path: Path):
    secret = stored(b"secret", tmp_path / "outside" / "secret.txt")
    folder = unpacked(FILES, tmp_path / "folder")
    (folder / "tweets.js").symlink_to(secret)
    (folder / "more").symlink_to(secret.parent)
    assert everything(folder) == FILES


def test_bytes_are_counted_as_they_come_whatever_the_headers_say(tmp_path: Path):
    bomb = zipped({"a.json": bytes(3_000_000), "b.json": bytes(3_000_000)})
    assert len(bomb) < 20_000
    with pytest.raises(InvalidInput, match="unpacks to more"):
        everything(stored(bomb, tmp_path / "a.zip"), most_bytes=5_000_000)
    with pytest.raises(InvalidInput, match="unpacks to more"):
        everything(stored(tarred({"a.json": bytes(6_000_000)}), tmp_path / "a.tar.gz"), most_bytes=5_000_000)


def test_a_small_file_that_is_large_is_refused_whole(tmp_path: Path):
    path = stored(zipped({"a.json": bytes(2 * 1024**2 + 1)}), tmp_path / "a.zip")
    with open_archive(path) as archive, pytest.raises(InvalidInput, match="larger than 2 MB"):
        archive.whole("a.json", 2 * 1024**2)


def test_a_zip_of_too_many_files_is_refused_before_they_are_listed(tmp_path: Path):
    entry = zipped({"a": b""})
    listed = entry[entry.index(b"PK\x01\x02") : entry.index(b"PK\x05\x06")]
    head, many = entry[: entry.index(b"PK\x01\x02")], MOST_ENTRIES + 1
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, many * len(listed), len(head), 0)
    path = stored(head + listed * many + end, tmp_path / "a.zip")
    with pytest.raises(InvalidInput, match="more than 200,000 files"):
        open_archive(path)
    assert glimpse(path) == ()


def test_a_tar_with_an_absurd_header_is_refused(tmp_path: Path):
    entry = tarfile.TarInfo("a")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 3 * 1024**3
    path = stored(gzip.compress(entry.tobuf() + bytes(10_240)), tmp_path / "a.tar.gz")
    with pytest.raises(InvalidInput):
        open_archive(path)


def test_what_is_not_there_is_refused_with_a_reason(tmp_path: Path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_archive(tmp_path / "missing.zip")
    with open_archive(unpacked(FILES, tmp_path / "folder")) as archive, pytest.raises(InvalidInput, match="is missing"):
        archive.open("nothing.json")
    assert glimpse(tmp_path / "missing.zip") == ()


@settings(deadline=None)
@given(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 12), st.sampled_from(["zip", "tar", "tar.gz"]))
def test_a_damaged_archive_is_read_as_it_was_or_refused(place: int, inserted: bytes, removed: int, ending: str):
    whole = {"zip": zipped(FILES), "tar": tarred(FILES, "w"), "tar.gz": tarred(FILES)}[ending]
    raw = whole[:place] + inserted + whole[place + removed :]
    with tempfile.TemporaryDirectory() as folder:
        path = stored(raw, Path(folder, "a"))
        try:
            assert everything(path) is not None
        except InvalidInput as refused:
            assert str(refused)  # noqa: PT017  both outcomes are right; anything else fails the test
