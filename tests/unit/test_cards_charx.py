"""Cards in CHARX files: zips that may lie."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import cards
from adapters.cards.file import parsed
from core.errors import ConfigError

CARD = json.dumps(
    {
        "spec": "chara_card_v3",
        "spec_version": "3.0",
        "data": {
            "name": "Bo",
            "assets": [{"type": "icon", "uri": "embeded://assets/icon/images/main.png", "name": "main", "ext": "png"}],
        },
    }
)
PICTURE = b"\x89PNG not really"


def packed(entries: list[tuple[str | zipfile.ZipInfo, bytes | str]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content, method)
    return target.getvalue()


GOOD = packed([("card.json", CARD), ("assets/icon/images/main.png", PICTURE)])


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def lying(raw: bytes, size: int) -> bytes:
    """The same zip, its directory claiming another unpacked size for the first entry."""
    place = raw.index(b"PK\x01\x02")
    return raw[: place + 24] + struct.pack("<I", size) + raw[place + 28 :]


def encrypted(raw: bytes) -> bytes:
    place = raw.index(b"PK\x01\x02")
    return raw[: place + 8] + struct.pack("<H", 1) + raw[place + 10 :]


def test_the_card_is_read():
    read = parsed(GOOD)
    assert (read.container, read.card.text("name"), read.text) == ("charx", "Bo", CARD.encode())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (packed([("card.json", CARD), ("../evil.txt", b"x")]), "'../evil.txt': paths in a CHARX must stay inside it"),
        (packed([("card.json", CARD), ("a/../../evil", b"x")]), "must stay inside it"),
        (packed([("card.json", CARD), ("/etc/passwd", b"x")]), "must stay inside it"),
        (packed([("card.json", CARD), ("C:\\evil", b"x")]), "must stay inside it"),
        (packed([("card.json", CARD), (link("assets/link"), b"/etc/passwd")]), "links and devices"),
        (packed([("card.json", CARD), ("assets/more.charx", GOOD)]), "archives inside a CHARX are refused"),
        (packed([("card.json", CARD), ("assets/more.bin", b"\x1f\x8b\x08rest")]), "archives inside a CHARX"),
        (packed([("card.json", CARD), *[(f"a{i}", b"") for i in range(1_000)]]), "more than 1,000 files"),
        (packed([("Card.json", CARD)]), "card.json: the CHARX has no such file"),
        (packed([("sub/card.json", CARD)]), "card.json: the CHARX has no such file"),
        (packed([("card.json", b" " * (8 * 1024 * 1024 + 1))]), "'card.json': is too large unpacked"),
        (packed([("card.json", CARD), ("zeros", bytes(300 * 1024 * 1024))]), "'zeros': is too large unpacked"),
        (packed([("card.json", CARD)], zipfile.ZIP_LZMA), "packed in an unusual way (method 14)"),
        (lying(GOOD, 5), "damaged"),
        (lying(GOOD, 5_000_000), "says it has 5,000,000 bytes"),
        (encrypted(GOOD), "'card.json': is encrypted"),
        (GOOD[:-30], "damaged, or is no zip file"),
        (GOOD.replace(b"PK\x05\x06", b"PK\x05\x07"), "damaged, or is no zip file"),
        (packed([("card.json", b'{"spec": 1}')]), "data: must be an object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_charx_that_is_not_sound_is_refused(raw: bytes, said: str):
    with pytest.raises(ConfigError) as caught:
        parsed(raw)
    assert said in str(caught.value)


def test_two_cards_in_one_charx_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        raw = packed([("card.json", CARD), ("card.json", CARD)])
    with pytest.raises(ConfigError, match="two files of one name"):
        parsed(raw)


def test_an_export_has_the_assets_as_they_were():
    out = cards.written(parsed(GOOD).card, "charx", "v3", GOOD)
    with zipfile.ZipFile(io.BytesIO(out)) as archive:
        assert archive.read("assets/icon/images/main.png") == PICTURE
        assert json.loads(archive.read("card.json"))["data"]["assets"][0]["name"] == "main"
    assert cards.written(parsed(out).card, "charx", "v3", out) == out


def test_a_charx_can_be_made_only_of_one_and_only_as_v3():
    for version, original in (("v2", GOOD), ("v3", None)):
        with pytest.raises(ConfigError, match="only as V3"):
            cards.written(parsed(GOOD).card, "charx", version, original)  # type: ignore[arg-type]


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_a_charx_damaged_anywhere_is_refused_or_read_as_it_was(place: int, inserted: bytes, removed: int):
    raw = GOOD[:place] + inserted + GOOD[place + removed :]
    try:
        assert parsed(raw).card.text("name") == "Bo"
    except ConfigError as refused:
        assert str(refused)  # noqa: PT017  both outcomes are right; anything else fails the test
