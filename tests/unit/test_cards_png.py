"""Cards in pictures, built byte by byte as the PNG specification has it."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import cards
from adapters.cards import png
from adapters.cards.file import parsed
from core.errors import ConfigError

MB = 1024 * 1024
SIGNATURE = b"\x89PNG\r\n\x1a\n"
BO = {"spec": "chara_card_v2", "spec_version": "2.0", "data": {"name": "Bo", "first_mes": "Hi."}}
ANN = {"spec": "chara_card_v3", "spec_version": "3.0", "data": {"name": "Ann", "first_mes": "Hej."}}


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int = 1, height: int = 1) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


def text(keyword: bytes, card: Any) -> bytes:
    return chunk(b"tEXt", keyword + b"\0" + base64.b64encode(json.dumps(card).encode()))


PIXELS = chunk(b"IDAT", zlib.compress(b"\0\0"))
END = chunk(b"IEND")


def picture(*between: bytes, start: bytes | None = None) -> bytes:
    return b"".join([SIGNATURE, start or header(), *between, PIXELS, END])


def test_a_card_of_each_kind_is_found_and_the_v3_wins():
    assert parsed(picture(text(b"chara", BO))).card.text("name") == "Bo"
    both = parsed(picture(text(b"ccv3", ANN), text(b"chara", BO)))
    assert (both.card.text("name"), both.card.version) == ("Ann", "v3")
    assert both.remarks


def test_the_keyword_may_be_in_other_case_and_the_base64_broken_into_lines():
    packed = base64.encodebytes(json.dumps(BO).encode())
    assert parsed(picture(chunk(b"tEXt", b"Chara\0" + packed))).card.text("name") == "Bo"


def test_an_animated_picture_is_a_picture():
    control = chunk(b"acTL", struct.pack(">II", 1, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 10, 0, 0))
    raw = picture(control, frame, text(b"chara", BO))
    assert parsed(raw).card.text("name") == "Bo"
    assert frame in cards.written(parsed(raw).card, "png", "v3", raw)


def test_compressed_texts_are_read_too():
    packed = zlib.compress(base64.b64encode(json.dumps(BO).encode()))
    for body, kind in [
        (b"chara\0\0" + packed, b"zTXt"),
        (b"chara\0\1\0en\0\0" + packed, b"iTXt"),
        (b"chara\0\0\0\0\0" + base64.b64encode(json.dumps(BO).encode()), b"iTXt"),
    ]:
        assert parsed(picture(chunk(kind, body))).card.text("name") == "Bo"


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_compressed_bomb_is_stopped_at_the_limit(kind: bytes):
    bomb = zlib.compress(b"A" * (64 * MB), 9)
    body = b"ccv3\0" + (b"\0" if kind == b"zTXt" else b"\1\0\0\0") + bomb
    with pytest.raises(ConfigError, match="ccv3: the compressed text is larger than 8 MB"):
        parsed(picture(chunk(kind, body)))


def damaged(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


GOOD = picture(text(b"chara", BO))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (picture(), "holds no card"),
        (picture(text(b"chara", BO), text(b"chara", BO)), "chara: the picture holds two cards of this kind"),
        (picture(text(b"ccv3", ANN), text(b"CCV3", ANN)), "ccv3: the picture holds two cards of this kind"),
        (damaged(GOOD, GOOD.index(b"chara\0") + 9), "chunk tEXt: its checksum (CRC) is wrong"),
        (damaged(GOOD, len(GOOD) - 1), "chunk IEND: its checksum (CRC) is wrong"),
        (picture(chunk(b"tEXt", b"chara\0%%%%")), "chara: the card is not valid base64"),
        (picture(chunk(b"tEXt", b"chara\0" + b"QUJ")), "chara: the card is not valid base64"),
        (picture(chunk(b"tEXt", b"chara\0" + base64.b64encode(b"\xff{"))), "chara: the card is not UTF-8"),
        (picture(chunk(b"tEXt", b"ccv3\0" + base64.b64encode(b"{"))), "ccv3: the card is not valid JSON"),
        (picture(text(b"ccv3", {**ANN, "data": {}})), "ccv3: data.name: Field required"),
        (picture(chunk(b"tEXt", b"chara\0" + b"A" * (8 * MB + 1))), "chara: the chunk is larger than 8 MB"),
        (picture(chunk(b"zTXt", b"chara\0\0junk")), "chara: the compressed text is damaged"),
        (picture(chunk(b"zTXt", b"chara\0\0" + zlib.compress(b"x" * 99)[:-6])), "chara: the compressed text is cut"),
        (picture(chunk(b"iTXt", b"chara\0\1\0en")), "chara: the iTXt chunk is cut off"),
        (picture(text(b"chara", BO), start=header(2**31 - 1, 2**31 - 1)), "chunk IHDR: 2,147,483,647 x 2,147,483,647"),
        (picture(text(b"chara", BO), start=header(0, 5)), "chunk IHDR: 0 x 5 pixels"),
        (SIGNATURE + text(b"chara", BO) + END, "chunk IHDR: must come first"),
        (SIGNATURE + header() + text(b"chara", BO), "cut off: it has no end mark"),
        (GOOD[:-20], "the file ends before"),
        (SIGNATURE, "cut off"),
        (SIGNATURE + header() + struct.pack(">I4s", 0xFFFFFFFF, b"tEXt") + b"chara\0", "says it has 4,294,967,295"),
        (SIGNATURE + header() + struct.pack(">I4s", 0x7FFFFFFF, b"tEXt") + b"chara\0AA", "says it has 2,147,483,647"),
        (picture(END * 3, text(b"chara", BO)), "holds no card"),
        (SIGNATURE + header() + chunk(b"tIME") * 100_001, "more than 100,000 chunks"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_picture_that_is_not_sound_is_refused_with_its_field(raw: bytes, said: str):
    with pytest.raises(ConfigError) as caught:
        parsed(raw)
    assert said in str(caught.value)


def test_an_export_keeps_every_byte_of_the_picture_but_the_cards():
    other = chunk(b"tEXt", b"Comment\0hello")
    asset = chunk(b"tEXt", b"chara-ext-asset_:a.png\0" + base64.b64encode(b"asset"))
    raw = picture(other, text(b"chara", BO), asset) + b"trailing"
    out = cards.written(parsed(raw).card, "png", "v3", raw)
    bare = b"".join([SIGNATURE, header(), other, asset, PIXELS])
    assert out.startswith(bare)
    assert out.endswith(END + b"trailing")
    assert out.count(b"chara\0") == out.count(b"ccv3\0") == 1


def test_an_exported_picture_has_both_cards_with_right_checksums():
    out = cards.written(parsed(picture(text(b"ccv3", ANN))).card, "png", "v3", None)
    found: dict[str, Any] = {}
    place = len(SIGNATURE)
    while place < len(out):
        (length,) = struct.unpack_from(">I", out, place)
        kind, body = out[place + 4 : place + 8], out[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", out, place + 8 + length)[0] == zlib.crc32(kind + body)
        if kind == b"tEXt":
            keyword, _, packed = body.partition(b"\0")
            found[keyword.decode()] = json.loads(base64.b64decode(packed))
        if kind == b"IDAT":
            assert len(zlib.decompress(body)) == 600 * (1 + 3 * 400)
        place += 12 + length
    assert found["ccv3"]["spec"] == "chara_card_v3"
    assert found["chara"]["spec"] == "chara_card_v2"
    assert "V3" in found["chara"]["data"]["creator_notes"]  # what the V3 specification asks of a V2 beside it
    assert found["ccv3"] == ANN


def test_a_v2_export_has_no_v3_in_it():
    raw = picture(text(b"ccv3", ANN))
    again = parsed(cards.written(parsed(raw).card, "png", "v2", raw))
    assert (again.card.version, again.card.text("creator_notes")) == ("v2", "")


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_a_picture_damaged_anywhere_is_refused_or_read_as_it_was(place: int, inserted: bytes, removed: int):
    raw = GOOD[:place] + inserted + GOOD[place + removed :]
    try:
        assert parsed(raw).card.text("name") == "Bo"
    except ConfigError as refused:
        assert str(refused)  # noqa: PT017  both outcomes are right; anything else fails the test


@given(st.lists(st.tuples(st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"IDAT"]), st.binary(max_size=40)), max_size=4))
def test_sound_chunks_with_any_content_are_read_or_refused(bodies: list[tuple[bytes, bytes]]):
    between = [chunk(kind, b"ccv3\0" + body) if kind != b"IDAT" else chunk(kind, body) for kind, body in bodies]
    with pytest.raises(ConfigError):
        parsed(picture(*between))


def test_the_plain_picture_is_sound():
    assert [one.kind for one in png.chunks(png.plain())] == [b"IHDR", b"IDAT", b"IEND"]
