"""What a ``Recaller`` promises, over memory kept in a dictionary and over a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from adapters.library.recall import Recall
from adapters.storage import Storage, open_storage
from core import recalling
from core.memories import Memory, MessageVectors, Recaller
from core.memory import Recollection
from core.model import Claim, Incoming, Outcome, Reply, Sender
from tests.bench.memory import PLACE, RULES
from tests.fakes import NOON
from tests.fakes_content import FakeEmbedder
from tests.fakes_recall import FakeMemory, FakeMessageVectors, claim


class Past(Protocol):
    """Where something can have been said before."""

    @property
    def memory(self) -> Memory: ...

    @property
    def vectors(self) -> MessageVectors: ...

    async def say(self, text: str, at: datetime) -> None: ...

    async def claim(self) -> Claim: ...

    async def forget(self, text: str) -> None: ...


@dataclass
class Imagined:
    """In a dictionary."""

    memory: FakeMemory = field(default_factory=FakeMemory)

    def __post_init__(self) -> None:
        self.vectors = FakeMessageVectors(self.memory)

    async def say(self, text: str, at: datetime) -> None:
        self.memory.say(text, at=at)

    async def claim(self) -> Claim:
        return claim()

    async def forget(self, text: str) -> None:
        gone = next(key for key, one in self.memory.kept.items() if one.text == text)
        del self.memory.kept[gone]


class Real:
    """In a database, through the inbox and the turns."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.memory, self.vectors = storage.memory, storage.message_vectors

    async def say(self, text: str, at: datetime) -> None:
        taken = await self._claim(text, at)
        await self._storage.turns.store(taken, Reply("", Outcome.IGNORED), ())
        await self._storage.turns.finish(taken, now=at)

    async def claim(self) -> Claim:
        return await self._claim("?", NOON)

    async def forget(self, text: str) -> None:
        await self._storage.inbox.retract(PLACE, text)

    async def _claim(self, text: str, at: datetime) -> Claim:
        news = await self._storage.inbox.accept(Incoming(PLACE, text, Sender("ann", "Ann"), text, at), now=at)
        assert news is not None
        taken = await self._storage.turns.claim(news.conversation, "w", now=at)
        assert taken is not None
        return taken


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def past(request: pytest.FixtureRequest) -> AsyncIterator[Past]:
    if request.param == "fake":
        yield Imagined()
        return
    async with open_storage(await asyncio.to_thread(_url, request), RULES) as storage:
        yield Real(storage)


def _url(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres").fresh())
    return f"sqlite:///{request.getfixturevalue('tmp_path') / 'memory.db'}"


async def tell(past: Past, *texts: str, at: datetime = NOON - timedelta(days=90)) -> None:
    for number, text in enumerate(texts):
        await past.say(text, at + timedelta(days=number))


async def recalled(recall: Recaller, taken: Claim, asked: str, room: int = 1000) -> Sequence[str]:
    found = await recall.recall(taken, asked, room=room, now=NOON)
    return [one.text for one in found.episodes]


CHATTER = ("The train was late again.", "It rains all week here.", "I cleaned the kitchen.", "What a long Monday.")


async def test_what_was_said_of_the_matter_comes_back_and_fits_the_room(past: Past) -> None:
    await tell(past, "We adopted a dog, his name is Rex.", *CHATTER)
    recall = Recall(past.memory, past.vectors)
    found = await recall.ranked(await past.claim(), "What is the name of my dog?", limit=3, now=NOON)
    assert found[0].text == "We adopted a dog, his name is Rex."
    await recall.close()


async def test_a_recollection_never_takes_more_than_its_room(past: Past) -> None:
    await tell(past, *(f"My dog number {number} is called Rex the {number}th of his line." for number in range(30)))
    recall, taken = Recall(past.memory, past.vectors), await past.claim()
    for room in (0, 60, 300):
        found = await recall.recall(taken, "What are my dogs called?", room=room, now=NOON)
        assert recalling.cost(recalling.notes(found, {taken.pending[0].fan: "Ann"}, NOON)) <= max(room, 1)
        assert list(found.episodes) == sorted(found.episodes, key=lambda one: one.sent_at)
    assert found.episodes
    await recall.close()


async def test_what_is_said_later_is_found_without_reading_all_again(past: Past) -> None:
    await tell(past, *CHATTER)
    recall = Recall(past.memory, past.vectors)
    if isinstance(past, Imagined):  # a claim of the database would hold up what is said later
        assert "Rex" not in " ".join(await recalled(recall, await past.claim(), "dog called?"))
    await past.say("The dog is called Rex.", NOON - timedelta(hours=5))
    assert "The dog is called Rex." in await recalled(recall, await past.claim(), "What is the dog called?")
    await recall.close()


async def test_what_was_forgotten_is_gone_at_once(past: Past) -> None:
    await tell(past, "We adopted a dog, his name is Rex.", *CHATTER)
    recall, taken = Recall(past.memory, past.vectors), await past.claim()
    assert "We adopted a dog, his name is Rex." in await recalled(recall, taken, "What is my dog's name?")
    await past.forget("We adopted a dog, his name is Rex.")
    assert "Rex" not in " ".join(await recalled(recall, taken, "What is my dog's name?"))
    assert "Rex" not in " ".join(await recalled(recall, taken, "What is my dog's name?"))
    await recall.close()


async def test_nothing_said_before_is_no_error(past: Past) -> None:
    recall = Recall(past.memory, past.vectors)
    assert await recall.recall(await past.claim(), "Who am I?", room=1000, now=NOON) == Recollection()
    await recall.close()


async def test_a_time_that_is_named_leads_to_what_was_said_then(past: Past) -> None:
    await tell(past, "I went to a concert of the Kestrels.", at=NOON - timedelta(days=252))  # in March
    await tell(past, "I went to a concert of Blue Lantern.", at=NOON - timedelta(days=160))  # in June
    recall, taken = Recall(past.memory, past.vectors), await past.claim()
    for asked, first in (("Which concert was I at last March?", "Kestrels"), ("Which concert in June?", "Lantern")):
        found = await recall.ranked(taken, asked, limit=2, now=NOON)
        assert first in found[0].text
    await recall.close()


async def test_meaning_finds_what_words_do_not_and_is_kept_for_the_next_start(past: Past) -> None:
    await tell(past, "Rex the puppy chewed a shoe.", *CHATTER, *(f"Nothing happened {n}." for n in range(6)))
    embedder = FakeEmbedder("puppy dog hound", "train rain")
    taken = await past.claim()
    first = Recall(past.memory, past.vectors, embedder)
    await first.ranked(taken, "How is the hound?", limit=3, now=NOON)
    await first.settled()
    assert (await first.ranked(taken, "How is the hound?", limit=3, now=NOON))[0].text.startswith("Rex")
    await first.close()
    embedder.asked.clear()
    second = Recall(past.memory, past.vectors, embedder)
    assert (await second.ranked(taken, "How is the hound?", limit=3, now=NOON))[0].text.startswith("Rex")
    await second.settled()
    assert embedder.asked == ["How is the hound?"]
    await second.close()
