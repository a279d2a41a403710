"""Fans of one bot on the fake Telegram, each writing again as soon as the answer is there.

A process of its own: ``python -m tests.bench.crowd`` prints its address and token, then reads one order (``Order``
as JSON) a line and prints what came of it (``Outcome``). Times are the machine's monotonic seconds.

Every message carries a token of its own, every answer has to hold exactly that token and the model's whole text.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import aiohttp

from tests.bench import talk
from tests.bench.gauge import cpu_seconds, resident
from tests.worlds.telegram import FakeTelegram
from tests.worlds.telegram_people import Person
from tests.worlds.telegram_state import Message

CONVERSATION = 20  # messages of one fan; then the seat is another fan's
EXAMPLES = 3  # of wrong answers that are kept to be looked at
PATIENCE = 20.0  # seconds after the end until a missing answer counts as lost


@dataclass(frozen=True, slots=True)
class Order:
    """One run."""

    pid: int  # of the bot
    fans: int  # at once
    warm: float  # seconds before anything is measured
    measure: float  # seconds
    spread: float  # seconds over which the fans begin
    tokens: int  # of the model's answer
    model: str  # address of the model, to ask how long it took


@dataclass(slots=True)
class Outcome:
    """What came of one run. Latencies in seconds, of the answers completed while it was measured."""

    start: float = 0.0
    seconds: float = 0.0
    added: list[float] = field(default_factory=list)  # from message to complete answer, less what the model took
    first: list[float] = field(default_factory=list)  # from message to first visible text
    model_first: list[float] = field(default_factory=list)  # from question to first token, in the same order
    cpu: float = 0.0  # seconds of the bot
    rss: float = 0.0  # MiB
    calls: dict[str, int] = field(default_factory=dict)  # but for polls
    said: int = 0  # this and the rest: of the whole run
    lost: int = 0
    incomplete: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    mixed_up: int = 0
    strange: list[str] = field(default_factory=list)  # a few answers that were not as they should be


class Reply(NamedTuple):
    """One answer that came while it was measured."""

    token: str
    at: float  # the message
    first: float  # first visible text
    complete: float


@dataclass(slots=True)
class Asked:
    """What one fan asked and was answered."""

    name: str  # what the tokens of this fan's messages begin with
    sent: int = 0  # messages so far; each holds its number
    answered: set[int] = field(default_factory=set)

    @property
    def token(self) -> str:
        """Of the newest message."""
        return f"{self.name}-n{self.sent}"


@dataclass(slots=True)
class Seat:
    """Where one fan after the other has a conversation."""

    number: int
    fan: Person
    asked: Asked
    at: float = 0.0
    waiting: bool = False


class Hall(FakeTelegram):
    """A Telegram whose fans go on talking."""

    def __init__(self) -> None:
        super().__init__()
        self._seats: dict[int, Seat] = {}  # by chat
        self._outcome = Outcome()
        self._open = False  # fans go on writing
        self._measuring = False
        self._tokens = 0
        self._people = 0
        self._replies: list[Reply] = []  # while it was measured

    def show(self, message: Message) -> None:
        """Also hear what the bot says."""
        super().show(message)
        if message.by_bot and (seat := self._seats.get(message.chat.id)) is not None:
            self._hear(seat, message)

    async def play(self, order: Order) -> Outcome:
        """One run, from the first message until every answer is there or given up."""
        await self.until(self._bot_is_there, deadline=PATIENCE)
        self._outcome, self._replies, self._open, self._tokens = Outcome(), [], True, order.tokens
        self._seats.clear()
        self.calls.clear()
        for number in range(order.fans):
            asyncio.get_running_loop().call_later(order.spread * number / order.fans, self._take_seat, number)
        await asyncio.sleep(order.warm)
        await self._measure(order)
        self._open = False
        await self._drain()
        await self._settle(order.model)
        return self._outcome

    def _bot_is_there(self) -> bool:
        return any(call.method == "getUpdates" for call in self.calls) or bool(self._people)

    async def _measure(self, order: Order) -> None:
        outcome = self._outcome
        calls, cpu = len(self.calls), cpu_seconds(order.pid)
        outcome.start, self._measuring = time.monotonic(), True
        await asyncio.sleep(order.measure)
        self._measuring = False
        outcome.seconds = time.monotonic() - outcome.start
        outcome.cpu, outcome.rss = cpu_seconds(order.pid) - cpu, resident(order.pid)
        outcome.calls = dict(Counter(call.method for call in self.calls[calls:] if call.method != "getUpdates"))

    async def _drain(self) -> None:
        def waiting() -> int:
            return sum(seat.waiting for seat in self._seats.values())

        try:
            await self.until(lambda: not waiting(), deadline=PATIENCE)
        except TimeoutError:
            self._outcome.lost = waiting()
        await asyncio.sleep(0.2)  # an answer that comes twice comes soon

    async def _settle(self, model: str) -> None:
        """Take from each answer's time what the model took for it."""
        async with aiohttp.ClientSession() as session, session.get(f"{model}/took") as response:
            took: dict[str, tuple[float, float, float]] = await response.json()
        for reply in self._replies:
            asked, first, last = took[reply.token]
            self._outcome.added.append(reply.complete - reply.at - (last - asked))
            self._outcome.first.append(reply.first - reply.at)
            self._outcome.model_first.append(first - asked)

    # ── the fans ─────────────────────────────────────────────────────────────────────────────────

    def _take_seat(self, number: int) -> None:
        self._people += 1
        fan = self.user(f"Fan {self._people}")
        seat = Seat(number, fan, Asked(f"token-f{fan.id}"))
        self._seats[seat.fan.id] = seat
        self._say(seat)

    def _say(self, seat: Seat) -> None:
        seat.asked.sent += 1
        seat.waiting = True
        self._outcome.said += 1
        message = seat.fan.says(talk.message(seat.asked.token))
        seat.at = message.at

    def _hear(self, seat: Seat, message: Message) -> None:
        own = judge(self._outcome, seat.asked, message.text, self._tokens)
        if not seat.waiting or seat.asked.sent not in own:
            return
        seat.waiting = False
        if self._measuring:
            self._note(seat, message)
        if not self._open:
            return
        if seat.asked.sent == CONVERSATION:
            self._take_seat(seat.number)
        else:
            self._say(seat)

    def _note(self, seat: Seat, message: Message) -> None:
        shown = (draft.at for draft in seat.fan.chat.drafts if draft.at >= seat.at and draft.text)
        self._replies.append(Reply(seat.asked.token, seat.at, min(next(shown, message.at), message.at), message.at))


def judge(outcome: Outcome, asked: Asked, text: str, length: int) -> list[int]:
    """Count what is wrong with an answer; the numbers of the fan's own messages that it answers."""
    spoken = talk.tokens(text)
    own = [int(token.rpartition("-n")[2]) for token in spoken if token.startswith(f"{asked.name}-n")]
    mixed, again = len(spoken) > len(own), bool(asked.answered & set(own))
    late = not again and bool(own and asked.answered) and min(own) < max(asked.answered)
    whole = bool(own) and text.endswith(talk.answer(f"{asked.name}-n{own[-1]}", length))
    outcome.mixed_up += mixed
    outcome.duplicated += again
    outcome.out_of_order += late
    outcome.incomplete += not whole
    asked.answered.update(own)
    if (mixed or again or late or not whole) and len(outcome.strange) < EXAMPLES:
        outcome.strange.append(text)
    return own


async def serve() -> None:
    """Carry out orders until standard input ends."""
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with Hall() as hall:
        tell({"base_url": hall.base_url, "token": hall.token})
        while line := await orders.readline():
            tell(asdict(await hall.play(Order(**json.loads(line)))))


def tell(payload: dict[str, Any]) -> None:
    """One line for whoever started this process."""
    print(json.dumps(payload), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
