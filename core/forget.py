"""/forget: what a fan wants forgotten is counted, confirmed with a code, and gone.

The code is a keyed hash over the fan, what is to go, and the minute: nothing has to be kept between the two commands,
it runs out by itself, and it is worth nothing to anybody else. It guards against a slip, not against the fan.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.links import screen
from core.memory import Episode, Fact, Forgotten
from core.model import Answer, MessageId
from core.wish import Wish, counted, day, facts_of
from core.words import rough

CODE_LASTS = 10  # minutes
LAST_HOUR = timedelta(hours=1)
SHOWN = 3  # of what would go, so that a fan sees whether a topic is what they mean
LONGEST_SHOWN = 80  # characters
SURE = 2  # letters of a word that say nothing about another that begins with them
STEM_SURE = 5  # letters from which on the last one may be an ending
LONGEST_TOPIC = 200  # characters
_PAGE = 500  # messages read at once
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that can be taken for something else
_LENGTH = 4
_MINUTE = timedelta(minutes=1)

_CHOICES = """What shall I forget?
- /forget hour: what you said in the last hour
- /forget topic WORDS: whatever of yours has all of these words in it
- /forget all: everything

I count first, and forget nothing until you say yes. Single facts: /memory"""
_NOTHING = "I have found nothing of that: there is nothing to forget."
_ASKED = """{what} would go for good: {messages} of yours with my answers, and {facts} about you.{shown}

To confirm, within ten minutes: `/forget yes {code}`
What you see in this chat stays there until you delete it yourself."""
_STALE = """That code does not fit: it may be too old, or not quite what I wrote. \
Nothing was forgotten. Ask again with /forget, and copy the whole line that I answer."""
_DONE = "Done: {messages} with {replies} of mine, and {facts}, are gone for good."
_LINKED = "\nWhat you said from your linked account is kept: ask for it there, too."
_STRANGERS = " If we talk again, we begin as strangers, and I will remember from there on."
_NOT_PRIVATE = " This conversation is not private any more: /private on makes it so again."


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is to be forgotten."""

    kind: str  # "hour", "topic" or "all"
    words: str  # of a topic
    minute: datetime  # when it was asked for; the last hour counts from there

    def fits(self) -> Callable[[str, datetime], bool]:
        """Tells of a text and its moment whether it belongs to it."""
        if self.kind == "hour":
            return lambda _text, moment: moment >= self.since
        if self.kind == "topic":
            wanted = rough(self.words)
            return lambda text, _moment: bool(wanted) and _has_all(rough(text), wanted)
        return lambda _text, _moment: True

    @property
    def since(self) -> datetime:
        """Where the last hour begins."""
        return self.minute - LAST_HOUR

    @property
    def told(self) -> str:
        """How it is called."""
        names = {"hour": "The last hour", "topic": f'Whatever has "{screen(self.words)}" in it', "all": "Everything"}
        return names[self.kind]


async def forget(wish: Wish) -> Answer:
    """Count what would go and ask; or, with the right code, forget it."""
    verb, _, rest = wish.argument.partition(" ")
    kind, words = verb.casefold(), " ".join(rest.replace("`", " ").split())
    if len(words) > LONGEST_TOPIC:
        return Answer(_CHOICES)
    if kind == "yes":
        return await _confirmed(wish, words)
    if kind not in {"hour", "topic", "all"} or (kind == "topic") != bool(words):
        return Answer(_CHOICES)
    return await _asked(wish, _Chosen(kind, words, _minute(wish.now)))


async def _asked(wish: Wish, chosen: _Chosen) -> Answer:
    messages, facts = await _found(wish, chosen)
    if not messages and not facts and chosen.kind != "all":
        return Answer(_NOTHING)
    shown = _samples(messages, facts) if chosen.kind == "topic" else ""
    if chosen.kind == "all" and await wish.rights.links.linked(wish.avatar, wish.fan):
        shown = _LINKED
    return Answer(
        _ASKED.format(
            what=chosen.told,
            messages=counted(len(messages), "message"),
            facts=counted(len(facts), "fact"),
            shown=shown,
            code=f"{_code(wish, chosen)} {chosen.words}".strip(),
        )
    )


