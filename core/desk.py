"""Commands of those at the desk: taking conversations over and giving them back, and where the desk is."""

from __future__ import annotations

from core import takeover
from core.commands import TAKE
from core.control import Actor, Asked, Rank
from core.controls import Directory
from core.handover import Talk
from core.handovers import Counter
from core.model import Action, Answer, Change, ConversationId, Hold, Place
from core.moderation import community_of
from core.text import clean

LONGEST_HOURS = 100  # characters

_UNKNOWN = "I know no conversation like that. /talk list shows those that wait; a fan's number is like #12."
_NOT_YOURS = "That conversation is outside what you look after."
_NO_DESK = """Where should I bring what they write? Give `/avatar desk here` in a channel that only your team can \
read, or take the conversation from a private chat with me."""
_TAKEN = "{name} is yours: I'm silent there until you `/talk release {ref}`, or write nothing for {silence}."
_AT_DESK = "A thread opens at the desk, where the platform has threads: what you write there goes to them."
_IN_CHAT = "Write here: it goes to them, and what they write comes here."
_IN_PLACE = "Write to them right there."
_HELD = "{by} has that conversation already."
_RELEASED = "Released: I answer {name} again."
_NOT_HELD = "Nobody holds that conversation."
_NOTHING = "No conversation is held, and none waits for a person."
_DESK = """The desk is here now. Drafts, reports and requests for a person come here, and each conversation that you \
take gets a thread where the platform has them.

Everybody who can read here reads what fans write to me in private: keep it to your team."""
_NO_MORE_DESK = "There is no desk any more. Nothing is brought anywhere; /talk list and /draft list show what waits."
_HOURS = "Noted. Who asks for a person is told: {hours}"


# ── taking and giving back ───────────────────────────────────────────────────────────────────────


async def take(counter: Counter, directory: Directory, asked: Asked) -> Answer:
    """A person answers from now on."""
    talk = await _meant(counter, directory, asked)
    if talk is None or not _may(asked.actor, talk):
        return Answer(_NOT_YOURS if talk else _UNKNOWN)
    controls = await counter.switchboard.controls(asked.avatar)
    desk = None if talk.place.shared else takeover.DESK.of(controls) or _own(asked.incoming.place, talk)
    if desk is None and not talk.place.shared:
        return Answer(_NO_DESK)
    name = asked.persona.name
    by = name if asked.actor.rank >= Rank.CREATOR else f"{name}'s team"
    silence = takeover.SILENCE.of(controls, talk.place)
    hold = Hold(asked.avatar, talk.conversation, talk.place, by, asked.now, asked.now + silence, desk)
    if not await counter.holds.take(hold, posts=[takeover.taken(asked.persona, hold)]):
        running = next(
            (one for one in await counter.holds.all(asked.avatar) if one.conversation == talk.conversation), None
        )
        return Answer(_HELD.format(by=running.by if running else "Somebody"))
    where = _IN_PLACE if desk is None else _AT_DESK if desk.shared else _IN_CHAT
    told = _TAKEN.format(name=_name(talk), ref=talk.ref, silence=takeover.span(silence))
    return Answer(f"{told} {where}", change=Change(talk.ref, before="the avatar", after=by))


async def release(counter: Counter, directory: Directory, asked: Asked) -> Answer:
    """The avatar answers again."""
    holds = await counter.holds.all(asked.avatar)
    if asked.values.get("fan"):
        talk = await _meant(counter, directory, asked)
        found = [one for one in holds if talk and one.conversation == talk.conversation]
    else:
        here = asked.incoming.place.key
        found = [one for one in holds if here in {one.place.key, one.thread.key if one.thread else ""}]
    if len(found) != 1:
        return Answer(
            _NOT_HELD if not found else "Which one? " + " ".join(f"`talk:{one.conversation}`" for one in found)
        )
    (hold,) = found
    talk = await counter.talks.numbered(asked.avatar, hold.conversation)
    if talk is None or not _may(asked.actor, talk):
        return Answer(_NOT_YOURS)
    posts = takeover.goodbye(asked.persona, hold)
    if not await counter.holds.release(hold, posts=posts, now=asked.now):
        return Answer(_NOT_HELD)
    return Answer(_RELEASED.format(name=_name(talk)), change=Change(talk.ref, before=hold.by, after="the avatar"))


