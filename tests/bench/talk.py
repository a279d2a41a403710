"""What fans write and what the model answers: a token of its own in each message, and the same token in the answer."""

from __future__ import annotations

from tests.worlds.model import FILLER, TOKEN


def message(token: str) -> str:
    """What a fan writes."""
    return f"Hello! My note today says {token} and I like it."


def tokens(text: str) -> list[str]:
    """The tokens that a text holds."""
    return TOKEN.findall(text)


def pieces(token: str, length: int) -> list[str]:
    """The answer to a message with this token, piece by piece."""
    words = ["You", "said", token, *(FILLER[number % len(FILLER)] for number in range(length - 3))]
    return [f" {word}" if number else word for number, word in enumerate(words)]


def answer(token: str, length: int) -> str:
    """The whole answer to a message with this token."""
    return "".join(pieces(token, length))
