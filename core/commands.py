"""The commands that there are and who may give them, defined once for every platform.

From this table are made the slash commands and menus of Discord, the menus of Telegram, the commands of ``stagedoor``
and the reference in the documentation. What they do is the handlers' business (``core.dispatch``), but for those that
are answered in the conversation with a fixed text.
"""

from __future__ import annotations

from dataclasses import replace

from core.control import Argument, Command, Rank
from core.persona import Persona

M, C = Rank.MODERATOR, Rank.CREATOR

# ── fans' ────────────────────────────────────────────────────────────────────────────────────────

START = Command("start", "Say hello", talk=True)  # Telegram sends it when a chat is opened; menus leave it out
HELP = Command("help", "What this avatar can do, and how to use it", talk=True)
PRIVACY = Command("privacy", "What is kept about you, and how to have it deleted", talk=True)
RESET = Command("reset", "Start our conversation afresh", talk=True)
SOURCES = Command("sources", "What my last answer rests on", talk=True)
DISCOVER = Command("discover", "Something of the creator's that you may like", talk=True)


def _words(description: str, *, required: bool = False) -> tuple[Argument, ...]:
    """One argument: whatever is written."""
    return (Argument("text", description, required=required),)


MEMORY = Command(
    "memory",
    "What I remember of you",
    arguments=_words("page 2, delete 12, correct 12 TEXT, share 12, keep 12, open, close"),
)
REMEMBER = Command("remember", "Have me note something about you", arguments=_words("What to remember"))
FORGET = Command(
    "forget", "Have me forget the last hour, a topic or everything", arguments=_words("hour, topic WORDS, or all")
)
EXPORT = Command("export", "All that is kept of you, as files")
PRIVATE = Command("private", "Talk without leaving a memory", arguments=_words("on or off"))
LINK = Command(
    "link",
    "Be known as the same person on another platform",
    arguments=_words("The code from the other platform"),
)
UNLINK = Command("unlink", "Be a person of your own again on this platform")
OWN = (MEMORY, REMEMBER, FORGET, EXPORT, PRIVATE, LINK, UNLINK)  # the fan's rights

HUMAN = Command("human", "Ask for a person to answer", arguments=_words("What it is about"), talk=True)
REPORT = Command("report", "Tell the moderators of a reply that is wrong or hurts", arguments=_words("Why"), about=True)
UPGRADE = Command(
    "upgrade",
    "What supporters get, and how to become one",
    arguments=(Argument("tier", "Which circle to join", required=False),),
)
TERMS = Command("terms", "What holds between us, also when you pay", talk=True)
SUPPORT = Command("paysupport", "Help with a payment", arguments=_words("What went wrong"))

# ── for those who look after the avatar ──────────────────────────────────────────────────────────

_FAN = Argument("fan", "Whom: a mention, an id, or #12; or answer one of their messages", "fan")
_SPAN = Argument("for", "For how long: 30m, 2h, 3d, 1w", "span", required=False)
_WHY = Argument("reason", "Why", required=False, example="spam")
_HERE = Argument("where", "here, or everywhere; here, if left out", "choice", ("here", "everywhere"), required=False)

WHY = Command("why", "What went into one of my replies", M, about=True)
REVISE = Command("revise", "Put one of my replies right", C, _words("What should have been said"), about=True)
REVIEW = (WHY, REVISE)

PAUSE = Command("avatar pause", "Have the avatar be silent", M, (_HERE, _SPAN))
RESUME = Command("avatar resume", "Have the avatar speak again", M, (_HERE,))
STATUS = Command("avatar status", "Whether the avatar speaks here, and what is set", M)
ANSWERS = Command(
    "avatar answers",
    "What the avatar answers here: everything, only what mentions it, or nothing",
    M,
    (Argument("what", "all, mentions or nothing", "choice", ("all", "mentions", "nothing")), _HERE),
)
DMS = Command("avatar dms", "Whether the avatar answers private messages", C, (Argument("on", "on or off", "switch"),))
SLOW = Command(
    "avatar slow",
    "Slow mode: the least time between two answers to one fan",
    M,
    (Argument("every", "30s, 5m, or 0s for none", "span"), _HERE),
)
QUIET = Command(
    "avatar quiet",
    "Quiet hours, in which the avatar is silent",
    M,
    (Argument("hours", "22:00-07:00 Europe/Stockholm, or off", example="22:00-07:00 Europe/Stockholm"), _HERE),
)
AUTONOMY = Command(
    "avatar autonomy",
    "Whether replies are sent at once, after a delay, or only when you approve them",
    C,
    (
        Argument("mode", "auto, delay or draft", "choice", ("auto", "delay", "draft")),
        Argument("after", "The delay: 5m", "span", required=False),
        Argument("only", "Where only: here, a tier, or words of a topic", required=False),
    ),
)
DESK = Command(
    "avatar desk",
    "Where reports, drafts and conversations that need a person are brought: here, or nowhere",
    C,
    (Argument("where", "here or nowhere", "choice", ("here", "nowhere")),),
)
HOURS = Command(
    "avatar hours",
    "When a person answers",
    C,
    (Argument("hours", "Mo-Fr 9:00-17:00 Europe/Stockholm", example="Mo-Fr 9:00-17:00 Europe/Stockholm"),),
)

