"""What people ask for by commands, buttons, menus and forms: brought to the core, and its answer brought to them.

Every interaction is acknowledged before anything else is done, since Discord waits 3 s. Only where a form may have to
open is the core asked before that, for a form cannot be announced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import discord

from adapters.discord import buttons, forms, options
from adapters.discord.answers import acknowledge, apologise, pressed, reply, settle, show
from adapters.discord.forms import FORMS, Form
from adapters.discord.translate import to_command
from core.control import Command
from core.model import AccountId, Incoming
from core.ports import Intake

OUT_OF_DATE = "That form is out of date. Please open it anew, from the menu of the message or by its command."
NOT_OURS = "I don't know that button any more. Please give the command again."
WHICH_MESSAGE = 'That is no link to a message. In the menu of the message, choose "Copy Message Link".'
OPENS_WITHIN = 2.0  # seconds until it must be known whether a form opens: Discord waits 3 s


class Asking:
    """Answers interactions.

    Args:
        account: Who is asked.
        intake: Decides and answers.
    """

    def __init__(self, account: AccountId, intake: Intake) -> None:
        self._account, self._intake = account, intake

    async def command(self, interaction: discord.Interaction[Any], command: Command) -> None:
        """A slash command was given."""
        given = options.given(interaction, command)
        named = given.pop(options.ABOUT.name, "")
        about = options.message_id(named)
        if named and not about:
            await reply(interaction, WHICH_MESSAGE)
            return
        form = FORMS.get(command.name)
        if form is not None and form.drafted and command.arguments[-1].name not in given:
            subject = about or given.get(command.arguments[0].name, "")
            await self._draft(interaction, form, self._asked(interaction, command.name, about, given), subject)
        else:
            await self._obey(interaction, self._asked(interaction, command.name, about, given))

    async def chosen(self, interaction: discord.Interaction[Any], command: Command, message: discord.Message) -> None:
        """A command was chosen from the menu of a message."""
        about, form = str(message.id), FORMS.get(command.name)
        asked = self._asked(interaction, command.name, about)
        if form is None:
            await self._obey(interaction, asked)
        elif form.drafted:
            await self._draft(interaction, form, asked, about)
        else:
            await interaction.response.send_modal(forms.modal(form, about))

    async def named(self, interaction: discord.Interaction[Any], command: Command, person: discord.abc.User) -> None:
        """A command was chosen from the menu of a person."""
        await self._obey(interaction, self._asked(interaction, command.name, given={"fan": str(person.id)}))

    async def arrived(self, interaction: discord.Interaction[Any]) -> None:
        """Take in a press or a form. Whatever happens, whoever asked gets an answer: discord.py would give none."""
        try:
            if interaction.type is discord.InteractionType.component:
                await self._pressed(interaction)
            elif interaction.type is discord.InteractionType.modal_submit:
                await self._submitted(interaction)
        except Exception as exc:  # noqa: BLE001 - see above
            await apologise(interaction, exc)

    async def _pressed(self, interaction: discord.Interaction[Any]) -> None:
        """A button was pressed, or somebody says so."""
        command, argument = buttons.read(str(_sent(interaction).get("custom_id", "")))
        if not command:
            await reply(interaction, NOT_OURS)
            return
        about = str(interaction.message.id) if interaction.message else ""
        asked = replace(self._asked(interaction, command, about), argument=argument)
        form = FORMS.get(command)
        if form is not None and form.drafted:
            await self._draft(interaction, form, asked, about if form.command.about else argument)
        else:
            await self._obey(interaction, asked)

    async def _submitted(self, interaction: discord.Interaction[Any]) -> None:
        """A form came back, or something that says it is one."""
        filled = forms.read(_sent(interaction))
        if filled is None:
            await reply(interaction, OUT_OF_DATE)
            return
        await self._obey(interaction, self._asked(interaction, filled.command, filled.about, filled.given))

    async def _obey(self, interaction: discord.Interaction[Any], asked: Incoming) -> None:
        await acknowledge(interaction)
        answer = await self._intake.command(asked)
        if answer.change is not None and pressed(interaction):
            await settle(interaction)
        await show(interaction, answer)

    async def _draft(self, interaction: discord.Interaction[Any], form: Form, asked: Incoming, subject: str) -> None:
        """Open a form, for who may; the command without its text says who may, and brings what the form begins with."""
        async with asyncio.timeout(OPENS_WITHIN):
            answer = await self._intake.command(asked)
        if answer.draft:
            await interaction.response.send_modal(forms.modal(form, subject, answer.draft))
        else:
            await reply(interaction, answer.text)

    def _asked(
        self,
        interaction: discord.Interaction[Any],
        command: str,
        about: str = "",
        given: Mapping[str, str] = MappingProxyType({}),
    ) -> Incoming:
        return to_command(interaction, command, self._account, about=about, given=given)


def _sent(interaction: discord.Interaction[Any]) -> dict[str, Any]:
    return dict(interaction.data or {})
