"""What moderators set for places: whether the avatar speaks there, to whom, how often, and which words are blocked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import gate
from core.blocklist import tidy
from core.control import Asked, Setting
from core.controls import Doors, Sanctions, Switchboard
from core.errors import InvalidInput
from core.gate import Quiet
from core.model import Answer, Change, Controls, Place
from core.text import clean, neutralise

MOST_WORDS = 500  # entries of one list
LONGEST_LIST = 3000  # characters shown
SLOWEST = timedelta(days=1)
LONGEST_PAUSE = timedelta(days=365)
_DAY = timedelta(days=1)

_ANSWERS = {
    "all": "I answer everything that is written {where}.",
    "mentions": "I answer what mentions me or replies to me {where}.",
    "nothing": "I answer nothing {where}.",
}
_STILL_PAUSED = "I'm still silent here: I was paused everywhere. `/avatar resume everywhere` ends that."
_STILL_PAUSED_BY_OTHERS = "I'm still silent here: I was paused for all places by those who look after me as a whole."
_NO_WORDS = "Nothing is blocked. `/words block WORDS` blocks words or phrases, with commas between them."
_WHICH_WORDS = "Which words? For example: `/words block free nitro, crypto*`"
_TOO_MANY = f"That would be more than {MOST_WORDS} entries. Allow some first, please."


@dataclass(frozen=True, slots=True)
class Desk:
    """What the commands work with."""

    switchboard: Switchboard
    sanctions: Sanctions
    doors: Doors


# ── pausing ──────────────────────────────────────────────────────────────────────────────────────


async def pause(desk: Desk, asked: Asked) -> Answer:
    """Be silent, from this moment on."""
    span = asked.values.get("for")
    until = asked.now + min(span, LONGEST_PAUSE) if isinstance(span, timedelta) else None
    value = gate.PAUSED.kept(until or "on")
    where = _where(asked)
    before = await desk.sanctions.silence(asked.avatar, gate.PAUSED.name, value, where=where, now=asked.now)
    ends = f" until {_moment(until)}" if until else ""
    text = f"I'm silent {_named(asked)}{ends}. What was being written is not sent. `/avatar resume` ends it."
    return Answer(text, change=_change(where, gate.PAUSED, before, value))


async def resume(desk: Desk, asked: Asked) -> Answer:
    """Speak again; what was written meanwhile is not answered."""
    where = _where(asked)
    before = await desk.switchboard.set(asked.avatar, gate.PAUSED.name, None, where=where)
    change = _change(where, gate.PAUSED, before, None)
    controls = await desk.switchboard.controls(asked.avatar)
    if gate.paused(controls, asked.incoming.place, asked.now):
        return Answer(_STILL_PAUSED_BY_OTHERS if asked.actor.community else _STILL_PAUSED, change=change)
    if before is None:
        return Answer(f"I wasn't paused {_named(asked)}.", change=change)
    return Answer(f"I speak again {_named(asked)}. What was written meanwhile I leave as it is.", change=change)


async def status(desk: Desk, asked: Asked) -> Answer:
    """What is set here."""
    controls = await desk.switchboard.controls(asked.avatar)
    place = asked.incoming.place
    failed = await desk.doors.undelivered(asked.avatar, place, since=asked.now - _DAY)
    lines = [_speaking(controls, place, asked.now), *_set_here(controls, place)]
    if failed:
        lines.append(
            f"{failed} of my replies here were refused by the platform within a day: its own moderation, or a right "
            "that I lack. `/why` on a message tells more."
        )
    return Answer("\n".join(f"- {line}" for line in lines))


def _speaking(controls: Controls, place: Place, now: datetime) -> str:
    judgement = gate.judge(controls, place, "", now=now)
    until = f" until {_moment(judgement.until)}" if judgement.until else ""
    match judgement.reason:
        case "paused":
            return f"**Silent:** paused{until}."
        case "quiet":
            return f"**Silent:** quiet hours{until}."
        case "nothing" | "dms":
            return "**Silent:** it is set that I answer nothing here."
        case _:
            return "**Speaking.**"


def _set_here(controls: Controls, place: Place) -> list[str]:
    slow, quiet = gate.pace(controls, place), gate.QUIET.of(controls, place)
    words = sum(len(words) for words in gate.WORDS.each(controls, place))
    lines = [_ANSWERS[gate.ANSWERS.of(controls, place)].format(where="here")] if place.shared else []
    if not gate.DMS.of(controls, None):
        lines.append("Private messages are not answered.")
    if slow:
        lines.append(f"Slow mode: one answer to each fan every {_span(slow)}.")
    if quiet and quiet != "off":
        lines.append(f"Quiet hours: {quiet}")
    return [*lines, f"Blocked words and phrases: {words}"]


# ── where, how often, when ───────────────────────────────────────────────────────────────────────


async def answers(desk: Desk, asked: Asked) -> Answer:
    """Answer everything here, only what mentions the avatar, or nothing."""
    what = str(asked.values["what"])
    text = _ANSWERS[what].format(where=_named(asked))
    return await _set(desk, asked, gate.ANSWERS, what, text, silence=what == "nothing")


async def dms(desk: Desk, asked: Asked) -> Answer:
    """Answer private messages, or don't."""
    on = bool(asked.values["on"])
    text = "I answer private messages." if on else "I don't answer private messages any more. Whoever writes hears why."
    return await _set(desk, asked, gate.DMS, on, text, where="")