WARN = Command("fan warn", "Warn a fan", M, (_FAN, Argument("reason", "What they are told", example="please be kind")))
MUTE = Command("fan mute", "Have the avatar not answer a fan for a while", M, (_FAN, _SPAN, _WHY))
UNMUTE = Command("fan unmute", "Have the avatar answer a fan again", M, (_FAN,))
BAN = Command("fan ban", "Have the avatar never answer a fan again", M, (_FAN, _WHY))
UNBAN = Command("fan unban", "Take a ban back", M, (_FAN, _WHY))
NOTE = Command(
    "fan note",
    "Note something about a fan, for moderators only",
    M,
    (_FAN, Argument("text", "The note", example="asks for money")),
)
HISTORY = Command("fan history", "Warnings, bans and notes of a fan", M, (_FAN,))
TIER = Command(
    "fan tier",
    "Put a fan into a circle of fans, or out of it",
    C,
    (_FAN, Argument("tier", "The circle's name, or none", example="supporters"), _SPAN),
)
TIER_ROLE = Command(
    "fan role",
    "Put everybody with a role of the server into a circle of fans, or out of it",
    C,
    (
        Argument("role", "The role: a mention or its id", "role"),
        Argument("tier", "The circle's name, or none", example="supporters"),
    ),
)

WORDS = Command("words list", "Blocked words and topics", M)
BLOCK = Command(
    "words block",
    "Block words: messages and replies with them are not answered or sent",
    M,
    (Argument("words", "The words, or a topic", example="free money"), _HERE),
)
UNBLOCK = Command(
    "words allow",
    "Allow blocked words again",
    M,
    (Argument("words", "The words, as blocked", example="free money"), _HERE),
)

CASES = Command(
    "case list", "Reports and cases, newest first", M, (Argument("page", "Which page", "number", required=False),)
)
CASE = Command("case show", "One case with its context", M, (Argument("number", "Its number", "number"),))
CLOSE = Command(
    "case close", "Close a case, and note how it came out", M, (Argument("number", "Its number", "number"), _WHY)
)

MODERATION = (
    *(PAUSE, RESUME, STATUS, ANSWERS, DMS, SLOW, QUIET),
    *(WARN, MUTE, UNMUTE, BAN, UNBAN, NOTE, HISTORY),
    *(WORDS, BLOCK, UNBLOCK, CASES, CASE, CLOSE),
)

LIMITS = Command("limits show", "How much may be written, and what is left", M)
LIMIT = Command(
    "limits set",
    "Set a limit",
    C,
    (
        Argument("of", "Whose", "choice", ("fan", "conversation", "place", "account", "avatar", "system")),
        Argument("what", "Of what", "choice", ("messages", "tokens", "money")),
        Argument("count", "How much: 20; 0 for no limit", "number"),
        Argument("per", "In which time: 1m, 1h, 1d", "span"),
        Argument("tier", "For which circle of fans only", required=False),
    ),
)
USAGE = Command("usage", "Tokens and money spent, and what is left of the budget", C)
BUDGET = Command(
    "budget",
    "What the avatar may spend",
    C,
    (
        Argument("per", "day or month", "choice", ("day", "month")),
        Argument("what", "Of what", "choice", ("tokens", "money")),
        Argument("most", "The most: tokens, or cents; 0 for no budget", "number"),
    ),
)
QUOTAS = (LIMITS, LIMIT, USAGE, BUDGET, TIER, TIER_ROLE)
REFUND = Command("refund", "Pay a fan's Stars back", C, (Argument("payment", "Its number", example="12"),), final=True)

TAKE = Command("talk take", "Answer a fan yourself: the avatar is silent until you release", M, (_FAN,), about=True)
RELEASE = Command(
    "talk release", "Have the avatar answer again", M, (Argument("fan", _FAN.description, "fan", required=False),)
)
DISMISS = Command("talk dismiss", "A fan who asked for a person needs none", M, (_FAN,))
TALKS = Command("talk list", "Conversations that a person holds or that wait for one", M)
AT_DESK = (TAKE, RELEASE, DISMISS, TALKS, DESK, HOURS)
DRAFTS = Command("draft list", "Replies that wait for you, and how many you have sent unchanged", C)
SEND = Command("draft send", "Send a reply that waits", C, (Argument("number", "Its number", "number"),))
EDIT = Command(
    "draft edit",
    "Send a reply that waits, in your words",
    C,
    (  # without a text the answer brings the reply as it waits (``Answer.draft``), for a form to begin with
        Argument("number", "Its number", "number"),
        Argument("text", "The reply", required=False, example="Rye, always."),
    ),
)
DISCARD = Command("draft discard", "Discard a reply that waits", C, (Argument("number", "Its number", "number"),))
DRAFTING = (AUTONOMY, DRAFTS, SEND, EDIT, DISCARD)

