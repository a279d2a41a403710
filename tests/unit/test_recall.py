"""Recall: what is chosen, what faults do to it, and what is kept in memory meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.library import recall as module
from adapters.library.recall import Recall
from adapters.library.recall_facts import choose
from core import recalling
from core.errors import ModelUnavailable, StorageUnavailable
from core.memory import FactKind, Recollection, Summary
from core.model import ConversationId, FanId, MessageId, Said
from tests.fakes import NOON
from tests.fakes_content import FakeEmbedder
from tests.fakes_recall import ANN, FakeMemory, FakeMessageVectors, claim, fact

NAMES = {ANN: "Ann"}


def recaller(memory: FakeMemory, embedder: FakeEmbedder | None = None, **more: object) -> Recall:
    return Recall(memory, FakeMessageVectors(memory), embedder, **more)  # type: ignore[arg-type] # of a Recall


async def best(recall: Recall, asked: str, **more: object) -> str:
    found = await recall.ranked(claim(**more), asked, limit=1, now=NOON)  # type: ignore[arg-type] # of a claim
    return found[0].text if found else ""


async def test_after_the_first_reading_only_the_end_is_read() -> None:
    memory = FakeMemory()
    for number in range(3 * module.PAGE):
        memory.say(f"message {number}", at=NOON - timedelta(minutes=9000 - number))
    recall = recaller(memory)
    await best(recall, "message")
    await recall.settled()
    memory.calls.clear()
    memory.say("a word of zebras")
    assert await best(recall, "zebras") == "a word of zebras"
    assert memory.calls == ["episodes", "fetch"]


async def test_a_changed_message_is_shown_as_it_is_now_and_found_by_its_new_words() -> None:
    memory = FakeMemory()
    key = memory.say("The cat is called Tom.")
    memory.say("Something else.")
    recall = recaller(memory)
    assert await best(recall, "called cat") == "The cat is called Tom."
    memory.kept[key] = type(memory.kept[key])(key, ConversationId(1), FanId(1), "Ann", "The parrot sings.", NOON, 5)
    assert await best(recall, "called cat") == "The parrot sings."
    assert await best(recall, "does the parrot sing") == "The parrot sings."


async def test_the_least_lately_used_conversation_is_let_go_and_read_again_when_it_goes_on() -> None:
    memory = FakeMemory()
    memory.say("The cat is called Tom.")
    recall = recaller(memory, most=2)
    reads = []
    for number in (1, 2, 1, 3, 1, 2):  # 3 drives 2 out
        memory.calls.clear()
        assert await best(recall, "cat", conversation=ConversationId(number)) == "The cat is called Tom."
        reads.append(memory.calls.count("episodes"))
    assert reads == [2, 2, 1, 2, 1, 2]


async def test_an_index_is_read_anew_beside_the_talk_after_an_hour() -> None:
    memory, now = FakeMemory(), [0.0]
    memory.say("The cat is called Tom.")
    recall = recaller(memory, monotonic=lambda: now[0])
    await best(recall, "cat")
    memory.kept[MessageId(1)] = memory.kept.pop(MessageId(1))
    now[0] += module.OLDEST + 1
    memory.calls.clear()
    assert await best(recall, "cat") == "The cat is called Tom."
    await recall.settled()
    assert memory.calls.count("episodes") == 2
    await recall.close()


async def test_a_database_that_does_not_answer_is_told_to_the_caller_and_tried_again() -> None:
    memory = FakeMemory(faults={"episodes": StorageUnavailable("down")})
    memory.say("The cat is called Tom.")
    recall = recaller(memory)
    with pytest.raises(StorageUnavailable):
        await recall.recall(claim(), "cat", room=500, now=NOON)
    memory.faults.clear()
    assert await best(recall, "cat") == "The cat is called Tom."


async def test_an_embedder_that_fails_leaves_the_words_to_decide() -> None:
    memory = FakeMemory()
    memory.say("The cat is called Tom.")
    embedder = FakeEmbedder("cat")
    embedder.faults += [ModelUnavailable("down")] * 3
    recall = recaller(memory, embedder)
    assert await best(recall, "cat") == "The cat is called Tom."
    await recall.settled()


async def test_a_follow_up_is_understood_by_the_talk_before() -> None:
    memory = FakeMemory()
    for text in ("My sister plays the trombone.", "The weather was fine.", "And so it was."):
        memory.say(text)
    window = (Said(MessageId(9), True, "Ann", "Do you remember my sister's instrument?", NOON, 5),)
    assert await best(recaller(memory), "And why?", window=window) == "My sister plays the trombone."


async def test_the_week_before_an_event_is_found_by_when_the_event_was() -> None:
    memory = FakeMemory()
    memory.say("I could not sleep at all.", at=NOON - timedelta(days=44))
    memory.say("Today I had my exam in anatomy.", at=NOON - timedelta(days=40))
    memory.say("I could sleep like a stone.", at=NOON - timedelta(days=10))
    assert await best(recaller(memory), "How did I sleep the week before my exam?") == "I could not sleep at all."


async def test_whom_facts_name_is_looked_for_too() -> None:
    memory = FakeMemory(known=[fact(1, "came to stay", FactKind.RELATIONSHIP, subject="her sister Ana")])
    memory.say("Ana has opened a flower shop.")
    for number in range(20):
        memory.say(f"Just talk {number}.")
    found = await recaller(memory).recall(claim(), "What does my sister do?", room=250, now=NOON)
    assert "Ana has opened a flower shop." in [one.text for one in found.episodes]


async def test_facts_summary_and_messages_share_the_room() -> None:
    memory = FakeMemory(
        known=[fact(number, f"likes thing number {number} very much") for number in range(1, 99)],
        short=Summary("A long talk about bread. " * 60, MessageId(1), NOON),
    )
    for number in range(60):
        memory.say(f"I told you of bread number {number} before.", at=NOON - timedelta(days=number))
    found = await recaller(memory).recall(claim(), "bread number", room=1000, now=NOON)
    assert found.facts
    assert found.summary
    assert len(found.episodes) > 10
    assert recalling.cost(recalling.notes(found, NAMES, NOON)) <= 1000


WORDS = st.text(max_size=80)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, st.sampled_from(FactKind)), max_size=12), WORDS, st.integers(0, 400))
def test_chosen_facts_always_fit_and_boundaries_come_first(
    told: list[tuple[str, FactKind]], asked: str, room: int
) -> None:
    facts = [fact(number, text, kind) for number, (text, kind) in enumerate(told, start=1)]
    kept = choose(facts, asked, NAMES, room=room, now=NOON)
    assert recalling.cost(recalling.standing(Recollection(kept), NAMES)) <= max(room, 1)
    kinds = [one.kind is FactKind.BOUNDARY for one in kept]
    assert kinds == sorted(kinds, reverse=True)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=20), WORDS, st.integers(0, 500))
async def test_whatever_was_said_and_asked_a_recollection_fits(texts: list[str], asked: str, room: int) -> None:
    memory = FakeMemory()
    for text in texts:
        memory.say(text)
    found = await recaller(memory).recall(claim(), asked, room=room, now=NOON)
    assert recalling.cost(recalling.notes(found, NAMES, NOON)) <= max(room, 1)
