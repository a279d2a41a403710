"""Two bots that do nothing but echo a model's answer on Telegram: what the product is measured beside.

``a`` is what the first page of python-telegram-bot's documentation and of httpx's lead to; ``b`` is the same with
aiohttp's transport under both clients. Neither remembers, stores, limits, previews or retries anything. Pools are
made large enough for every fan at once, so that neither queues for a connection.

    python -m tests.bench.floors b --token … --base-url http://127.0.0.1:8081 --model-url http://127.0.0.1:8000/v1
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import httpx
import httpx_aiohttp
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest

from tests.bench.gauge import lag_written_to

CONNECTIONS = 512
SYSTEM = "You are Maya, a friendly baker. Answer in a few sentences."


def transport() -> httpx_aiohttp.AiohttpTransport:
    """aiohttp's transport behind httpx."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    return httpx_aiohttp.AiohttpTransport(limits=limits)


def model_client(kind: str) -> httpx.AsyncClient:
    """The client that asks the model."""
    if kind == "a":
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        return httpx.AsyncClient(timeout=60, limits=limits)
    return httpx.AsyncClient(timeout=60, transport=transport())


def telegram_request(kind: str) -> HTTPXRequest:
    """The client that speaks to Telegram."""
    return HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        read_timeout=30,
        connect_timeout=30,
        pool_timeout=30,
        httpx_kwargs={} if kind == "a" else {"transport": transport()},
    )


async def ask(http: httpx.AsyncClient, url: str, text: str) -> str:
    """The model's streamed answer, read line by line."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
    spoken = ""
    async with http.stream("POST", f"{url}/chat/completions", json={"messages": messages, "stream": True}) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if not line.startswith("data: ") or line == "data: [DONE]":
                continue
            for choice in json.loads(line[6:])["choices"]:
                spoken += choice["delta"].get("content") or ""
    return spoken


def application(kind: str, token: str, base_url: str, model_url: str, http: httpx.AsyncClient) -> Any:
    """The bot, ready to run."""

    async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await update.message.reply_text(await ask(http, model_url, update.message.text or ""))

    built = (
        Application.builder()
        .token(token)
        .base_url(f"{base_url}/bot")
        .request(telegram_request(kind))
        .get_updates_request(telegram_request(kind))
        .concurrent_updates(True)
        .build()
    )
    built.add_handler(MessageHandler(filters.TEXT, answer))
    return built


async def serve(kind: str, token: str, base_url: str, model_url: str, lag: Path) -> None:
    """Run until terminated."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with model_client(kind) as http, lag_written_to(lag):
        bot = application(kind, token, base_url, model_url, http)
        async with bot:
            await bot.start()
            await bot.updater.start_polling()
            await stop.wait()
            await bot.updater.stop()
            await bot.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A bare echo bot.")
    parser.add_argument("kind", choices=("a", "b"))
    parser.add_argument("--token", required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--model-url", required=True)
    parser.add_argument("--lag", type=Path, default=Path("/dev/null"), help="file for the event loop's lag")
    asked = parser.parse_args()
    asyncio.run(serve(asked.kind, asked.token, asked.base_url, asked.model_url, asked.lag))
