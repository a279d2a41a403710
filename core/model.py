"""The nouns: frozen values that every part shares. Times are aware UTC datetimes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NewType

AvatarId = NewType("AvatarId", str)  # the name of the avatar's folder: "maya"
AccountId = NewType("AccountId", str)  # platform and the bot's id there: "telegram:8123456"
ConversationId = NewType("ConversationId", int)
FanId = NewType("FanId", int)
MessageId = NewType("MessageId", int)
TurnId = NewType("TurnId", int)
DeliveryId = NewType("DeliveryId", int)


# ── what comes in ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is held; all fields but ``shared``, ``community`` and ``parent`` are its key.

    A place that several people can read is one conversation; a DM is a conversation of its own.
    """

    account: AccountId
    chat: str  # the platform's id of the chat, channel or DM
    thread: str = ""  # forum topic, where the platform has topics inside a chat
    business: str = ""  # Telegram business connection, so that two owners' chats never mix
    shared: bool = False  # True where more than one person can read along
    community: str = ""  # the platform's id of the server that the place belongs to; empty: it stands alone
    parent: str = ""  # the chat that it is a thread of, where threads are chats themselves

    @property
    def key(self) -> str:
        """Names the place among all of an avatar's."""
        return f"{self.account}/{self.business}/{self.chat}/{self.thread}"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as the platform names them. The name is hostile input: it is never an instruction."""

    id: str
    name: str
    language: str = ""  # IETF tag as the platform gives it ("de", "pt-BR"), empty if unknown
    moderator: bool = False  # the platform attests that this person keeps order in this place
    roles: tuple[str, ...] = ()  # the platform's ids of the roles that this person has in this place's community


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message for the avatar, as it arrived. (place, message) identifies it for ever."""

    place: Place
    message: str  # the platform's id of the message
    sender: Sender
    text: str  # what the fan wrote (or the caption), without the bot's own mention
    sent_at: datetime
    command: str = ""  # "help" for /help; empty for talk
    argument: str = ""  # what followed the command, such as a deep-link payload
    attachment: str = ""  # "sticker", "photo", "voice": what there was besides text
    about: str = ""  # the platform's id of the message that a command is about
    given: Mapping[str, str] = field(
        default_factory=dict
    )  # a command's arguments by name, where the platform has forms


@dataclass(frozen=True, slots=True)
class Action:
    """A button under a message: pressing it gives a command, as whoever presses it.

    It may be pressed by anybody who sees it, and forged by anybody at all: whether they may is checked as for a command
    that is typed.
    """

    label: str  # at most 40 characters
    command: str  # its name
    argument: str = ""  # as it would be typed; name, argument and one blank together take at most 60 bytes
    style: Literal["plain", "good", "danger"] = "plain"


@dataclass(frozen=True, slots=True)
class Change:
    """What a command changed, for the audit log."""

    subject: str  # what it was done to: "fan #12", "avatar"
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """Something to hand over as a file."""

    name: str  # without a folder
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """Something to be paid for, where the platform takes payments."""

    title: str  # at most 32 characters
    description: str  # at most 255 are shown
    payload: str  # comes back with the payment; at most 128 bytes
    amount: int  # Telegram Stars
    monthly: bool  # it renews every 30 days until it is ended


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered with at once."""

    text: str  # Markdown
    refused: bool = False  # who gave the command may not; whoever goes on trying need not be told each time
    draft: str = ""  # the reply that is to be put right, in the avatar's own words: for a form to begin with
    files: tuple[File, ...] = ()  # each small enough for every platform
    actions: tuple[Action, ...] = ()
    change: Change | None = None  # what was changed by it
    invoice: Invoice | None = None
    products: tuple[str, ...] = ()  # what can be had in the platform's own shop, by its ids there


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something is due in a conversation."""

    conversation: ConversationId
    message: MessageId | None = None  # the newest message; None: something else changed, an edit or a deletion


# ── what goes out ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a channel can do in one place, so that the core never asks which platform it is on."""

    text_limit: int  # units per message, as ``measure`` counts them
    measure: Callable[[str], int] = len  # units that this Markdown takes once rendered
    drafts: bool = False  # shows a preview that is not a message (and vanishes by itself)
    edits: bool = False  # can change a message after it was sent
    preview_interval: float = 1.0  # seconds between two previews in one place
    typing_lasts: float = 5.0  # seconds for which a typing sign stays; 0: there is none
    actions: bool = False  # shows buttons under messages; elsewhere their commands have to be typed
    threads: bool = False  # can open a thread or topic inside this place


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send. Sending the same key again must show one message where the platform can."""

    text: str  # Markdown
    key: str  # unique to this delivery, at most 25 characters
    reply_to: str | None = None  # the platform's id of the message answered, where a reference helps
    actions: tuple[Action, ...] = ()


class DeliveryState(StrEnum):
    """How far one part of a reply has come."""

    PENDING = "pending"  # stored, not known to be sent
    SENT = "sent"  # the platform gave a receipt
    AMBIGUOUS = "ambiguous"  # it may be visible; not sent again blindly
    FAILED = "failed"  # the platform refused it
    EXPIRED = "expired"  # given up after its time to live


@dataclass(frozen=True, slots=True)
class Delivery:
    """One part of a stored reply on its way to the fan."""

    id: DeliveryId
    part: int  # 0, 1, 2 … within the turn
    text: str  # Markdown
    key: str  # drawn at random when the part was first noted; every attempt at it shares the key
    state: DeliveryState = DeliveryState.PENDING
    receipt: str | None = None  # the platform's id of the message once it is visible
    actions: tuple[Action, ...] = ()  # under the last part only
    begun: bool = False  # leave was given to send it, and what became of that is not known yet


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one part."""

    delivery: DeliveryId
    state: DeliveryState
    receipt: str | None  # the platform's id of the message; None: none was given


