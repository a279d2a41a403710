"""The ports of memory: what the core needs to remember fans by, and what fans may ask of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from core.memory import (
    CreatorNote,
    Episode,
    Fact,
    FactId,
    FactKind,
    Forgotten,
    Learned,
    Lesson,
    NoteId,
    Recollection,
    Scope,
    Summary,
    Visitor,
)
from core.model import (
    AccountId,
    AvatarId,
    Claim,
    ConversationId,
    FanId,
    MessageId,
    Place,
    TurnId,
)


class Memory(Protocol):
    """Keeps what is remembered of fans. Every query is bound to avatar, fan and the places that the scope allows.

    Each method is one transaction. Raises ``StorageUnavailable``.
    """

    async def facts(self, claim: Claim) -> Sequence[Fact]:
        """The facts that hold, of the fans who speak in this turn, as far as they may be used in its place."""

    async def episodes(self, claim: Claim, *, after: MessageId, limit: int) -> Sequence[Episode]:
        """Answered messages before the window that may be recalled in this turn, in the order of their ids, in pages.

        Of this conversation, and in a DM also of this fan's others, as the scope allows.
        """

    async def fetch(self, claim: Claim, messages: Collection[MessageId]) -> Sequence[Episode]:
        """These messages as they are now, in any order; what ``episodes`` would not give for this turn is left out."""

    async def summary(self, conversation: ConversationId) -> Summary | None:
        """The running summary of what has left the window; None while there is none."""


class Lessons(Protocol):
    """What is still to be learned from conversations. Each method is one transaction."""

    async def due(self, avatar: AvatarId, *, now: datetime) -> Sequence[ConversationId]:
        """Conversations with something to learn that have come to rest, or have much of it; private ones never."""

    async def take(self, conversation: ConversationId, *, now: datetime) -> Lesson | None:
        """What is to be learned from a conversation, for this learner alone for some minutes; None: nothing."""

    async def keep(self, lesson: Lesson, facts: Sequence[Learned], summary: Summary | None, *, now: datetime) -> bool:
        """Keep what was learned and move on; False, and nothing kept, if the fan has had it forgotten meanwhile."""


class Forgetting(Protocol):
    """Forgets, for good: nothing that is under way can bring it back. Each method raises ``StorageUnavailable``."""

    async def forget(
        self,
        avatar: AvatarId,
        fan: FanId,
        *,
        now: datetime,
        since: datetime | None = None,
        messages: Collection[MessageId] = (),
        facts: Collection[FactId] = (),
        spare: TurnId | None = None,
    ) -> Forgotten:
        """Forget some of what a fan said, wherever they said it: all of what is chosen here, in one transaction.

        With a message go its answer, what was learned from it, receipts, and corrections of the answer. With a fact go
        what it had replaced, and the message that it comes from. A turn under way with any of it may not speak any
        more; what others had said in it is answered by the next one.

        Args:
            avatar: Whom the fan wrote to.
            fan: Who.
            now: When.
            since: What came from then on, facts included; a fact that was replaced since then holds again.
            messages: These, as far as they are the fan's.
            facts: These, as far as they are the fan's.
            spare: The turn in which the fan asks for it: it goes on, but for its talk.
        """

    async def forget_everything(
        self, avatar: AvatarId, fan: FanId, *, now: datetime, spare: TurnId | None = None
    ) -> Forgotten:
        """Forget a fan, DMs and limits and links included; ``spare`` as above: its remains go with a ``sweep``."""

    async def sweep(self, avatar: AvatarId, *, now: datetime) -> None:
        """Finish what ``forget_everything`` had to put off because its turn was to be answered still."""

    async def forget_older(self, avatar: AvatarId, before: datetime, *, now: datetime) -> int:
        """Forget what was said before a moment, facts included, and fans not seen since; the number of messages."""


class Notes(Protocol):
    """What a fan sees and changes of what is remembered of them; of others' nothing.

    Each method is one transaction. Raises ``StorageUnavailable``.
    """

    async def facts(self, avatar: AvatarId, fan: FanId, *, after: FactId, limit: int) -> Sequence[Fact]:
        """The facts that hold, in the order of their ids, a page at a time."""

    async def add(
        self,
        avatar: AvatarId,
        fan: FanId,
        place: Place,
        statement: str,
        *,
        now: datetime,
        kind: FactKind = FactKind.PREFERENCE,
        scope: Scope = Scope.HERE,
    ) -> Fact | None:
        """Note what the fan wants noted; None: there is no such fan. Scope community needs a place that is in one."""

    async def correct(
        self, avatar: AvatarId, fan: FanId, fact: FactId, statement: str, *, now: datetime
    ) -> Fact | None:
        """Note the fan's own words in the place of a fact, which stays in the history; None if it does not hold."""

    async def share(self, avatar: AvatarId, fan: FanId, fact: FactId, scope: Scope) -> Fact | None:
        """Let a fact be used more widely, or less, as the fan wishes; None if it does not hold."""

    async def drop(self, avatar: AvatarId, fan: FanId, fact: FactId) -> bool:
        """Forget a fact and what it had replaced, not the messages (``Forgetting.forget``); False: it does not hold."""

    async def is_open(self, avatar: AvatarId, fan: FanId) -> bool:
        """Whether the fan lets the creator read the facts about them; nobody does without having said so."""

    async def open(self, avatar: AvatarId, fan: FanId, *, on: bool, now: datetime) -> None:
        """From now on they do, or do not."""


