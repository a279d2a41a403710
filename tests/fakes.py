"""Hand-written doubles of the ports, for tests of the core."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.content import DocumentId, Found, Kind, Passage, PassageId, Question
from core.errors import NotFound
from core.handover import Talk, Waiting
from core.memory import Recollection
from core.model import (
    Abilities,
    AccountId,
    Announcement,
    AvatarId,
    Claim,
    Completion,
    ConversationId,
    Delivery,
    DeliveryId,
    DeliveryState,
    FanId,
    Incoming,
    MessageId,
    Outgoing,
    Pending,
    Place,
    Prompt,
    Receipt,
    Reply,
    Sender,
    TurnId,
    Usage,
    Used,
    Why,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = AccountId("fake:1")
DM = Place(ACCOUNT, chat="ann")


class FakeClock:
    """Wall time that moves only when told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **by: float) -> None:
        self._now += timedelta(**by)


class FakeChannel:
    """Shows messages in a dictionary; every method can be made to fail, once for each error queued."""

    def __init__(self, abilities: Abilities | None = None) -> None:
        self.able = abilities or Abilities(text_limit=4000, typing_lasts=0.0)
        self.faults: dict[str, deque[Exception]] = defaultdict(deque)
        self.calls: list[tuple[str, str]] = []  # method and text, as they were tried
        self.visible: dict[str, str] = {}  # text by receipt
        self.drafts: list[str] = []
        self.replied_to: list[str | None] = []
        self._changed = asyncio.Condition()

    def abilities(self, place: Place) -> Abilities:
        return self.able

    async def typing(self, place: Place) -> None:
        await self._try("typing", place.chat)

    async def send(self, place: Place, outgoing: Outgoing) -> str:
        await self._try("send", outgoing.text)
        self.replied_to.append(outgoing.reply_to)
        receipt = f"{place.chat}/{len(self.visible) + 1}"
        await self._show(receipt, outgoing.text)
        return receipt

    async def edit(self, place: Place, receipt: str, text: str) -> None:
        await self._try("edit", text)
        if receipt not in self.visible:
            raise NotFound("that message is gone")
        await self._show(receipt, text)

    async def open_thread(self, place: Place, title: str) -> Place:
        await self._try("open_thread", title)
        return replace(place, thread=f"{place.thread}t{len(self.calls)}") if self.able.threads else place

    async def draft(self, place: Place, key: int, text: str) -> None:
        await self._try("draft", text)
        self.drafts.append(text)

    async def _try(self, method: str, text: str) -> None:
        self.calls.append((method, text))
        async with self._changed:
            self._changed.notify_all()
        if self.faults[method]:
            raise self.faults[method].popleft()

    async def _show(self, receipt: str, text: str) -> None:
        self.visible[receipt] = text
        async with self._changed:
            self._changed.notify_all()

    def said(self, chat: str = "ann") -> list[str]:
        """What is visible in one chat, oldest first."""
        return [text for receipt, text in self.visible.items() if receipt.startswith(f"{chat}/")]

    async def until_said(self, count: int, chat: str = "ann") -> list[str]:
        """Wait for so many visible messages."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.said(chat)) >= count)
        return self.said(chat)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that shows."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)

    async def until_called(self, method: str) -> None:
        """Wait until a method has been tried."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: any(name == method for name, _ in self.calls))


Step = str | Exception | Callable[[], object]


class FakeModel:
    """Plays steps: text is yielded, an error raised, a callable called (and awaited if it gives an awaitable)."""

    def __init__(self, *steps: Step, finish: str = "stop") -> None:
        self.answers: list[Iterable[Step]] = [steps]
        self.prompts: list[Prompt] = []
        self.finish = finish

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        self.prompts.append(prompt)
        for step in self.answers[min(len(self.prompts), len(self.answers)) - 1]:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, str):
                yield step
            elif asyncio.iscoroutine(awaitable := step()):
                await awaitable
        yield Completion(self.finish, Usage(10, 5), "llama")  # type: ignore[arg-type] # given as in a Completion


