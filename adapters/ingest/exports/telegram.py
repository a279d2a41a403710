"""``result.json`` of Telegram Desktop: one channel, or a whole account, of which only own channels are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from adapters.ingest.archive import glimpse, open_archive
from adapters.ingest.decoding import beginning
from adapters.ingest.exports.gathering import PRIVATE, WORDLESS, Gathering
from adapters.ingest.exports.posts import folded, list_at, moment, names_of, post, text_at, web
from adapters.ingest.exports.records import records
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Skipped
from core.errors import InvalidInput

FILE = "result.json"
CONSENT = "telegram"
NO_CONSENT = (
    'the consent "telegram" is missing: Telegram\'s terms restrict the use of its data for AI; '
    "confirm that the channel is yours and that you may use it so"
)
SAMPLE = re.compile(rb'\{\s*"(?:name|type|id|about|personal_information|chats)"')
CHATS = {"chats.list.item", "left_chats.list.item"}  # of a whole account
ABOUT = {"name", "type", "id"}  # come before the messages
MESSAGES = "messages.item"
CHANNELS = {"public_channel": "", "private_channel": "subscriber"}  # with the tier of those who can read them


@dataclass(slots=True)
class _Chat:
    about: dict[str, str] = field(default_factory=dict)  # its name, type and id
    among_others: bool = False  # in the export of a whole account
    judged: bool = False
    taken: bool = False


class TelegramExport:
    """Posts of the creator's channels; no chats, groups, forwarded or service messages. Needs consent."""

    name = "Telegram export"

    def recognises(self, item: Item) -> bool:
        """By ``result.json``."""
        names = glimpse(item.path)
        if item.path.is_file() and names == (item.path.name,):
            return item.path.suffix == ".json" and _plausible(beginning(item.path))
        if item.path.is_dir():
            return FILE in names and _plausible(beginning(item.path / FILE))
        return FILE in names

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:
        """Yield the posts; see ``Reader``."""
        if CONSENT not in wishes.consent:
            yield Skipped(item.key, NO_CONSENT)
            return
        with open_archive(item.path) as archive:
            names = [FILE] if FILE in archive.names else [name for name in archive.names if name == item.path.name]
            if not names:
                raise InvalidInput("holds no result.json; export the channel from Telegram Desktop as JSON")
            gathering = Gathering()
            reading = _Reading(names_of(wishes), _address(item.url), gathering)
            yield from gathering.files(archive, names, reading.documents)
            yield from gathering.rest()


def _plausible(head: bytes) -> bool:
    return bool(SAMPLE.match(head)) and (
        b'"messages"' in head or b'"personal_information"' in head or b'"chats"' in head
    )


def _address(url: str) -> str:
    return url.rstrip("/") if web(url).startswith("https://t.me/") else ""


class _Reading:
    def __init__(self, creator: frozenset[str], address: str, gathering: Gathering) -> None:
        self._creator, self._address, self._gathering = creator, address, gathering

    def documents(self, source: IO[bytes]) -> Iterator[Document]:
        chat = _Chat()
        wanted = {f"{chats}.{name}" for chats in CHATS for name in (*ABOUT, MESSAGES)} | ABOUT | {MESSAGES}
        for place, found in records(source, wanted, opened=CHATS):
            if place in CHATS:
                chat = _Chat(among_others=True)
                continue
            name = place.removeprefix("left_").removeprefix("chats.list.item.")
            if name in ABOUT:
                chat.about[name] = text_at({name: found}, name)
            elif self._takes(chat):
                yield from self._document(chat, found)

    def _takes(self, chat: _Chat) -> bool:
        if not chat.judged:
            chat.judged = True
            why = self._against(chat)
            chat.taken = not why
            if why:
                self._gathering.leave(chat.about.get("type", ""), why)
        return chat.taken

    def _against(self, chat: _Chat) -> str:
        if chat.about.get("type") not in CHANNELS:
            return PRIVATE
        if chat.among_others and not {folded(chat.about.get("name", "")), chat.about.get("id")} & self._creator:
            return "channels that you did not name as your own"
        return ""

    def _document(self, chat: _Chat, found: Any) -> Iterator[Document]:
        key = f"telegram/{chat.about.get('id', '')}/{text_at(found, 'id')}"
        if text_at(found, "type") != "message":
            self._gathering.leave(key, "service messages")
            return
        if any(name.startswith("forwarded_from") for name in found):
            self._gathering.leave(key, "forwarded, not your own words")
            return
        author = text_at(found, "author")  # where a channel has several and they sign
        document = post(
            key,
            _text(found),
            url=f"{self._address}/{text_at(found, 'id')}" if self._address and not chat.among_others else "",
            published=moment(text_at(found, "date_unixtime") or text_at(found, "date")),
            tier=CHANNELS[chat.about["type"]],
            own_words=not self._creator or not author or folded(author) in self._creator,
        )
        if document:
            yield document
        else:
            self._gathering.leave(key, WORDLESS)


def _text(found: Any) -> str:
    """A text is one string, or a list of strings and of pieces that say what they are."""
    pieces = list_at(found, "text") or [text_at(found, "text")]
    return "".join(map(_piece, pieces))


def _piece(piece: Any) -> str:
    if isinstance(piece, str):
        return piece
    text, link = text_at(piece, "text"), web(text_at(piece, "href"))
    return f"{text} ({link})" if link and link != text else text
