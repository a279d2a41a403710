"""Looking at a reply and putting it right, where it was said: what those who may are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core import knowledge
from core.control import Asked
from core.corrections import correct
from core.model import Answer, Change, Incoming, Outcome, Used, Why
from core.ports import Content, Corrections, Receipts
from core.text import clean, neutralise

LONGEST_CORRECTION = 4000  # characters
MOST_UNUSED = 5  # passages named that were shown to the model and left aside
TO_BE_PUT_RIGHT = frozenset({Outcome.ANSWERED, Outcome.FIXED, Outcome.FALLBACK})  # a command's answer stays the same

_NO_REPLY = """That is no reply of mine, as far as I know. \
Answer one of my messages here with /{command}, or choose it from the message's menu."""
_ALWAYS_SAME = "That was no answer to a question: it would be the same again, so there is nothing to put right."
_WHAT_INSTEAD = "What should I have said? Answer my message with /revise and the text."
_CORRECTED = """Noted as correction {number}: from the next question on I know. What I said stays as it is. \
To take it back: `stagedoor revise {number} --remove`"""

_OUTCOMES: Mapping[str, str] = {
    "": "It is not decided yet.",
    Outcome.COMMAND: "The answer to a command.",
    Outcome.FIXED: "A fixed text: no model was asked.",
    Outcome.REFUSED: "The notice of a limit.",
    Outcome.FALLBACK: "The model could not be had, and this was said instead.",
}


async def why(receipts: Receipts, asked: Asked) -> Answer:
    """What went into the reply that is asked about."""
    found = await receipts.why(asked.avatar, asked.incoming.about, place=asked.incoming.place)
    return Answer(told(found) if found else _NO_REPLY.format(command=asked.command.name))


async def revise(receipts: Receipts, corrections: Corrections, content: Content, asked: Asked) -> Answer:
    """Put the reply right; where it isn't said how, the answer carries what there is to be put right."""
    about, place = asked.incoming.about, asked.incoming.place
    found = await receipts.why(asked.avatar, about, place=place)
    standing = await corrections.replaced(asked.avatar, about, place=place)
    if found is None or standing is None:
        return Answer(_NO_REPLY.format(command=asked.command.name))
    if found.outcome not in TO_BE_PUT_RIGHT:
        return Answer(_ALWAYS_SAME)
    text = neutralise(clean(str(asked.values.get("text", "")), LONGEST_CORRECTION))
    if not text:
        return Answer(_WHAT_INSTEAD, draft=standing)
    by = _person(asked.incoming)
    made = await correct(corrections, content, asked.avatar, about, text, by=by, now=asked.now, place=place)
    change = Change(f"turn {found.turn}", "", f"correction {made.id}")
    return Answer(_CORRECTED.format(number=made.id), change=change)


def _person(asked: Incoming) -> str:
    """Who puts it right, as the platform knows them."""
    platform, _, _ = asked.place.account.partition(":")
    return f"{platform}:{asked.sender.id}"


# ── why ──────────────────────────────────────────────────────────────────────────────────────────


def told(found: Why) -> str:
    """How a reply came about, in Markdown for a small screen. It quotes nobody."""
    return "\n\n".join(part for part in (_OUTCOMES.get(found.outcome, ""), *_went_in(found), _made(found)) if part)


def _went_in(found: Why) -> Iterator[str]:
    passages = [one for one in found.used if one.kind == "passage"]
    cited = [one for one in passages if one.cited]
    unused = [one for one in passages if not one.cited][:MOST_UNUSED]
    if cited:
        yield f"**Rests on**\n{knowledge.listed(cited)}"
    if unused:
        yield f"**Was looked at, too**\n{knowledge.listed(unused)}"
    if found.gap:
        yield "Nothing published answers the question."
    elif found.outcome == Outcome.ANSWERED and not passages:
        yield "Nothing published went into it."
    for kind, heading in (("lore", "Lorebook"), ("rule", "Rules")):
        if named := [one for one in found.used if one.kind == kind]:
            yield f"**{heading}**\n{knowledge.listed(named)}"
    if remembered := _count(found.used, "memory"):
        yield f"Things remembered of the fan: {remembered}"


def _count(used: tuple[Used, ...], kind: str) -> int:
    return sum(one.kind == kind for one in used)


def _made(found: Why) -> str:
    """One line: when, and for a model's reply with what and at what cost."""
    note, usage = found.note, found.usage
    parts = [f"{found.began_at:%Y-%m-%d %H:%M} UTC", found.model]
    if found.model:
        parts += [f"{usage.prompt} tokens read ({usage.cached} cached)", f"{usage.completion} written"]
    if note.get("persona"):
        parts.append(f"persona version {note['persona']}")
    if note.get("finish") == "length":
        parts.append("cut off at its longest")
    if note.get("screened"):
        parts.append(f"screened: {note['screened']}")
    return " · ".join(part for part in parts if part)
