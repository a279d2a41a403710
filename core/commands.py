"""The commands that fans have, defined once for every platform."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command as menus show it."""

    name: str  # without the slash
    description: str  # for menus, at most 100 characters


START = Command("start", "Say hello")
HELP = Command("help", "What this avatar can do, and how to use it")
PRIVACY = Command("privacy", "What is kept about you, and how to have it deleted")
RESET = Command("reset", "Start our conversation afresh")

MENU = (HELP, PRIVACY, RESET)  # what menus offer; START is what Telegram sends when a chat is opened
KNOWN = frozenset(command.name for command in (START, *MENU))
