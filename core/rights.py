"""The fan's rights: to see, correct, take away and delete what is kept of them, and to have nothing kept.

They are answered where nobody else reads along, at once and without the model, about nobody but who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from core import commands, takeout
from core.control import Asked
from core.forget import forget
from core.limits import Rate, spend
from core.links import screen
from core.memory import Fact, FactId, Scope
from core.model import Answer, AvatarId, Incoming
from core.text import clean, neutralise
from core.wish import Rights, Wish, counted, day, facts_of

PAGE = 8  # facts: what a phone shows at once
LONGEST_NOTE = 300  # characters
MOST_NOTES = 1000  # facts of one fan, from which on no more are noted by hand
PACE = Rate(20, timedelta(minutes=1))  # commands of one fan
_LONGEST_ARGUMENT = 1000  # characters
_LONGEST_NUMBER = 18  # digits

_IN_PRIVATE = "That is between you and me: ask me in a private chat."
_TOO_FAST = "That was a lot at once. Please give me a minute, and ask again."
_NOT_MET = "I know nothing of you yet: we have not talked. Write to me first."

_EMPTY = """I remember nothing about you yet. As we talk I may note what matters; /remember TEXT notes something at \
once.
{reader}"""
_MEMORY = """**What I remember of you** ({count}{page})

{facts}

{more}Delete one: `/memory delete {number}`
Put one right: `/memory correct {number} the right words`
Let me use one wherever we talk: `/memory share {number}`, or no longer: `/memory keep {number}`
{reader}"""
_IS_OPEN = "The creator may read this list, as you allowed. No longer: `/memory close`"
_IS_CLOSED = "I do not show this list to the creator. Let them read it: `/memory open`"
_OPENED = (
    "From now on the creator may read what I remember of you: what /memory shows, and what is added to it. Not what \
you write to me. /memory close ends it at once."
)
_CLOSED = "From now on I do not show the creator what I remember of you. What they have read, I cannot take back."
_HOW = "Use /memory, /memory page 2, /memory delete 12, /memory correct 12 TEXT, /memory share 12, /memory keep 12, \
/memory open or /memory close."
_NO_SUCH = "I remember nothing of you under the number {number}. /memory shows the numbers."
_DELETED = (
    "Forgotten: {number}. The message in which you said it is still kept; `/forget topic WORDS` deletes messages, too."
)
_CORRECTED = "Put right, now under the number {number}: {statement}"
_SHARED = "I may now use {number} wherever we talk: in groups and servers, where others read along, too, and on your \
linked accounts."
_KEPT = "I use {number} only where you told me, and in our private chats here."

_NOTE_WHAT = "What should I remember? For example: /remember I am allergic to nuts"
_NOTE_TOO_LONG = f"That is too long for a note: at most {LONGEST_NOTE} characters, please."
_NOTE_TOO_MANY = "I have noted very much about you already. Please delete something first: /memory"
_NOTE_PRIVATE = "This conversation leaves no memory, as you wished. With /private off I may note things again."
_NOTED = "Noted as number {number}: {statement}\nTo take it back: `/memory delete {number}`"

_PRIVATE_ON = """From now on this conversation leaves no memory: I learn nothing from it and recall nothing of it \
later. While we talk I still follow the thread, so messages are kept for that until you delete them (/forget hour). \
What I knew before, I still know. /private off ends it."""
_PRIVATE_OFF = "From now on I may remember what we talk about here. What you said meanwhile stays private."
_PRIVATE_IS_ON = "This conversation is private: it leaves no memory. /private off ends that."
_PRIVATE_IS_OFF = "This conversation is not private: I may remember what you tell me. /private on changes that."

_EXPORTED = (
    "This is all that is kept of you here: as text to read, and as JSON for programs. Keep the files to yourself."
)

_LINK_CODE = """Write this to me on the other platform, in a private chat, within ten minutes:
`/link {code}`

