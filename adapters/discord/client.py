"""Listening on Discord: every event that matters to the core, handed on as it comes."""

from __future__ import annotations

import discord
import structlog

from adapters.discord.api import ApiClient
from adapters.discord.catchup import CatchUp
from adapters.discord.entitlements import Entitlements
from adapters.discord.slash import Circles, SlashCommands
from adapters.discord.translate import Listener, place_of, readable, to_incoming
from core.payments import Holdings
from core.ports import Intake

log = structlog.get_logger()


class AvatarClient(ApiClient):
    """One bot's connection. discord.py calls the ``on_…`` methods in the order in which the events came.

    Args:
        listener: Who listens, and to what.
        intake: Where everything goes.
        content: Whether to ask for the message-content intent.
        api_url: See ``ApiClient``.
        holdings: Where what was bought in the app's shop goes; None: nothing is sold.
        circles: See ``SlashCommands``.
    """

    def __init__(
        self,
        listener: Listener,
        intake: Intake,
        *,
        content: bool = True,
        api_url: str | None = None,
        holdings: Holdings | None = None,
        circles: Circles = tuple,
    ) -> None:
        super().__init__(intents=intents(content=content), api_url=api_url)
        self._listener, self._intake = listener, intake
        self._catch_up = CatchUp(listener.account, intake, self._take)
        self._entitlements = Entitlements(listener.account, holdings)
        self.tree = SlashCommands(self, listener.account, intake, circles)

    async def setup_hook(self) -> None:
        """Register the slash commands, once per start."""
        await super().setup_hook()
        await self.tree.register()

    async def on_connect(self) -> None:
        """A new session began; Discord replays nothing of the time before."""
        log.info("discord.connected", account=self._listener.account, servers=len(self.guilds))
        await self._catch_up.run(self)
        await self._entitlements.catch_up(self)

    async def on_resumed(self) -> None:
        """The session goes on; what was missed is being replayed."""
        log.info("discord.resumed", account=self._listener.account)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Take in forms and presses; what else there is finds its own way to the commands."""
        await self.tree.asking.arrived(interaction)
        await self._entitlements.take(interaction.entitlements, name=interaction.user.display_name)

    async def on_entitlement_create(self, entitlement: discord.Entitlement) -> None:
        """Something was bought."""
        await self._entitlements.take([entitlement])

    async def on_entitlement_update(self, entitlement: discord.Entitlement) -> None:
        """It was renewed, ends, or was used up."""
        await self._entitlements.take([entitlement])

    async def on_entitlement_delete(self, entitlement: discord.Entitlement) -> None:
        """It was taken back: paid back, or a test that is over."""
        entitlement.deleted = True
        await self._entitlements.take([entitlement])

    async def on_message(self, message: discord.Message) -> None:
        """Take in what is meant for the avatar."""
        await self._abreast(message.channel.id, message.guild is not None)
        await self._take(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Pass on a fan's new text; Discord sends this event for link previews and pins too, without an edit time."""
        message, listener = event.message, self._listener
        if message.author.bot or message.edited_at is None:
            return
        shared = event.guild_id is not None
        await self._abreast(event.channel_id, shared)
        place = place_of(listener.account, event.channel_id, shared=shared, community=str(event.guild_id or ""))
        await self._intake.revise(place, str(event.message_id), readable(message, listener.me))

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Pass on that a message was deleted, by whomever."""
        await self._forget(event.channel_id, event.guild_id, event.message_id)

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Pass on that many were deleted at once."""
        for message in sorted(event.message_ids):
            await self._forget(event.channel_id, event.guild_id, message)

    async def _take(self, message: discord.Message) -> None:
        incoming = to_incoming(message, self._listener, self._intake.hears)
        if incoming is not None:
            await self._intake.accept(incoming)

    async def _forget(self, channel: int, guild: int | None, message: int) -> None:
        await self._abreast(channel, guild is not None)
        place = place_of(self._listener.account, channel, shared=guild is not None, community=str(guild or ""))
        await self._intake.retract(place, str(message))

    async def _abreast(self, channel: int, shared: bool) -> None:  # noqa: FBT001  # private; both callers name it
        if not shared:
            await self._catch_up.reached(str(channel))


def intents(*, content: bool) -> discord.Intents:
    """What the gateway is asked for; only ``content`` needs Discord's leave."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=content)
