"""One turn, top to bottom: what was said, what to say, and bringing it to the fan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from math import ceil

import structlog

from core import briefing, commands, honesty, prompt
from core.avatar import LEAST_ROOM, Avatar, message_tokens
from core.briefing import Briefing, Mind
from core.delivery import Preview, deliver
from core.errors import ModelRejected, ModelUnavailable, PromptTooLong
from core.knowledge import unmarked
from core.model import (
    Claim,
    Completion,
    FanId,
    Outcome,
    Pending,
    Place,
    Prompt,
    Refusal,
    Reply,
    Said,
    Usage,
    Used,
)
from core.persona import Persona
from core.ports import Channel, Clock, Inbox, Turns
from core.split import split

log = structlog.get_logger()

CUT_MARK = " …"
UNITS = (("hour", 3600), ("minute", 60), ("second", 1))  # with their seconds


class Attempt:
    """The part of a turn that may be broken off because more has arrived: until something was shown or stored."""

    def __init__(self) -> None:
        self.interrupted = False
        self._scope: asyncio.Timeout | None = None
        self._closed = False

    def open(self) -> asyncio.Timeout:
        """From here on an interruption ends what is inside, as TimeoutError; one that came before, at once."""
        self._scope = asyncio.timeout(0 if self.interrupted else None)
        return self._scope

    def close(self) -> None:
        """From here on what arrives waits for the next turn."""
        self._closed = True

    def interrupt(self) -> None:
        """More has arrived: begin again with all of it, if nothing was shown yet."""
        if self._closed or self.interrupted:
            return
        self.interrupted = True
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())


@dataclass(frozen=True, slots=True)
class Stage:
    """What a turn is played with."""

    avatar: Avatar
    channel: Channel
    inbox: Inbox
    turns: Turns
    mind: Mind
    clock: Clock


async def play(stage: Stage, claim: Claim, attempt: Attempt) -> bool:
    """Answer everything in the claim, bring the answer to the fan, and end the turn.

    Returns:
        True if more is waiting in this conversation, also when the attempt was interrupted by it.

    Raises:
        FanUnreachable: The reply is stored, but cannot be delivered; the turn is not ended yet.
        StorageUnavailable: Nothing is lost; the turn stays claimed until its lease runs out.
    """
    deliveries = claim.deliveries
    reply_to = claim.pending[-1].message if claim.place.shared and claim.pending else None
    if claim.reply is None:
        abilities = stage.channel.abilities(claim.place)
        cut = partial(split, limit=abilities.text_limit, measure=abilities.measure)
        preview = Preview(claim, stage.channel, stage.turns, cut, reply_to=reply_to, shown=attempt.close)
        async with preview:
            reply = await _decide(stage, claim, attempt, preview)
        if reply is None:
            return True
        log.info("turn.decided", turn=claim.turn, outcome=reply.outcome.value, **reply.note)
        deliveries = tuple(await stage.turns.store(claim, reply, cut(reply.text) if reply.text else ()))
    last = await deliver(claim.place, deliveries, stage.channel, stage.turns, reply_to)
    return await stage.turns.finish(claim, last, now=stage.clock.now())


async def _decide(stage: Stage, claim: Claim, attempt: Attempt, preview: Preview) -> Reply | None:
    """What to say; None when interrupted."""
    persona = stage.avatar.persona
    opening, used, talk = await _obey(stage, claim)
    opening += [_notice(persona, refusal, stage.clock.now()) for refusal in claim.refusals]
    outcome = (
        Outcome.COMMAND if len(talk) < len(claim.pending) else Outcome.REFUSED if claim.refusals else Outcome.IGNORED
    )
    readable = [message for message in talk if message.text]
    questions = [message.text for message in readable if honesty.asks_if_human(message.text, name=persona.name)]
    remembered = ""
    if questions:
        remembered = honesty.truth(persona.name, questions[-1])
        opening.append(remembered)
        readable = [one for one in readable if not honesty.only_asks_if_human(one.text, name=persona.name)]
        outcome = Outcome.FIXED
    elif talk and not readable:
        opening.append(persona.say(persona.texts.unreadable))
        outcome = Outcome.FIXED
    fans = _to_be_told(claim, stage.clock.now())
    if fans and not questions and (opening or readable):
        opening.insert(0, honesty.disclosure(persona.name, persona.say(persona.texts.disclosure)))
    reply = Reply("\n\n".join(opening), outcome, remembered, disclosed=fans, used=used)
    if not readable:
        attempt.close()
        return reply
    try:
        async with attempt.open():
            briefed = await briefing.brief(stage.avatar, stage.mind, claim, readable, now=stage.clock.now())
            return await _write(stage.avatar, claim, readable, reply, briefed, preview=preview, attempt=attempt)
    except TimeoutError:
        if not attempt.interrupted:
            raise
        log.info("turn.interrupted", turn=claim.turn)
        return None


async def command(stage: Stage, place: Place, name: str, *, fan: int = 0) -> tuple[str, tuple[Used, ...]]:
    """What a command says, and what of the creator's content it shows; what it *does* is done by the caller."""
    match name:
        case commands.SOURCES.name:
            return await briefing.sources(stage.avatar, stage.mind.receipts, place), ()
        case commands.DISCOVER.name:
            return await briefing.discover(stage.avatar, stage.mind, place, stage.clock.now())
    return commands.answer(name, stage.avatar.persona, fan=fan), ()


