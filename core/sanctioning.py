"""What moderators do about fans: warnings, mutes, bans, notes. Each makes a case in the moderation log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from core.control import Asked
from core.controls import Cases, Directory, Sanctions
from core.model import Answer, Change, FanId, Place, Post
from core.moderation import Case, Deed, Person, Sanction, mentioned
from core.ports import Outbox
from core.text import clean, neutralise

DEFAULT_MUTE, LONGEST_MUTE = timedelta(hours=1), timedelta(days=365)
LONGEST_REASON = 500  # characters
HISTORY = 15  # cases shown

_NOBODY = """I don't know that fan. Mention them, give their id or their number (#12), or answer one of their messages \
with the command."""
_IN_PLACE = "<@{user}>: a word from those who keep order here: {reason}"
_IN_PRIVATE = "A word from those who keep order: {reason}"
_UNTOLD = "I have no private chat with them, so they were not told: please tell them yourself."
_NOTHING_HOLDS = "Nothing of that holds against {who}."
_NOT_YOURS = " What holds wherever I am, only those can lift who look after me as a whole."
_NO_HISTORY = "There is nothing about {who}."

_DEEDS: dict[Deed, str] = {
    "warn": "warned",
    "mute": "muted",
    "unmute": "unmuted",
    "ban": "banned",
    "unban": "unbanned",
    "note": "note",
    "ignore": "ignored",
    "spam": "ignored for spam",
    "report": "reported a reply",
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What the commands work with."""

    directory: Directory
    sanctions: Sanctions
    cases: Cases
    outbox: Outbox


class Whom(NamedTuple):
    """The fan of a command."""

    person: Person
    fan: FanId | None  # None: they have never written to the avatar

    @property
    def named(self) -> str:
        """As a moderator knows them."""
        number = f"#{self.fan}" if self.fan is not None else self.person.user
        return f"{self.person.name} ({number})" if self.person.name else number


async def _whom(bench: Bench, asked: Asked) -> Whom | None:
    """The fan that is meant; whoever keeps order in one community only knows those who have written there, or an id."""
    text = str(asked.values.get("fan", "")).strip()
    place = asked.incoming.place
    about = "" if text else asked.incoming.about
    fan = await bench.directory.locate(asked.avatar, place.account, text, place=place, about=about)
    if fan is not None:
        person = await bench.directory.person(asked.avatar, fan, within=asked.actor.community)
        if person is not None:
            return Whom(person, fan)
    named = mentioned(text)
    known_as_id = named.isascii() and named.lstrip("-").isdigit() and len(named) <= 20  # noqa: PLR2004 - no platform's id is longer
    return Whom(Person(place.account.partition(":")[0], named), None) if known_as_id else None


# ── warnings and notes ───────────────────────────────────────────────────────────────────────────


async def warn(bench: Bench, asked: Asked) -> Answer:
    """Tell a fan what they should not do."""
    whom = await _whom(bench, asked)
    if whom is None:
        return Answer(_NOBODY)
    case = await bench.cases.add(_case(asked, "warn", whom))
    told = await _tell(bench, asked, whom, case)
    return _done(case, whom, f"{whom.named} is warned: case {case.number}.{'' if told else ' ' + _UNTOLD}")


async def _tell(bench: Bench, asked: Asked, whom: Whom, case: Case) -> bool:
    """Bring the warning to the fan: in private, or else where it was given, if that is a place of theirs, too."""
    if whom.fan is None:
        return False
    place: Place | None = await bench.directory.dm(asked.avatar, asked.incoming.place.account, whom.fan)
    if place is None:
        return False
    post = Post(place, _IN_PRIVATE.format(reason=case.reason), key=f"warn:{case.number}", fan=whom.fan)
    return await bench.outbox.post(asked.avatar, post, now=asked.now)


async def note(bench: Bench, asked: Asked) -> Answer:
    """Note something about a fan."""
    whom = await _whom(bench, asked)
    if whom is None:
        return Answer(_NOBODY)
    case = await bench.cases.add(_case(asked, "note", whom, reason=_clean(asked.values.get("text", ""))))
    return _done(case, whom, f"Noted about {whom.named}: case {case.number}. It is part of what they can export.")


# ── mutes and bans ───────────────────────────────────────────────────────────────────────────────


async def mute(bench: Bench, asked: Asked) -> Answer:
    """Answer a fan no more for a while."""
    whom = await _whom(bench, asked)
    if whom is None:
        return Answer(_NOBODY)
    span = asked.values.get("for")
    until = asked.now + min(span if isinstance(span, timedelta) else DEFAULT_MUTE, LONGEST_MUTE)
    case = await bench.sanctions.impose(_case(asked, "mute", whom, until=until), "mute")
    return _done(case, whom, f"I don't answer {whom.named}{_where(asked)} until {_moment(until)}: case {case.number}.")


async def ban(bench: Bench, asked: Asked) -> Answer:
    """Never answer a fan again."""
    whom = await _whom(bench, asked)
    if whom is None:
        return Answer(_NOBODY)
    case = await bench.sanctions.impose(_case(asked, "ban", whom), "ban")
    return _done(case, whom, f"I don't answer {whom.named}{_where(asked)} any more: case {case.number}.")


async def unmute(bench: Bench, asked: Asked) -> Answer:
    """Answer a muted fan again, also one who was ignored for spam."""
    whom = await _whom(bench, asked)
    if whom is None:
        return Answer(_NOBODY)
    return await _lifted(
        bench, asked, whom, await bench.sanctions.lift(_case(asked, "unmute", whom), {"mute", "ignore"})
    )


async def unban(bench: Bench, asked: Asked) -> Answer:
    """Answer a banned fan again."""
    whom = await _whom(bench, asked)
    if whom is None:
        return Answer(_NOBODY)
    return await _lifted(bench, asked, whom, await bench.sanctions.lift(_case(asked, "unban", whom), {"ban"}))


async def _lifted(bench: Bench, asked: Asked, whom: Whom, case: Case | None) -> Answer:
    if case is not None:
        return _done(case, whom, f"I answer {whom.named} again{_where(asked)}: case {case.number}.")
    rest = await bench.sanctions.standing(asked.avatar, whom.person, now=asked.now)
    wider = asked.actor.community and any(not one.community for one in rest)
    return Answer(_NOTHING_HOLDS.format(who=whom.named) + (_NOT_YOURS if wider else ""))


# ── history ──────────────────────────────────────────────────────────────────────────────────────


async def history(bench: Bench, asked: Asked) -> Answer:
    """What was done about a fan, newest first, and what holds."""
    whom = await _whom(bench, asked)
    if whom is None:
        return Answer(_NOBODY)
    within = asked.actor.community or None
    cases = await bench.cases.page(asked.avatar, whom=whom.person, within=within, below=0, limit=HISTORY)
    standing = [
        one
        for one in await bench.sanctions.standing(asked.avatar, whom.person, now=asked.now)
        if one.community in {"", asked.actor.community} or within is None
    ]
    if not cases and not standing:
        return Answer(_NO_HISTORY.format(who=whom.named))
    parts = [f"**{whom.named}**", *_holding(standing), *(f"- {line(case)}" for case in cases)]
    return Answer("\n".join(parts))


def _holding(standing: Sequence[Sanction]) -> list[str]:
    verbs = {"mute": "muted", "ban": "banned", "ignore": "ignored for spam"}
    return [
        f"Now {verbs[one.kind]}{' until ' + _moment(one.until) if one.until else ''}"
        f"{' in ' + one.community if one.community else ' everywhere'}."
        for one in standing
    ]


def line(case: Case) -> str:
    """A case on one line, in Markdown."""
    state = "open" if case.closed_at is None and case.kind in {"report", "spam"} else ""
    until = f"until {_moment(case.until)}" if case.until else ""
    parts = (
        f"case {case.number}",
        f"{case.at:%Y-%m-%d}",
        _DEEDS[case.kind],
        until,
        state,
        f"by {case.by}",
        case.reason,
    )
    return " · ".join(part for part in (*parts, case.outcome) if part)


# ── cases ────────────────────────────────────────────────────────────────────────────────────────


def _case(asked: Asked, kind: Deed, whom: Whom, *, reason: str | None = None, until: datetime | None = None) -> Case:
    why = _clean(asked.values.get("reason", "")) if reason is None else reason
    community, place = asked.actor.community, asked.incoming.place.key
    by = asked.actor.name
    return Case(asked.avatar, kind, whom.person, community, by, why, asked.now, until, place, closed_at=asked.now)


def _clean(text: object) -> str:
    return neutralise(clean(str(text), LONGEST_REASON))


def _done(case: Case, whom: Whom, text: str) -> Answer:
    subject = f"fan #{whom.fan}" if whom.fan is not None else f"{whom.person.platform} user {whom.person.user}"
    until = f" until {_moment(case.until)}" if case.until else ""
    return Answer(text, change=Change(subject, "", f"{_DEEDS[case.kind]}{until}, case {case.number}"))


def _where(asked: Asked) -> str:
    return " here" if asked.actor.community else ""


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
