"""A moderation endpoint in OpenAI's form: ``/v1/moderations``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import httpx

from adapters.moderation.wire import Address, ask
from core.errors import ModelUnavailable
from core.model import ChatMessage

UNNAMED = "flagged"  # flagged, in no category that is named


class ModerationEndpoint:
    """See ``core.screening.Moderator``; its categories are the endpoint's own ("self-harm", "sexual/minors").

    Args:
        address: Where.
        http: A client without timeouts of its own; stays the caller's.
    """

    def __init__(self, address: Address, http: httpx.AsyncClient) -> None:
        self.name = f"moderations at {address.host}"
        self._address, self._http = address, http

    async def judge(self, conversation: Sequence[ChatMessage]) -> Collection[str]:
        """See ``core.screening.Moderator``. Only the last message is sent."""
        answer = await ask(self._address, self._http, "moderations", {"input": conversation[-1].content})
        results = answer.get("results") if isinstance(answer, Mapping) else None
        if not isinstance(results, list) or not results or not all(isinstance(one, Mapping) for one in results):
            raise ModelUnavailable(f"{self._address.host} gave no verdict")
        return frozenset().union(*(_flagged(one) for one in results))


def _flagged(result: Mapping[str, object]) -> frozenset[str]:
    categories = result.get("categories")
    named = [name for name, found in categories.items() if found is True] if isinstance(categories, Mapping) else []
    return frozenset(named) if named or result.get("flagged") is not True else frozenset({UNNAMED})
