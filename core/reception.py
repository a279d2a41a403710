"""What the desk does by itself: open threads, bring people's words to fans, end silences, send what was put off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from core import autonomy, gate, takeover
from core.control import Actor, Rank
from core.errors import Ambiguous, ChannelUnavailable, Rejected
from core.handovers import Counter
from core.model import AccountId, AvatarId, Claim, Controls, Hold, Incoming, Place, Post
from core.persona import Persona
from core.ports import Channel

log = structlog.get_logger()

_NOBODY = "Nobody has this conversation any more, so this was not passed on. `/talk take` begins again."
_WHICH = "More than one conversation runs here. Answer one of the fan's messages, so that I know whom you mean."
_UNDELIVERED = "That could not be delivered: the fan has blocked me, left, or takes no messages."
_ONLY_TEXT = "I can pass on text only."


@dataclass(frozen=True, slots=True)
class _Voice:
    """Who speaks as an account, and how."""

    avatar: AvatarId
    persona: Persona
    channel: Channel


class Reception:
    """Keeps the desks of all avatars that speak here.

    It knows by heart which places are heard whole, as of its last look.
    """

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self._voices: dict[AccountId, _Voice] = {}
        self._holds: tuple[Hold, ...] = ()
        self._threads: frozenset[str] = frozenset()
        self._controls: dict[AvatarId, Controls] = {}

    def connect(self, account: AccountId, avatar: AvatarId, persona: Persona, channel: Channel) -> None:
        """From now on this account speaks as this avatar."""
        self._voices[account] = _Voice(avatar, persona, channel)

    def hears(self, place: Place) -> bool:
        """Whether all that is said in a place is for the avatar, or for the fan whom a person answers from there."""
        if place.key in self._threads:
            return True
        voice = self._voices.get(place.account)
        controls = self._controls.get(voice.avatar) if voice else None
        return controls is not None and gate.hears(controls, place)

    # ── what a person says ───────────────────────────────────────────────────────────────────────

    def is_desk(self, place: Place) -> bool:
        """Whether what is said here is for a fan."""
        return place.key in self._threads

    async def passes_on(self, incoming: Incoming, actor: Actor, now: datetime) -> None:
        """Bring what a person says at the desk to the fan; nobody else is heard there."""
        if actor.rank < Rank.MODERATOR:
            log.info("reception.stranger", account=incoming.place.account, chat=incoming.place.chat)
            return
        avatar = self._voices[incoming.place.account].avatar
        running = [
            one
            for one in await self.counter.holds.all(avatar)
            if one.thread is not None and one.thread.key == incoming.place.key
        ]
        if len(running) > 1:
            running = await self._meant(avatar, incoming, running)
        if len(running) != 1:
            await self._tell(avatar, incoming, _WHICH if running else _NOBODY, now)
        elif not incoming.text:
            await self._tell(avatar, incoming, _ONLY_TEXT, now)
        else:
            (hold,) = running
            said = takeover.spoken(hold, incoming.text, incoming.message)
            if not await self.counter.holds.say(hold, said, now=now):
                await self._tell(avatar, incoming, _NOBODY, now)

    async def _meant(self, avatar: AvatarId, incoming: Incoming, running: list[Hold]) -> list[Hold]:
        """The conversation whose words are answered, where several run in one place."""
        where = await self.counter.talks.brought(avatar, incoming.place, incoming.about) if incoming.about else None
        return [one for one in running if one.conversation == where] or running

    async def _tell(self, avatar: AvatarId, incoming: Incoming, text: str, now: datetime) -> None:
        key = f"told/{incoming.place.key}/{incoming.message}"
        await self.counter.outbox.post(avatar, Post(incoming.place, text, key=key), now=now)

    async def undelivered(self, claim: Claim, now: datetime) -> None:
        """The fan cannot be reached: a person who has written to them is told so."""
        if claim.post is not None and claim.hold is not None and claim.hold.thread is not None:
            await self.counter.outbox.post(claim.avatar, Post(claim.hold.thread, _UNDELIVERED), now=now)

    async def spoke(self, place: Place, message: str, text: str, now: datetime) -> None:
        """The creator has written in a chat of their own: the avatar pauses there."""
        voice = self._voices[place.account]
        talk = await self.counter.talks.at(voice.avatar, place)
        if talk is None:
            return  # the fan has never written: there is nothing to answer
        controls = await self.counter.switchboard.controls(voice.avatar)
        until = now + takeover.PAUSE.of(controls, place)
        hold = Hold(voice.avatar, talk.conversation, talk.place, voice.persona.name, now, until)
        await self.counter.holds.spoke(hold, message, text)

    # ── now and then ─────────────────────────────────────────────────────────────────────────────

    async def look(self, now: datetime) -> None:
        """Do what has become due, and see anew which places are heard whole.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        for avatar in {voice.avatar for voice in self._voices.values()}:
            self._controls[avatar] = await self.counter.switchboard.controls(avatar)
        for hold in await self.counter.holds.running():
            await self._attend(hold, now)
        self._holds = tuple(await self.counter.holds.running())
        self._threads = frozenset(one.thread.key for one in self._holds if one.thread is not None)
        for draft in await self.counter.drafts.due(now):
            if draft.talk.place.account in self._voices:
                await self.counter.drafts.decide(draft, "sent", post=autonomy.sent(draft), now=now)

    async def _attend(self, hold: Hold, now: datetime) -> None:
        voice = self._voices.get(hold.place.account)
        if voice is not None and hold.until <= now:
            log.info("reception.silence", conversation=hold.conversation)
            posts = takeover.goodbye(voice.persona, hold, lapsed=True)
            await self.counter.holds.release(hold, posts=posts, now=now)
        elif hold.desk is not None and hold.thread is None and hold.desk.account in self._voices:
            await self._open(hold, hold.desk, now)

    async def _open(self, hold: Hold, desk: Place, now: datetime) -> None:
        """Open a thread at the desk; where that cannot be, the desk itself is the place."""
        brief = await self.counter.holds.brief(hold.avatar, hold.conversation)
        if brief is None:
            return
        voice = self._voices[desk.account]
        try:
            thread = await voice.channel.open_thread(desk, takeover.title(brief.talk))
        except ChannelUnavailable as exc:
            log.warning("reception.thread.put_off", conversation=hold.conversation, reason=str(exc))
            return
        except (Rejected, Ambiguous) as exc:
            log.warning("reception.thread.refused", conversation=hold.conversation, reason=str(exc))
            thread = desk
        post = Post(thread, takeover.told(voice.persona, brief, hold), actions=takeover.RELEASE, fan=brief.talk.fan)
        await self.counter.holds.opened(hold, thread, [post], now=now)
