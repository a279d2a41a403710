"""Card files: what they are is told by how they begin, not by what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from adapters.cards import card as cards
from adapters.cards import charx, png
from adapters.cards.card import Card
from core.errors import ConfigError

Container = Literal["png", "charx", "json"]
Format = Literal["v2", "v3"]

MOST_BYTES = 64 * 1024 * 1024  # of a file; the card's text in it may have 8 MB


@dataclass(frozen=True, slots=True)
class CardFile:
    """A card with the file it came in.

    Attributes:
        container: What kind of file it is.
        raw: The whole file.
        text: The card's JSON as it stands in the file.
        card: The card.
        remarks: What else a reader should know of the file.
    """

    container: Container
    raw: bytes
    text: bytes
    card: Card
    remarks: tuple[str, ...] = ()


def read(path: Path) -> CardFile:
    """Read a card file.

    Raises:
        ConfigError: It can't be read or is no sound card. The text names the file and the field.
    """
    try:
        with path.open("rb") as source:
            raw = source.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}. Give the path of a card file.") from exc
    try:
        return parsed(raw)
    except ConfigError as exc:
        raise ConfigError(f"{path}: {exc}.") from exc


def parsed(raw: bytes) -> CardFile:
    """Read the bytes of a card file.

    Raises:
        ConfigError: They are no sound card. The text names the field.
    """
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"is larger than {MOST_BYTES // 1024**2} MB")
    if raw.startswith(png.SIGNATURE):
        return _from_picture(raw)
    if raw.startswith(charx.SIGNATURE):
        text = charx.card_text(raw)
        return CardFile("charx", raw, text, cards.parse(text))
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return CardFile("json", raw, raw, cards.parse(raw))
    raise ConfigError("is neither a PNG picture nor JSON nor CHARX")


def _from_picture(raw: bytes) -> CardFile:
    texts = png.card_texts(raw)
    if not texts:
        raise ConfigError("the picture holds no card (no text named chara or ccv3)")
    keyword = "ccv3" if "ccv3" in texts else "chara"
    try:
        card = cards.parse(texts[keyword])
    except ConfigError as exc:
        raise ConfigError(f"{keyword}: {exc}") from exc
    remarks = ("The picture holds a V2 and a V3 card; the V3 one counts.",) if len(texts) > 1 else ()
    return CardFile("png", raw, texts[keyword], card, remarks)


def written(card: Card, container: Container, version: Format, original: bytes | None) -> bytes:
    """The bytes of a card file.

    Args:
        card: What to write.
        container: As what.
        version: As which version. A picture gets both when it is "v3", so that older programs can read it.
        original: The picture or CHARX to put the card into; None: a plain picture. Not used for JSON.

    Raises:
        ConfigError: The picture or CHARX is damaged, or there is no CHARX to put the card into.
    """
    form = card.v2() if version == "v2" else card.v3()
    if container == "json":
        return cards.dump(form, indent=2)
    if container == "charx":
        if original is None or version == "v2":
            raise ConfigError("a CHARX can be written only as V3, and only for a card that came as CHARX")
        return charx.with_card(original, cards.dump(form))
    if version == "v2":
        return png.with_cards(original or png.plain(), {"chara": cards.dump(form)})
    texts = {"chara": cards.dump(card.backfilled()), "ccv3": cards.dump(form)}
    return png.with_cards(original or png.plain(), texts)
