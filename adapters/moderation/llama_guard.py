"""Llama Guard 3 or 4 behind an OpenAI-compatible ``/v1/chat/completions``.

The endpoint's own chat template turns the conversation into Llama Guard's prompt, with the hazards S1 to S14; which
message is judged follows from the role of the last one. The model answers ``safe``, or ``unsafe`` and on the next line
the hazards found, parted by commas (from the model cards of Llama Guard 3 and 4).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import httpx

from adapters.moderation.wire import Address, ask
from core.errors import ModelUnavailable
from core.model import ChatMessage

HAZARDS = {  # as the model cards name them
    "S1": "violent crimes",
    "S2": "non-violent crimes",
    "S3": "sex-related crimes",
    "S4": "child sexual exploitation",
    "S5": "defamation",
    "S6": "specialized advice",
    "S7": "privacy",
    "S8": "intellectual property",
    "S9": "indiscriminate weapons",
    "S10": "hate",
    "S11": "suicide and self-harm",
    "S12": "sexual content",
    "S13": "elections",
    "S14": "code interpreter abuse",
}
LONGEST_VERDICT = 40  # tokens: unsafe, and all fourteen

_VERDICT = re.compile(r"(?P<verdict>safe|unsafe)\b[\s:,]*(?P<hazards>(?:S\d{1,2}[\s,]*)*)", re.IGNORECASE)


class LlamaGuard:
    """See ``core.screening.Moderator``; its categories are S1 to S14.

    Args:
        address: Where.
        http: A client without timeouts of its own; stays the caller's.
    """

    def __init__(self, address: Address, http: httpx.AsyncClient) -> None:
        self.name = f"llama guard at {address.host}"
        self._address, self._http = address, http

    async def judge(self, conversation: Sequence[ChatMessage]) -> Collection[str]:
        """See ``core.screening.Moderator``."""
        messages = [{"role": one.role, "content": one.content} for one in conversation]
        question = {"messages": messages, "temperature": 0, "max_tokens": LONGEST_VERDICT, "stream": False}
        answer = await ask(self._address, self._http, "chat/completions", question)
        try:
            said = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError) as exc:
            raise ModelUnavailable(f"{self._address.host} gave no verdict") from exc
        return verdict(said if isinstance(said, str) else "")


def verdict(said: str) -> frozenset[str]:
    """The hazards that an answer names; none for ``safe``, all for ``unsafe`` without any that are known.

    Raises:
        ModelUnavailable: It is neither.
    """
    match = _VERDICT.match(said.strip())
    if match is None:
        raise ModelUnavailable("The answer is not one of Llama Guard's")
    if match["verdict"].lower() == "safe":
        return frozenset()
    named = {f"S{int(number)}" for number in re.findall(r"\d+", match["hazards"])}
    return frozenset(named & HAZARDS.keys()) or frozenset(HAZARDS)
