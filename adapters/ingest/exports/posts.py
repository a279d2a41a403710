"""What short posts of every platform have in common: a date, a title of their first words, and one text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from adapters.ingest.reading import Wishes
from core.content import Document, Kind, Section
from core.text import clean

LONGEST_POST = 200_000  # characters
LONGEST_TITLE = 70  # characters
LINK = re.compile(r"https?://\S+")
MILLISECONDS_FROM = 100_000_000_000  # a number of seconds beyond the year 5000
ODD_LANGUAGES = {"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"}  # codes for posts without words
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
OLD_LANGUAGES = {"iw": "he", "in": "id", "ji": "yi"}


def post(
    key: str,
    text: str,
    *,
    kind: Kind = Kind.POST,
    title: str = "",
    heading: str = "",
    url: str = "",
    published: datetime | None = None,
    language: str = "",
    tier: str = "",
    own_words: bool = True,
) -> Document | None:
    """A document of one section, or None if the text says nothing but links."""
    text = clean(text, LONGEST_POST)
    if not any(char.isalnum() for char in LINK.sub("", text)):
        return None
    section = Section(text, heading=clean(heading, LONGEST_TITLE))
    return Document(
        clean(key, LONGEST_POST),
        kind,
        clean(title, 4 * LONGEST_TITLE) or title_of(text),
        (section,),
        url=web(url),
        published=published,
        language=tag(language),
        tier=tier,
        own_words=own_words,
    )


def title_of(text: str) -> str:
    """The first words of a text, on one line."""
    words = LINK.sub("", text).split()
    title = words[0][:LONGEST_TITLE] if words else ""
    for place, word in enumerate(words[1:], 1):
        if len(title) + len(word) >= LONGEST_TITLE or words[place - 1].endswith((".", "!", "?", "。")):
            return title if title.endswith((".", "!", "?", "。")) else f"{title} …"
        title = f"{title} {word}"
    return title


def moment(value: Any) -> datetime | None:
    """A time as platforms write it: seconds or milliseconds since 1970, or ISO 8601; without a zone it is UTC."""
    try:
        if isinstance(value, str) and not value.strip().isdecimal():
            text = value.strip().removesuffix(" UTC")
            found = datetime.fromisoformat(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        seconds = float(value)
        found = datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return found if seconds > 0 else None


def tag(language: str) -> str:
    """An IETF language tag, empty where the platform could not tell."""
    language = OLD_LANGUAGES.get(language, language)
    return language if LANGUAGE.fullmatch(language) and language not in ODD_LANGUAGES else ""


def web(url: str) -> str:
    """The address if it is one of the web, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc and url.isprintable() and " " not in url else ""


def folded(name: str) -> str:
    """A name as names are compared: without case and "@"."""
    return name.strip().lstrip("@").casefold()


def names_of(wishes: Wishes) -> frozenset[str]:
    """The names under which the creator writes, folded."""
    return frozenset(folded(name) for name in wishes.creator) - {""}


def text_at(record: Any, *path: str) -> str:
    """The text at a path of keys in a record, empty if there is none; numbers become text."""
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    if isinstance(record, int) and not isinstance(record, bool):
        return str(record)
    return record if isinstance(record, str) else ""


def list_at(record: Any, *path: str) -> list[Any]:
    """The list at a path of keys in a record, empty if there is none."""
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record if isinstance(record, list) else []
