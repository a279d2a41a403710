"""Looks for a model server on this machine, and examines an endpoint for ``doctor``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from adapters.llm.endpoint import Client, Endpoint, chat_model, models
from adapters.llm.faults import KeyRefused
from adapters.llm.openai import OpenAIModel
from core.errors import ModelRejected, ModelUnavailable
from core.model import ChatMessage, Completion, Finding, Prompt

PORTS = (11434, 1234, 8080, 8000)  # Ollama, LM Studio, llama.cpp, vLLM
PATIENCE = 0.5  # seconds; a server on this machine lists its models in a few milliseconds
SLOW = 5.0  # seconds to the first word, from which on a fan would wonder

TRY = Prompt((ChatMessage("user", "Say hello."),), max_tokens=32, temperature=0.0)


async def find(http: Client, ports: Sequence[int] = PORTS) -> Sequence[Endpoint]:
    """The servers on these ports of this machine that list a chat model, in that order, with its name filled in."""
    looked = await asyncio.gather(*(_look(http, port) for port in ports))
    return [endpoint for endpoint in looked if endpoint is not None]


async def check(endpoint: Endpoint, http: Client) -> list[Finding]:
    """What ``doctor`` says about an endpoint: reachable, key, model's name, and whether it answers."""
    try:
        names = await models(endpoint, http)
    except KeyRefused as exc:
        return [_reached(endpoint), _key_refused(exc)]
    except ModelUnavailable as exc:
        mend = "Start the server, or set STAGEDOOR_MODEL__BASE_URL to its address; it usually ends in /v1."
        return [Finding("model endpoint", "fail", str(exc), mend)]
    except ModelRejected as exc:
        listed = Finding("model name", "warn", f"no list of models: {exc}", "Harmless if the model answers.")
    else:
        listed = _listed(endpoint, names)
        endpoint = endpoint if endpoint.name else replace(endpoint, name=chat_model(names) or "")
    findings = [_reached(endpoint), listed]
    return findings if listed.level == "fail" else findings + await _answer(endpoint, http)


async def _look(http: Client, port: int) -> Endpoint | None:
    endpoint = Endpoint(f"http://127.0.0.1:{port}/v1")
    try:
        async with asyncio.timeout(PATIENCE):
            name = chat_model(await models(endpoint, http))
    except (ModelUnavailable, ModelRejected, TimeoutError):
        return None
    return replace(endpoint, name=name) if name else None


def _reached(endpoint: Endpoint) -> Finding:
    return Finding("model endpoint", "pass", f"{endpoint.host} answers")


def _key_refused(exc: KeyRefused) -> Finding:
    return Finding("model key", "fail", str(exc), "Set STAGEDOOR_MODEL__API_KEY to a key of this endpoint.")


def _listed(endpoint: Endpoint, names: Sequence[str]) -> Finding:
    some = ", ".join(names[:5])
    if endpoint.name in names:
        return Finding("model name", "pass", f"{endpoint.name} is listed")
    if endpoint.name:
        mend = f"Set STAGEDOOR_MODEL__NAME to one of: {some}." if names else "Load a model in the server."
        return Finding("model name", "warn", f"{endpoint.name} is not listed", mend)
    if name := chat_model(names):
        return Finding("model name", "pass", f"none set; using {name}, the first listed")
    return Finding("model name", "fail", "no model to talk to is listed", "Load a chat model in the server.")


async def _answer(endpoint: Endpoint, http: Client) -> list[Finding]:
    start, first, end = time.monotonic(), None, None
    try:
        async for piece in OpenAIModel(replace(endpoint, retries=0), http).stream(TRY):
            first = first or time.monotonic() - start
            end = piece
    except KeyRefused as exc:
        return [_key_refused(exc)]
    except (ModelRejected, ModelUnavailable) as exc:
        mend = "The text is the endpoint's own; its log may say more. Check the model's name and that it is loaded."
        return [Finding("model answer", "fail", str(exc), mend)]
    assert first is not None
    assert isinstance(end, Completion)
    key = [Finding("model key", "pass", "accepted")] if endpoint.api_key else []
    return [*key, _pace(first, end)]


def _pace(first: float, end: Completion) -> Finding:
    detail = f"{end.model or 'the model'} streams; first words after {first:.1f} s"
    if first > SLOW:
        return Finding("model answer", "warn", detail, "Fans will wait: use a smaller model or a faster machine.")
    return Finding("model answer", "pass", detail)
