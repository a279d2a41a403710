"""One answer as it arrives: bytes in, visible text out; finish, usage and model are remembered. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from adapters.llm.faults import error_of
from adapters.llm.sse import Events, Malformed
from core.model import Completion, Prompt, Usage

BYTES_PER_TOKEN = 4  # of UTF-8, where an endpoint reports no usage
DONE = "[DONE]"
REASONING = ("reasoning_content", "reasoning")  # vLLM by version; OpenRouter and Groq use the latter

_FINISH: Mapping[str, Literal["stop", "length", "other"]] = {"stop": "stop", "eos": "stop", "length": "length"}


class ErrorInStream(Exception):
    """An error object where a chunk was expected."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__("error object in the stream")
        self.error = error


class Answer:
    """What one request has brought so far."""

    def __init__(self) -> None:
        self.written = 0  # bytes of all that the model wrote, shown or not
        self.done = False  # the stream said that nothing follows
        self.model = ""
        self._finish: str | None = None
        self._usage: Usage | None = None
        self._events = Events()
        self._visible = Visible()

    @property
    def complete(self) -> bool:
        """Whether the text is whole, though usage may still follow."""
        return self.done or self._finish is not None

    def take(self, read: bytes) -> str:
        """Take one network read, empty at the end, and return the visible text it adds; may be empty.

        Raises:
            Malformed: An event is not the JSON of a chunk.
            ErrorInStream: An event is an error object.
        """
        events = self._events.feed(read) if read else self._events.rest()
        try:
            text = "".join([self._event(event) for event in events if event])
        except (AttributeError, KeyError, TypeError) as exc:
            raise Malformed("an event has not the shape of a chunk") from exc
        if not read:
            text += self._visible.end()
        return text if text.isascii() else _sound(text)

    def completion(self, prompt: Prompt) -> Completion:
        """How the answer ended."""
        finish = _FINISH.get(self._finish or "stop", "other")
        return Completion(finish=finish, usage=self._usage or self._estimated(prompt), model=self.model)

    def _event(self, event: str) -> str:
        if event == DONE:
            self.done = True
            return ""
        chunk = _chunk(event)
        if usage := chunk.get("usage"):
            self._usage = _counted(usage)
        if not self.model:
            self.model = str(chunk.get("model") or "")
        choices = chunk.get("choices")
        return self._choice(choices[0]) if choices else ""

    def _choice(self, choice: Mapping[str, Any]) -> str:
        if finish := choice.get("finish_reason"):
            self._finish = str(finish)
        delta = choice.get("delta") or {}
        for key in REASONING:
            if thought := delta.get(key):
                self._wrote(thought)
        if not (content := delta.get("content")):
            return ""
        self._wrote(content)
        return self._visible.add(content)

    def _wrote(self, text: str) -> None:
        self.written += len(text.encode("utf-8", "surrogatepass"))

    def _estimated(self, prompt: Prompt) -> Usage:
        completion = -(-self.written // BYTES_PER_TOKEN)
        return Usage(prompt=prompt.estimated_tokens, completion=completion, estimated=True)


class Visible:
    """Takes ``<think>…</think>`` blocks off the beginning of a text that comes in pieces.

    A model whose template opens the block inside the prompt sends only the closing tag; nothing tells that
    in time, so such an endpoint must separate reasoning itself (vLLM: ``--reasoning-parser``).
    """

    OPEN = "<think>"
    CLOSE = "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._thought = False  # a block was taken off: the blank lines behind it go too
        self._open = False  # the answer proper has begun

    def add(self, text: str) -> str:
        """Take a piece and return what of it and of what was held back can be shown."""
        if self._open:
            return text
        self._held += text
        while self._thinking or self._held.lstrip().startswith(self.OPEN):
            self._thinking = True
            _, closed, rest = self._held.partition(self.CLOSE)
            if not closed:
                self._held = self._held[-len(self.CLOSE) :]
                return ""
            self._thinking, self._thought, self._held = False, True, rest
        if self.OPEN.startswith(self._held.lstrip()):
            return ""
        return self.end()

    def end(self) -> str:
        """What is held back is shown after all, unless it is an unfinished thought."""
        text, self._held = self._held, ""
        if self._thinking:
            return ""
        self._open = bool(text)
        return text.lstrip() if self._thought else text


def _chunk(event: str) -> Mapping[str, Any]:
    try:
        chunk = json.loads(event)
    except (ValueError, RecursionError) as exc:
        raise Malformed("an event is not JSON") from exc
    if (error := error_of(chunk)) is not None:
        raise ErrorInStream(error)
    if not isinstance(chunk, dict):
        raise Malformed("an event is not a JSON object")
    return chunk


def _counted(usage: Mapping[str, Any]) -> Usage | None:
    if not isinstance(usage.get("prompt_tokens"), int):
        return None
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        prompt=usage["prompt_tokens"],
        completion=int(usage.get("completion_tokens") or 0),
        cached=int(details.get("cached_tokens") or 0),
    )


def _sound(text: str) -> str:
    # JSON can carry halves of a surrogate pair: joined where both are there, replaced where one is missing.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
