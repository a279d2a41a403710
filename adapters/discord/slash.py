"""The fans' commands as Discord's slash commands: in servers, in DMs, and anywhere for who installed the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
from discord import app_commands

from adapters.discord.channel import SILENT, TEXT_LIMIT
from adapters.discord.translate import to_command
from core.commands import MENU, Command
from core.model import AccountId
from core.ports import Intake

if TYPE_CHECKING:
    from adapters.discord.client import AvatarClient

log = structlog.get_logger()

EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
BY_ANYONE = app_commands.AppInstallationType(guild=True, user=True)
SORRY = "Sorry, that did not work just now. Please try again in a moment."


class SlashCommands(app_commands.CommandTree["AvatarClient"]):
    """Answers each command only to who gave it, acknowledged before anything else is done: Discord waits 3 s."""

    def __init__(self, client: AvatarClient, account: AccountId, intake: Intake) -> None:
        super().__init__(client, allowed_contexts=EVERYWHERE, allowed_installs=BY_ANYONE)
        self._account, self._intake = account, intake
        for command in MENU:
            self.add_command(self._answering(command))

    async def register(self) -> None:
        """Tell Discord the commands if it has others: it takes only 200 such calls a day."""
        try:
            registered = await self.client.http.get_global_commands(self.client.application_id or 0)
            wanted = [command.to_dict(self) for command in self.get_commands()]
            if _shape(registered) != _shape(wanted):
                await self.sync()
                log.info("discord.commands.registered", account=self._account)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            log.warning("discord.commands.not_registered", account=self._account, reason=type(exc).__name__)

    async def on_error(
        self, interaction: discord.Interaction[AvatarClient], error: app_commands.AppCommandError, /
    ) -> None:
        """Say sorry instead of leaving the fan with "the application did not respond"."""
        reason = type(error.__cause__ or error).__name__
        log.error("discord.command.failed", account=self._account, interaction=interaction.id, reason=reason)
        try:
            if interaction.response.is_done():
                await interaction.edit_original_response(content=SORRY)
            else:
                await interaction.response.send_message(SORRY, ephemeral=True)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            log.warning("discord.command.unanswered", interaction=interaction.id, reason=type(exc).__name__)

    def _answering(self, command: Command) -> app_commands.Command[Any, [], None]:
        async def answer(interaction: discord.Interaction) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            text = await self._intake.command(to_command(interaction, command.name, self._account))
            first, *others = split(text)
            await interaction.edit_original_response(content=first, allowed_mentions=SILENT)
            for part in others:
                await interaction.followup.send(part, ephemeral=True, allowed_mentions=SILENT, suppress_embeds=True)

        return app_commands.Command(name=command.name, description=command.description, callback=answer)


def split(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Cut into messages of at most ``limit`` code points, at ends of lines where there are any; never none."""
    parts = []
    rest = text.strip()
    while len(rest) > limit:
        end = rest.rfind("\n", 1, limit + 1)
        parts.append(rest[: end if end > 0 else limit].rstrip())
        rest = rest[len(parts[-1]) :].lstrip()
    return [*parts, rest or "…"]


def _shape(commands: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    """What is compared, from Discord's own form: discord.py 2.7's ``AppCommand`` reads the contexts off by one."""
    return {
        (
            command["name"],
            command["description"],
            *(command.get("contexts") or ()),
            *(command.get("integration_types") or ()),
        )
        for command in commands
    }