class FakeTurns:
    """Keeps turns in lists; ``lost`` makes it answer as if the conversation had been taken away."""

    def __init__(self) -> None:
        self.lost = False
        self.asked = asyncio.Event()  # something was about to be shown
        self.stored: list[Reply] = []
        self.rows: dict[int, Delivery] = {}
        self.finished: list[TurnId] = []
        self.log: list[str] = []

    async def claim(self, conversation: ConversationId, worker: str, *, now: datetime) -> Claim | None:
        raise AssertionError("the turn does not claim")

    async def store(self, claim: Claim, reply: Reply, parts: Sequence[str]) -> Sequence[Delivery]:
        if self.lost:
            return ()
        self.log.append("store")
        self.stored.append(reply)
        for part, text in enumerate(parts):
            known = self.rows.get(part)
            if known is None:
                self.rows[part] = Delivery(DeliveryId(part + 1), part, text, f"key{part}", begun=part == 0)
            elif known.text != text or known.state is not DeliveryState.SENT:
                self.rows[part] = replace(known, text=text, state=DeliveryState.PENDING, begun=part == 0)
        return [self.rows[part] for part in range(len(parts))]

    async def show(self, claim: Claim, part: int, text: str) -> Delivery | None:
        self.asked.set()
        if self.lost:
            return None
        known = self.rows.get(part, Delivery(DeliveryId(part + 1), part, text, f"key{part}"))
        self.rows[part] = replace(known, text=text, state=DeliveryState.PENDING)
        return self.rows[part]

    async def record(self, receipt: Receipt) -> None:
        self.log.append(receipt.state.value)
        row = receipt.delivery - 1
        self.rows[row] = replace(self.rows[row], state=receipt.state, receipt=receipt.receipt)

    async def may_speak(self, claim: Claim, delivery: Delivery, last: Receipt | None = None) -> bool:
        if last is not None:
            await self.record(last)
        return not self.lost

    async def finish(self, claim: Claim, last: Receipt | None = None, *, now: datetime) -> bool:
        if last is not None:
            await self.record(last)
        self.log.append("finish")
        self.finished.append(claim.turn)
        return False


class FakeInbox:
    """Notes resets; nothing else of an inbox is needed by a turn."""

    def __init__(self) -> None:
        self.resets: list[str] = []

    async def reset(self, place: Place, message: str, *, now: datetime) -> None:
        self.resets.append(message)

    async def accept(self, incoming: Incoming, *, now: datetime) -> Announcement | None:
        raise AssertionError("a turn takes nothing in")

    async def revise(self, place: Place, message: str, text: str) -> Announcement | None:
        raise AssertionError("a turn revises nothing")

    async def retract(self, place: Place, message: str) -> Announcement | None:
        raise AssertionError("a turn retracts nothing")

    async def last_seen(self, account: AccountId) -> dict[str, str]:
        raise AssertionError("a turn catches up on nothing")


class FakeDoors:
    """Says when fans were last answered, as a test put it in, and lets everything be told once."""

    def __init__(self) -> None:
        self.last: dict[FanId, datetime] = {}
        self.told: list[tuple[FanId | None, str]] = []

    async def answered(self, claim: Claim) -> dict[FanId, datetime]:
        return self.last

    async def may_tell(self, claim: Claim, fan: FanId | None, name: str, *, until: datetime, now: datetime) -> bool:
        if (fan, name) in self.told:
            return False
        self.told.append((fan, name))
        return True

    async def undelivered(self, avatar: AvatarId, place: Place, *, since: datetime) -> int:
        return 0