_WHOM = (
    replace(_FAN, required=False),
    Argument("role", "Or everybody with a role of the server: a mention or its id", "role", required=False),
)
GRANT = Command("staff add", "Make somebody a moderator of this avatar", C, _WHOM)
REVOKE = Command("staff remove", "Take a moderator's rights back", C, _WHOM)
STAFF = Command("staff list", "Who looks after this avatar", C)
AUDIT = Command("audit", "What was done by whom", C, (Argument("page", "Which page", "number", required=False),))
STAFFING = (GRANT, REVOKE, STAFF, AUDIT)

CRISIS = Command(
    "avatar crisis",
    "Whether the desk hears when a fan was shown helplines",
    C,
    (Argument("on", "on or off", "switch"),),
)

# ── the table ────────────────────────────────────────────────────────────────────────────────────

MENU = (HELP, DISCOVER, SOURCES, *OWN, HUMAN, REPORT, UPGRADE, SUPPORT, TERMS, PRIVACY, RESET)  # what all are offered
TABLE = (START, *MENU, *REVIEW, *STAFFING, *MODERATION, *QUOTAS, *AT_DESK, *DRAFTING, CRISIS, REFUND)
BY_NAME = {command.name: command for command in TABLE}
AT_ONCE = frozenset(command.name for command in TABLE if not command.talk)  # for ``dispatch``, wherever they are typed

_HELP = """I'm an AI stand-in for {name}. Write to me as you would to a friend. \
In groups and servers, mention me or reply to me.

{menu}"""

_PRIVACY = """This is an AI stand-in for {name}. People of {name}'s team read and answer here when you ask for a \
person, when one of them takes over, and where they look at replies before they are sent; you see when a person writes.

**Kept:** your messages here, my answers, your display name and account id, what I remember from them (a summary of \
our conversation, and things about you), and what {name} may note about you. If you say that you \
are under 18, I keep that even when you have me forget everything; and your payments, too: who paid, what and when. \
Crises are counted, without names.
**Where:** on the machine of whoever runs this avatar. To answer and to remember, messages are sent to the language \
model that they have chosen.
**Not done:** nothing is sold, and nothing you write to me in private is shown to other fans.
**Yours to decide,** in a private chat with me: /memory shows what I remember, to correct or delete it; {name} \
is shown it only after /memory open. /export gives you all that is kept. /private on makes our conversation leave no \
memory. /forget deletes the last hour, a topic, or everything. (/reset only makes me let go of the thread.)"""

_TERMS = """**Who you talk with:** an AI stand-in for {name}. It can be wrong: rely on it for nothing that matters.
**How to behave:** as with people. Who spams or harasses is not answered, for a while or for good.
**When you pay:** you pay {name}, on this platform, for a circle of fans (/upgrade); what it gives is said before you \
pay. A subscription renews until you end it in your platform's settings; what was paid lasts until its end. Nobody \
else than {name} is answerable for it: not Telegram, not Discord.
**Help and money back:** /paysupport. A person looks at it.
**Your data:** /privacy."""

_RESET = "Done: I've let go of what we talked about. Where shall we begin?"


def answer(name: str, persona: Persona, *, fan: int = 0) -> str:
    """What a command says, in Markdown, where that is a fixed text; the rest is the turn's business."""
    match name:
        case START.name:
            return persona.greeted(fan)
        case PRIVACY.name:
            return persona.say(_PRIVACY)
        case TERMS.name:
            return persona.say(_TERMS)
        case RESET.name:
            return _RESET
        case _:
            menu = "\n".join(f"- /{command.name}: {command.description}" for command in MENU)
            return persona.say(_HELP, menu=menu)


def parse(text: str) -> tuple[str, str]:
    """The command and its argument, where a text is one of the known commands; else two empty strings."""
    first, *rest = text.split(None, 1) or [""]
    return find(first.removeprefix("/"), *rest) if first.startswith("/") else ("", "")


def find(noun: str, rest: str = "") -> tuple[str, str]:
    """The command that begins with a word, and its argument; a command of two words takes its verb from what follows.

    Two empty strings where there is none.
    """
    verb, *argument = rest.split(None, 1) or [""]
    if (name := f"{noun} {verb.lower()}") in BY_NAME:
        return name, "".join(argument).strip()
    return (noun, rest.strip()) if noun in BY_NAME else ("", "")