I then know that both accounts are yours, and use there what you share with /memory share. Give the code to nobody: \
whoever enters it counts as you."""
_LINKED = "Linked: both accounts are you. Only what you share with /memory share is used on both. /unlink undoes it."
_NOT_LINKED = "That code does not work: it may be wrong, used or too old, or there were too many tries. \
Get a new one with /link on the other platform."
_UNLINKED = "Unlinked: this account is on its own again."
_WAS_ALONE = "This account is not linked with another."


async def answer(rights: Rights, asked: Asked) -> Answer:
    """Do what a fan wants done with what is kept of them."""
    incoming, avatar, now = asked.incoming, asked.avatar, asked.now
    if incoming.place.shared:
        return Answer(_IN_PRIVATE, refused=True)
    if not _in_time(rights, incoming, now):
        return Answer(_TOO_FAST, refused=True)
    argument = neutralise(clean(incoming.argument, _LONGEST_ARGUMENT))
    if incoming.command == commands.PRIVATE.name:  # possible before the first message
        return await _private(rights, avatar, incoming, argument, now=now)
    fan = await rights.fans.find(avatar, incoming.place.account, incoming.sender.id)
    if fan is None:
        return Answer(_NOT_MET)
    return await _DO[incoming.command](Wish(rights, avatar, fan, incoming.place, argument, now))


def _in_time(rights: Rights, asked: Incoming, now: datetime) -> bool:
    """Whether the fan asks no faster than allowed: some of this reads all that is kept of them."""
    who = (asked.place.account, asked.sender.id)
    decision = spend(PACE, rights.pace.get(who), now)
    if decision.admitted and decision.tat is not None:
        for idle in [each for each, tat in rights.pace.items() if tat <= now]:
            del rights.pace[idle]
        rights.pace[who] = decision.tat
    return decision.admitted


# ── what is remembered ───────────────────────────────────────────────────────────────────────────


async def _memory(wish: Wish) -> Answer:
    verb, number, text = _parsed(wish.argument)
    if verb in {"", "page"}:
        reader = _IS_OPEN if await wish.rights.notes.is_open(wish.avatar, wish.fan) else _IS_CLOSED
        return Answer(_page(await facts_of(wish), number or 1, reader))
    if (on := _READING.get(wish.argument.strip().casefold())) is not None:
        return await _let_read(wish, on=on)
    act = _ACTS.get(verb)
    if act is None or not number:
        return Answer(_HOW)
    return await act(wish, FactId(number), text)


def _parsed(argument: str) -> tuple[str, int, str]:
    """The verb, the number and what follows; 0 where there is no number."""
    verb, _, rest = " ".join(argument.split()).partition(" ")
    if number := _number(verb):
        return "page", number, ""
    first, _, text = rest.partition(" ")
    return verb.casefold(), _number(first), text


def _number(word: str) -> int:
    digits = word.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER else 0


def _page(facts: Sequence[Fact], number: int, reader: str) -> str:
    if not facts:
        return _EMPTY.format(reader=reader)
    pages = -(-len(facts) // PAGE)
    page = min(number, pages)
    shown = facts[(page - 1) * PAGE : page * PAGE]
    return _MEMORY.format(
        count=counted(len(facts), "thing"),
        page=f", page {page} of {pages}" if pages > 1 else "",
        facts="\n".join(_line(fact) for fact in shown),
        more=f"More: `/memory page {page + 1}`\n" if page < pages else "",
        number=shown[0].id,
        reader=reader,
    )


def _line(fact: Fact) -> str:
    """One fact with its number, when it was said, when it holds, and where it is used if not only there."""
    dates = [day(fact.said_at)]
    if fact.holds_from is not None:
        until = f" to {day(fact.holds_until)}" if fact.holds_until is not None else ""
        dates.append(f"for {day(fact.holds_from)}{until}")
    elif fact.holds_until is not None:
        dates.append(f"until {day(fact.holds_until)}")
    places = {Scope.EVERYWHERE: ["shared"], Scope.COMMUNITY: ["in its server"], Scope.HERE: []}
    return f"- **{fact.id}** {_statement(fact)} ({', '.join([*dates, *places[fact.scope]])})"


def _statement(fact: Fact) -> str:
    about = f"{fact.subject}: " if fact.subject else ""
    return screen(" ".join(f"{about}{fact.statement}".split()))


async def _delete(wish: Wish, number: FactId, _text: str) -> Answer:
    gone = await wish.rights.notes.drop(wish.avatar, wish.fan, number)
    return Answer((_DELETED if gone else _NO_SUCH).format(number=number))


async def _correct(wish: Wish, number: FactId, text: str) -> Answer:
    if not text:
        return Answer(_HOW)
    if len(text) > LONGEST_NOTE:
        return Answer(_NOTE_TOO_LONG)
    fact = await wish.rights.notes.correct(wish.avatar, wish.fan, number, text, now=wish.now)
    return _told(_CORRECTED, fact, number)


async def _share(wish: Wish, number: FactId, _text: str) -> Answer:
    return _told(_SHARED, await wish.rights.notes.share(wish.avatar, wish.fan, number, Scope.EVERYWHERE), number)


async def _keep(wish: Wish, number: FactId, _text: str) -> Answer:
    return _told(_KEPT, await wish.rights.notes.share(wish.avatar, wish.fan, number, Scope.HERE), number)


async def _let_read(wish: Wish, *, on: bool) -> Answer:
    await wish.rights.notes.open(wish.avatar, wish.fan, on=on, now=wish.now)
    return Answer(_OPENED if on else _CLOSED)


def _told(text: str, fact: Fact | None, number: FactId) -> Answer:
    if fact is None:
        return Answer(_NO_SUCH.format(number=number))
    return Answer(text.format(number=fact.id, statement=_statement(fact)))


_ACTS: Mapping[str, Callable[[Wish, FactId, str], Awaitable[Answer]]] = {
    "delete": _delete,
    "correct": _correct,
    "share": _share,
    "keep": _keep,
}
_READING = {"open": True, "close": False}  # all of it: with a number behind it, more would be shown than was meant


async def _remember(wish: Wish) -> Answer:
    """Note the fan's words as what they are, a statement about the fan: whatever they claim, they give no right."""
    text = " ".join(wish.argument.split())
    if not text:
        return Answer(_NOTE_WHAT)
    if len(text) > LONGEST_NOTE:
        return Answer(_NOTE_TOO_LONG)
    if await wish.rights.privacy.is_on(wish.avatar, wish.place):
        return Answer(_NOTE_PRIVATE)
    if len(await facts_of(wish)) >= MOST_NOTES:
        return Answer(_NOTE_TOO_MANY)
    fact = await wish.rights.notes.add(wish.avatar, wish.fan, wish.place, text, now=wish.now)
    return Answer(_NOT_MET) if fact is None else Answer(_NOTED.format(number=fact.id, statement=_statement(fact)))


