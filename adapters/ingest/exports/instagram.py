"""The export of Instagram in its JSON form: captions of posts, reels, stories and IGTV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from adapters.ingest.archive import glimpse, open_archive
from adapters.ingest.decoding import beginning
from adapters.ingest.exports.gathering import PRIVATE, WORDLESS, Gathering
from adapters.ingest.exports.posts import list_at, moment, post, text_at
from adapters.ingest.exports.records import records
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput

ROOT = r"(?:your_instagram_activity/)?(?:(?:content|media)/)?"
TAKEN = re.compile(ROOT + r"(?:posts(?:_\d+)?|reels(?:_\d+)?|stories(?:_\d+)?|igtv_videos(?:_\d+)?)\.json")
AS_PAGES = re.compile(ROOT + r"(?:posts_\d+|reels|stories)\.html")
MESSAGES = re.compile(r"(?:^|/)messages/(?:inbox|message_requests|archived_threads|broadcast|e2ee_cutover)/.*\.json$")
UNPUBLIC = re.compile(r"(?:^|/)(?:archived_posts|recently_deleted_content|drafts?(?:_\d+)?)\.json$")
KINDS = {  # where the captions are in the files: what they belong to
    "item": Kind.POST,
    "ig_stories.item": Kind.POST,
    "ig_reels_media.item": Kind.VIDEO,
    "ig_igtv_media.item": Kind.VIDEO,
}
SAMPLE = re.compile(rb'\[?\s*\{\s*"(?:media|ig_|title|creation_timestamp|timestamp|label_values)')
MOJIBAKE = re.compile(r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


class InstagramExport:
    """Captions; no messages, comments, drafts, archived or deleted posts."""

    name = "Instagram export"

    def recognises(self, item: Item) -> bool:
        """By the files of posts, reels or stories, as JSON or (to say that JSON is needed) as pages."""
        names = glimpse(item.path)
        if item.path.is_file() and names == (item.path.name,):
            return bool(TAKEN.fullmatch(names[0]) and SAMPLE.match(beginning(item.path)))
        return any("/" in name and (TAKEN.fullmatch(name) or AS_PAGES.fullmatch(name)) for name in names)

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  needs no wishes
        """Yield the captions; see ``Reader``."""
        with open_archive(item.path) as archive:
            taken = [name for name in archive.names if TAKEN.fullmatch(name)]
            if not taken:
                raise InvalidInput("holds no posts as JSON; ask Instagram for the export again, in the format JSON")
            gathering = Gathering()
            gathering.leave_files(archive.names, MESSAGES, PRIVATE)
            gathering.leave_files(archive.names, UNPUBLIC, "archived, deleted or never published")
            yield from gathering.files(archive, taken, lambda source: _documents(source, gathering))
            yield from gathering.rest()


def mended(text: str) -> str:
    """The text as it was written: Instagram puts each byte of UTF-8 where a character belongs.

    Only what can be UTF-8 is put right, so that a text that was never broken stays as it is.
    """
    return MOJIBAKE.sub(_decoded, text)


def _decoded(run: re.Match[str]) -> str:
    try:
        return run[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:  # looks like it and is none
        return run[0]


def _documents(source: IO[bytes], gathering: Gathering) -> Iterator[Document]:
    for place, found in records(source, KINDS):
        pictures = list_at(found, "media")
        first: Any = pictures[0] if pictures else found
        caption = text_at(found, "title") or _labelled(found, "Caption") or text_at(first, "title")
        written = _number(found, "creation_timestamp") or _number(found, "timestamp")
        published = moment(written or _number(first, "creation_timestamp"))
        key = text_at(first, "uri") or f"{place}/{text_at(found, 'creation_timestamp')}"
        document = post(f"instagram/{key}", mended(caption), kind=KINDS[place], published=published)
        if document:
            yield document
        else:
            gathering.leave(key, WORDLESS)


def _number(found: Any, key: str) -> Any:
    return found.get(key) if isinstance(found, dict) else None


def _labelled(found: Any, label: str) -> str:
    """The newest form of the export lists what it says of a post, each with its label."""
    values = [value for value in list_at(found, "label_values") if text_at(value, "label") == label]
    return text_at(values[0], "value") if values else ""
