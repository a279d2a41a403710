"""Reports: a fan tells of a reply, moderators see it with its context, and note how it came out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core import commands
from core.control import Actor, Asked
from core.controls import Cases, Directory, Switchboard
from core.model import Action, Answer, AvatarId, Change, FanId, Post
from core.moderation import Case, Exchange, Person, community_of
from core.ports import Outbox
from core.sanctioning import line
from core.takeover import DESK
from core.text import clean, neutralise

MOST_REPORTS, IN_TIME = 3, timedelta(hours=1)  # of one fan
PAGE = 10  # cases
LONGEST_REASON = 500  # characters
LONGEST_QUOTE = 700  # characters

_THANKS = "Thank you. Those who keep order will look at it: case {number}."
_ABOUT_WHAT = "Which reply do you mean? Answer it with /report, or choose Report from its menu."
_KNOWN = "You have reported that reply already. Thank you: those who keep order see it."
_TOO_MANY = "You have reported a lot within an hour. Please wait a little; what you reported is being looked at."
_NO_CASES = "There are no cases."
_NO_SUCH = "There is no case {number}."
_CLOSED = "Case {number} is closed."
_NOT_OPEN = "There is no open case {number}."
_GONE = "What it is about was deleted since."


@dataclass(frozen=True, slots=True)
class Office:
    """What the commands work with."""

    cases: Cases
    directory: Directory
    switchboard: Switchboard
    outbox: Outbox


async def report(office: Office, asked: Asked) -> Answer:
    """Keep what a fan tells of a reply, and bring it to the desk."""
    place, sender = asked.incoming.place, asked.incoming.sender
    person = Person(place.account.partition(":")[0], sender.id, neutralise(clean(sender.name, 64)))
    reason = neutralise(clean(str(asked.values.get("text", "")), LONGEST_REASON))
    case = Case(asked.avatar, "report", person, community_of(place), asked.actor.name, reason, asked.now)
    since = asked.now - IN_TIME
    reported = await office.cases.report(case, asked.incoming.about, place=place, most=MOST_REPORTS, since=since)
    match reported.why:
        case "no reply":
            return Answer(_ABOUT_WHAT)
        case "known":
            return Answer(_KNOWN)
        case "too many":
            return Answer(_TOO_MANY, refused=True)
    assert reported.case is not None
    await _bring(office, asked, reported.case)
    return Answer(_THANKS.format(number=reported.case.number))


async def _bring(office: Office, asked: Asked, case: Case) -> None:
    """Have the report said at the desk, if there is one."""
    controls = await office.switchboard.controls(asked.avatar)
    desk = DESK.of(controls, asked.incoming.place)
    if desk is None:
        return
    text, actions = await _told(office, case)
    post = Post(desk, text, actions=actions, key=f"case:{case.number}", fan=await _reporter(office, case, asked))
    await office.outbox.post(asked.avatar, post, now=asked.now)


async def _reporter(office: Office, case: Case, asked: Asked) -> FanId | None:
    place = asked.incoming.place
    return await office.directory.locate(case.avatar, place.account, case.person.user, place=place)


# ── looking at cases ─────────────────────────────────────────────────────────────────────────────


async def cases(office: Office, asked: Asked) -> Answer:
    """Cases, newest first."""
    page = max(int(str(asked.values.get("page", 1))), 1)
    within = asked.actor.community or None
    found = await office.cases.page(asked.avatar, within=within, below=0, limit=page * PAGE + 1)
    shown = found[(page - 1) * PAGE : page * PAGE]
    if not shown:
        return Answer(_NO_CASES)
    more = f"\nMore: `/case list {page + 1}`" if len(found) > page * PAGE else ""
    return Answer("\n".join(f"- {line(case)}" for case in shown) + more)


async def show(office: Office, asked: Asked) -> Answer:
    """One case with its context."""
    number = int(str(asked.values["number"]))
    case = await find(office.cases, asked.avatar, asked.actor, number)
    if case is None:
        return Answer(_NO_SUCH.format(number=number))
    text, actions = await _told(office, case)
    return Answer(text, actions=actions)


async def close(office: Office, asked: Asked) -> Answer:
    """Note how a case came out."""
    number = int(str(asked.values["number"]))
    if await find(office.cases, asked.avatar, asked.actor, number) is None:
        return Answer(_NO_SUCH.format(number=number))
    outcome = neutralise(clean(str(asked.values.get("reason", "")), LONGEST_REASON)) or "closed"
    closed = await office.cases.close(asked.avatar, number, by=asked.actor.name, outcome=outcome, now=asked.now)
    if closed is None:
        return Answer(_NOT_OPEN.format(number=number))
    return Answer(_CLOSED.format(number=number), change=Change(f"case {number}", "open", outcome))


async def find(cases: Cases, avatar: AvatarId, actor: Actor, number: int) -> Case | None:
    """The case of this number, if it is one for this moderator's eyes."""
    within = actor.community or None
    found = await cases.page(avatar, within=within, below=number + 1, limit=1)
    return found[0] if found and found[0].number == number else None


async def _told(office: Office, case: Case) -> tuple[str, tuple[Action, ...]]:
    """A case for moderators, with what can be done about it."""
    exchange = await office.cases.exchange(case)
    heading = f"**Case {case.number}**: {line(case).partition(' · ')[2]}"
    if case.kind != "report":
        return heading, ()
    parts = [heading, *(_context(case, exchange) if exchange else (_GONE,))]
    return "\n\n".join(parts), _actions(case, exchange)


def _context(case: Case, exchange: Exchange) -> tuple[str, ...]:
    asker = f"{exchange.name} (#{exchange.fan})" if exchange.fan is not None else "A fan"
    place = f"in {case.community}" if case.community else "in a private chat"
    return (f"{asker}, {place}:\n{_quoted(exchange.question)}", f"The reply:\n{_quoted(exchange.reply)}")


def _quoted(text: str) -> str:
    return "\n".join(f"> {each}" for each in clean(text, LONGEST_QUOTE).splitlines()) or "> (nothing)"


def _actions(case: Case, exchange: Exchange | None) -> tuple[Action, ...]:
    """What a button can do: each is a command, checked like one that is typed."""
    number = str(case.number)
    actions = [Action("Show", commands.CASE.name, number)]
    if case.closed_at is None:
        actions.append(Action("Close", commands.CLOSE.name, number, "good"))
    if exchange is not None and exchange.fan is not None:
        fan = f"#{exchange.fan}"
        actions += [
            Action("Take over", commands.TAKE.name, fan),
            Action("Mute fan", commands.MUTE.name, f"{fan} 1h", "danger"),
        ]
    return tuple(action for action in actions if action.command in commands.BY_NAME)
