"""The things of a small Discord: users, servers, channels, messages, and their form on the wire (API v10)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

Payload = dict[str, Any]

EPOCH = 1_420_070_400_000  # milliseconds: the year in which Discord's ids begin
TEXT, DM, GROUP_DM, THREAD = 0, 1, 3, 11  # channel types
DEFAULT, REPLY = 0, 19  # message types
EPHEMERAL = 64  # message flag
SLASH, ON_USER, ON_MESSAGE = 1, 2, 3  # types of commands
BUTTON = 2  # type of component
NUMBER, PERSON, CHANNEL, ROLE = 4, 6, 7, 8  # types of options whose values are not plain text

_step = count()


def snowflake(at: datetime | None = None) -> int:
    """A new id; ids grow with time and never repeat within a process.

    Args:
        at: The time that the id shall tell, now if None.
    """
    at = at or datetime.now(UTC)
    return (int(at.timestamp() * 1000) - EPOCH << 22) + next(_step)


def created_at(snowflake_id: int) -> str:
    """The time that an id tells, in ISO form."""
    return datetime.fromtimestamp((snowflake_id >> 22) / 1000 + EPOCH / 1000, UTC).isoformat()


@dataclass(eq=False)
class User:
    """Somebody on Discord."""

    name: str
    bot: bool = False
    id: int = field(default_factory=snowflake)
    takes_dms: bool = True

    @property
    def mention(self) -> str:
        """What others write to mention this user."""
        return f"<@{self.id}>"

    def payload(self) -> Payload:
        """A user object."""
        return {
            "id": str(self.id),
            "username": self.name.lower(),
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
        }


@dataclass(eq=False)
class Role:
    """A role of a server; ``bot`` is set for the one that Discord made for a bot."""

    name: str
    bot: User | None = None
    id: int = field(default_factory=snowflake)
    permissions: int = 0

    def payload(self) -> Payload:
        """A role object."""
        role: Payload = {
            "id": str(self.id),
            "name": self.name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": 0,
            "permissions": str(self.permissions),
            "managed": self.bot is not None,
            "mentionable": True,
            "flags": 0,
        }
        return role | ({"tags": {"bot_id": str(self.bot.id)}} if self.bot else {})


@dataclass(eq=False)
class Guild:
    """A server."""

    name: str
    bot: User
    id: int = field(default_factory=snowflake)
    channels: list[Channel] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    held: dict[int, list[Role]] = field(default_factory=dict)  # by the members' ids

    def __post_init__(self) -> None:
        self.bot_role = Role(self.bot.name, bot=self.bot)
        self.roles += [Role("@everyone", id=self.id), self.bot_role]

    def payload(self) -> Payload:
        """What GUILD_CREATE carries; of the members, only the bot."""
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": "1",
            "roles": [role.payload() for role in self.roles],
            "channels": [channel.payload() for channel in self.channels if channel.type != THREAD],
            "threads": [channel.payload() for channel in self.channels if channel.type == THREAD],
            "members": [member() | {"user": self.bot.payload(), "roles": [str(self.bot_role.id)]}],
            "member_count": 2,
            **{key: [] for key in ("emojis", "stickers", "features", "presences", "voice_states", "stage_instances")},
            **dict.fromkeys(("verification_level", "default_message_notifications", "explicit_content_filter"), 0),
            **dict.fromkeys(("mfa_level", "nsfw_level", "premium_tier", "system_channel_flags", "afk_timeout"), 0),
            "preferred_locale": "en-US",
            "unavailable": False,
        }

    def member(self, user: User) -> Payload:
        """A member object without its user."""
        return member() | {"roles": [str(role.id) for role in self.held.get(user.id, ())]}


def member() -> Payload:
    """A member object without its user, of somebody who has no roles."""
    return {"roles": [], "joined_at": created_at(snowflake()), "deaf": False, "mute": False, "flags": 0, "nick": None}


@dataclass(eq=False)
class Channel:
    """A place to write in: a server's channel or thread, or a DM with ``fan``."""

    name: str = ""
    type: int = TEXT
    guild: Guild | None = None
    parent: Channel | None = None
    fan: User | None = None
    id: int = field(default_factory=snowflake)
    messages: list[Message] = field(default_factory=list)
    refuses: int | None = None  # the error code with which the bot may not write here
    history_readable: bool = True
    typing: int = 0  # how often the bot showed that it types

    def payload(self) -> Payload:
        """A channel object."""
        if self.fan is not None:
            return {"id": str(self.id), "type": self.type, "recipients": [self.fan.payload()], "last_message_id": None}
        channel: Payload = {
            "id": str(self.id),
            "type": self.type,
            "guild_id": str(self.guild.id) if self.guild else None,
            "name": self.name,
            "position": 0,
            "permission_overwrites": [],
            "parent_id": str(self.parent.id) if self.parent else None,
        }
        return channel | (_thread_fields() if self.type == THREAD else {})

    def find(self, message_id: int) -> Message | None:
        """The message of that id, if it was not deleted."""
        return next((message for message in self.messages if message.id == message_id), None)

    def texts(self, author: User | None = None) -> list[str]:
        """What is visible here, oldest first, of one author or of all."""
        return [message.content for message in self.messages if author in {None, message.author}]


def _thread_fields() -> Payload:
    moment = created_at(snowflake())
    metadata = {"archived": False, "auto_archive_duration": 60, "archive_timestamp": moment, "locked": False}
    return {"thread_metadata": metadata, "owner_id": "1", "message_count": 0, "member_count": 1}


