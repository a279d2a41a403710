"""All that is kept of a fan as files to take away: JSON for programs, text for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.model import AvatarId, File

MOST_BYTES = 7_000_000  # of one file: Discord takes 10 MB, or 8 MB in older limits; Telegram 50 MB

Row = tuple[str, Any]  # the name of its section, and what it holds


def files(avatar: AvatarId, kept: Mapping[str, Any], *, now: datetime, most: int = MOST_BYTES) -> tuple[File, ...]:
    """What ``core.memories.Fans.export`` gives, as JSON and as text, each in as many parts as it takes.

    Args:
        avatar: Whose.
        kept: ``about`` and lists of other things.
        now: When.
        most: Bytes of one file; a single row or line that is longer makes a longer one.
    """
    stem = f"{avatar}-{now:%Y-%m-%d}"
    records = [_json(avatar, now, kept.get("about", {}), rows) for rows in _parts(_rows(kept), _row_size, most)]
    texts = ["".join(lines) for lines in _parts(_lines(avatar, kept, now), _size, most)]
    return (
        *_named(stem, "json", "application/json", records),
        *_named(stem, "txt", "text/plain; charset=utf-8", texts),
    )


def _named(stem: str, ending: str, media_type: str, contents: Sequence[str]) -> Iterator[File]:
    for number, content in enumerate(contents, 1):
        part = f"-{number}-of-{len(contents)}" if len(contents) > 1 else ""
        yield File(f"{stem}{part}.{ending}", content.encode(), media_type)


def _parts(things: Iterable[Any], size: Any, most: int) -> list[list[Any]]:
    """Things in their order, in parts of at most so much; at least one part."""
    parts: list[list[Any]] = [[]]
    filled = 0
    for thing in things:
        length = size(thing)
        if parts[-1] and filled + length > most:
            parts.append([])
            filled = 0
        parts[-1].append(thing)
        filled += length
    return parts


# ── for programs ─────────────────────────────────────────────────────────────────────────────────


def _rows(kept: Mapping[str, Any]) -> Iterator[Row]:
    for section, rows in kept.items():
        if section != "about":
            yield from ((section, row) for row in rows)


def _row_size(row: Row) -> int:
    return _size(json.dumps(row[1], ensure_ascii=False, indent=2)) * 5 // 4  # deeper in the file, it is indented more


def _json(avatar: AvatarId, now: datetime, about: Any, rows: Sequence[Row]) -> str:
    sections: dict[str, Any] = {"avatar": avatar, "made_at": now.isoformat(), "about": about}
    for section, row in rows:
        sections.setdefault(section, []).append(row)
    return json.dumps(sections, ensure_ascii=False, indent=2) + "\n"


# ── for people ───────────────────────────────────────────────────────────────────────────────────


def _lines(avatar: AvatarId, kept: Mapping[str, Any], now: datetime) -> Iterator[str]:
    yield f"What the avatar {avatar} keeps of you, on {now:%Y-%m-%d %H:%M} UTC\n\n"
    yield "ABOUT YOU\n"
    for name, value in kept.get("about", {}).items():
        yield f"{name.replace('_', ' ')}: {'' if value is None else value}\n"
    for section, rows in kept.items():
        if section == "about":
            continue
        yield f"\n{section.replace('_', ' ').upper()} ({len(rows)})\n"
        for row in rows:
            yield f"{_line(avatar, row)}\n"


def _line(avatar: AvatarId, row: Mapping[str, Any]) -> str:
    """One row: when, who, what; with what else it holds where it is of an unknown kind."""
    moment = str(next((row[name] for name in ("sent_at", "said_at", "asked_at", "made_at") if row.get(name)), ""))
    when = f"{moment[:16].replace('T', ' ')} " if moment else ""
    if "statement" in row:
        gone = " (replaced since)" if row.get("replaced_at") else ""
        return f"{when}{row.get('subject') or ''} {row['statement']}{gone}".replace("  ", " ")
    if "by_you" in row:
        who = "you" if row["by_you"] else avatar
        command = f"/{row['command']} {row.get('argument') or ''}".strip() if row.get("command") else ""
        said = row.get("text") or command or f"({row.get('attachment') or 'no text'})"
        return f"{when}{who}: {_indented(said)}"
    said = (
        row.get("text") or row.get("question") or " ".join(str(row[name]) for name in ("title", "url") if row.get(name))
    )
    return f"{when}{_indented(said)}"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _size(text: str) -> int:
    return len(text.encode())
