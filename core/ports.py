"""The ports: what the core needs from the outside world, and what the outside may ask of the core."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.content import Change, Chunk, Correction, Document, DocumentId, Found, Passage, PassageId, Question
from core.model import (
    Abilities,
    AccountId,
    Announcement,
    Answer,
    AvatarId,
    Claim,
    Completion,
    ConversationId,
    Delivery,
    Incoming,
    Outgoing,
    Place,
    Post,
    Prompt,
    Receipt,
    Reply,
    TurnId,
    Used,
    Why,
)


class Clock(Protocol):
    """Wall time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class ChatModel(Protocol):
    """A language model that answers a prompt piece by piece."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """Yield text as it comes, then exactly one ``Completion``, then end.

        Pieces are never empty; joined they are the whole answer. Retries happen inside, and only before
        the first piece. Closing the generator early frees the endpoint at once.

        Raises:
            ModelUnavailable: No usable answer, or it broke off after the first piece.
            PromptTooLong: The prompt does not fit; a shorter one may.
            ModelRejected: The endpoint refused.
        """


class Channel(Protocol):
    """One account's way to speak on its platform. Texts are Markdown; nothing sent here pings anybody.

    Every method raises ``ChannelUnavailable`` (nothing happened; carries ``retry_after``),
    ``FanUnreachable`` or ``ChannelRejected`` (will not work next time either).
    """

    def abilities(self, place: Place) -> Abilities:
        """What can be done in this place."""

    async def typing(self, place: Place) -> None:
        """Show for ``typing_lasts`` seconds that an answer is being written."""

    async def send(self, place: Place, outgoing: Outgoing) -> str:
        """Send one message and return the platform's id of it.

        A message to reply to that no longer exists is no error: it is sent without the reference.

        Raises:
            DeliveryAmbiguous: The message may have been sent; the caller must not just send again.
        """

    async def edit(self, place: Place, receipt: str, text: str) -> None:
        """Replace the text of a message sent before; the same text again is success.

        Raises:
            NotFound: That message is gone.
        """

    async def open_thread(self, place: Place, title: str) -> Place:
        """Open a place inside this one for a talk of its own; the place itself where there are none (``threads``)."""

    async def draft(self, place: Place, key: int, text: str) -> None:
        """Show or replace the preview named ``key`` (not zero), only where ``abilities.drafts``."""


class Intake(Protocol):
    """What a platform adapter tells the core. Nothing here raises into the platform's loop.

    A call returns when what it was told is safely stored, however long that takes: only then may the
    adapter tell its platform that the update was received.
    """

    async def accept(self, incoming: Incoming) -> bool:
        """Take a message in; False if it was known already or holds nothing."""

    async def revise(self, place: Place, message: str, text: str) -> None:
        """The fan edited a message: an answer not yet begun uses the new text; nothing is answered twice."""

    async def retract(self, place: Place, message: str) -> None:
        """The fan deleted a message: it is forgotten and, if still unanswered, not answered."""

    async def command(self, incoming: Incoming) -> Answer:
        """Run a command at once, where a platform waits for its answer; whether its giver may is decided here.

        Raises:
            StorageUnavailable: The database does not answer.
        """

    def hears(self, place: Place) -> bool:
        """Whether everything that people say in this place is to be brought in, addressed to the avatar or not."""

    async def spoke(self, place: Place, message: str, text: str, sent_at: datetime) -> None:
        """Whom the avatar stands in for has written there themselves, in person."""

    async def last_seen(self, account: AccountId) -> Mapping[str, str]:
        """The newest message id known in each DM of an account, by chat: from there on to catch up."""


class Bus(Protocol):
    """Says where to look. It may lose or repeat announcements: the database is the truth."""

    async def announce(self, news: Announcement) -> None:
        """Let whoever works know."""

    async def next(self) -> Announcement:
        """Wait for an announcement."""


class Inbox(Protocol):
    """Messages as they arrive. Each method is one transaction, durable on return.

    Raises ``StorageUnavailable`` when nothing was stored.
    """

    async def accept(self, incoming: Incoming, *, now: datetime) -> Announcement | None:
        """Store a message and mark its conversation due; None if it is known already."""

    async def revise(self, place: Place, message: str, text: str) -> Announcement | None:
        """Replace a message's text; None if the message does not wait for an answer any more."""

    async def retract(self, place: Place, message: str) -> Announcement | None:
        """Erase a message's text; None if the message did not wait for an answer any more."""

    async def last_seen(self, account: AccountId) -> Mapping[str, str]:
        """Newest message id of every DM of this account, by chat."""

    async def reset(self, place: Place, message: str, *, now: datetime) -> None:
        """Start the conversation afresh: the window is emptied, what waited before this message is dropped.

        ``message`` is the platform's id of the command. Where it is part of the turn that is under way, that turn
        goes on; any other turn of this conversation may not speak any more.
        """