async def talks(counter: Counter, asked: Asked) -> Answer:
    """What is held, and what waits."""
    lines: list[str] = []
    actions: list[Action] = []
    for hold in await counter.holds.all(asked.avatar):
        talk = await counter.talks.numbered(asked.avatar, hold.conversation)
        if talk is not None and _may(asked.actor, talk):
            lines.append(f"- {_name(talk)} (`{talk.ref}`): {hold.by}, since {hold.since:%Y-%m-%d %H:%M} UTC")
    for waiting in await counter.talks.waiting(asked.avatar):
        talk = waiting.talk
        if _may(asked.actor, talk):
            lines.append(f"- {_name(talk)} (`{talk.ref}`): {waiting.reason}, {waiting.asked_at:%Y-%m-%d %H:%M} UTC")
            actions.append(Action(f"Take {_name(talk)}"[:40], TAKE.name, talk.ref))
    return Answer("\n".join(lines) or _NOTHING, actions=tuple(actions[:5]))


async def dismiss(counter: Counter, directory: Directory, asked: Asked) -> Answer:
    """A conversation needs no person any more."""
    talk = await _meant(counter, directory, asked)
    if talk is None or not _may(asked.actor, talk):
        return Answer(_NOT_YOURS if talk else _UNKNOWN)
    if not await counter.talks.dismiss(asked.avatar, talk.conversation):
        return Answer("That conversation does not wait for a person.")
    return Answer(f"{_name(talk)} waits no more.", change=Change(talk.ref, before="waiting", after="dismissed"))


async def _meant(counter: Counter, directory: Directory, asked: Asked) -> Talk | None:
    """The conversation that a command is about: one that is named, or a fan's, or the one of this place."""
    text, place = str(asked.values.get("fan", "")), asked.incoming.place
    number = text.removeprefix("talk:")
    if text.startswith("talk:"):
        found = number.isascii() and number.isdecimal()
        return await counter.talks.numbered(asked.avatar, ConversationId(int(number[:18]))) if found else None
    if not text and place.shared:
        return await counter.talks.at(asked.avatar, place)
    fan = await directory.locate(asked.avatar, place.account, text, place=place, about=asked.incoming.about)
    return None if fan is None else await counter.talks.of_fan(asked.avatar, fan)


def _may(actor: Actor, talk: Talk) -> bool:
    return actor.community in {"", community_of(talk.place)}


def _own(place: Place, talk: Talk) -> Place | None:
    """The private chat in which the command was given, if it is another's than the fan's."""
    return None if place.shared or place.key == talk.place.key else place


def _name(talk: Talk) -> str:
    return talk.name or "the shared place"


# ── the desk itself ──────────────────────────────────────────────────────────────────────────────


async def desk(counter: Counter, asked: Asked) -> Answer:
    """Where everything for people is brought."""
    here = asked.values["where"] == "here"
    place = asked.incoming.place
    kept = takeover.DESK.kept(place) if here else None
    before = await counter.switchboard.set(asked.avatar, takeover.DESK.name, kept)
    change = Change("desk", before="set" if before else "nowhere", after=place.key if here else "nowhere")
    return Answer(_DESK if here else _NO_MORE_DESK, change=change)


async def hours(counter: Counter, asked: Asked) -> Answer:
    """When a person answers."""
    text = clean(str(asked.values["hours"]), LONGEST_HOURS)
    before = await counter.switchboard.set(asked.avatar, takeover.HOURS.name, text)
    return Answer(_HOURS.format(hours=text), change=Change("hours", before=str(before or ""), after=text))
