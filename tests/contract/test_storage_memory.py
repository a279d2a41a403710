"""core.memories.Memory and core.memories.Lessons over both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.storage import Rules
from adapters.storage.lessons import LEASE, MUCH, REST
from adapters.storage.remembered import fact, summary
from adapters.storage.schema import message
from core import memories
from core.memory import Fact, FactKind, Learned, Lesson, Scope, Summary
from core.model import AccountId, AvatarId, Claim, ConversationId, FanId, MessageId, Place
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, SHARED, Talk

MAYA = AvatarId("maya")
SERVER = Place(AccountId("telegram:1"), "general", shared=True, community="server")
OTHER_CHANNEL = replace(SERVER, chat="music")
OTHER_SERVER = replace(SERVER, chat="elsewhere", community="other")
START = MessageId(0)


async def lesson(talk: Talk, where: ConversationId) -> Lesson:
    taken = await talk.storage.lessons.take(where, now=talk.now)
    assert taken is not None
    return taken


def learned(from_: Lesson, statement: str, scope: Scope = Scope.HERE, **more: object) -> Learned:
    """Something that the last message of a fan in a lesson says."""
    message = next(one for one in reversed(from_.unlearned) if one.fan is not None)
    assert message.fan is not None
    known = Learned(message.fan, FactKind.PLAN, statement, message.sent_at, message.id, scope)
    return replace(known, **more)  # type: ignore[arg-type] # named as in Learned


async def learns(
    talk: Talk, statement: str, place: Place = DM, *, scope: Scope = Scope.HERE, fan: str = "ann"
) -> ConversationId:
    """A fan says something in a place, and it is learned."""
    where = await talk.says(statement, place=place, fan=fan)
    await talk.answers(await talk.claims(where), "I see.")
    taken = await lesson(talk, where)
    assert await talk.storage.lessons.keep(taken, [learned(taken, statement, scope)], None, now=talk.now)
    return where


async def asks(talk: Talk, place: Place = DM, *fans: str) -> Claim:
    """A turn in which these fans speak."""
    for fan in fans or ("ann",):
        where = await talk.says("?", place=place, fan=fan)
    return await talk.claims(where)


async def known(talk: Talk, place: Place = DM, *fans: str) -> list[str]:
    return [one.statement for one in await talk.storage.memory.facts(await asks(talk, place, *fans))]


async def recalled(talk: Talk, claim: Claim) -> list[str]:
    return [one.text for one in await talk.storage.memory.episodes(claim, after=START, limit=99)]


async def test_they_are_memory_and_lessons(talk: Talk) -> None:
    memory: memories.Memory = talk.storage.memory
    lessons: memories.Lessons = talk.storage.lessons
    vectors: memories.MessageVectors = talk.storage.message_vectors
    claim = await asks(talk)
    assert await memory.facts(claim) == []
    assert await memory.episodes(claim, after=START, limit=9) == []
    assert await memory.summary(claim.conversation) is None
    assert await lessons.due(MAYA, now=NOON) == []
    assert await vectors.all(claim, "m", after=START, limit=9) == {}


# ── facts ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_fact_comes_back_as_it_was_learned(talk: Talk) -> None:
    where = await talk.exchange("My sister Ana marries in May.", "How nice!")
    taken = await lesson(talk, where)
    wedding = learned(
        taken, "marries", subject="Ana", kind=FactKind.EVENT, holds_from=NOON, holds_until=NOON, confidence=0.5
    )
    assert await talk.storage.lessons.keep(taken, [wedding], None, now=talk.now)
    (found,) = await talk.storage.memory.facts(await asks(talk))
    assert wedding.source is not None
    assert found == Fact(
        found.id,
        wedding.fan,
        FactKind.EVENT,
        "marries",
        NOON,
        Scope.HERE,
        "Ana",
        NOON,
        NOON,
        0.5,
        wedding.source,
    )


@pytest.mark.parametrize("scope", Scope)
async def test_what_was_said_in_a_dm_stays_in_the_dms_whatever_a_learner_says(talk: Talk, scope: Scope) -> None:
    await learns(talk, "secret", DM, scope=scope)
    assert await known(talk, DM) == ["secret"]
    assert await known(talk, replace(DM, thread="7")) == ["secret"]
    for place in (SHARED, SERVER, replace(SERVER, community="")):
        assert await known(talk, place) == []


async def test_two_owners_and_two_accounts_never_mix(talk: Talk) -> None:
    await learns(talk, "secret", DM)
    assert await known(talk, replace(DM, business="b1")) == []
    assert await known(talk, replace(DM, account=AccountId("telegram:2"))) == []


async def test_what_was_said_in_a_shared_place_is_used_there_or_in_its_community_and_in_the_fans_dms(
    talk: Talk,
) -> None:
    await learns(talk, "of the channel", SERVER)
    await learns(talk, "of the server", SERVER, scope=Scope.COMMUNITY)
    await learns(talk, "not of the world", SERVER, scope=Scope.EVERYWHERE)
    assert await known(talk, SERVER) == ["of the channel", "of the server", "not of the world"]
    assert await known(talk, DM) == ["of the channel", "of the server", "not of the world"]
    assert await known(talk, OTHER_CHANNEL) == ["of the server", "not of the world"]
    assert await known(talk, OTHER_SERVER) == []
    assert await known(talk, SHARED) == []


async def test_places_without_a_community_have_none_in_common(talk: Talk) -> None:
    await learns(talk, "of the group", SHARED, scope=Scope.COMMUNITY)
    assert await known(talk, replace(SHARED, chat="group 2")) == []


async def test_only_of_fans_who_speak(talk: Talk) -> None:
    await learns(talk, "Ann's", SHARED)
    await learns(talk, "Bob's", SHARED, fan="bob")
    assert await known(talk, SHARED) == ["Ann's"]
    assert await known(talk, SHARED, "bob", "ann") == ["Ann's", "Bob's"]


async def test_a_newer_fact_takes_the_place_of_what_it_replaces_and_nothing_is_lost(talk: Talk) -> None:
    where = await learns(talk, "lives in Rome")
    await talk.exchange("I moved to Bern.", "Oh!")
    taken = await lesson(talk, where)
    moved = learned(taken, "lives in Bern", replaces=tuple(one.id for one in taken.facts))
    assert [one.statement for one in taken.facts] == ["lives in Rome"]
    assert await talk.storage.lessons.keep(taken, [moved], None, now=talk.now)
    assert await known(talk) == ["lives in Bern"]
    rome, bern = await talk.rows(fact)
    assert (rome["statement"], rome["replaced_by"], rome["replaced_at"]) == ("lives in Rome", bern["id"], talk.now)


async def test_a_lesson_in_a_shared_place_neither_shows_nor_replaces_what_was_said_in_a_dm(talk: Talk) -> None:
    await learns(talk, "secret", DM)
    (secret,) = await talk.rows(fact)
    where = await talk.exchange("hi", "hello", SERVER)
    taken = await lesson(talk, where)
    assert taken.facts == ()
    forged = learned(taken, "public", replaces=(secret["id"],))
    assert await talk.storage.lessons.keep(taken, [forged], None, now=talk.now)
    assert await known(talk, DM) == ["secret", "public"]


# ── episodes ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def rules() -> Rules:
    """A window of a few words."""
    return replace(RULES, window=20)


async def chat(talk: Talk, texts: Sequence[str], place: Place = DM, fan: str = "ann") -> ConversationId:
    for text in texts:
        where = await talk.says(text, place=place, fan=fan)
        await talk.answers(await talk.claims(where), f"re {text}")
    return where


async def test_what_has_left_the_window_is_recalled_in_order_and_in_pages(talk: Talk) -> None:
    await chat(talk, ["one", "two", "three", "four"])
    claim = await asks(talk)
    in_window = [one.text for one in claim.window]
    before = await recalled(talk, claim)
    assert before
    assert before + in_window == ["one", "re one", "two", "re two", "three", "re three", "four", "re four"]
    first = await talk.storage.memory.episodes(claim, after=START, limit=2)
    second = await talk.storage.memory.episodes(claim, after=first[-1].id, limit=2)
    assert [one.text for one in (*first, *second)] == before[:4]
    assert (first[0].name, first[1].name, first[1].fan) == ("Ann", "", None)


async def test_commands_and_what_was_taken_back_or_dropped_are_no_episodes(talk: Talk) -> None:
    where = await talk.says("/help", command="help")
    await talk.answers(await talk.claims(where), "Help.")
    await talk.says("regret", message="r")
    await talk.answers(await talk.claims(where), "ok")
    await talk.storage.inbox.retract(DM, "r")
    await chat(talk, ["a long enough text to fill it all"])
    assert await recalled(talk, await asks(talk)) == [
        "Help.",
        "ok",
        "a long enough text to fill it all",
        "re a long enough text to fill it all",
    ]


async def test_a_reset_lets_go_of_what_was_before_and_of_its_summary(talk: Talk) -> None:
    where = await chat(talk, ["one", "two", "three", "four"])
    taken = await lesson(talk, where)
    assert await talk.storage.lessons.keep(taken, [], Summary("Counted.", taken.unlearned[0].id, NOON), now=NOON)
    await talk.storage.inbox.reset(DM, "interaction", now=talk.now)
    assert await talk.storage.memory.summary(where) is None
    assert await recalled(talk, await asks(talk)) == []
    await talk.answers(await talk.claims(where), "!")
    await chat(talk, ["five five five", "six six six"])
    assert "one" not in await recalled(talk, await asks(talk))


async def test_a_dm_recalls_the_same_fans_other_dms_and_nothing_else(talk: Talk) -> None:
    await chat(talk, ["topic"], replace(DM, thread="7"))
    await chat(talk, ["business"], replace(DM, business="b1"))
    await chat(talk, ["public"], SHARED)
    await chat(talk, ["bob's"], Place(ACCOUNT, "bob"), fan="bob")
    claim = await asks(talk)
    assert await recalled(talk, claim) == ["topic", "re topic"]
    assert await recalled(talk, await asks(talk, SHARED)) == []
    assert await recalled(talk, replace(claim, avatar=AvatarId("zoe"))) == []


async def test_a_shared_place_recalls_what_all_said_there(talk: Talk) -> None:
    await chat(talk, ["from ann", "more of ann"], SHARED)
    await chat(talk, ["from bob", "more of bob"], SHARED, fan="bob")
    found = await recalled(talk, await asks(talk, SHARED, "cem"))
    assert found[:2] == ["from ann", "re from ann"]
    assert "from bob" in found


# ── summaries and lessons ────────────────────────────────────────────────────────────────────────


async def test_a_conversation_is_due_when_it_has_come_to_rest_or_has_much(talk: Talk) -> None:
    where = await talk.exchange("hi", "hello")
    assert await talk.storage.lessons.due(MAYA, now=talk.now) == []
    assert await talk.storage.lessons.due(MAYA, now=talk.now + REST) == [where]
    assert await talk.storage.lessons.due(AvatarId("zoe"), now=talk.now + REST) == []
    for number in range(MUCH):
        await talk.says(f"more of it: {number}")
    assert await talk.storage.lessons.due(MAYA, now=talk.now) == [where]


async def test_what_was_learned_from_is_not_due_again(talk: Talk) -> None:
    where = await learns(talk, "likes tea")
    assert await talk.storage.lessons.due(MAYA, now=talk.now + REST) == []
    assert await talk.storage.lessons.take(where, now=talk.now + REST) is None
    await talk.exchange("and coffee", "ok")
    assert await talk.storage.lessons.due(MAYA, now=talk.now + REST) == [where]
    taken = await lesson(talk, where)
    assert [one.text for one in taken.unlearned] == ["and coffee", "ok"]


async def test_one_learner_has_a_conversation_for_a_while(talk: Talk) -> None:
    where = await talk.exchange("hi", "hello")
    slow = await lesson(talk, where)
    assert await talk.storage.lessons.take(where, now=talk.now) is None
    assert await talk.storage.lessons.due(MAYA, now=talk.now + REST) == []
    talk.later(LEASE.total_seconds())
    assert await talk.storage.lessons.due(MAYA, now=talk.now) == [where]
    fast = await lesson(talk, where)
    assert not await talk.storage.lessons.keep(slow, [learned(slow, "twice")], None, now=talk.now)
    assert await talk.storage.lessons.keep(fast, [learned(fast, "once")], None, now=talk.now)
    assert await known(talk) == ["once"]


async def test_what_waits_for_its_answer_and_all_after_it_is_for_the_next_lesson(talk: Talk) -> None:
    where = await talk.says("first")
    claim = await talk.claims(where)
    await talk.says("second")
    await talk.answers(claim, "re first")
    taken = await lesson(talk, where)
    assert [one.text for one in taken.unlearned] == ["first"]
    assert await talk.storage.lessons.keep(taken, [], None, now=talk.now)
    await talk.answers(await talk.claims(where), "re second")
    assert await talk.storage.lessons.due(MAYA, now=talk.now + REST) == [where]
    assert [one.text for one in (await lesson(talk, where)).unlearned] == ["second", "re first", "re second"]


async def test_the_summary_grows_by_what_has_left_the_window(talk: Talk) -> None:
    where = await chat(talk, ["one", "two", "three", "four"])
    taken = await lesson(talk, where)
    assert taken.summary is None
    made = Summary("Counted.", taken.left[-1].id, NOON)
    assert await talk.storage.lessons.keep(taken, [], made, now=NOON)
    assert await talk.storage.memory.summary(where) == made
    await chat(talk, ["five", "six", "seven"])
    again = await lesson(talk, where)
    assert again.summary == made
    assert again.left
    assert all(one.id > made.upto for one in again.left)
    grown = Summary("Counted on.", again.left[-1].id, NOON + timedelta(days=1))
    assert await talk.storage.lessons.keep(again, [], grown, now=NOON)
    assert await talk.storage.memory.summary(where) == grown
    assert len(await talk.rows(summary)) == 1


async def test_nothing_is_kept_of_strangers_to_the_lesson_or_of_messages_that_are_not_in_it(talk: Talk) -> None:
    await learns(talk, "Bob's", Place(ACCOUNT, "bob"), fan="bob")
    (bobs,) = await talk.rows(fact)
    where = await talk.exchange("hi", "hello")
    taken = await lesson(talk, where)
    own = learned(taken, "mine")
    forged = [replace(own, fan=FanId(bobs["fan_id"])), replace(own, source=MessageId(bobs["message_id"]))]
    assert await talk.storage.lessons.keep(taken, forged, None, now=talk.now)
    assert len(await talk.rows(fact)) == 1


@pytest.mark.parametrize("how", ["edited", "deleted", "reset"])
async def test_what_is_taken_back_while_it_is_being_learned_is_not_learned(talk: Talk, how: str) -> None:
    where = await talk.says("regret", message="r")
    await talk.answers(await talk.claims(where), "ok")
    taken = await lesson(talk, where)
    if how == "edited":
        await talk.storage.inbox.revise(DM, "r", "better")
    elif how == "deleted":
        await talk.storage.inbox.retract(DM, "r")
    else:
        await talk.storage.inbox.reset(DM, "interaction", now=talk.now)
    assert not await talk.storage.lessons.keep(taken, [learned(taken, "regret")], None, now=talk.now)
    assert await known(talk) == []


@pytest.mark.parametrize("how", ["edited", "deleted"])
async def test_what_was_learned_from_a_message_goes_with_its_words(talk: Talk, how: str) -> None:
    await learns(talk, "lives in Rome")
    where = await talk.says("I moved.", message="r")
    await talk.answers(await talk.claims(where), "ok")
    taken = await lesson(talk, where)
    moved = learned(taken, "moved", replaces=(taken.facts[0].id,))
    made = Summary("Moved.", taken.unlearned[-1].id, NOON)
    assert await talk.storage.lessons.keep(taken, [moved], made, now=talk.now)
    assert moved.source is not None
    await talk.storage.message_vectors.add(MAYA, "m", {moved.source: b"v"})
    if how == "edited":
        await talk.storage.inbox.revise(DM, "r", "I stayed.")
    else:
        await talk.storage.inbox.retract(DM, "r")
    assert await talk.storage.memory.summary(where) is None
    claim = await asks(talk)
    assert [one.statement for one in await talk.storage.memory.facts(claim)] == ["lives in Rome"]
    assert moved.source not in await talk.storage.message_vectors.all(claim, "m", after=START, limit=9)


# ── embeddings ───────────────────────────────────────────────────────────────────────────────────


async def test_vectors_are_kept_by_model_and_come_back_for_what_may_be_recalled(talk: Talk) -> None:
    vectors = talk.storage.message_vectors
    await chat(talk, ["one", "two", "three", "four"])
    await chat(talk, ["bob's"], Place(ACCOUNT, "bob"), fan="bob")
    rows = await talk.rows(message)
    await vectors.add(
        MAYA, "m", {MessageId(row["id"]): row["text"].encode() for row in rows} | {MessageId(999): b"gone"}
    )
    await vectors.add(MAYA, "m", {MessageId(rows[0]["id"]): b"again"})
    claim = await asks(talk)
    found = await vectors.all(claim, "m", after=START, limit=99)
    assert list(found) == [one.id for one in await talk.storage.memory.episodes(claim, after=START, limit=99)]
    assert list(found.values())[:3] == [b"again", b"re one", b"two"]
    assert list(await vectors.all(claim, "m", after=MessageId(rows[0]["id"]), limit=1)) == [rows[1]["id"]]
    assert await vectors.all(claim, "other", after=START, limit=99) == {}
