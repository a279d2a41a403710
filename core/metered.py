"""A model whose every call is entered in the ledger: for what is asked beside the replies."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from core.errors import StorageUnavailable
from core.meters import Ledger
from core.model import AvatarId, Completion, Prompt, Usage
from core.ports import ChatModel, Clock
from core.text import estimate_tokens

log = structlog.get_logger()


class Metered:
    """A chat model that notes what it is used for. A call that breaks off is entered as far as it came.

    Args:
        model: What answers.
        ledger: Where it is entered.
        avatar: For whom.
        purpose: What for, in one word: "learning".
        clock: Wall time.
    """

    def __init__(self, model: ChatModel, ledger: Ledger, avatar: AvatarId, purpose: str, clock: Clock) -> None:
        self._model, self._ledger, self._avatar = model, ledger, avatar
        self._purpose, self._clock = purpose, clock

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """See ``core.ports.ChatModel``."""
        spoken: list[str] = []
        end: Completion | None = None
        try:
            async with aclosing(self._model.stream(prompt)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Completion):
                        end = piece
                    else:
                        spoken.append(piece)
                    yield piece
        finally:
            if end is not None:
                await self._enter(end.model, end.usage)
            elif spoken:
                written = estimate_tokens("".join(spoken))
                await self._enter("", Usage(prompt.estimated_tokens, written, estimated=True))

    async def _enter(self, model: str, usage: Usage) -> None:
        try:
            await self._ledger.charge(self._avatar, self._purpose, model, usage, now=self._clock.now())
        except StorageUnavailable as exc:
            log.warning("ledger.unavailable", avatar=self._avatar, purpose=self._purpose, reason=str(exc))
