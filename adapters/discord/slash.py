"""Commands on Discord: by slash, wherever the app is, and in the menus of messages and of people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
from discord import app_commands

from adapters.discord.answers import apologise
from adapters.discord.asking import Asking
from adapters.discord.forms import FORMS
from adapters.discord.options import entries, permissions, shape, shown
from core.commands import HISTORY, REPORT, REVISE, START, TABLE, TAKE, WHY
from core.control import Command, Rank
from core.model import AccountId
from core.ports import Intake

if TYPE_CHECKING:
    from adapters.discord.client import AvatarClient

log = structlog.get_logger()

WHY_MENU = "Why did it say that?"
REVISE_MENU = "Correct this reply"
REPORT_MENU = "Report"
TAKE_MENU = "Take over"
HISTORY_MENU = "Fan history"

_ON_MESSAGES = {WHY_MENU: WHY, REVISE_MENU: REVISE, REPORT_MENU: REPORT, TAKE_MENU: TAKE}
_ON_PEOPLE = {TAKE_MENU: TAKE, HISTORY_MENU: HISTORY}


Circles = Callable[[], Iterable[str]]


class SlashCommands(app_commands.CommandTree["AvatarClient"]):
    """Offers what the table holds, and has each answered.

    Args:
        client: By which it speaks with Discord.
        account: Whose commands.
        intake: Decides and answers.
        circles: The names of the avatar's circles of fans, as they are now.
    """

    def __init__(self, client: AvatarClient, account: AccountId, intake: Intake, circles: Circles) -> None:
        super().__init__(client)
        self._account = account
        self.asking = Asking(account, intake)
        offered = [command for command in TABLE if command is not START]  # Telegram's own
        for entry in entries(offered, self.asking.command, asked_for=FORMS, suggestions={"tier": circles}):
            self.add_command(entry)
        for menu in self._menus():
            self.add_command(menu)

    async def register(self) -> None:
        """Tell Discord the commands if it has others: it takes only 200 such calls a day."""
        try:
            registered = await self.client.http.get_global_commands(self.client.application_id or 0)
            wanted = [command.to_dict(self) for command in self.get_commands()]
            if sorted(map(shape, registered)) != sorted(map(shape, wanted)):
                await self.sync()
                log.info("discord.commands.registered", account=self._account)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            log.warning("discord.commands.not_registered", account=self._account, reason=type(exc).__name__)

    async def on_error(
        self, interaction: discord.Interaction[AvatarClient], error: app_commands.AppCommandError, /
    ) -> None:
        """Say sorry to whoever waits."""
        await apologise(interaction, error.__cause__ or error)

    def _menus(self) -> Iterator[app_commands.ContextMenu]:
        """What is under "Apps" in the menus of messages and of people."""
        for name, command in _ON_MESSAGES.items():
            yield _menu(name, command, self._of_message(command))
        for name, command in _ON_PEOPLE.items():
            yield _menu(name, command, self._of_person(command))

    def _of_message(self, command: Command) -> Any:
        async def chosen(interaction: discord.Interaction, message: discord.Message) -> None:
            await self.asking.chosen(interaction, command, message)

        return chosen

    def _of_person(self, command: Command) -> Any:
        async def chosen(interaction: discord.Interaction, person: discord.Member | discord.User) -> None:
            await self.asking.named(interaction, command, person)

        return chosen


def _menu(name: str, command: Command, callback: Any) -> app_commands.ContextMenu:
    """One entry; shown to moderators where it is not for fans, since a correction is the creator's in any server."""
    menu = app_commands.ContextMenu(name=name, callback=callback, **shown(command.audience))
    menu.default_permissions = permissions(min(command.audience, Rank.MODERATOR))
    return menu
