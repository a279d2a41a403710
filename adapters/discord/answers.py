"""Answers to interactions: seen by nobody but who asked, pinging nobody, with no preview of what they link to."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import aiohttp
import discord
import structlog

from adapters.discord.channel import SILENT, TEXT_LIMIT
from core.model import File

log = structlog.get_logger()

SORRY = "Sorry, that did not work just now. Please try again in a moment."


async def show(interaction: discord.Interaction[Any], text: str) -> None:
    """Answer an interaction that was deferred."""
    first, *others = split(text)
    await interaction.edit_original_response(content=first, allowed_mentions=SILENT)
    for part in others:
        await interaction.followup.send(part, ephemeral=True, allowed_mentions=SILENT, suppress_embeds=True)


async def hand_over(interaction: discord.Interaction[Any], files: Iterable[File]) -> None:
    """Send files after an answer, each in a message of its own: Discord limits what one message carries."""
    for file in files:
        attached = discord.File(io.BytesIO(file.content), filename=file.name)
        await interaction.followup.send(file=attached, ephemeral=True, allowed_mentions=SILENT)


async def reply(interaction: discord.Interaction[Any], text: str) -> None:
    """Answer an interaction that has had no response yet, with as much as fits into one message."""
    first, *_ = split(text)
    await interaction.response.send_message(first, ephemeral=True, allowed_mentions=SILENT, suppress_embeds=True)


async def apologise(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Say sorry instead of leaving whoever waits with "the application did not respond"."""
    reason = type(error).__name__
    log.error("discord.interaction.failed", interaction=interaction.id, reason=reason)
    try:
        if interaction.response.is_done():
            await interaction.edit_original_response(content=SORRY)
        else:
            await interaction.response.send_message(SORRY, ephemeral=True)
    except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
        log.warning("discord.interaction.unanswered", interaction=interaction.id, reason=type(exc).__name__)


def split(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Cut into messages of at most ``limit`` code points, at ends of lines where there are any; never none."""
    parts = []
    rest = text.strip()
    while len(rest) > limit:
        end = rest.rfind("\n", 1, limit + 1)
        parts.append(rest[: end if end > 0 else limit].rstrip())
        rest = rest[len(parts[-1]) :].lstrip()
    return [*parts, rest or "…"]