class Privacy(Protocol):
    """Conversations that leave no memory: nothing is learned from them or recalled of them, now or later.

    What was said before is not private. Each method is one transaction. Raises ``StorageUnavailable``.
    """

    async def is_on(self, avatar: AvatarId, place: Place) -> bool:
        """Whether what is said in this place now is private."""

    async def set(self, avatar: AvatarId, place: Place, *, on: bool, now: datetime) -> None:
        """From now on it is, or is not; what was said in between stays private."""


class Fans(Protocol):
    """Who a fan is to an avatar, and all that is kept of them. Raises ``StorageUnavailable``."""

    async def find(self, avatar: AvatarId, account: AccountId, user: str) -> FanId | None:
        """The fan whom the account's platform knows by this id; None: they have not written yet."""

    async def said(self, avatar: AvatarId, fan: FanId, *, after: MessageId, limit: int) -> Sequence[Episode]:
        """What this fan wrote, wherever, in the order of the ids, a page at a time. For the fan alone."""

    async def export(self, avatar: AvatarId, fan: FanId) -> Mapping[str, Any]:
        """All that is kept of the fan, as JSON can hold it; empty if there is no such fan. For the fan alone.

        ``about``, and lists of ``messages`` (with what was answered), ``facts`` (those that were replaced, too),
        ``summaries`` of DMs, ``sources`` of replies, ``unanswered_questions``, ``circles``, ``tags_by_the_creator``,
        ``notes_by_the_creator`` and ``payments``.
        """


class Audience(Protocol):
    """What a creator sees of the fans, and the tags and notes that they keep about them.

    Each method is one transaction. Raises ``StorageUnavailable``.
    """

    async def visitors(self, avatar: AvatarId, *, after: FanId, limit: int, tag: str = "") -> Sequence[Visitor]:
        """All fans, in the order of their ids, a page at a time; with a tag, those who have it."""

    async def facts(self, avatar: AvatarId, fan: FanId, *, after: FactId, limit: int) -> Sequence[Fact]:
        """The facts that hold, in the order of their ids, a page at a time; none unless the fan has opened them."""

    async def tag(self, avatar: AvatarId, fan: FanId, tag: str) -> bool:
        """Give a fan a tag; False: there is no such fan."""

    async def untag(self, avatar: AvatarId, fan: FanId, tag: str) -> bool:
        """Take a tag away; False: the fan does not have it."""

    async def note(self, avatar: AvatarId, fan: FanId, text: str, *, now: datetime) -> CreatorNote | None:
        """Note something about a fan; None: there is no such fan."""

    async def notes(self, avatar: AvatarId, fan: FanId) -> Sequence[CreatorNote]:
        """What is noted about a fan, oldest first."""

    async def drop_note(self, avatar: AvatarId, fan: FanId, which: NoteId) -> bool:
        """Take a note away; False: there is no such note about this fan."""


class Links(Protocol):
    """Which fans of an avatar are one person: these share facts of scope everywhere, nothing else.

    Each method is one transaction. Raises ``StorageUnavailable``.
    """

    async def code(self, avatar: AvatarId, fan: FanId, *, now: datetime) -> str | None:
        """A code to be entered on another platform, once and soon; an earlier one is void. None: no such fan."""

    async def redeem(self, avatar: AvatarId, fan: FanId, code: str, *, now: datetime) -> bool:
        """Enter a code: this fan becomes one person with the one who got it, and leaves whom they were linked with.

        False if it is wrong, spent, too old or the fan's own, or after too many tries: which of them is not told.
        """

    async def unlink(self, avatar: AvatarId, fan: FanId) -> bool:
        """Be a person of one's own again; False if the fan was."""

    async def linked(self, avatar: AvatarId, fan: FanId) -> Sequence[FanId]:
        """The other fans who are one person with this one."""


class MessageVectors(Protocol):
    """Keeps embeddings of messages, by the name of the model that made them. Each method is one transaction.

    Raises ``StorageUnavailable``.
    """

    async def add(self, avatar: AvatarId, model: str, vectors: Mapping[MessageId, bytes]) -> None:
        """Keep vectors (opaque bytes); one of a message that is gone meanwhile is dropped."""

    async def all(self, claim: Claim, model: str, *, after: MessageId, limit: int) -> Mapping[MessageId, bytes]:
        """Vectors of what ``Memory.episodes`` gives in this turn, in the order of the ids, a page at a time."""


class Recaller(Protocol):
    """Finds in what is remembered what matters for an answer."""

    async def recall(self, claim: Claim, asked: str, *, room: int, now: datetime) -> Recollection:
        """What of facts, past messages and summary belongs to this, in at most ``room`` tokens.

        Raises:
            StorageUnavailable: The database does not answer.
        """