class Turns(Protocol):
    """Turns as they are worked. One worker holds a conversation at a time; each method is one transaction."""

    async def claim(self, conversation: ConversationId, worker: str, *, now: datetime) -> Claim | None:
        """Take everything pending in a conversation as one turn, or resume the turn that was left open.

        Messages beyond the fan's limits are taken out as refusals. Claiming again what this worker
        holds adds what has arrived since. None: nothing is pending, or another worker holds it.
        """

    async def store(self, claim: Claim, reply: Reply, parts: Sequence[str]) -> Sequence[Delivery]:
        """Store a reply and its parts before anything final is sent; one delivery a part, in order.

        Parts already visible (shown while the reply was being written) keep their delivery and receipt.
        Empty when the claim is no longer held or the conversation was reset: then nothing may be sent.
        """

    async def show(self, claim: Claim, part: int, text: str) -> Delivery | None:
        """Note that a part is about to become visible before the reply is complete; None as in ``store``."""

    async def record(self, receipt: Receipt) -> None:
        """Note what became of a part; ``PENDING``: nothing was sent, and it wants leave anew (``may_speak``)."""

    async def may_speak(self, claim: Claim, delivery: Delivery, last: Receipt | None = None) -> bool:
        """Ask leave to send a part, and note what became of the one before it.

        From here on the part counts as possibly visible: a person who takes the conversation over now finds it
        answered. ``store`` gives this leave for the first part. False: somebody else speaks here by now; the rest is
        given up, and what was to be answered waits for them unless something of the answer is visible.
        """

    async def finish(self, claim: Claim, last: Receipt | None = None, *, now: datetime) -> bool:
        """End the turn, with what became of its last part, and let the conversation go.

        Returns:
            True if more is pending in it.
        """


class Outbox(Protocol):
    """What is to be said unasked. Raises ``StorageUnavailable``."""

    async def post(self, avatar: AvatarId, post: Post, *, now: datetime) -> bool:
        """Have something said, durably; what goes with a turn is stored with its reply instead (``Reply.posts``).

        Returns:
            False if there was one of this key before.
        """


class Leases(Protocol):
    """Who works on what, and what has been left lying."""

    async def due(self, accounts: Collection[AccountId], *, now: datetime) -> Sequence[ConversationId]:
        """Conversations of these accounts with something to do that no living worker holds, oldest first."""

    async def renew(self, worker: str, conversations: Collection[ConversationId], *, now: datetime) -> None:
        """Keep these conversations, which this worker holds, for another lease."""

    async def release(self, worker: str) -> None:
        """Let go of everything that this worker holds."""

    async def unreachable(self, turn: TurnId) -> None:
        """The fan cannot be reached: nothing more is sent to this place until they write again."""


# ── what the creator has published ───────────────────────────────────────────────────────────────


class Library(Protocol):
    """Finds again what an avatar's creator has published."""

    async def find(self, avatar: AvatarId, question: Question, *, limit: int) -> Sequence[Found]:
        """The passages that may answer a question, best first; near-duplicates and other tiers are left out.

        Empty when nothing has been published, or nothing of it fits at all. A failing embedding endpoint is no
        error: the words alone then decide.

        Raises:
            StorageUnavailable: The database does not answer.
        """

    async def newest(self, avatar: AvatarId, *, limit: int) -> Sequence[Passage]:
        """The first passages of the public documents published last, newest first.

        Raises:
            StorageUnavailable: The database does not answer.
        """


