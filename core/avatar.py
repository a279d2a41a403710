"""An avatar ready to speak: what every one of its turns needs, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from core import prompt
from core.model import AvatarId, ChatMessage
from core.persona import Persona
from core.ports import ChatModel
from core.safety import Screen
from core.text import estimate_tokens

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
    room: int  # tokens for the window and what has just arrived
    max_tokens: int  # of one reply
    temperature: float

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
        """
        start = prompt.opening(persona)
        allowed = (*persona.style.catchphrases, *(f"{link.title}: {link.url}" for link in persona.links))
        taken = sum(message_tokens(message.content) for message in start)
        room = context - max_tokens - taken
        screen = Screen(start[0].content, allowed, secrets)
        return cls(avatar, persona, model, start, screen, max(room, LEAST_ROOM), max_tokens, temperature)
