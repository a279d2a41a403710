"""Who looks after an avatar, and what they did: the commands of its creator."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.control import ROLE, Act, Asked, Grant
from core.controls import Audit, Directory, Staff
from core.model import Action, Answer, Change
from core.moderation import mentioned

PAGE = 8  # acts: what a phone shows at once
MOST_PAGES = 100  # by command; the command line shows all
LONGEST_SHOWN = 200  # characters of what was before, and after

_ELSEWHERE = re.compile(r"([a-z]+):([^\s/]\S{0,63})", re.ASCII)
_ID = re.compile(r"-?\d{1,20}", re.ASCII)

_WHOM = """Whom? Mention somebody, answer one of their messages, or give a number such as #12 or an id such as \
telegram:123456789. A role of a server: mention it."""
_UNKNOWN = """I don't know who that is. If they have written to me, answer one of their messages with /{command}; \
otherwise give their id, such as telegram:123456789."""
_FROM_WHERE = "Of which platform is that? Give this command there, say where with --place, or write telegram:123456789."
_ADDED = "Done: {who} may keep order {where} from now on. /staff remove takes that back."
_ALREADY = "{who} may keep order {where} already."
_REMOVED = "Done: {who} may not keep order {where} any more, other than as the platform itself has it."
_NOT_THERE = "{who} was not made a moderator: there is nothing to take back. /staff list shows who was."
_NOBODY = "Nobody was made a moderator of this avatar yet: /staff add does that."
_STAFF = """**Made moderators** ({count})

{lines}"""
_BY_PLATFORM = """

In a server or group, those who keep order there by its own rights keep order for me there, too."""
_NO_ACTS = "Nothing was done yet."
_NO_PAGE = "That page is empty: there is nothing older."
_FAR = f"Here are shown {MOST_PAGES} pages at most. `stagedoor audit` shows all."


@dataclass(frozen=True, slots=True)
class _Whom:
    """Who is to be made a moderator, or not to be one any more."""

    platform: str
    person: str  # see ``Grant.person``
    subject: str  # for the audit log: a number or an id, never a name
    name: str = ""

    @property
    def told(self) -> str:
        """For whoever gave the command."""
        return f"{self.subject} ({self.name})" if self.name else self.subject

    @property
    def where(self) -> str:
        """Where they may keep order."""
        return "in the role's server" if self.person.startswith(ROLE) else f"wherever I am on {self.platform}"


async def add(staff: Staff, directory: Directory, asked: Asked) -> Answer:
    """Make somebody a moderator."""
    whom = await _whom(directory, asked)
    if isinstance(whom, Answer):
        return whom
    new = await staff.grant(Grant(asked.avatar, whom.platform, whom.person, asked.actor.name, asked.now))
    if not new:
        return Answer(_ALREADY.format(who=whom.told, where=whom.where))
    return Answer(_ADDED.format(who=whom.told, where=whom.where), change=Change(whom.subject, "", "moderator"))


async def remove(staff: Staff, directory: Directory, asked: Asked) -> Answer:
    """Take a moderator's rights back."""
    whom = await _whom(directory, asked)
    if isinstance(whom, Answer):
        return whom
    if not await staff.revoke(asked.avatar, whom.platform, whom.person):
        return Answer(_NOT_THERE.format(who=whom.told))
    return Answer(_REMOVED.format(who=whom.told, where=whom.where), change=Change(whom.subject, "moderator", ""))


async def listed(staff: Staff, asked: Asked) -> Answer:
    """Who was made a moderator."""
    grants = await staff.all(asked.avatar)
    if not grants:
        return Answer(_NOBODY + _BY_PLATFORM)
    lines = "\n".join(f"- {_named(one.platform, one.person)}, {one.at:%Y-%m-%d}, by {one.by}" for one in grants)
    return Answer(_STAFF.format(count=len(grants), lines=lines) + _BY_PLATFORM)


async def _whom(directory: Directory, asked: Asked) -> _Whom | Answer:
    """Who is meant, or what to say instead."""
    text, place = str(asked.values.get("fan", "")), asked.incoming.place
    if not text and not asked.incoming.about and "role" not in asked.values:
        return Answer(_WHOM)
    if named := _by_id(asked, text):
        return named if place.chat or _ELSEWHERE.fullmatch(text) else Answer(_FROM_WHERE)
    fan = await directory.locate(asked.avatar, place.account, text, place=place, about=asked.incoming.about)
    known = await directory.person(asked.avatar, fan) if fan is not None else None
    if known is None:
        return Answer(_UNKNOWN.format(command=asked.command.name))
    return _Whom(known.platform, known.user, f"fan #{fan}, {_named(known.platform, known.user)}", known.name)


def _by_id(asked: Asked, text: str) -> _Whom | None:
    """Somebody, or a role, as the platform's own id tells; None: it is not an id."""
    platform, person = asked.incoming.place.account.partition(":")[0], mentioned(text)
    if role := asked.values.get("role"):
        person = f"{ROLE}{role}"
    elif elsewhere := _ELSEWHERE.fullmatch(text):
        platform, person = elsewhere[1], elsewhere[2]
    elif not _ID.fullmatch(person):
        return None
    return _Whom(platform, person, _named(platform, person))


def _named(platform: str, person: str) -> str:
    """How the audit log calls somebody."""
    role = person.removeprefix(ROLE)
    return f"role {platform}:{role}" if role != person else f"{platform}:{person}"


# ── what they did ────────────────────────────────────────────────────────────────────────────────


async def acts(audit: Audit, asked: Asked) -> Answer:
    """What was done by whom, newest first, a page at a time."""
    asked_for = asked.values.get("page")
    page = max(asked_for, 1) if isinstance(asked_for, int) else 1
    if page > MOST_PAGES:
        return Answer(_FAR)
    found = await audit.acts(asked.avatar, limit=page * PAGE + 1)
    shown = found[(page - 1) * PAGE : page * PAGE]
    if not shown:
        return Answer(_NO_PAGE if page > 1 else _NO_ACTS)
    name = asked.command.name
    newer = (Action("Newer", name, str(page - 1)),) if page > 1 else ()
    older = (Action("Older", name, str(page + 1)),) if len(found) > page * PAGE else ()
    more = f"\n\nOlder ones: `/{name} {page + 1}`" if older else ""
    return Answer("\n".join(f"- {told(one)}" for one in shown) + more, actions=newer + older)


def told(act: Act) -> str:
    """One act in one line."""
    change = (
        f": {_short(act.before) or 'nothing'} → {_short(act.after) or 'nothing'}" if act.before or act.after else ""
    )
    about = f" · {_short(act.subject)}{change}" if act.subject or change else ""
    where = f" in {act.place}" if act.place else ""
    outcome = "" if act.outcome == "done" else f", {act.outcome}"
    who = f"{act.by} ({act.rank.name.lower()})"
    return f"{act.number} · {act.at:%Y-%m-%d %H:%M} · {act.command}{outcome} · {who}{where}{about}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"
