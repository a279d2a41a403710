"""Commands on Discord: fans' as slash commands, wherever the app is, and what the menus of messages offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
from discord import app_commands

from adapters.discord.answers import apologise, hand_over, show
from adapters.discord.review import Review
from adapters.discord.translate import to_command
from core.commands import MENU, Command
from core.model import AccountId
from core.ports import Intake

if TYPE_CHECKING:
    from adapters.discord.client import AvatarClient

log = structlog.get_logger()

EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
BY_ANYONE = app_commands.AppInstallationType(guild=True, user=True)


class SlashCommands(app_commands.CommandTree["AvatarClient"]):
    """Answers each command only to who gave it, acknowledged before anything else is done: Discord waits 3 s."""

    def __init__(self, client: AvatarClient, account: AccountId, intake: Intake) -> None:
        super().__init__(client, allowed_contexts=EVERYWHERE, allowed_installs=BY_ANYONE)
        self._account, self._intake = account, intake
        for command in MENU:
            self.add_command(self._answering(command))
        self.review = Review(account, intake)
        for menu in self.review.menus():
            self.add_command(menu)

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
        """Say sorry to whoever waits."""
        await apologise(interaction, error.__cause__ or error)

    def _answering(self, command: Command) -> app_commands.Command[Any, [], None]:
        async def answer(interaction: discord.Interaction, text: str = "") -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            asked = to_command(interaction, command.name, self._account, argument=text)
            answer = await self._intake.command(asked)
            await show(interaction, answer.text)
            await hand_over(interaction, answer.files)

        async def answer_alone(interaction: discord.Interaction) -> None:
            await answer(interaction)

        callback = app_commands.describe(text=command.argument)(answer) if command.argument else answer_alone
        return app_commands.Command(name=command.name, description=command.description, callback=callback)


def _shape(commands: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    """What is compared, from Discord's own form: discord.py 2.7's ``AppCommand`` reads the contexts off by one."""
    return {
        (
            command["name"],
            command.get("type", 1),  # slash commands may leave it out
            command.get("description", ""),  # menus of messages have none
            str(command.get("default_member_permissions") or ""),  # a number here, text there
            *((option["name"], option["description"]) for option in command.get("options") or ()),
            *(command.get("contexts") or ()),
            *(command.get("integration_types") or ()),
        )
        for command in commands
    }