async def slow(desk: Desk, asked: Asked) -> Answer:
    """Slow mode."""
    every = asked.values["every"]
    every = min(every, SLOWEST) if isinstance(every, timedelta) else timedelta(0)
    text = f"Slow mode: {_named(asked)} I answer each fan once every {_span(every)}."
    return await _set(desk, asked, gate.SLOW, every, text if every else f"There is no slow mode {_named(asked)}.")


async def quiet(desk: Desk, asked: Asked) -> Answer:
    """Quiet hours."""
    hours = str(asked.values["hours"]).strip()
    if hours.lower() == "off":
        return await _set(desk, asked, gate.QUIET, "off", f"There are no quiet hours {_named(asked)}.")
    try:
        parsed = Quiet.parse(hours)
    except InvalidInput as exc:
        return Answer(str(exc))
    return await _set(desk, asked, gate.QUIET, parsed.text, f"Quiet hours {_named(asked)}: {parsed.text}.")


# ── words ────────────────────────────────────────────────────────────────────────────────────────


async def words(desk: Desk, asked: Asked) -> Answer:
    """What is blocked here."""
    controls = await desk.switchboard.controls(asked.avatar)
    found = sorted({word for words in gate.WORDS.each(controls, asked.incoming.place) for word in words})
    listed = ", ".join(f"`{word.replace('`', '')}`" for word in found)
    if not found:
        return Answer(_NO_WORDS)
    cut = listed if len(listed) <= LONGEST_LIST else f"{listed[:LONGEST_LIST].rpartition(',')[0]} …"
    return Answer(f"**Blocked here** ({len(found)}): {cut}")


async def block(desk: Desk, asked: Asked) -> Answer:
    """Block words, phrases and the words of a topic."""
    new = tidy(_typed(asked))
    if not new:
        return Answer(_WHICH_WORDS)
    known = await _known(desk, asked)
    entries = tuple(dict.fromkeys((*known, *new)))
    if len(entries) > MOST_WORDS:
        return Answer(_TOO_MANY)
    text = f"Blocked {_named(asked)}: {len(new)}. I answer no message with them and say none of them myself."
    return await _set(desk, asked, gate.WORDS, entries, text)


async def allow(desk: Desk, asked: Asked) -> Answer:
    """Allow what was blocked."""
    known = await _known(desk, asked)
    gone = {entry.casefold() for entry in tidy(_typed(asked))}
    entries = tuple(entry for entry in known if entry.casefold() not in gone)
    if len(entries) == len(known):
        return Answer(f"That isn't blocked {_named(asked)}. `/words list` shows what is, also what holds everywhere.")
    return await _set(desk, asked, gate.WORDS, entries, f"Allowed again {_named(asked)}.")


async def _known(desk: Desk, asked: Asked) -> tuple[str, ...]:
    """What is blocked exactly where the command is to act."""
    controls = await desk.switchboard.controls(asked.avatar)
    kept = controls.values.get((_where(asked), gate.WORDS.name))
    return gate.WORDS.of(Controls(values={("", gate.WORDS.name): kept})) if kept else ()


def _typed(asked: Asked) -> str:
    return neutralise(clean(str(asked.values.get("words", "")), 4000))


# ── setting ──────────────────────────────────────────────────────────────────────────────────────


async def _set(
    desk: Desk,
    asked: Asked,
    setting: Setting[Any],
    value: Any,
    text: str,
    *,
    where: str | None = None,
    silence: bool = False,
) -> Answer:
    there, kept = _where(asked) if where is None else where, setting.kept(value)
    if silence:
        before = await desk.sanctions.silence(asked.avatar, setting.name, kept, where=there, now=asked.now)
    else:
        before = await desk.switchboard.set(asked.avatar, setting.name, kept, where=there)
    return Answer(text, change=_change(there, setting, before, kept))


def _where(asked: Asked) -> str:
    """Where the command acts. For a moderator of one community, that is everywhere."""
    place = asked.incoming.place
    if not _everywhere(asked):
        return place.key
    return Controls.keys(place)[-2] if asked.actor.community else ""


def _everywhere(asked: Asked) -> bool:
    return asked.values.get("where") == "everywhere"


def _named(asked: Asked) -> str:
    if not _everywhere(asked):
        return "here"
    return "in all of this server or group" if asked.actor.community else "everywhere"


def _change(where: str, setting: Setting[Any], before: Any, after: Any) -> Change:
    return Change(f"{setting.name} of {where or 'the avatar'}", _shown(before), _shown(after))


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"{len(value)} entries"
    return "" if value is None else str(value)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    size, name = next(
        ((size, name) for size, name in ((86400, "d"), (3600, "h"), (60, "min")) if seconds % size == 0), (1, "s")
    )
    return f"{seconds // size} {name}"