@dataclass(frozen=True, slots=True)
class Post:
    """Something to be said in a place that no message there asked for: a person's words to a fan, a notice to a desk.

    It becomes a turn of its own in that place, ahead of what fans have written there, and is brought as a reply is.
    """

    place: Place
    text: str  # Markdown
    remembered: str = ""  # what of it is kept in the place's window; empty: nothing is
    by: str = ""  # the person who says it; empty: the avatar
    actions: tuple[Action, ...] = ()  # under its end
    key: str = ""  # a second one of this key, for the same avatar, is not said; empty: nothing is compared
    about: ConversationId | None = None  # whose talk it is part of, where that is another place's
    fan: FanId | None = None  # whose words it holds: it is forgotten with them


# ── what creator and moderators have set ─────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Controls:
    """All that was set for one avatar, as one snapshot."""

    revision: int = 0  # rises with every change; 0: nothing was ever set
    values: Mapping[tuple[str, str], Any] = field(default_factory=dict)  # JSON, by where (see ``keys``) and name

    def nearest(self, name: str, place: Place | None) -> Any:
        """What is set under this name for the place itself, else for what it belongs to; None: nothing."""
        for where in self.keys(place):
            if (value := self.values.get((where, name))) is not None:
                return value
        return None

    @staticmethod
    def keys(place: Place | None) -> tuple[str, ...]:
        """Where something may be set that holds in a place, nearest first; the last, the empty one, is the avatar."""
        if place is None:
            return ("",)
        chat = f"{place.account}/{place.business}/{place.chat}/"
        parent = (f"{place.account}/{place.business}/{place.parent}/",) if place.parent else ()
        community = (f"{place.account}#{place.community}",) if place.community else ()
        return tuple(dict.fromkeys((place.key, chat, *parent, *community, "")))


# ── a turn ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the window: what a fan or the avatar said."""

    id: MessageId
    by_fan: bool
    name: str  # the fan's name, or the person's who spoke in the avatar's place; empty for the avatar
    text: str
    sent_at: datetime
    tokens: int  # estimate