async def _obey(stage: Stage, claim: Claim) -> tuple[list[str], tuple[Used, ...], list[Pending]]:
    """Run the commands; give back their answers, what these show, and the talk that is left to answer."""
    said: list[str] = []
    shown: tuple[Used, ...] = ()
    talk: list[Pending] = []
    for message in claim.pending:
        if not message.command:
            talk.append(message)
            continue
        if message.command == commands.RESET.name:
            await stage.inbox.reset(claim.place, message.message, now=stage.clock.now())
            talk.clear()
        text, used = await command(stage, claim.place, message.command, fan=message.fan)
        said.append(text)
        shown += used
    return said, shown, talk


def _to_be_told(claim: Claim, now: datetime) -> tuple[FanId, ...]:
    """The fans in this turn who are due to hear that this is an AI."""
    return tuple({one.fan: None for one in claim.pending if honesty.due(one.disclosed_at, now)})


def _notice(persona: Persona, refusal: Refusal, now: datetime) -> str:
    """One friendly line for a fan who ran into a limit."""
    seconds = max((refusal.lifts_at - now).total_seconds(), 1)
    name, size = next(unit for unit in UNITS if seconds >= unit[1])
    count = ceil(seconds / size)
    return persona.say(persona.texts.limit, wait=f"{count} {name}{'s' if count > 1 else ''}")


