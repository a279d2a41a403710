"""YouTube in Google Takeout: what a creator says of their own videos, with the subtitles that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO

from adapters.ingest.archive import Archive, glimpse, open_archive
from adapters.ingest.exports.gathering import NOT_PUBLIC, WORDLESS, Gathering
from adapters.ingest.exports.posts import LONGEST_TITLE, moment, post, tag, text_at
from adapters.ingest.exports.records import records, rows
from adapters.ingest.exports.spoken import joined, subtitled
from adapters.ingest.outline import documents
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Section, Skipped
from core.errors import InvalidInput
from core.text import clean

ROOT = r"(?:Takeout/)?(?:YouTube[^/]*/)?"
LISTS = re.compile(ROOT + r"video[ -]metadata/videos(?:\(\d+\))?\.csv", re.IGNORECASE)
ALONE = re.compile(r"videos(?:\(\d+\))?\.csv", re.IGNORECASE)
OLD = re.compile(ROOT + r"(?:videos|video metadata)/[^/]+\.json")
POSTS = re.compile(ROOT + r"posts/posts(?:\(\d+\))?\.csv", re.IGNORECASE)
SUBTITLES = re.compile(ROOT + r"(?:subtitles|captions)/[^/]+\.(?:srt|vtt)", re.IGNORECASE)
COMMENTS = re.compile(r"(?:^|/)(?:comments|live chats)/[^/]+\.csv$", re.IGNORECASE)
HISTORY = re.compile(r"(?:^|/)(?:history|subscriptions)/[^/]+\.(?:json|html|csv)$", re.IGNORECASE)
OTHER_LANGUAGE = re.compile(r"(?:Takeout/)?YouTube[^/]*/[^/]+/[^/]+\.csv")
HEADER = ("video id", "video title (original)")
LARGEST_SUBTITLES = 16 * 1024 * 1024  # bytes
ID = re.compile(r"[\w-]{11}")
UNNAMED = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Video:
    """What an export says of one, as text."""

    id: str
    title: str
    description: str
    privacy: str
    published: str
    language: str


class YouTubeTakeout:
    """Public videos and posts of the creator's channel; no comments, playlists or history."""

    name = "YouTube Takeout"

    def recognises(self, item: Item) -> bool:
        """By the list of videos, or (to say which language is needed) by a folder of YouTube."""
        names = glimpse(item.path)
        if item.path.is_file() and names == (item.path.name,):
            return bool(ALONE.fullmatch(names[0])) and _lists_videos(item)
        return any(LISTS.fullmatch(name) or OTHER_LANGUAGE.fullmatch(name) or _old(name) for name in names)

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  needs no wishes
        """Yield the videos; see ``Reader``."""
        with open_archive(item.path) as archive:
            gathering = Gathering()
            gathering.leave_files(archive.names, COMMENTS, "comments and live chats")
            gathering.leave_files(archive.names, HISTORY, "what you watched, sought and follow is never read")
            channel = _Channel(archive, gathering)
            lists = [name for name in archive.names if LISTS.fullmatch(name) or ALONE.fullmatch(name)]
            old = [name for name in archive.names if OLD.fullmatch(name)]
            posts = [name for name in archive.names if POSTS.fullmatch(name)]
            if not lists and not old and not posts:
                raise InvalidInput(
                    'holds no list of videos ("video metadata/videos.csv"); set your Google account to English and '
                    'ask Takeout again for YouTube with "video metadata"'
                )
            yield from gathering.files(archive, lists, channel.listed)
            yield from gathering.files(archive, old, channel.described)
            yield from gathering.files(archive, posts, channel.posted)
            channel.leave_unused()
            yield from gathering.rest()


def _old(name: str) -> bool:
    return "YouTube" in name and bool(OLD.fullmatch(name))


def _lists_videos(item: Item) -> bool:
    try:
        with open_archive(item.path) as archive, archive.open(item.path.name) as source:
            head = source.read(2048).decode("utf-8-sig", "replace").casefold()
    except (InvalidInput, KeyError):
        return False
    return all(name in head for name in HEADER)


class _Channel:
    def __init__(self, archive: Archive, gathering: Gathering) -> None:
        self._archive, self._gathering = archive, gathering
        self._subtitles: dict[str, str] = {}
        for name in archive.names:
            if SUBTITLES.fullmatch(name):
                stem = PurePosixPath(name).stem
                self._subtitles[_plain(stem)] = name
                self._subtitles.update((found, name) for found in ID.findall(stem))

    def listed(self, source: IO[bytes]) -> Iterator[Document]:
        """Videos of ``videos.csv``."""
        for row in rows(source):
            video = _Video(
                id=row.get("video id", ""),
                title=row.get("video title (original)", ""),
                description=row.get("video description (original)", ""),
                privacy=row.get("privacy", ""),
                published=row.get("video publish timestamp", "") or row.get("video create timestamp", ""),
                language=row.get("video audio language", ""),
            )
            yield from self._documents(video)

    def described(self, source: IO[bytes]) -> Iterator[Document]:
        """Videos of older exports: a JSON file each, as YouTube's API has them."""
        for _, found in records(source, {"item"}):
            video = _Video(
                id=text_at(found, "id"),
                title=text_at(found, "snippet", "title"),
                description=text_at(found, "snippet", "description"),
                privacy=text_at(found, "status", "privacyStatus"),
                published=text_at(found, "snippet", "publishedAt"),
                language=text_at(found, "snippet", "defaultAudioLanguage"),
            )
            yield from self._documents(video)

    def posted(self, source: IO[bytes]) -> Iterator[Document]:
        """Posts of the channel's community page."""
        for row in rows(source):
            number = row.get("post id", "")
            document = post(
                f"youtube/{number}",
                row.get("post text", ""),
                url=f"https://www.youtube.com/post/{number}" if number.isprintable() and number else "",
                published=moment(row.get("post create timestamp", "")),
            )
            if document:
                yield document
            else:
                self._gathering.leave(number, WORDLESS)

    def leave_unused(self) -> None:
        """Report subtitles that belong to no video of the list."""
        unused = sorted(set(self._subtitles.values()))
        if unused:
            self._gathering.leave(unused[0], "subtitles of no public video in the list", count=len(unused))

    def _documents(self, video: _Video) -> Iterator[Document]:
        if video.privacy.casefold() != "public" or not ID.fullmatch(video.id):
            self._gathering.leave(video.id, NOT_PUBLIC)
            return
        written = post("", video.description) or post("", video.title)
        if written is None:
            self._gathering.leave(video.id, WORDLESS)
            return
        head = replace(
            written,
            key=f"youtube/{video.id}",
            kind=Kind.VIDEO,
            title=clean(video.title, 4 * LONGEST_TITLE) or written.title,
            url=f"https://www.youtube.com/watch?v={video.id}",
            published=moment(video.published),
            language=tag(video.language),
        )
        for found in documents(head, (*written.sections, *self._said(video.id, video.title))):
            if isinstance(found, Document):
                yield found

    def _said(self, number: str, title: str) -> tuple[Section, ...]:
        name = self._subtitles.get(number) or self._subtitles.get(_plain(title))
        if name is None:
            return ()
        self._subtitles = {key: other for key, other in self._subtitles.items() if other != name}
        try:
            return tuple(joined(subtitled(self._archive.whole(name, LARGEST_SUBTITLES))))
        except InvalidInput as exc:
            self._gathering.leave(name, str(exc), failed=True)
            return ()


def _plain(title: str) -> str:
    """A title as file names are compared: Takeout replaces what a file name cannot have."""
    return UNNAMED.sub(" ", title).strip().casefold()