@dataclass(frozen=True, slots=True)
class Pending:
    """One message waiting for an answer."""

    id: MessageId
    message: str  # the platform's id
    fan: FanId
    name: str
    text: str
    sent_at: datetime
    command: str = ""
    argument: str = ""
    attachment: str = ""
    language: str = ""
    tokens: int = 0
    disclosed_at: datetime | None = None  # when this fan was last told that this is an AI
    remembered: bool = False  # something is known of this fan, from here or elsewhere
    talking_since: datetime | None = None  # since when this fan has written without a long pause
    minor: bool = False  # this fan has said to be one, now or ever
    tiers: frozenset[str] = frozenset()  # the circles of fans that this one is in, lower ones included


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fan ran into a limit."""

    fan: FanId
    name: str
    message: str  # the platform's id of the first message refused
    lifts_at: datetime
    language: str = ""
    crowd: bool = False  # others have used it up as well


@dataclass(frozen=True, slots=True)
class Hold:
    """A person answers in a conversation, and the avatar is silent there."""

    avatar: AvatarId
    conversation: ConversationId
    place: Place  # of the conversation
    by: str  # who it is, for the fan
    since: datetime
    until: datetime  # then it ends by itself, unless the person has written meanwhile
    desk: Place | None = None  # where fans' words are brought to; None: the person reads along in the place itself
    thread: Place | None = None  # at the desk: what is written there goes to the fan; None: not opened yet


@dataclass(frozen=True, slots=True)
class Claim:
    """All that one turn needs, held by one worker until it finishes or its lease runs out."""

    turn: TurnId
    conversation: ConversationId
    avatar: AvatarId
    place: Place
    generation: int  # the fence: rises on a reset or when another worker takes over; an older claim may not speak
    pending: tuple[Pending, ...]  # oldest first
    refusals: tuple[Refusal, ...]  # fans to be told, once, that a limit was reached
    window: tuple[Said, ...]  # what was said before, oldest first
    trimmed: bool = False  # more was said before that
    reply: str | None = None  # Markdown already stored by an earlier attempt: do not ask the model again
    deliveries: tuple[Delivery, ...] = ()  # parts already planned or shown by an earlier attempt
    controls: Controls = Controls()  # as they were when the claim was made
    budget: float = 0.0  # how much of what the avatar may spend is used up; 1.0: all of it
    warnings: Mapping[str, str] = field(default_factory=dict)  # of it, not given yet: texts by ``Post.key``
    post: Post | None = None  # what is to be said unasked: then nothing is pending in this turn
    hold: Hold | None = None  # who answers in the avatar's place


class Outcome(StrEnum):
    """How a turn ended."""

    ANSWERED = "answered"  # the model's reply
    COMMAND = "command"  # a command's reply
    FIXED = "fixed"  # a text of the persona or a floor of the code; no model was asked
    REFUSED = "refused"  # a limit's notice, or silence under a limit
    FALLBACK = "fallback"  # the model could not be had, and the fan was told
    IGNORED = "ignored"  # nothing to say
    POSTED = "posted"  # something said unasked
    HELD = "held"  # left to the person who holds the conversation
    DEFERRED = "deferred"  # the model's reply waits for leave, or for its time


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model call, as the endpoint counted them or, failing that, as estimated."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0  # part of ``prompt`` that the endpoint did not have to read again
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """Something that went into a reply, for its receipt."""

    kind: Literal["passage", "lore", "rule", "memory"]
    ref: str  # the passage's id, the entry's name: what it is called where it is kept
    title: str  # what a person would call it
    url: str = ""
    score: float = 0.0  # how well it fitted, where that was measured
    cited: bool = False  # the reply rests on it


class Reason(StrEnum):
    """Why a person is to look at a conversation."""

    ASKED = "asks for a person"
    FRUSTRATED = "is not happy with the answers"
    REPEATED = "has asked the same twice"
    RULE = "asks about something that is for a person"


@dataclass(frozen=True, slots=True)
class Plea:
    """A fan wants, or needs, a person."""

    fan: FanId
    reason: Reason


@dataclass(frozen=True, slots=True)
class Deferred:
    """A reply that is not sent now: it waits for leave, or for its time."""

    fan: FanId  # who spoke last
    text: str  # Markdown as the fan would see it
    remembered: str  # of it, in the window
    dial: str  # the setting by which it waits, in a few words
    send_at: datetime | None = None  # None: not before somebody says so


@dataclass(frozen=True, slots=True)
class Reply:
    """What a turn decided to say, before it is cut into parts."""

    text: str  # Markdown as the fan sees it
    outcome: Outcome
    remembered: str = ""  # the avatar's own words, kept in the window; empty: nothing is kept
    model: str = ""
    usage: Usage = Usage()
    disclosed: tuple[FanId, ...] = ()  # the fans whom this text tells that this is an AI
    note: Mapping[str, str | int | float | bool] = field(default_factory=dict)  # for the receipt; never private text
    used: tuple[Used, ...] = ()  # best first
    gap: str = ""  # the fan's question that the creator's content has no answer to; empty: there was none
    crisis: str = ""  # what sort of one was answered with helplines: it is counted; empty: none
    refused: tuple[MessageId, ...] = ()  # messages of the claim that were not to be answered
    actions: tuple[Action, ...] = ()  # under its end
    posts: tuple[Post, ...] = ()  # what is to be said elsewhere because of this turn, stored together with it
    plea: Plea | None = None
    deferred: Deferred | None = None  # what would have been said


@dataclass(frozen=True, slots=True)
class Why:
    """How one turn came to its reply, for whoever looks after the avatar. It quotes nobody."""

    turn: TurnId
    place: Place
    outcome: str  # an ``Outcome``, "dropped", or empty while nothing is decided
    model: str
    usage: Usage
    note: Mapping[str, Any]  # as in ``Reply.note``
    used: tuple[Used, ...]  # best first
    gap: bool  # the fan asked for something that the creator's content has no answer to
    began_at: datetime
    finished_at: datetime | None


# ── the model ────────────────────────────────────────────────────────────────────────────────────

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a prompt."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is asked: one system message, then user and assistant in turn, a user's last."""

    messages: tuple[ChatMessage, ...]
    max_tokens: int
    temperature: float = 0.7
    estimated_tokens: int = 0  # of all messages, for endpoints that report no usage
    schema: Mapping[str, Any] | None = None  # JSON schema that the answer must follow; None: free text


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a model's answer."""

    finish: Literal["stop", "length", "other"]
    usage: Usage
    model: str  # the name that the endpoint gives


# ── what an operator is told ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a health check."""

    check: str  # what was looked at: "telegram token"
    level: Literal["pass", "warn", "fail"]
    detail: str  # what was found; never a secret
    mend: str = ""  # what to do about it, for a warning or a failure