@dataclass(eq=False)
class Message:
    """One message, visible to all in its channel, or to one user if it answers an interaction ephemerally."""

    channel: Channel
    author: User
    content: str
    id: int = field(default_factory=snowflake)
    nonce: str | None = None
    reply_to: Message | None = None
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[Role] = field(default_factory=list)
    edited: bool = False
    flags: int = 0
    type: int = DEFAULT
    webhook: bool = False
    sticker: str | None = None
    components: list[Payload] = field(default_factory=list)

    @property
    def buttons(self) -> list[Payload]:
        """The buttons under it."""
        return [one for row in self.components for one in row["components"] if one["type"] == BUTTON]

    def payload(self, *, content: bool = True) -> Payload:
        """A message object; without ``content`` as Discord blanks it for bots that lack the intent."""
        guild = self.channel.guild
        moment = created_at(self.id)
        sticker = {"id": str(self.id), "name": self.sticker, "format_type": 1}
        message: Payload = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "content": self.content if content else "",
            "timestamp": moment,
            "edited_timestamp": moment if self.edited else None,
            "mentions": [user.payload() for user in self.mentions],
            "mention_roles": [str(role.id) for role in self.mention_roles],
            **dict.fromkeys(("tts", "mention_everyone", "pinned"), False),
            **{key: [] for key in ("attachments", "embeds")},
            "components": self.components,
            "sticker_items": [sticker] if self.sticker and content else [],
            "type": self.type,
            "flags": self.flags,
        }
        if guild is not None:
            message |= {"guild_id": str(guild.id), "member": guild.member(self.author)}
        if self.webhook:
            message["webhook_id"] = str(self.author.id)
        if self.nonce is not None:
            message["nonce"] = self.nonce
        if self.reply_to is not None:
            message["message_reference"] = {
                "type": 0,
                "message_id": str(self.reply_to.id),
                "channel_id": message["channel_id"],
            }
            message["referenced_message"] = self.reply_to.payload(content=content)
        return message


@dataclass(eq=False)
class Interaction:
    """A command given by slash or by a menu, a button pressed, or a form sent; and how the bot has reacted."""

    user: User
    channel: Channel
    command: str
    context: int  # 0 in a server, 1 in the bot's DM, 2 in other people's DMs and groups
    locale: str = "en-US"
    target: Message | User | None = None  # whose menu it was
    sent: Payload | None = None  # a form, as it came back
    pressed: Message | None = None  # under which a button was pressed
    button: str = ""  # its custom id
    options: list[Payload] = field(default_factory=list)  # of a slash command
    resolved: Payload = field(default_factory=dict)  # the users, roles and channels in them
    entitlements: list[Payload] = field(default_factory=list)  # of the user
    permissions: int = 0  # of the user, in the channel
    id: int = field(default_factory=snowflake)
    acknowledged: bool = False
    flags: int = 0  # of the acknowledgement
    answers: list[Message] = field(default_factory=list)
    form: Payload | None = None  # that the bot opened
    updates: Message | None = None  # what the answer's edits change, if that is the message of a press

    @property
    def token(self) -> str:
        """What authorises the answer."""
        return f"interaction-{self.id}"

    def payload(self, application: int, command_id: int) -> Payload:
        """What INTERACTION_CREATE carries."""
        guild = self.channel.guild
        interaction: Payload = {
            "id": str(self.id),
            "application_id": str(application),
            "type": self.type,
            "data": self._data(command_id),
            "channel": self.channel.payload(),
            "channel_id": str(self.channel.id),
            "token": self.token,
            "version": 1,
            "app_permissions": "0",
            "locale": self.locale,
            "entitlements": self.entitlements,
            "authorizing_integration_owners": {},
            "context": self.context,
            "attachment_size_limit": 10_485_760,
        }
        if self.pressed is not None:
            interaction["message"] = self.pressed.payload()
        if guild is None:
            return interaction | {"user": self.user.payload()}
        return interaction | {
            "guild_id": str(guild.id),
            "guild_locale": "en-US",
            "member": guild.member(self.user) | {"user": self.user.payload(), "permissions": str(self.permissions)},
        }

    @property
    def type(self) -> int:
        """2 for a command, 3 for a press, 5 for a form."""
        return 5 if self.sent is not None else 3 if self.pressed is not None else 2

    def _data(self, command_id: int) -> Payload:
        if self.sent is not None:
            return self.sent
        if self.pressed is not None:
            return {"custom_id": self.button, "component_type": BUTTON, "id": 1}
        command: Payload = {"id": str(command_id), "name": self.command}
        if self.target is None:
            return command | {"type": SLASH, "options": self.options, "resolved": self.resolved}
        target = str(self.target.id)
        if isinstance(self.target, User):
            resolved: Payload = {"users": {target: self.target.payload()}}
            return command | {"type": ON_USER, "target_id": target, "resolved": resolved}
        return command | {
            "type": ON_MESSAGE,
            "target_id": target,
            "resolved": {"messages": {target: self.target.payload()}},
        }


def mentioned(text: str) -> tuple[set[int], set[int]]:
    """The ids of users and of roles that a text mentions."""
    users = {int(match) for match in re.findall(r"<@!?(\d+)>", text)}
    return users, {int(match) for match in re.findall(r"<@&(\d+)>", text)}