async def _confirmed(wish: Wish, given: str) -> Answer:
    code, _, words = given.partition(" ")
    chosen = _meant(wish, code.upper(), words)
    if chosen is None:
        return Answer(_STALE)
    private = await wish.rights.privacy.is_on(wish.avatar, wish.place)
    forgotten = await _forget(wish, chosen)
    told = _DONE.format(
        messages=counted(forgotten.messages, "message"),
        replies=counted(forgotten.replies, "answer"),
        facts=counted(forgotten.facts, "fact"),
    )
    if chosen.kind == "all":
        told += _STRANGERS + (_NOT_PRIVATE if private else "")
    return Answer(told)


async def _forget(wish: Wish, chosen: _Chosen) -> Forgotten:
    forgetting, avatar, fan, now = wish.rights.forgetting, wish.avatar, wish.fan, wish.now
    if chosen.kind == "all":
        forgotten = await forgetting.forget_everything(avatar, fan, now=now)
        await forgetting.sweep(avatar, now=now)
        return forgotten
    if chosen.kind == "hour":
        return await forgetting.forget(avatar, fan, now=now, since=chosen.since)
    messages, facts = await _found(wish, chosen)
    said, known = [one.id for one in messages], [one.id for one in facts]
    return await forgetting.forget(avatar, fan, now=now, messages=said, facts=known)


async def _found(wish: Wish, chosen: _Chosen) -> tuple[list[Episode], list[Fact]]:
    """What of the fan's messages and facts belongs to it."""
    fits = chosen.fits()
    messages: list[Episode] = []
    after = MessageId(0)
    while page := await wish.rights.fans.said(wish.avatar, wish.fan, after=after, limit=_PAGE):
        messages += (one for one in page if fits(one.text, one.sent_at))
        after = page[-1].id
    facts = [one for one in await facts_of(wish) if fits(f"{one.subject} {one.statement}", one.said_at)]
    return messages, facts


def _samples(messages: Sequence[Episode], facts: Sequence[Fact]) -> str:
    """Some of what would go, newest first."""
    texts = [(one.said_at, one.statement) for one in facts] + [(one.sent_at, one.text) for one in messages]
    newest = sorted(texts, key=lambda each: each[0], reverse=True)[:SHOWN]
    lines = (f"- {day(moment)}: {_clipped(text)}" for moment, text in newest)
    return "\n" + "\n".join(lines) + ("\n- …" if len(texts) > SHOWN else "")


def _clipped(text: str) -> str:
    line = screen(" ".join(text.split()))
    return line if len(line) <= LONGEST_SHOWN else line[:LONGEST_SHOWN].rstrip() + "…"


def _has_all(words: Collection[str], wanted: Collection[str]) -> bool:
    return all(any(_same(each, word) for word in words) for each in wanted)


def _same(one: str, other: str) -> bool:
    """Whether two words may be forms of one: "dog" and "dogs"; longer ones may differ in their last letter, too."""
    short, long = sorted((one, other), key=len)
    if len(short) > STEM_SURE:
        short = short[:-1]
    return long == short or (long.startswith(short) and len(long) - len(short) <= len(short) - SURE)


# ── codes ────────────────────────────────────────────────────────────────────────────────────────


def _meant(wish: Wish, code: str, words: str) -> _Chosen | None:
    """What a code confirms; None if it confirms nothing (any more)."""
    minute = _minute(wish.now)
    kinds = ("topic",) if words else ("hour", "all")
    possible = [_Chosen(kind, words, minute - back * _MINUTE) for back in range(CODE_LASTS + 1) for kind in kinds]
    given = code.encode()
    return next((each for each in possible if hmac.compare_digest(_code(wish, each).encode(), given)), None)


def _code(wish: Wish, chosen: _Chosen) -> str:
    what = (wish.avatar, str(wish.fan), chosen.kind, chosen.words.casefold(), chosen.minute.isoformat())
    number = int.from_bytes(hmac.digest(wish.rights.secret, "\0".join(what).encode(), "sha256"), "big")
    return "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(_LENGTH))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
