"""The commands that there are and who may give them, defined once for every platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.persona import Persona


class Audience(StrEnum):
    """Who may give a command."""

    EVERYBODY = "everybody"
    MODERATORS = "moderators"  # and the creator
    CREATOR = "the creator"


@dataclass(frozen=True, slots=True)
class Command:
    """One command as menus show it."""

    name: str  # without the slash
    description: str  # for menus, at most 100 characters
    audience: Audience = Audience.EVERYBODY
    argument: str = ""  # what may follow it, for menus, at most 100 characters; empty: nothing


START = Command("start", "Say hello")
HELP = Command("help", "What this avatar can do, and how to use it")
PRIVACY = Command("privacy", "What is kept about you, and how to have it deleted")
RESET = Command("reset", "Start our conversation afresh")
SOURCES = Command("sources", "What my last answer rests on")
DISCOVER = Command("discover", "Something of the creator's that you may like")
WHY = Command("why", "What went into one of my replies", Audience.MODERATORS)
REVISE = Command("revise", "Put one of my replies right", Audience.CREATOR)

MEMORY = Command("memory", "What I remember of you", argument="page 2, delete 12, correct 12 TEXT, share 12, keep 12")
REMEMBER = Command("remember", "Have me note something about you", argument="What to remember")
FORGET = Command("forget", "Have me forget the last hour, a topic or everything", argument="hour, topic WORDS, or all")
EXPORT = Command("export", "All that is kept of you, as files")
PRIVATE = Command("private", "Talk without leaving a memory", argument="on or off")
LINK = Command("link", "Be known as the same person on another platform", argument="The code from the other platform")
UNLINK = Command("unlink", "Be a person of your own again on this platform")

OWN = (MEMORY, REMEMBER, FORGET, EXPORT, PRIVATE, LINK, UNLINK)  # the fan's rights: answered at once, never by a turn
MENU = (HELP, DISCOVER, SOURCES, *OWN, PRIVACY, RESET)  # what menus offer; START Telegram sends when a chat is opened
KNOWN = frozenset(command.name for command in (START, *MENU))
REVIEW = (WHY, REVISE)  # about a reply, for those who look after the avatar: answered at once, never by a turn
RESTRICTED = {command.name: command.audience for command in REVIEW}
RIGHTS = frozenset(command.name for command in OWN)
AT_ONCE = RIGHTS | RESTRICTED.keys()  # for the core's ``command``, wherever they are typed

_HELP = """I'm an AI stand-in for {name}. Write to me as you would to a friend. \
In groups and servers, mention me or reply to me.

{menu}"""

_PRIVACY = """This is an AI stand-in for {name}; {name} does not read along live.

**Kept:** your messages here, my answers, your display name and account id, and what I remember from them: a summary \
of our conversation, and things about you.
**Where:** on the machine of whoever runs this avatar. To answer and to remember, messages are sent to the language \
model that they have chosen.
**Not done:** nothing is sold, and nothing you write to me in private is shown to other fans.
**Yours to decide,** in a private chat with me: /memory shows what I remember, to correct or delete it. /export gives \
you all that is kept. /private on makes our conversation leave no memory. /forget deletes the last hour, a topic, or \
everything. (/reset only makes me let go of the thread.)"""

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
    return (name, rest.strip()) if word.startswith("/") and name in KNOWN | AT_ONCE else ("", "")
