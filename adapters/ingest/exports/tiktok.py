"""The export of TikTok: captions of videos, from ``user_data_tiktok.json`` or ``Posts.txt``."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from adapters.ingest.archive import glimpse, open_archive
from adapters.ingest.decoding import beginning
from adapters.ingest.exports.gathering import NOT_PUBLIC, PRIVATE, WORDLESS, Gathering
from adapters.ingest.exports.posts import moment, post, text_at
from adapters.ingest.exports.records import records
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput

JSON = re.compile(r"(?:TikTok[^/]*/)?user_data(?:_tiktok)?\.json")
TEXT = re.compile(r"(?:TikTok[^/]*/)?(?:Posts?|Videos?)/(?:Posts|Videos)\.txt")
TEXT_ALONE = re.compile(r"(?:Posts|Videos)\.txt")
MESSAGES = re.compile(r"(?:^|/)Direct Messages?/.*\.txt$")
VIDEOS = {  # newest first
    "Post.Posts.VideoList.item",
    "Video.Videos.VideoList.item",
    "Activity.Video.Videos.VideoList.item",
}
CHATS = {"Direct Message", "Direct Messages"}
SECTIONS = re.compile(
    rb'\{\s*"(?:Activity|Your Activity|Ads and data|App Settings|Comment|Direct Messages?|Likes and Favorites'
    rb'|Location Review|Post|Profile|TikTok Shop|Tiktok Live|Video)"'
)
PUBLIC = {"", "public", "everyone", "n/a"}
VIDEO = re.compile(r"/video/(\d{1,25})")
LONGEST_LINE = 64 * 1024


class TikTokExport:
    """Captions of the creator's own public videos; no messages, comments or history."""

    name = "TikTok export"

    def recognises(self, item: Item) -> bool:
        """By ``user_data_tiktok.json``, or by ``Post/Posts.txt``."""
        names = glimpse(item.path)
        if item.path.is_file() and names == (item.path.name,):
            head = beginning(item.path)
            as_json = JSON.fullmatch(names[0]) and SECTIONS.match(head)
            return bool(as_json or (TEXT_ALONE.fullmatch(names[0]) and head.startswith(b"Date: ")))
        return any(JSON.fullmatch(name) or TEXT.fullmatch(name) for name in names)

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  needs no wishes
        """Yield the captions; see ``Reader``."""
        with open_archive(item.path) as archive:
            gathering = Gathering()
            gathering.leave_files(archive.names, MESSAGES, PRIVATE)
            as_json = [name for name in archive.names if JSON.fullmatch(name)]
            as_text = [name for name in archive.names if TEXT.fullmatch(name) or TEXT_ALONE.fullmatch(name)]
            if not as_json and not as_text:
                raise InvalidInput("holds no list of videos (user_data_tiktok.json); ask TikTok for the format JSON")
            yield from gathering.files(archive, as_json, lambda source: _from_json(source, gathering))
            if not as_json:
                yield from gathering.files(archive, as_text, lambda source: _from_text(source, gathering))
            yield from gathering.rest()


def _from_json(source: IO[bytes], gathering: Gathering) -> Iterator[Document]:
    for place, found in records(source, VIDEOS, opened=CHATS):
        if place in CHATS:
            gathering.leave(place, PRIVATE)
        elif isinstance(found, dict):
            yield from _document({key.casefold(): text_at(found, key) for key in found}, gathering)


def _from_text(source: IO[bytes], gathering: Gathering) -> Iterator[Document]:
    """Lines of ``name: value``, a blank line after each video."""
    fields: dict[str, str] = {}
    text = io.TextIOWrapper(source, "utf-8-sig", "replace")
    while line := text.readline(LONGEST_LINE):
        name, _, value = line.partition(":")
        if line.strip():
            fields[name.strip().casefold()] = value.strip()
        elif fields:
            yield from _document(fields, gathering)
            fields = {}
    if fields:
        yield from _document(fields, gathering)


def _document(fields: Mapping[str, Any], gathering: Gathering) -> Iterator[Document]:
    link = fields.get("link", "")
    video = VIDEO.search(link)
    key = video[1] if video else fields.get("date", "")
    if fields.get("whocanview", fields.get("who can view", "")).casefold() not in PUBLIC:
        gathering.leave(key, NOT_PUBLIC)
        return
    caption = fields.get("title", "") or fields.get("description", "")
    document = post(
        f"tiktok/{key}",
        "" if caption == "N/A" else caption,
        kind=Kind.VIDEO,
        url=f"https://www.tiktokv.com/share/video/{video[1]}/" if video else "",
        published=moment(fields.get("date", "")),
    )
    if document:
        yield document
    else:
        gathering.leave(key, WORDLESS)
