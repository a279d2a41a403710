"""What Discord says, in the core's words. Pure: no call leaves from here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import discord

from core.model import AccountId, Incoming, Place, Sender

_MARKUP = re.compile(
    r"<(?:@!?(?P<user>\d+)|@&(?P<role>\d+)|#(?P<channel>\d+)|a?:(?P<emoji>\w+):\d+|/(?P<command>[^:<>]+):\d+)>"
)
_TALK = {discord.MessageType.default, discord.MessageType.reply}  # all others are Discord's own announcements
_KINDS = {"image": "photo", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, and what it listens to in places that it shares with others."""

    account: AccountId
    me: int  # the bot's user id
    channels: frozenset[int] = frozenset()  # where everything is meant for it, threads in them included


def to_incoming(
    message: discord.Message, listener: Listener, hears: Callable[[Place], bool] = lambda _: False
) -> Incoming | None:
    """The message as the core takes it; None when it is not a person's, or not meant for this bot.

    Args:
        message: As Discord sent it.
        listener: Who listens.
        hears: Whether everything that is said in a place is meant for it, besides the listener's channels.

    Without the message-content intent Discord blanks the messages of servers that do not mention the bot; those hold
    nothing and give None.
    """
    if message.author.bot or message.webhook_id is not None or message.type not in _TALK:
        return None
    text, attachment = readable(message, listener.me), _attachment(message)
    place = place_of(
        listener.account,
        message.channel.id,
        shared=message.guild is not None,
        community=str(message.guild.id) if message.guild else "",
        parent=_parent(message.channel),
    )
    if not _addressed(message, listener):
        home = _is_home(message.channel, listener) or hears(place)
        if not (home and (text or attachment)):
            return None
    return Incoming(
        place=place,
        message=str(message.id),
        sender=Sender(
            id=str(message.author.id),
            name=message.author.display_name,
            moderator=_keeps_order(message),
            roles=_roles(message.author),
        ),
        text=text,
        sent_at=message.created_at,
        attachment=attachment,
        about=_answered(message),
    )


def to_command(
    interaction: discord.Interaction,
    name: str,
    account: AccountId,
    *,
    about: str = "",
    argument: str = "",
    given: Mapping[str, str] = MappingProxyType({}),
) -> Incoming:
    """A command as the core takes it; its message is the interaction's id, which is as unique as a message's.

    Only the bot's own DM is private: with user installs a command may come from other people's DMs and groups.
    """
    private = interaction.guild_id is None and not interaction.context.private_channel
    return Incoming(
        place=place_of(
            account,
            interaction.channel_id or interaction.user.id,
            shared=not private,
            community=str(interaction.guild_id or ""),
            parent=_parent(interaction.channel),
        ),
        message=str(interaction.id),
        sender=Sender(
            id=str(interaction.user.id),
            name=interaction.user.display_name,
            language=interaction.locale.value,
            moderator=interaction.guild_id is not None and interaction.permissions.manage_messages,
            roles=_roles(interaction.user),
        ),
        text=f"/{name}",
        sent_at=interaction.created_at,
        command=name,
        argument=argument,
        about=about,
        given=given,
    )


def place_of(account: AccountId, channel: int, *, shared: bool, community: str = "", parent: str = "") -> Place:
    """The place of a channel; Discord's threads are channels of their own."""
    return Place(account=account, chat=str(channel), shared=shared, community=community, parent=parent)


def readable(message: discord.Message, me: int) -> str:
    """The text with the bot's own mention cut out, and names instead of the markup for everything else."""
    own = "|".join([rf"@!?{me}", *(f"@&{role.id}" for role in message.role_mentions if _is_own(role, me))])
    text = re.sub(rf"^\s*<(?:{own})>[\s,:]*|[ \t]*<(?:{own})>", "", message.content)
    names = {
        "user": _names(message.mentions),
        "role": _names(message.role_mentions),
        "channel": _names(message.channel_mentions),
    }

    def plain(match: re.Match[str]) -> str:
        kind, value = match.lastgroup or "", match[match.lastgroup or 0]
        prefix = {"channel": "#", "emoji": ":", "command": "/"}.get(kind, "@")
        suffix = ":" if kind == "emoji" else ""
        return prefix + names.get(kind, {}).get(value, "unknown" if kind in names else value) + suffix

    return _MARKUP.sub(plain, text).strip()


def _names(
    things: Iterable[discord.abc.User | discord.Role | discord.abc.GuildChannel | discord.Thread],
) -> dict[str, str]:
    return {
        str(thing.id): thing.display_name if isinstance(thing, discord.abc.User) else thing.name for thing in things
    }


def _is_own(role: discord.Role, me: int) -> bool:
    """Whether this is the role that Discord made for the bot, which people mention instead of the bot itself."""
    return role.tags is not None and role.tags.bot_id == me


def _addressed(message: discord.Message, listener: Listener) -> bool:
    return (
        message.guild is None
        or any(user.id == listener.me for user in message.mentions)
        or any(_is_own(role, listener.me) for role in message.role_mentions)
        or _replies_to(message, listener.me)
    )


def _replies_to(message: discord.Message, me: int) -> bool:
    if message.type is not discord.MessageType.reply or message.reference is None:
        return False
    answered = message.reference.resolved
    return isinstance(answered, discord.Message) and answered.author.id == me


def _is_home(channel: discord.abc.Messageable, listener: Listener) -> bool:
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    return bool(listener.channels & {getattr(channel, "id", None), parent})


def _parent(channel: object) -> str:
    """The id of the channel that a thread belongs to; empty for whatever is no thread."""
    return str(channel.parent_id) if isinstance(channel, discord.Thread) else ""


def _roles(person: discord.abc.User) -> tuple[str, ...]:
    """The ids of a member's roles but the one that everybody has; of anybody else none."""
    roles = person.roles if isinstance(person, discord.Member) else ()
    return tuple(str(role.id) for role in roles if not role.is_default())


def _keeps_order(message: discord.Message) -> bool:
    """Whether who wrote may manage messages there, by what Discord has told of roles and channels."""
    channel, author = message.channel, message.author
    if not isinstance(author, discord.Member) or isinstance(channel, discord.DMChannel | discord.GroupChannel):
        return False
    try:
        return channel.permissions_for(author).manage_messages
    except discord.ClientException:  # a thread of a channel that this bot doesn't see
        return False


def _answered(message: discord.Message) -> str:
    """The id of the message that this one replies to."""
    reference = message.reference if message.type is discord.MessageType.reply else None
    return str(reference.message_id or "") if reference else ""


def _attachment(message: discord.Message) -> str:
    if message.stickers:
        return "sticker"
    if message.poll is not None:
        return "poll"
    if message.message_snapshots:
        return "forwarded message"
    if not message.attachments:
        return ""
    first = message.attachments[0]
    if first.is_voice_message():
        return "voice"
    return _KINDS.get((first.content_type or "").partition("/")[0], "file")