async def _write(
    avatar: Avatar,
    claim: Claim,
    talk: Sequence[Pending],
    start: Reply,
    briefed: Briefing,
    *,
    preview: Preview,
    attempt: Attempt,
) -> Reply:
    """Have the model answer, showing it as it grows, and screen what it wrote."""
    strict = avatar.persona.strictness == "strict"
    unchecked = not (strict or (avatar.quotes and briefed.passages))  # then it can be shown while it grows
    gap = briefed.asked if briefed.gap else ""
    opening = f"{start.text}\n\n" if start.text else ""
    if strict and gap:
        attempt.close()
        return _no_answer(avatar.persona, start, gap)
    spoken = ""
    completion = Completion("other", Usage(estimated=True), "")
    try:
        async with aclosing(_pieces(avatar, claim, talk, briefed.notes)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    completion = piece
                    break
                spoken += piece
                if unchecked and preview.ready and (sayable := avatar.screen.check(spoken, final=False).text):
                    preview.offer(opening + (unmarked(sayable) if briefed.passages else sayable))
    except (ModelUnavailable, ModelRejected) as exc:
        log.error("turn.model.failed", turn=claim.turn, reason=str(exc))
        await preview.settle()
        attempt.close()
        return _excuse(avatar, start, spoken if preview.shown else "", opening)
    await preview.settle()
    attempt.close()
    return _answered(avatar, start, spoken, completion, briefed, gap=gap)


def _no_answer(persona: Persona, start: Reply, gap: str) -> Reply:
    """A strict avatar has nothing published to answer from: it says so, and the creator hears of the question."""
    text = persona.say(persona.texts.no_answer)
    said, remembered = (
        "\n\n".join(part for part in (earlier, text) if part) for earlier in (start.text, start.remembered)
    )
    return replace(start, text=said, remembered=remembered, outcome=Outcome.FIXED, gap=gap)


def _answered(
    avatar: Avatar, start: Reply, spoken: str, completion: Completion, briefed: Briefing, *, gap: str
) -> Reply:
    """The reply made of a model's whole answer: screened, held against its sources, with links under it."""
    screened, verdicts = _finished(avatar, spoken, completion)
    checked = briefing.check(avatar, briefed, screened)
    note: dict[str, str | int] = {"finish": completion.finish, "persona": avatar.version}
    if verdicts:
        note["screened"] = ",".join(verdicts)
    return replace(
        start,
        text="\n\n".join(part for part in (start.text, checked.text, checked.sources) if part),
        outcome=Outcome.ANSWERED,
        remembered="\n\n".join(part for part in (start.remembered, checked.text) if part),
        model=completion.model,
        usage=completion.usage,
        note=note,
        used=(*start.used, *checked.used),
        gap=gap,
    )


def _finished(avatar: Avatar, spoken: str, completion: Completion) -> tuple[str, Sequence[str]]:
    """The model's whole text as it may be said; an answer cut off by its length limit says so."""
    screened = avatar.screen.check(spoken, final=True)
    text = screened.text.strip()
    if screened.verdicts:
        log.warning("turn.screened", avatar=avatar.id, verdicts=",".join(screened.verdicts))
    if not text:
        return avatar.persona.say(avatar.persona.texts.deflect), screened.verdicts
    if completion.finish == "length" and not screened.verdicts:
        end = max(text.rfind(mark) for mark in (". ", "! ", "? ", "\n"))
        text = (text[: end + 1].rstrip() if end > len(text) // 2 else text) + CUT_MARK
    return text, screened.verdicts


def _excuse(avatar: Avatar, start: Reply, shown: str, opening: str) -> Reply:
    """The model failed: say so in the persona's voice; what was already shown stays, marked as broken off."""
    persona = avatar.persona
    partial_text = avatar.screen.check(shown, final=True).text.strip() if shown else ""
    if not partial_text:
        return replace(start, text=opening + persona.say(persona.texts.unavailable), outcome=Outcome.FALLBACK)
    text = f"{partial_text}{CUT_MARK}\n\n{persona.say(persona.texts.interrupted)}"
    return replace(start, text=opening + text, outcome=Outcome.FALLBACK, remembered=partial_text + CUT_MARK)


async def _pieces(
    avatar: Avatar, claim: Claim, talk: Sequence[Pending], notes: str
) -> AsyncGenerator[str | Completion]:
    """The model's answer; a prompt that proves too long is asked again with half the room."""
    room = avatar.room
    while True:
        request = _request(avatar, claim.window, talk, notes, shared=claim.place.shared, room=room)
        try:
            async with aclosing(avatar.model.stream(request)) as stream:
                async for piece in stream:
                    yield piece
        except PromptTooLong:
            room = min(room, request.estimated_tokens) // 2
            if room < LEAST_ROOM:
                raise
            log.warning("turn.prompt.too_long", avatar=avatar.id, room=room)
        else:
            return


def _request(
    avatar: Avatar, window: Sequence[Said], talk: Sequence[Pending], notes: str, *, shared: bool, room: int
) -> Prompt:
    return prompt.compose(
        avatar.start,
        window,
        talk,
        shared=shared,
        room=room,
        max_tokens=avatar.max_tokens,
        temperature=avatar.temperature,
        estimate=message_tokens,
        notes=notes,
    )
