"""A small Discord on loopback: the real discord.py connects to it through the address of its API.

async with FakeDiscord() as world:
    account = DiscordAccount(world.token, api_url=world.api_url)
    …
    ann = world.user("Ann")
    await ann.dm("hi")
    await world.until(lambda: ann.dms.texts(world.bot) == ["hello"])
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Self

from aiohttp import web

from tests.worlds.discord_gateway import MESSAGE_CONTENT, Gateway, Render
from tests.worlds.discord_rest import API, Call, Rest
from tests.worlds.discord_things import (
    DM,
    REPLY,
    SLASH,
    TEXT,
    THREAD,
    Channel,
    Guild,
    Interaction,
    Message,
    Payload,
    Role,
    User,
    mentioned,
    snowflake,
)

PATIENCE = 5.0  # seconds until a condition that does not come true fails the test


class Fan(User):
    """A user whom the test plays."""

    world: FakeDiscord

    @property
    def dms(self) -> Channel:
        """The DM with the bot."""
        return self.world.dm_of(self)

    async def dm(self, text: str, *, at: datetime | None = None, sticker: str | None = None) -> Message:
        """Write to the bot."""
        return await self.write(self.dms, text, at=at, sticker=sticker)

    async def write(
        self,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | None = None,
        at: datetime | None = None,
        sticker: str | None = None,
    ) -> Message:
        """Write to a channel; a reply pings the author of what is replied to, as Discord's client does."""
        message = Message(channel, self, text, id=snowflake(at), reply_to=reply_to, sticker=sticker)
        message.type = REPLY if reply_to else message.type
        await self.world.publish(message)
        return message

    async def slash(
        self,
        channel: Channel,
        command: str,
        *,
        context: int | None = None,
        locale: str = "en-US",
        permissions: int = 0,
        given: Mapping[str, object] = MappingProxyType({}),
    ) -> Interaction:
        """Give a slash command, which must have been registered, with these options by their names."""
        usual = 0 if channel.guild else 1
        name, _, verb = command.partition(" ")
        interaction = Interaction(
            self, channel, name, usual if context is None else context, locale, permissions=permissions
        )
        interaction.options, interaction.resolved = self.world.filled_in(command, given)
        if verb:
            interaction.options = [{"name": verb, "type": 1, "options": interaction.options}]
        await self.world.interact(interaction)
        return interaction

    async def choose(self, entry: str, message: Message, *, permissions: int = 0) -> Interaction:
        """Choose something in a message's menu, with these permissions in its channel."""
        return await self._choose(entry, message.channel, message, permissions)

    async def pick(self, entry: str, person: User, channel: Channel, *, permissions: int = 0) -> Interaction:
        """Choose something in a person's menu, seen from a channel."""
        return await self._choose(entry, channel, person, permissions)

    async def press(
        self, message: Message, button: str, *, permissions: int = 0, custom_id: str | None = None
    ) -> Interaction:
        """Press the button of this label, or send what pretends to be a press with another custom id."""
        if custom_id is None:
            custom_id = next(one["custom_id"] for one in message.buttons if one["label"] == button)
        channel = message.channel
        interaction = Interaction(
            self, channel, "", 0 if channel.guild else 1, pressed=message, button=custom_id, permissions=permissions
        )
        await self.world.interact(interaction)
        return interaction

    async def _choose(self, entry: str, channel: Channel, target: Message | User, permissions: int) -> Interaction:
        interaction = Interaction(
            self, channel, entry, 0 if channel.guild else 1, target=target, permissions=permissions
        )
        await self.world.interact(interaction)
        return interaction

    async def submit(
        self,
        channel: Channel,
        custom_id: str,
        text: str,
        *,
        permissions: int = 0,
        components: Sequence[object] | None = None,
        under: Message | None = None,
    ) -> Interaction:
        """Send a form with one text or other components, whether or not it was ever opened, by a button or not."""
        rows = [{"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "text", "value": text}}]
        sent = {"custom_id": custom_id, "components": rows if components is None else components}
        interaction = Interaction(
            self, channel, "", 0 if channel.guild else 1, sent=sent, permissions=permissions, pressed=under
        )
        await self.world.interact(interaction)
        return interaction


class FakeDiscord:
    """One Discord with one bot on it.

    Attributes:
        token: The bot's token; its first part tells the bot's id, as on Discord.
        gateway, rest: The two servers, with what can go wrong in them.
    """

    def __init__(self, bot: str = "Maya") -> None:
        self.bot = User(bot, bot=True)
        self.application_id = self.bot.id
        first = base64.b64encode(str(self.bot.id).encode()).decode().rstrip("=")
        self.token = f"{first}.GfAkE0.not-a-real-token-of-any-bot-at-all"
        self.users: list[User] = [self.bot]
        self.guilds: list[Guild] = []
        self.channels: dict[int, Channel] = {}
        self.interactions: list[Interaction] = []
        self.gateway = Gateway(self.token, self._ready, self._welcome)
        self.gateway.changed = self.notify
        self.rest = Rest(self)
        self.api_url = ""  # set on entering
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self.rest.application(), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.api_url = f"http://{host}:{port}{API}"
        self.gateway.url = f"ws://{host}:{port}/gateway/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.gateway.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    # ── what tests arrange ───────────────────────────────────────────────────────────────────────

    def user(self, name: str, *, bot: bool = False) -> Fan:
        """A new user."""
        fan = Fan(name, bot=bot)
        fan.world = self
        self.users.append(fan)
        return fan

    def dm_of(self, user: User) -> Channel:
        """The DM between a user and the bot."""
        for channel in self.channels.values():
            if channel.fan is user and channel.type == DM:
                return channel
        return self._add(Channel(type=DM, fan=user))

    def guild(self, name: str = "Bakery") -> Guild:
        """A new server that the bot is in; make it, its channels and threads before the bot connects."""
        self.guilds.append(Guild(name, self.bot))
        return self.guilds[-1]

    def text_channel(self, guild: Guild, name: str = "general") -> Channel:
        """A new channel of a server."""
        return self._add(Channel(name, TEXT, guild))

    def thread(self, parent: Channel, name: str = "thread") -> Channel:
        """A new thread of a channel."""
        return self._add(Channel(name, THREAD, parent.guild, parent))

    async def open_thread(self, parent: Channel, name: str) -> Channel:
        """A new thread of a channel, of which the bot is told."""
        thread = self.thread(parent, name)
        await self._tell("THREAD_CREATE", lambda _: thread.payload())
        return thread

    # ── what tests wait for ──────────────────────────────────────────────────────────────────────

    async def until(self, condition: Callable[[], object], *, within: float = PATIENCE) -> None:
        """Return as soon as the condition holds; it is looked at whenever something happened here.

        Raises:
            TimeoutError: It did not come to hold in time.
        """
        async with asyncio.timeout(within):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def online(self) -> None:
        """Return as soon as the bot is connected to the gateway."""
        await self.until(lambda: self.gateway.connected)

    def calls(self, method: str, path: str) -> list[Call]:
        """The calls so far to paths that begin so."""
        return [call for call in self.rest.calls if call.method == method and call.path.startswith(path)]

    def notify(self) -> None:
        """Let ``until`` look again; for what happens outside of this world, too."""
        self._changed.set()

    # ── what happens ─────────────────────────────────────────────────────────────────────────────

    async def publish(self, message: Message) -> None:
        """Make a message visible and tell the bot."""
        users, roles = mentioned(message.content)
        pinged = {message.reply_to.author.id} if message.reply_to else set()
        message.mentions = [user for user in self.users if user.id in users | pinged]
        guild = message.channel.guild
        message.mention_roles = [role for role in guild.roles if role.id in roles] if guild else []
        message.channel.messages.append(message)
        await self._tell("MESSAGE_CREATE", self._blanked(message))

    async def rewrite(self, message: Message, content: str) -> None:
        """Edit a message and tell the bot."""
        message.content, message.edited = content, True
        await self._tell("MESSAGE_UPDATE", self._blanked(message))

    async def unfurl(self, message: Message) -> None:
        """Tell the bot about a message whose link got its preview: an update that is no edit."""
        await self._tell("MESSAGE_UPDATE", self._blanked(message))

    async def remove(self, *messages: Message) -> None:
        """Delete messages of one channel, several at once in bulk, and tell the bot."""
        channel = messages[0].channel
        where: Payload = {"channel_id": str(channel.id)} | (
            {"guild_id": str(channel.guild.id)} if channel.guild else {}
        )
        ids = [str(message.id) for message in messages]
        channel.messages = [message for message in channel.messages if message not in messages]
        if len(ids) == 1:
            await self._tell("MESSAGE_DELETE", lambda _: where | {"id": ids[0]})
        else:
            await self._tell("MESSAGE_DELETE_BULK", lambda _: where | {"ids": ids})

    async def interact(self, interaction: Interaction) -> None:
        """Bring a command or a form to the bot."""
        known = {one["name"]: int(one["id"]) for one in self.rest.commands}
        command = known[interaction.command] if interaction.command else 0
        self.interactions.append(interaction)
        await self._tell("INTERACTION_CREATE", lambda _: interaction.payload(self.application_id, command))

    def filled_in(self, command: str, given: Mapping[str, object]) -> tuple[list[Payload], Payload]:
        """The options of a command as Discord sends them, with what they refer to.

        Raises:
            KeyError: The command has no such option.
        """
        name, _, verb = command.partition(" ")
        (registered,) = [one for one in self.rest.commands if one["name"] == name and one.get("type", 1) == SLASH]
        (leaf,) = [one for one in registered["options"] if one["name"] == verb] if verb else [registered]
        types = {one["name"]: one["type"] for one in leaf.get("options") or ()}
        resolved: Payload = {}
        options = []
        for key, value in given.items():
            if isinstance(value, User | Role | Channel):
                kind = {User: "users", Fan: "users", Role: "roles", Channel: "channels"}[type(value)]
                permissions = {"permissions": "0"} if isinstance(value, Channel) else {}
                resolved.setdefault(kind, {})[str(value.id)] = value.payload() | permissions
            sent = str(value.id) if isinstance(value, User | Role | Channel) else value
            options.append({"name": key, "type": types[key], "value": sent})
        return options, resolved

    async def _tell(self, event: str, render: Render) -> None:
        await self.gateway.dispatch(event, render)
        self.notify()

    def _blanked(self, message: Message) -> Render:
        """In servers, what does not mention the bot is blank for sessions without the message-content intent."""
        meant = message.channel.guild is None or self.bot in message.mentions or message.author is self.bot
        return lambda intents: message.payload(content=bool(meant or intents & MESSAGE_CONTENT))

    def _ready(self) -> Payload:
        application = {"id": str(self.application_id), "flags": 0}
        guilds = [{"id": str(guild.id), "unavailable": True} for guild in self.guilds]
        return {"v": 10, "user": self.bot.payload(), "guilds": guilds, "application": application}

    def _welcome(self) -> list[tuple[str, Render]]:
        return [("GUILD_CREATE", lambda _, guild=guild: guild.payload()) for guild in self.guilds]  # type: ignore[misc]

    def _add(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        if channel.guild is not None:
            channel.guild.channels.append(channel)
        return channel
