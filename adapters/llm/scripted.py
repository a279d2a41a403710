"""A chat model that says what it was told to say: for tests, and for rehearsing an avatar without a model."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TypeAlias

from core.errors import ModelUnavailable, StagedoorError
from core.model import Completion, Prompt, Usage

Line: TypeAlias = "str | StagedoorError | asyncio.Event"
"""A piece to say, an error to raise there, or an event to wait for."""

Script: TypeAlias = "Line | Sequence[Line] | Callable[[Prompt], Script]"
"""One reply: a line, several in order, or a function of the prompt that gives one."""

CHARACTERS_PER_TOKEN = 4


class ScriptedModel:
    """A ``ChatModel`` fed by a queue of replies; ``otherwise`` answers when the queue is empty.

    ``prompts`` holds every prompt it was asked, in order. Timing is the caller's: an event inside a reply
    holds the answer there until it is set.
    """

    name = "scripted"

    def __init__(self, *replies: Script, otherwise: Script | None = None) -> None:
        self.prompts: list[Prompt] = []
        self.closed_early = 0  # answers that were not heard to their end
        self.in_flight = 0
        self.peak = 0  # most answers ever under way at once
        self._replies = deque(replies)
        self._otherwise = otherwise
        self._changed = asyncio.Condition()

    def feed(self, *replies: Script) -> None:
        """Append replies to the queue."""
        self._replies.extend(replies)

    async def asked(self, times: int, *, within: float = 10.0) -> Prompt:
        """Wait until it was asked this often, at most ``within`` seconds, and return that prompt."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: len(self.prompts) >= times)
        return self.prompts[times - 1]

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """As ``core.ports.ChatModel``."""
        self.prompts.append(prompt)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        complete = False
        try:
            async with self._changed:
                self._changed.notify_all()
            said = ""
            for line in _lines(self._next(), prompt):
                if isinstance(line, asyncio.Event):
                    await line.wait()
                elif isinstance(line, StagedoorError):
                    complete = True
                    raise line
                elif line:
                    said += line
                    yield line
            complete = True
            if not said:
                raise ModelUnavailable("the script gave an empty answer")
            yield self._completion(prompt, said)
        finally:
            self.in_flight -= 1
            self.closed_early += not complete

    def _next(self) -> Script:
        if self._replies:
            return self._replies.popleft()
        if self._otherwise is None:
            raise ModelUnavailable("the script is at its end")
        return self._otherwise

    def _completion(self, prompt: Prompt, said: str) -> Completion:
        completion = -(-len(said) // CHARACTERS_PER_TOKEN)
        return Completion(
            finish="stop", usage=Usage(prompt.estimated_tokens, completion, estimated=True), model=self.name
        )


def _lines(script: Script, prompt: Prompt) -> Sequence[Line]:
    while callable(script):
        script = script(prompt)
    return (script,) if isinstance(script, str | StagedoorError | asyncio.Event) else script
