"""The commands that fans have, defined once for every platform."""

from __future__ import annotations

from dataclasses import dataclass

from core.persona import Persona


@dataclass(frozen=True, slots=True)
class Command:
    """One command as menus show it."""

    name: str  # without the slash
    description: str  # for menus, at most 100 characters


START = Command("start", "Say hello")
HELP = Command("help", "What this avatar can do, and how to use it")
PRIVACY = Command("privacy", "What is kept about you, and how to have it deleted")
RESET = Command("reset", "Start our conversation afresh")
SOURCES = Command("sources", "What my last answer rests on")
DISCOVER = Command("discover", "Something of the creator's that you may like")

MENU = (HELP, DISCOVER, SOURCES, PRIVACY, RESET)  # what menus offer; START is what Telegram sends when a chat is opened
KNOWN = frozenset(command.name for command in (START, *MENU))

_HELP = """I'm an AI stand-in for {name}. Write to me as you would to a friend. \
In groups and servers, mention me or reply to me.

{menu}"""

_PRIVACY = """This is an AI stand-in for {name}; {name} does not read along live.

**Kept:** your messages here, my answers, your display name and account id, so that I can follow our conversation.
**Where:** on the machine of whoever runs this avatar. To answer, recent messages are sent to the language model that \
they have chosen.
**Not done:** nothing is sold, and nothing you write here is shown to other fans.
**Yours to decide:** /reset makes me forget the thread of our conversation. To have everything deleted, ask the people \
who run this avatar."""

_RESET = "Done: I've let go of what we talked about. Where shall we begin?"


def answer(name: str, persona: Persona, *, fan: int = 0) -> str:
    """What a command says, in Markdown, where that is a fixed text; the rest is the turn's business."""
    match name:
        case START.name:
            return persona.greeted(fan)
        case PRIVACY.name:
            return persona.say(_PRIVACY)
        case RESET.name:
            return _RESET
        case _:
            menu = "\n".join(f"- /{command.name}: {command.description}" for command in MENU)
            return persona.say(_HELP, menu=menu)


def parse(text: str) -> tuple[str, str]:
    """The command and its argument, where a text is one of the known commands; else two empty strings."""
    word, _, rest = text.partition(" ")
    name = word.removeprefix("/")
    return (name, rest.strip()) if word.startswith("/") and name in KNOWN else ("", "")
