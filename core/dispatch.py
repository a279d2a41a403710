"""Commands, from who gave them to what is answered. Who may is decided here, whatever a platform's menus show."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import structlog

from core.arguments import read, written
from core.commands import BY_NAME
from core.confirming import Confirming
from core.control import ROLE, Act, Actor, Asked, Command, Handler, Rank
from core.controls import Audit, Staff
from core.errors import InvalidInput, StorageUnavailable
from core.limits import Rate
from core.model import AccountId, Answer, AvatarId, Change, Incoming
from core.pace import Pace
from core.persona import Persona
from core.ports import Clock

log = structlog.get_logger()

Outcome = Literal["done", "refused", "failed"]

ACTS = Rate(30, timedelta(minutes=1))  # privileged commands of one moderator: anybody is one in a group of their own
REFUSALS = Rate(20, timedelta(hours=1))  # refused attempts of one person that are kept in the audit log
ALL_REFUSALS = Rate(1000, timedelta(hours=1))  # of everybody together, for each avatar

_REFUSALS = {
    Rank.MODERATOR: "That is for those who keep order here. /help shows what you can do.",
    Rank.CREATOR: "That is for {name} alone.",
    Rank.OPERATOR: "That is for whoever runs this machine alone.",
}
_TOO_FAST = "That was a lot at once. Please give me a minute, and try again."
_UNWRITTEN = "It is done, but could not be written into the audit log. Please tell whoever runs this avatar."


class Dispatch:
    """Has commands carried out that are not part of a conversation.

    Args:
        handlers: What carries each command out, by its name.
        staff: Who was made a moderator.
        audit: Where every privileged act is kept.
        clock: Wall time.
        table: The commands that there are, by their names.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        *,
        staff: Staff,
        audit: Audit,
        clock: Clock,
        table: Mapping[str, Command] = BY_NAME,
    ) -> None:
        self._handlers, self._staff, self._audit, self._clock = handlers, staff, audit, clock
        self._table = table
        self._creators: dict[AccountId, frozenset[str]] = {}
        self._confirming = Confirming()
        self._acts, self._refusals, self._all_refusals = Pace(ACTS), Pace(REFUSALS), Pace(ALL_REFUSALS)
        self._running: set[asyncio.Task[Answer]] = set()

    def appoint(self, account: AccountId, creators: Collection[str]) -> None:
        """From now on these, by their platform's ids, are the creator as far as this account goes."""
        self._creators[account] = frozenset(creators)

    async def answer(self, avatar: AvatarId, persona: Persona, incoming: Incoming) -> Answer:
        """Carry a command out, if whoever gave it may; every privileged one is audited.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        actor = await self.actor(avatar, incoming, self._table[incoming.command].audience)
        return await self.obey(actor, avatar, persona, incoming)

    async def obey(
        self, actor: Actor, avatar: AvatarId, persona: Persona, incoming: Incoming, *, confirmed: bool = False
    ) -> Answer:
        """As ``answer``, for somebody of whom it is known who they are, and maybe that they are sure."""
        asked = Asked(self._table[incoming.command], avatar, persona, actor, incoming, {}, self._clock.now())
        if (refusal := await self._refusal(asked)) is not None:
            return refusal
        final = asked.command.final
        word, argument = self._confirming.parted(incoming.argument) if final else ("", incoming.argument)
        try:
            values = read(asked.command, argument, incoming.given, about=incoming.about)
        except InvalidInput as exc:
            return Answer(str(exc))
        if incoming.given or final:
            incoming = replace(incoming, argument=written(asked.command, values))
        asked = replace(asked, incoming=incoming, values=values)
        if final and not confirmed and (question := self._confirming.question(asked, word)) is not None:
            return question
        return await self._carry_out(asked)

    async def actor(self, avatar: AvatarId, incoming: Incoming, audience: Rank = Rank.MODERATOR) -> Actor:
        """Who has written; nobody's rank is looked up where a fan's is enough.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        account, sender, place = incoming.place.account, incoming.sender, incoming.place
        if sender.id in self._creators.get(account, ()):
            return Actor(account, sender.id, Rank.CREATOR)
        if audience is Rank.FAN:
            return Actor(account, sender.id, Rank.FAN)
        roles = [f"{ROLE}{role}" for role in sender.roles]
        granted = await self._staff.granted(avatar, account.partition(":")[0], [sender.id, *roles])
        if sender.id in granted:
            return Actor(account, sender.id, Rank.MODERATOR)
        if sender.moderator or granted:
            return Actor(account, sender.id, Rank.MODERATOR, place.community or place.chat)
        return Actor(account, sender.id, Rank.FAN)

    async def _carry_out(self, asked: Asked) -> Answer:
        """What was begun is brought to its end and audited, even if whoever waits for the answer gives up."""
        if asked.command.audience is Rank.FAN:
            return await self._handlers[asked.command.name](asked)
        task = asyncio.create_task(self._act(asked))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Answer]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # if nobody waits any more, it was logged and audited all the same

    async def _act(self, asked: Asked) -> Answer:
        try:
            answer = await self._handlers[asked.command.name](asked)
        except Exception as exc:
            log.warning("dispatch.failed", command=asked.command.name, by=asked.actor.name, error=type(exc).__name__)
            await self._note(asked, "failed")
            raise
        noted = await self._note(asked, "refused" if answer.refused else "done", answer.change)
        if noted or answer.change is None:
            return answer
        return replace(answer, text=f"{answer.text}\n\n{_UNWRITTEN}")

    # ── who may not, and the audit log ───────────────────────────────────────────────────────────

    async def _refusal(self, asked: Asked) -> Answer | None:
        """What somebody is told who may not, or not as often; None: they may.

        Of those who try without end only so much is kept, that they can't fill the disk.
        """
        actor, audience = asked.actor, asked.command.audience
        if actor.rank < audience:
            kept = self._admits(self._refusals, actor.name) and self._admits(self._all_refusals, asked.avatar)
            chat = asked.incoming.place.chat
            log.warning("dispatch.refused", command=asked.command.name, by=actor.name, chat=chat, kept=kept)
            if kept:
                await self._note(asked, "refused")
            return Answer(asked.persona.say(_REFUSALS[audience]), refused=True)
        if audience > Rank.FAN and actor.rank < Rank.CREATOR and not self._admits(self._acts, actor.name):
            return Answer(_TOO_FAST, refused=True)
        return None

    def _admits(self, pace: Pace, who: str) -> bool:
        return pace.admits(who, now=self._clock.now())

    async def _note(self, asked: Asked, outcome: Outcome, change: Change | None = None) -> bool:
        """Keep an act; False if the database would not."""
        act = Act(
            asked.avatar,
            asked.actor.name,
            asked.actor.rank,
            asked.command.name,
            asked.incoming.place.key if asked.incoming.place.chat else "",
            outcome,
            self._clock.now(),
        )
        if change is not None:
            act = replace(act, subject=change.subject, before=change.before, after=change.after)
        try:
            await self._audit.note(act)
        except StorageUnavailable as exc:
            log.error("dispatch.audit.failed", command=act.command, by=act.by, reason=str(exc))
            return False
        return True
