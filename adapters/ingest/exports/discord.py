"""Channels as DiscordChatExporter writes them in JSON: only what the creator said, joined to stretches of talk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from adapters.ingest.archive import Archive, glimpse, open_archive
from adapters.ingest.decoding import beginning
from adapters.ingest.exports.gathering import PRIVATE, WORDLESS, Gathering
from adapters.ingest.exports.posts import folded, moment, names_of, post, text_at
from adapters.ingest.exports.records import records
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Skipped
from core.errors import InvalidInput

SAMPLE = re.compile(rb'\{\s*"guild"\s*:\s*\{')
PLACES = {"guild.id", "channel.id", "channel.type", "channel.name", "messages.item"}
MESSAGES = "messages.item"
SAID = {"Default", "Reply", "0", "19"}  # kinds of messages that somebody wrote
PUBLIC = re.compile(r"Guild(?!PrivateThread)\w+")
LONGEST_PAUSE = timedelta(minutes=15)  # within one stretch of talk
MOST_JOINED = 50  # messages
LONGEST_TALK = 4_000  # characters
MOST_AUTHORS = 200_000  # remembered, while looking for the creator's account
NAME_YOURSELF = (
    "is a talk of many: say which of them is you, by your Discord id, user name or nickname as it stands in the export "
    "(--creator, or creator in content.toml)"
)


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    text: str
    sent: datetime


class DiscordExport:
    """The creator's own messages on servers; nobody else's, no direct messages, no bots."""

    name = "Discord export (DiscordChatExporter)"

    def recognises(self, item: Item) -> bool:
        """By a JSON that begins with a guild, alone or in an archive of nothing but such files."""
        names = glimpse(item.path)
        if item.path.is_file() and names == (item.path.name,):
            return item.path.suffix == ".json" and bool(SAMPLE.match(beginning(item.path)))
        exported = [name for name in names if name.endswith(".json") and "/" not in name]
        if not exported or (item.path.is_dir() and len(exported) < sum("/" not in name for name in names)):
            return False
        return _begins(item, exported[0])

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:
        """Yield the talks; see ``Reader``."""
        creator = names_of(wishes)
        if not creator:
            raise InvalidInput(NAME_YOURSELF)
        with open_archive(item.path) as archive:
            names = [name for name in archive.names if name.endswith(".json")]
            gathering = Gathering()
            accounts = _accounts(archive, names, creator)
            yield from gathering.files(archive, names, lambda source: _documents(source, accounts, gathering))
            yield from gathering.rest()


def _begins(item: Item, name: str) -> bool:
    try:
        with open_archive(item.path) as archive, archive.open(name) as source:
            return bool(SAMPLE.match(source.read(2048).removeprefix(b"\xef\xbb\xbf").lstrip()))
    except (InvalidInput, KeyError):
        return False


def _accounts(archive: Archive, names: list[str], creator: frozenset[str]) -> frozenset[str]:
    """The ids of the creator's accounts.

    Raises:
        InvalidInput: A name of theirs fits several accounts, of which some may be somebody else's.
    """
    found: dict[str, set[str]] = {}
    gathering = Gathering()  # its report is left: each file is read again
    for name in names:
        for _ in gathering.files(archive, [name], lambda source: _noted(source, creator, found)):
            pass
    for name, accounts in found.items():
        found[name] = accounts & creator or accounts  # an id that was given settles it
        if len(found[name]) > 1:
            listed = ", ".join(sorted(accounts)[:5])
            raise InvalidInput(f"{json.dumps(name)} is the name of several accounts ({listed}): say which id is yours")
    return frozenset().union(*found.values())


def _noted(source: IO[bytes], creator: frozenset[str], found: dict[str, set[str]]) -> Iterator[Document]:
    for _, message in records(source, {MESSAGES}):
        author = message.get("author") if isinstance(message, dict) else None
        if not isinstance(author, dict) or author.get("isBot"):
            continue
        account = text_at(author, "id")
        for name in {account, *(folded(text_at(author, key)) for key in ("name", "nickname"))} & creator:
            accounts = found.setdefault(name, set())
            if len(accounts) < MOST_AUTHORS:
                accounts.add(account)
    yield from ()


def _documents(source: IO[bytes], accounts: frozenset[str], gathering: Gathering) -> Iterator[Document]:
    about: dict[str, str] = {}
    talk: list[_Message] = []
    for place, found in records(source, PLACES):
        if place != MESSAGES:
            about[place] = text_at({place: found}, place)
            continue
        if about.get("guild.id", "0") == "0" or not PUBLIC.fullmatch(about.get("channel.type", "")):
            gathering.leave(about.get("channel.id", ""), PRIVATE)
            return
        message = _own(found, accounts, gathering)
        if message is None:
            continue
        if talk and not _goes_on(talk, message):
            yield from _document(talk, about)
            talk = []
        talk.append(message)
    if talk:
        yield from _document(talk, about)


def _own(found: Any, accounts: frozenset[str], gathering: Gathering) -> _Message | None:
    author = found.get("author") if isinstance(found, dict) else None
    number, text, sent = text_at(found, "id"), text_at(found, "content"), moment(text_at(found, "timestamp"))
    why = ""
    if not isinstance(author, dict) or sent is None or not number:
        why = "no readable message"
    elif author.get("isBot"):
        why = "messages of bots"
    elif text_at(author, "id") not in accounts:
        why = "messages of others"
    elif text_at(found, "type") not in SAID:
        why = "notices of Discord"
    elif not text.strip():
        why = WORDLESS
    if why or sent is None:
        gathering.leave(number, why)
        return None
    return _Message(number, text.strip(), sent)


def _goes_on(talk: list[_Message], message: _Message) -> bool:
    return (
        message.sent - talk[-1].sent <= LONGEST_PAUSE
        and len(talk) < MOST_JOINED
        and sum(len(said.text) for said in talk) + len(message.text) <= LONGEST_TALK
    )


def _document(talk: list[_Message], about: dict[str, str]) -> Iterator[Document]:
    guild, channel = about["guild.id"], about.get("channel.id", "")
    document = post(
        f"discord/{channel}/{talk[0].id}",
        "\n\n".join(message.text for message in talk),
        heading=f"#{about.get('channel.name', '')}",
        url=f"https://discord.com/channels/{guild}/{channel}/{talk[0].id}",
        published=talk[0].sent,
    )
    if document:
        yield document