# ── what is to leave no memory ───────────────────────────────────────────────────────────────────


async def _private(rights: Rights, avatar: AvatarId, asked: Incoming, argument: str, *, now: datetime) -> Answer:
    wanted = {"on": True, "off": False}.get(argument.casefold())
    if wanted is None:
        is_on = await rights.privacy.is_on(avatar, asked.place)
        return Answer(_PRIVATE_IS_ON if is_on else _PRIVATE_IS_OFF)
    await rights.privacy.set(avatar, asked.place, on=wanted, now=now)
    return Answer(_PRIVATE_ON if wanted else _PRIVATE_OFF)


# ── what is taken away, and where one is known ───────────────────────────────────────────────────


async def _export(wish: Wish) -> Answer:
    kept = await wish.rights.fans.export(wish.avatar, wish.fan)
    files = await asyncio.to_thread(takeout.files, wish.avatar, kept, now=wish.now)
    return Answer(_EXPORTED, files=files)


async def _link(wish: Wish) -> Answer:
    links = wish.rights.links
    if wish.argument:
        done = await links.redeem(wish.avatar, wish.fan, wish.argument, now=wish.now)
        return Answer(_LINKED if done else _NOT_LINKED)
    code = await links.code(wish.avatar, wish.fan, now=wish.now)
    return Answer(_NOT_MET if code is None else _LINK_CODE.format(code=code))


async def _unlink(wish: Wish) -> Answer:
    return Answer(_UNLINKED if await wish.rights.links.unlink(wish.avatar, wish.fan) else _WAS_ALONE)


_DO: Mapping[str, Callable[[Wish], Awaitable[Answer]]] = {
    commands.MEMORY.name: _memory,
    commands.REMEMBER.name: _remember,
    commands.FORGET.name: forget,
    commands.EXPORT.name: _export,
    commands.LINK.name: _link,
    commands.UNLINK.name: _unlink,
}
