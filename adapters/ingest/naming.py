"""What file names, front matter and web servers say of a document: titles, dates, languages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from pathlib import PurePath

from adapters.ingest.reading import Item

DATED = re.compile(r"(?:^|[^\d])((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}", re.IGNORECASE)


def ends_with(item: Item, *suffixes: str) -> bool:
    """Whether the item is a file whose name has one of these endings."""
    return item.path.suffix.lower() in suffixes and item.path.is_file()


def title_of(name: str) -> str:
    """A title made of a file's name: ``2024-05-01-first-loaf.md`` is "first loaf"."""
    stem = PurePath(name).stem
    words = re.sub(r"[_\s]+|(?<=\w)-(?=\w)", " ", DATED.sub(" ", stem)).strip(" -_.")
    return words or stem


def date_in(name: str) -> datetime | None:
    """The day that a file's name carries, if any."""
    found = DATED.search(PurePath(name).name)
    return moment("-".join(found.groups())) if found else None


def moment(text: str) -> datetime | None:
    """A date or time as feeds, pages and front matter write it, in UTC; None if it is none.

    What says no zone is taken as UTC.
    """
    text = text.strip()
    for parse in (_iso, parsedate_to_datetime):
        try:
            found = parse(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def language_tag(text: str) -> str:
    """An IETF language tag, or nothing if it is none."""
    text = text.strip().replace("_", "-")
    return text if LANGUAGE.fullmatch(text) else ""


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.combine(date.fromisoformat(text[:10]), time())