class FakeTalks:
    """Remembers when a person was asked for, the same for every conversation."""

    def __init__(self, asked_at: datetime | None = None) -> None:
        self.asked_at = asked_at

    async def asked(self, avatar: AvatarId, conversation: ConversationId) -> datetime | None:
        return self.asked_at

    async def put_off(self, avatar: AvatarId, conversation: ConversationId) -> datetime | None:
        return self.asked_at

    async def brought(self, avatar: AvatarId, place: Place, message: str) -> ConversationId | None:
        raise AssertionError("no turn looks for that")

    async def of_fan(self, avatar: AvatarId, fan: FanId) -> Talk | None:
        raise AssertionError("no turn looks for that")

    async def at(self, avatar: AvatarId, place: Place) -> Talk | None:
        raise AssertionError("no turn looks for that")

    async def numbered(self, avatar: AvatarId, conversation: ConversationId) -> Talk | None:
        raise AssertionError("no turn looks for that")

    async def waiting(self, avatar: AvatarId) -> Sequence[Waiting]:
        raise AssertionError("no turn looks for that")

    async def dismiss(self, avatar: AvatarId, conversation: ConversationId) -> bool:
        raise AssertionError("no turn looks for that")


class FakeLibrary:
    """Finds the same passages whatever is asked."""

    def __init__(self, *found: Found) -> None:
        self.found = found
        self.asked: list[Question] = []

    async def find(self, avatar: AvatarId, question: Question, *, limit: int) -> Sequence[Found]:
        self.asked.append(question)
        return self.found[:limit]

    async def newest(self, avatar: AvatarId, *, limit: int) -> Sequence[Passage]:
        return [one.passage for one in self.found[:limit]]


class FakeRecaller:
    """Remembers what a test put into it, whatever is asked."""

    def __init__(self, recollection: Recollection | None = None) -> None:
        self.recollection = recollection or Recollection()
        self.asked: list[str] = []

    async def recall(self, claim: Claim, asked: str, *, room: int, now: datetime) -> Recollection:
        self.asked.append(asked)
        return self.recollection


class FakeReceipts:
    """Remembers what a test put into it, the same for every place."""

    def __init__(self) -> None:
        self.used: list[Used] = []
        self.documents: set[DocumentId] = set()
        self.said: list[str] = []

    async def of_last_reply(self, place: Place) -> Sequence[Used]:
        return self.used

    async def shown(self, place: Place) -> Collection[DocumentId]:
        return self.documents

    async def lately(self, place: Place, *, limit: int) -> Sequence[str]:
        return self.said[-limit:]

    async def why(self, avatar: AvatarId, message: str, *, place: Place) -> Why | None:
        return None


def found(text: str, *, number: int = 1, coverage: float = 1.0, score: float = 1.0, **passage: object) -> Found:
    """A passage of a document of its own, found with full coverage unless told otherwise."""
    values = {"kind": Kind.PAGE, "title": f"Title {number}", "url": f"https://maya.example/{number}", **passage}
    one = Passage(PassageId(number), DocumentId(number), 0, text=text, tokens=len(text.split()), **values)  # type: ignore[arg-type]
    return Found(one, score, coverage)


def incoming(text: str, *, message: str = "m1", place: Place = DM, fan: str = "ann", command: str = "") -> Incoming:
    """A message from a fan."""
    return Incoming(place, message, Sender(fan, fan.title()), text, NOON, command)


def pending(text: str, *, number: int = 1, at: datetime = NOON, told: bool = True, **values: object) -> Pending:
    """A message waiting for an answer, from a fan who was told a moment ago that this is an AI."""
    base = Pending(
        MessageId(number),
        f"m{number}",
        FanId(1),
        "Ann",
        text,
        at,
        disclosed_at=at - timedelta(minutes=1) if told else None,
    )
    return replace(base, **values)  # type: ignore[arg-type] # any fields of a Pending


def claim(*messages: Pending, **values: object) -> Claim:
    """A claim of these messages in Ann's DM."""
    base = Claim(TurnId(7), ConversationId(1), AvatarId("maya"), DM, 0, messages, (), ())
    return replace(base, **values)  # type: ignore[arg-type] # any fields of a Claim
