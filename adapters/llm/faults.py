"""What an endpoint said went wrong, as an error of ours. Pure: a status, a payload and headers in, an error out.

The axis is the caller's: another try may help (``ModelUnavailable``), a shorter prompt may help
(``PromptTooLong``), nothing helps here (``ModelRejected``). The provider's own short message is kept for
operators; it never reaches a fan.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.errors import ModelRejected, ModelUnavailable, PromptTooLong, StagedoorError

PASSING = frozenset({408, 409, 425, 429})  # and every 5xx; Together adds 524 and 529
NO_KEY = frozenset({401, 403})
TOO_LARGE = 413
MESSAGE_LIMIT = 200  # characters of the provider's message that are kept

# "maximum context length is 8192 tokens" (OpenAI, vLLM, OpenRouter), "context length is only 4096" (vLLM,
# LM Studio), "available context size (4096 tokens)" (llama.cpp)
_CONTEXT = re.compile(r"context (?:length|size|window|the overflows)", re.IGNORECASE)
_CONTEXT_LIMIT = re.compile(r"context (?:length|size|window)\D{0,24}?(\d[\d,]*)", re.IGNORECASE)
_CONTEXT_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_SECRET = re.compile(r"\b(?:sk|gsk|key|hf|xai|tgp)[-_][\w*.\-]{4,}|Bearer \S+", re.IGNORECASE)


class KeyRefused(ModelRejected):
    """The endpoint wants a key, or another one."""


def error_of(payload: object) -> Mapping[str, Any] | None:
    """The error inside a decoded payload, or None if it holds none.

    Shapes: ``{"error": {"message", "code", …}}`` (OpenAI, llama.cpp, OpenRouter), ``{"error": "text"}``
    (Ollama), ``{"object": "error", "message", "code"}`` (vLLM), ``{"detail": …}`` (FastAPI).
    """
    if not isinstance(payload, Mapping):
        return None
    error = payload.get("error")
    if isinstance(error, Mapping):
        return error
    if error:
        return {"message": str(error)}
    if payload.get("object") == "error":
        return payload
    return {"message": str(payload["detail"])} if "detail" in payload and "choices" not in payload else None


def fault(
    status: int, error: Mapping[str, Any], *, host: str, key: str = "", retry_after: float | None = None
) -> StagedoorError:
    """The error that this status and error object stand for.

    Args:
        status: The HTTP status, or what the error object inside a stream gives as its code.
        error: As ``error_of`` returns it; may be empty.
        host: The endpoint's host, for the text.
        key: The API key, which providers like to quote: it is cut out of the text.
        retry_after: Seconds, as ``retry_after`` returns it.
    """
    said = _short(error.get("message") or error.get("type") or "", key)
    text = f"{host} answered {status}" + (f": {said}" if said else "")
    if status == TOO_LARGE or _overflows(error):
        return PromptTooLong(text, limit=_limit(error))
    if status in PASSING or status >= 500:  # noqa: PLR2004 - the class of server errors
        return ModelUnavailable(text, retry_after=retry_after)
    return KeyRefused(text) if status in NO_KEY else ModelRejected(text)


def stream_fault(error: Mapping[str, Any], *, host: str, key: str = "") -> StagedoorError:
    """The error that an error object in the middle of a 200 answer stands for; without a code it is passing."""
    code = error.get("code")
    status = code if isinstance(code, int) and 400 <= code <= 599 else 500  # noqa: PLR2004 - HTTP errors
    return fault(status, error, host=host, key=key)


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, given as seconds or as an HTTP date; None without one."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now)
    return max(0.0, seconds) if seconds < float("inf") else None  # NaN and infinity are no times


def _until(value: str, now: datetime) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def _overflows(error: Mapping[str, Any]) -> bool:
    named = {str(error.get("code")), str(error.get("type"))} & _CONTEXT_CODES
    return bool(named) or _CONTEXT.search(str(error.get("message", ""))) is not None


def _limit(error: Mapping[str, Any]) -> int | None:
    if isinstance(error.get("n_ctx"), int):
        return int(error["n_ctx"])
    found = _CONTEXT_LIMIT.search(str(error.get("message", "")))
    return int(found[1].replace(",", "")) if found else None


def _short(message: object, key: str) -> str:
    text = " ".join(str(message).split())
    if key:
        text = text.replace(key, "[key]")
    text = _SECRET.sub("[key]", text)
    return text if len(text) <= MESSAGE_LIMIT else f"{text[: MESSAGE_LIMIT - 1]}…"
