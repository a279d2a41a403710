"""The menus of commands, by who sees them, and the usage of a noun with its verbs. All made from the core's table.

Descriptions are English, so they are set for all languages at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import InvalidToken, TelegramError

from core.commands import MENU, OWN, TABLE
from core.control import Argument, Command, Rank
from core.model import Action, Answer

log = structlog.get_logger()

MOST = 100  # commands in one menu

IN_PRIVATE = MENU
IN_GROUPS = tuple(command for command in MENU if command not in OWN)  # what is kept of a fan is nobody else's business
FOR_MODERATORS = (*IN_GROUPS, *(command for command in TABLE if command.audience == Rank.MODERATOR))
FOR_CREATORS = (
    *MENU,
    *(command for command in TABLE if Rank.FAN < command.audience <= Rank.CREATOR),
)
NOUNS = frozenset(noun for noun, _, verb in (command.name.partition(" ") for command in TABLE) if verb)


def entries(commands: Sequence[Command]) -> list[BotCommand]:
    """A menu: one line a command, and one a noun with all its verbs."""
    lines: dict[str, str] = {}
    for command in commands:
        noun, _, verb = command.name.partition(" ")
        if not verb:
            lines[noun] = command.description
        else:
            lines[noun] = f"{lines[noun]}, {verb}" if noun in lines else verb
    return [BotCommand(name, description[:256]) for name, description in lines.items()][:MOST]


async def offer(bot: Bot, creators: Collection[str]) -> None:
    """Set every menu. One that cannot be set is logged: commands work without it.

    Raises:
        InvalidToken: Telegram refuses the token.
    """
    await _set(bot, IN_PRIVATE, None)
    await _set(bot, IN_PRIVATE, BotCommandScopeAllPrivateChats())
    await _set(bot, IN_GROUPS, BotCommandScopeAllGroupChats())
    await _set(bot, FOR_MODERATORS, BotCommandScopeAllChatAdministrators())
    for creator in creators:
        await offer_all(bot, creator)


async def offer_all(bot: Bot, creator: str) -> None:
    """Set the menu of a creator's own chat with the bot; that works once they have opened it."""
    await _set(bot, FOR_CREATORS, BotCommandScopeChat(int(creator)))


async def _set(bot: Bot, commands: Sequence[Command], scope: BotCommandScope | None) -> None:
    try:
        await bot.set_my_commands(entries(commands), scope=scope)
    except InvalidToken:
        raise
    except TelegramError as exc:
        log.warning("telegram.menu.failed", scope=scope.type if scope else "default", error=type(exc).__name__)


def usage(noun: str, *, buttons: bool) -> Answer:
    """How a noun's verbs are used.

    Args:
        noun: The first word of some commands.
        buttons: Offer those that need nothing more; they act where they are pressed.
    """
    verbs = [command for command in TABLE if command.name.partition(" ")[0] == noun]
    lines = [f"- `/{command.name}{_arguments(command)}`: {command.description}" for command in verbs]
    ready = [one for one in verbs if not one.final and not any(argument.required for argument in one.arguments)]
    actions = tuple(Action(one.name.partition(" ")[2], one.name) for one in ready)
    return Answer("\n".join(lines), actions=actions if buttons else ())


def _arguments(command: Command) -> str:
    return "".join(f" {_shown(argument)}" for argument in command.arguments)


def _shown(argument: Argument) -> str:
    name = "|".join(argument.choices) if argument.choices else argument.name.upper()
    return name if argument.required else f"[{name}]"