class Receipts(Protocol):
    """What went into replies, each place apart. Raises ``StorageUnavailable``."""

    async def of_last_reply(self, place: Place) -> Sequence[Used]:
        """What the avatar's last reply in this place was made with, best first; of other replies nothing."""

    async def shown(self, place: Place) -> Collection[DocumentId]:
        """The documents that replies in this place rested on or pointed to."""

    async def lately(self, place: Place, *, limit: int) -> Sequence[str]:
        """What fans wrote last in this conversation, oldest first; of the time since its last reset only."""

    async def why(self, avatar: AvatarId, message: str, *, place: Place) -> Why | None:
        """How the reply came about that the platform shows as this message; None: it is no reply of this avatar there.

        A fan's message is none, nor is a message of another place.
        """


class Corrections(Protocol):
    """Replies that the creator has put right. Each method is one transaction. Raises ``StorageUnavailable``."""

    async def replaced(self, avatar: AvatarId, message: str, *, place: Place) -> str | None:
        """What a correction would replace: the reply in the avatar's own words; None as for ``Receipts.why``."""

    async def add(
        self, avatar: AvatarId, message: str, text: str, by: str, *, now: datetime, place: Place | None = None
    ) -> Correction:
        """Keep what should have been said; what was kept of the same reply before is replaced.

        Args:
            avatar: Whose reply it was.
            message: With a place, as in ``Receipts.why``; without one, whatever else names a reply where it is kept.
            text: What to say instead.
            by: Who put it right.
            now: When.
            place: Where the message is, if that is known.

        Raises:
            NotFound: There is no such reply.
        """

    async def all(self, avatar: AvatarId) -> Sequence[Correction]:
        """Every correction, oldest first."""

    async def remove(self, avatar: AvatarId, which: int) -> bool:
        """Take a correction back; False if there is none of that number."""


class Content(Protocol):
    """Keeps what was published, one avatar's apart from every other's. Each method is one transaction."""

    async def put(
        self, avatar: AvatarId, source: str, batch: Sequence[tuple[Document, Sequence[Chunk]]], *, now: datetime
    ) -> Sequence[Change]:
        """Keep documents with their passages, or replace those that have changed; one change each, in order.

        What is the same as before, title and dates included, is not written again and keeps its passages' ids.
        """

    async def keep_only(
        self, avatar: AvatarId, source: str, keys: Collection[str], *, whole: Collection[str] = ()
    ) -> int:
        """Drop what a source no longer holds; the number of documents dropped.

        Args:
            avatar: Whose.
            source: Which.
            keys: Of the documents that it holds.
            whole: Keys of what was not read again, each with its parts: ``key#2``, ``key#3`` and so on.
        """

    async def revision(self, avatar: AvatarId) -> int:
        """Rises with every change of this avatar's content; 0: there has never been any."""

    async def scan(self, avatar: AvatarId, *, after: PassageId, limit: int) -> Sequence[Passage]:
        """All passages in the order of their ids, a page at a time."""

    async def fetch(self, avatar: AvatarId, passages: Collection[PassageId]) -> Sequence[Passage]:
        """These passages, in any order; those that are gone, or another avatar's, are left out."""

    async def openings(self, avatar: AvatarId, *, limit: int) -> Sequence[Passage]:
        """The first passages of the documents published last, newest first; those without a date come last."""


class Vectors(Protocol):
    """Keeps embeddings of passages, by the name of the model that made them."""

    async def missing(self, avatar: AvatarId, model: str, limit: int) -> Sequence[Passage]:
        """Passages that have no vector of this model yet."""

    async def add(self, avatar: AvatarId, model: str, vectors: Mapping[PassageId, bytes]) -> None:
        """Keep vectors (opaque bytes); one of a passage that is gone meanwhile is dropped."""

    async def all(self, avatar: AvatarId, model: str, *, after: PassageId, limit: int) -> Mapping[PassageId, bytes]:
        """Vectors in the order of their passages' ids, a page at a time."""


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike they are in meaning."""

    name: str  # of the model, with whatever else changes its vectors

    async def embed(self, texts: Sequence[str], *, query: bool) -> Sequence[Sequence[float]]:
        """One vector of unit length a text, in order. ``query``: they are questions, not passages.

        Raises:
            ModelUnavailable: No usable answer.
            ModelRejected: The endpoint refused.
        """
