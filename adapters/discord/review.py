"""Looking at a reply and putting it right, from the menu of the message.

The form's id tells which message it is about, and nothing else of it is remembered: one that was opened before a
restart is as good as a new one. Whatever comes back is hostile input; the core decides who may, and about which
message.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from adapters.discord.answers import apologise, reply, show
from adapters.discord.translate import to_command
from core.commands import REVISE, WHY
from core.model import AccountId, Incoming
from core.ports import Intake

WHY_MENU = "Why did it say that?"
REVISE_MENU = "Correct this reply"
OUT_OF_DATE = f'That form is out of date. Open it anew: "{REVISE_MENU}" in the menu of the message.'

LONGEST_INPUT = 4000  # characters that a form takes
OPENS_WITHIN = 2.0  # seconds until a form must be ready: Discord waits 3 s, and a form cannot be announced beforehand
_FORM = re.compile(r"revise:(?P<message>[0-9]{1,20})")
_WHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
_BY_SERVERS = app_commands.AppInstallationType(guild=True, user=False)
_OFFERED_TO = discord.Permissions(manage_messages=True)  # in servers; whoever runs one may offer it to others


class Review:
    """What the menus of messages do.

    Args:
        account: Whose replies.
        intake: Decides and answers.
    """

    def __init__(self, account: AccountId, intake: Intake) -> None:
        self._account, self._intake = account, intake

    def menus(self) -> Iterator[app_commands.ContextMenu]:
        """The entries of the menu that messages have under "Apps"."""
        for name, callback in ((WHY_MENU, self._why), (REVISE_MENU, self._open)):
            menu = app_commands.ContextMenu(
                name=name, callback=callback, allowed_contexts=_WHERE, allowed_installs=_BY_SERVERS
            )
            menu.default_permissions = _OFFERED_TO
            yield menu

    async def submitted(self, interaction: discord.Interaction[Any]) -> None:
        """Take a form that came back; whatever happens, whoever sent it gets an answer."""
        try:
            form = _FORM.fullmatch(_sent(interaction).get("custom_id", ""))
            if form is None:
                await reply(interaction, OUT_OF_DATE)
                return
            await interaction.response.defer(ephemeral=True, thinking=True)
            asked = self._asked(interaction, REVISE.name, form["message"], _written(interaction))
            await show(interaction, (await self._intake.command(asked)).text)
        except Exception as exc:  # noqa: BLE001 - discord.py has nobody who would answer then
            await apologise(interaction, exc)

    async def _why(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        answer = await self._intake.command(self._asked(interaction, WHY.name, str(message.id)))
        await show(interaction, answer.text)

    async def _open(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Open the form, for who may; the same command without a text says who may, and brings what it begins with."""
        async with asyncio.timeout(OPENS_WITHIN):
            answer = await self._intake.command(self._asked(interaction, REVISE.name, str(message.id)))
        if answer.draft:
            await interaction.response.send_modal(_form(message.id, answer.draft))
        else:
            await reply(interaction, answer.text)

    def _asked(self, interaction: discord.Interaction[Any], command: str, message: str, argument: str = "") -> Incoming:
        return to_command(interaction, command, self._account, about=message, argument=argument)


def _form(message: int, draft: str) -> discord.ui.Modal:
    text: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph, default=draft[:LONGEST_INPUT], max_length=LONGEST_INPUT
    )
    form = discord.ui.Modal(title=REVISE_MENU, custom_id=f"revise:{message}")
    form.add_item(discord.ui.Label(text="What should I have said?", component=text))
    form.stop()  # discord.py need not remember it: see above
    return form


def _written(interaction: discord.Interaction[Any]) -> str:
    """The text in a form; empty where it has none."""
    fields = (row.get("component") or {} for row in _sent(interaction).get("components", ()))
    return "".join(field.get("value") or "" for field in fields)


def _sent(interaction: discord.Interaction[Any]) -> dict[str, Any]:
    return dict(interaction.data or {})
