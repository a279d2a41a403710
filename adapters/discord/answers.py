"""Answers to interactions: seen by nobody but who asked, pinging nobody, with no preview of what they link to."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import discord
import structlog

from adapters.discord import buttons
from adapters.discord.channel import SILENT, TEXT_LIMIT
from core.model import Answer

log = structlog.get_logger()

_OF_BUTTONS = {discord.InteractionType.component, discord.InteractionType.modal_submit}  # and the forms they open

SORRY = "Sorry, that did not work just now. Please try again in a moment."


async def acknowledge(interaction: discord.Interaction[Any]) -> None:
    """Let Discord, and who asked, know that the answer is coming. A pressed button's message stays as it is."""
    await interaction.response.defer(ephemeral=True, thinking=not pressed(interaction))


async def show(interaction: discord.Interaction[Any], answer: Answer) -> None:
    """Answer an interaction that was acknowledged. Files go in messages of their own: Discord limits what one holds."""
    texts = split(answer.text)
    for number, text in enumerate(texts):
        shown = buttons.view(answer.actions, answer.products) if number == len(texts) - 1 else None
        if number == 0 and not pressed(interaction):
            await interaction.edit_original_response(content=text, view=shown, allowed_mentions=SILENT)
        else:
            await _follow_up(interaction, text, shown)
    for file in answer.files:
        attached = discord.File(io.BytesIO(file.content), filename=file.name)
        await interaction.followup.send(file=attached, ephemeral=True, allowed_mentions=SILENT)


async def reply(interaction: discord.Interaction[Any], text: str) -> None:
    """Answer an interaction that has had no response yet, with as much as fits into one message."""
    first, *_ = split(text)
    await interaction.response.send_message(first, ephemeral=True, allowed_mentions=SILENT, suppress_embeds=True)


async def settle(interaction: discord.Interaction[Any]) -> None:
    """Take the buttons from the message of a press that was acknowledged: what they offered is done."""
    try:
        await interaction.edit_original_response(view=None)
    except discord.HTTPException as exc:  # deleted meanwhile, or too old
        log.info("discord.press.not_settled", interaction=interaction.id, status=exc.status, code=exc.code)


async def apologise(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Say sorry instead of leaving whoever waits with "the application did not respond"."""
    reason = type(error).__name__
    log.error("discord.interaction.failed", interaction=interaction.id, reason=reason)
    try:
        if not interaction.response.is_done():
            await interaction.response.send_message(SORRY, ephemeral=True)
        else:
            await show(interaction, Answer(SORRY))
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


async def _follow_up(interaction: discord.Interaction[Any], text: str, shown: discord.ui.View | None) -> None:
    await interaction.followup.send(
        text,
        ephemeral=True,
        allowed_mentions=SILENT,
        suppress_embeds=True,
        view=shown or discord.utils.MISSING,
    )


def pressed(interaction: discord.Interaction[Any]) -> bool:
    """Whether it began with a button, and so the original response is the message under which that stands."""
    return interaction.message is not None and interaction.type in _OF_BUTTONS
