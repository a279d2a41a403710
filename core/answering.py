"""What becomes of a model's words: asked for with what fits, and made into a reply, an excuse, or an admission."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import structlog

from core import briefing, prompt
from core.avatar import LEAST_ROOM, Avatar, message_tokens
from core.briefing import Briefing
from core.errors import PromptTooLong
from core.model import Claim, Completion, Outcome, Pending, Prompt, Reply, Said
from core.persona import Persona

log = structlog.get_logger()

CUT_MARK = " …"


def no_answer(persona: Persona, start: Reply, gap: str) -> Reply:
    """A strict avatar has nothing published to answer from: it says so, and the creator hears of the question."""
    text = persona.say(persona.texts.no_answer)
    said, remembered = (
        "\n\n".join(part for part in (earlier, text) if part) for earlier in (start.text, start.remembered)
    )
    return replace(start, text=said, remembered=remembered, outcome=Outcome.FIXED, gap=gap)


def answered(
    avatar: Avatar, start: Reply, spoken: str, completion: Completion, briefed: Briefing, *, gap: str
) -> Reply:
    """The reply made of a model's whole answer: screened, held against its sources, with links under it."""
    screened, verdicts = _finished(avatar, spoken, completion, minor=briefed.minor)
    checked = briefing.check(avatar, briefed, screened)
    note: dict[str, str | int | float | bool] = {**start.note, "finish": completion.finish, "persona": avatar.version}
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


def _finished(avatar: Avatar, spoken: str, completion: Completion, *, minor: bool) -> tuple[str, Sequence[str]]:
    """The model's whole text as it may be said; an answer cut off by its length limit says so."""
    screened = avatar.screen.check(spoken, final=True, minor=minor)
    text = screened.text.strip()
    if screened.verdicts:
        log.warning("turn.screened", avatar=avatar.id, verdicts=",".join(screened.verdicts))
    if not text:
        return avatar.persona.say(avatar.persona.texts.deflect), screened.verdicts
    if completion.finish == "length" and not screened.verdicts:
        end = max(text.rfind(mark) for mark in (". ", "! ", "? ", "\n"))
        text = (text[: end + 1].rstrip() if end > len(text) // 2 else text) + CUT_MARK
    return text, screened.verdicts


def excuse(avatar: Avatar, start: Reply, shown: str, opening: str, *, minor: bool) -> Reply:
    """The model failed: say so in the persona's voice; what was already shown stays, marked as broken off."""
    persona = avatar.persona
    partial_text = avatar.screen.check(shown, final=True, minor=minor).text.strip() if shown else ""
    if not partial_text:
        return replace(start, text=opening + persona.say(persona.texts.unavailable), outcome=Outcome.FALLBACK)
    text = f"{partial_text}{CUT_MARK}\n\n{persona.say(persona.texts.interrupted)}"
    return replace(start, text=opening + text, outcome=Outcome.FALLBACK, remembered=partial_text + CUT_MARK)


async def pieces(
    avatar: Avatar, claim: Claim, talk: Sequence[Pending], briefed: Briefing
) -> AsyncGenerator[str | Completion]:
    """The model's answer; a prompt that proves too long is asked again with half the room."""
    room = avatar.room
    while True:
        request = _request(avatar, claim.window, talk, briefed, shared=claim.place.shared, room=room)
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
    avatar: Avatar, window: Sequence[Said], talk: Sequence[Pending], briefed: Briefing, *, shared: bool, room: int
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
        notes=briefed.notes,
        always=briefed.always,
    )
