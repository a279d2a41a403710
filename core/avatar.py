"""An avatar ready to speak: what every one of its turns needs, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from core import prompt
from core.lore import LONGEST_CONTENT, Book
from core.lorebook import Lorebook
from core.model import AvatarId, ChatMessage
from core.persona import Persona
from core.ports import ChatModel
from core.safety import Screen
from core.text import clean, estimate_tokens, neutralise

MOST_NOTES = 1200  # tokens; four or five passages, beyond which answers get slower and hardly better
MOST_RECALLED = 1000  # tokens
LEAST_ROOM = 64  # tokens for the conversation; with less, an endpoint's context is no use for talk


def message_tokens(text: str) -> int:
    """Tokens that one message with this text takes in a prompt, rather too many than too few."""
    return estimate_tokens(text) + prompt.MESSAGE_TOKENS


@dataclass(frozen=True, slots=True)
class Avatar:
    """An avatar ready to speak."""

    id: AvatarId
    persona: Persona
    model: ChatModel
    start: tuple[ChatMessage, ...]  # what every prompt begins with
    screen: Screen
    lore: Lorebook
    quotes: bool  # what it says from content is held against it first, and replaced by a quotation where it strays
    version: int  # of the persona, for receipts; 0: it is not counted
    room: int  # tokens for the window, notes and what has just arrived
    notes: int  # tokens of it for passages of the creator's content
    recall: int  # tokens of it for what is remembered of the fan
    max_tokens: int  # of one reply
    temperature: float
    cheaper: ChatModel | None = None  # what writes for it when its budget comes to an end; None: the same

    def lean(self) -> Self:
        """The avatar as it speaks when its budget comes to an end: briefly."""
        return replace(self, max_tokens=max(self.max_tokens // 2, 1), model=self.cheaper or self.model)

    @classmethod
    def prepare(
        cls,
        avatar: AvatarId,
        persona: Persona,
        model: ChatModel,
        *,
        context: int,
        max_tokens: int,
        temperature: float,
        secrets: Sequence[str],
        notes: int = MOST_NOTES,
        book: Book | None = None,
        voice: str = "",
        weak: bool = False,
        version: int = 0,
        cheaper: ChatModel | None = None,
    ) -> Self:
        """Work out once what every turn needs.

        Args:
            avatar: Its id.
            persona: Who it is.
            model: What writes for it.
            context: Tokens that the model can read and write together.
            max_tokens: Tokens that one reply may take.
            temperature: How freely the model chooses its words, 0 to 2.
            secrets: Texts that must never appear in a reply, such as tokens and keys.
            notes: Tokens that passages of the creator's content may take in a prompt, at most.
            book: The avatar's lorebook.
            voice: How the creator's own texts sound, in words for the model.
            weak: The model is too small to be trusted with facts.
            version: The persona's, for receipts.
            cheaper: What writes for it when its budget comes to an end; None: the same.
        """
        lore = Lorebook(book or Book(), char=persona.name, tidy=_tidied)
        before = [one.content for one in lore.constant if one.position == "before"]
        after = [one.content for one in lore.constant if one.position == "after"]
        start = _pruned(prompt.opening(persona, [*after, *([voice] if voice else [])], before), context // 2)
        taken = sum(message_tokens(message.content) for message in start)
        room = max(context - max_tokens - taken, LEAST_ROOM)
        screen = Screen(
            f"{start[0].content}\n\n{prompt.closing(persona)}", (*persona.sayable, *before, *after), secrets
        )
        quotes = weak or persona.strictness == "strict"
        notes = min(notes, room // 4)
        recall = min(MOST_RECALLED, room // 6)
        return cls(
            id=avatar,
            persona=persona,
            model=model,
            start=start,
            screen=screen,
            lore=lore,
            quotes=quotes,
            version=version,
            room=room,
            notes=notes,
            recall=recall,
            max_tokens=max_tokens,
            temperature=temperature,
            cheaper=cheaper,
        )


def _pruned(start: Sequence[ChatMessage], most: int) -> tuple[ChatMessage, ...]:
    """Without the oldest examples, where system message and examples take more than so many tokens."""
    system, *examples = start
    while examples and sum(message_tokens(message.content) for message in (system, *examples)) > most:
        del examples[:2]
    return system, *examples


def _tidied(text: str) -> str:
    return neutralise(clean(text, LONGEST_CONTENT))
