"""core.ports.Turns over both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from adapters.storage import Rules
from adapters.storage.schema import conversation, delivery, fan, message, turn
from core import ports
from core.model import DeliveryState, Outcome, Place, Receipt, Reply, Usage
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, SHARED, Talk, said, texts


async def test_they_are_turns(talk: Talk) -> None:
    turns: ports.Turns = talk.storage.turns
    where = await talk.says("hi")
    assert await turns.claim(where, "w", now=talk.now) is not None


# ── claiming ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_burst_is_one_turn_oldest_first(talk: Talk) -> None:
    for text in ("one", "two", "three"):
        where = await talk.says(text)
    assert texts(await talk.claims(where)) == ["one", "two", "three"]


async def test_of_fifty_who_claim_at_once_one_gets_it(talk: Talk) -> None:
    where = await talk.says("hi")
    claims = await asyncio.gather(*(talk.storage.turns.claim(where, f"w{n}", now=talk.now) for n in range(50)))
    assert len([claim for claim in claims if claim is not None]) == 1


async def test_one_conversation_does_not_wait_for_another(talk: Talk) -> None:
    first, second = await talk.says("hi"), await talk.says("hi", place=Place(ACCOUNT, "bob"))
    await talk.claims(first)
    assert (await talk.claims(second, "w2")).conversation == second


async def test_nothing_pending_is_no_claim(talk: Talk) -> None:
    where = await talk.exchange("hi", "hello")
    assert await talk.cannot_claim(where)


async def test_claiming_again_adds_what_has_arrived(talk: Talk) -> None:
    where = await talk.says("one")
    first = await talk.claims(where)
    await talk.says("two")
    second = await talk.claims(where)
    assert (second.turn, second.generation, texts(second)) == (first.turn, first.generation, ["one", "two"])
    assert await talk.answers(second, "both") is False
    assert await talk.due() == []


async def test_what_arrives_during_a_turn_is_the_next_turn(talk: Talk) -> None:
    where = await talk.says("one")
    claim = await talk.claims(where)
    await talk.says("two")
    assert await talk.cannot_claim(where, "w2")
    assert await talk.answers(claim, "first") is True
    claim = await talk.claims(where, "w2")
    assert (texts(claim), said(claim)) == (["two"], ["one", "first"])


async def test_a_message_that_arrives_while_a_turn_finishes_is_never_left_lying(talk: Talk) -> None:
    where = await talk.says("0")
    for number in range(1, 20):
        claim = await talk.claims(where)
        _, more = await asyncio.gather(talk.says(str(number)), talk.finishes(claim))
        assert more or await talk.due() == [where]


# ── the window ───────────────────────────────────────────────────────────────────────────────────


async def test_the_window_is_what_was_said_before(talk: Talk) -> None:
    where = await talk.exchange("question", "answer")
    talk.later(3)
    await talk.says("next")
    claim = await talk.claims(where)
    fans, avatars = claim.window
    assert (fans.text, fans.by_fan, fans.name, fans.tokens, fans.sent_at) == ("question", True, "Ann", 8, NOON)
    assert (avatars.text, avatars.by_fan, avatars.name, avatars.tokens) == ("answer", False, "", 6)
    assert texts(claim) == ["next"]


async def test_in_a_shared_place_everybody_is_in_it(talk: Talk) -> None:
    for who in ("ann", "bob"):
        where = await talk.says(f"I'm {who}", place=SHARED, fan=who)
    await talk.answers(await talk.claims(where), "hello both")
    await talk.says("and now?", place=SHARED, fan="eve")
    assert said(await talk.claims(where)) == ["I'm ann", "I'm bob", "hello both"]


async def test_commands_and_their_answers_are_not_in_it(talk: Talk) -> None:
    where = await talk.says("/help", command="help")
    claim = await talk.claims(where)
    await talk.storage.turns.store(claim, Reply("Write to me.", Outcome.COMMAND), ["Write to me."])
    await talk.finishes(claim)
    await talk.says("hi")
    assert (await talk.claims(where)).window == ()


class TestASmallWindow:
    @pytest.fixture
    def rules(self) -> Rules:
        return replace(RULES, window=100)

    async def test_it_is_trimmed_in_large_steps_and_grows_by_appending_in_between(self, talk: Talk) -> None:
        windows = []
        for number in range(30):
            where = await talk.says(f"{number:08}")
            claim = await talk.claims(where)
            windows.append([one.id for one in claim.window])
            assert sum(one.tokens for one in claim.window) <= 100
            await talk.answers(claim, "a" * 8)
        cuts = [(before, after) for before, after in pairwise(windows) if after[: len(before)] != before]
        assert 3 <= len(cuts) <= 10
        assert all(len(after) * 8 <= 50 and before[-len(after) + 2 :] == after[:-2] for before, after in cuts)

    async def test_one_message_larger_than_all_of_it_empties_it(self, talk: Talk) -> None:
        where = await talk.exchange("x" * 200, "ok")
        await talk.says("hi")
        assert said(await talk.claims(where)) == ["ok"]
        where = await talk.exchange("hm", "y" * 200, place=SHARED)
        await talk.says("hi", place=SHARED)
        assert said(await talk.claims(where)) == []


# ── storing and showing ──────────────────────────────────────────────────────────────────────────


async def test_each_part_has_a_delivery_in_order(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("hi"))
    stored = await talk.stores(claim, "one two three", "one", "two", "three")
    assert [(one.part, one.text, one.state, one.receipt) for one in stored] == [
        (part, text, DeliveryState.PENDING, None) for part, text in enumerate(("one", "two", "three"))
    ]
    assert len({one.key for one in stored}) == 3
    assert all(len(one.key) <= 25 for one in stored)


async def test_a_crash_after_the_text_was_stored_sends_it_without_asking_again(talk: Talk) -> None:
    where = await talk.exchange("before", "then")
    await talk.says("hi")
    first, second, third = await talk.stores(await talk.claims(where), "a b c", "a", "b", "c")
    await talk.storage.turns.record(Receipt(first.id, DeliveryState.SENT, "r1"))
    await talk.storage.turns.record(Receipt(second.id, DeliveryState.AMBIGUOUS, None))
    await talk.says("and another thing")
    talk.later(61)
    claim = await talk.claims(where, "w2")
    assert (claim.reply, texts(claim), said(claim)) == ("a b c", ["hi"], ["before", "then"])
    assert [(one.id, one.state, one.receipt) for one in claim.deliveries] == [
        (first.id, DeliveryState.SENT, "r1"),
        (second.id, DeliveryState.AMBIGUOUS, None),
        (third.id, DeliveryState.PENDING, None),
    ]
    assert await talk.finishes(claim) is True
    after = await talk.claims(where)
    assert (texts(after), said(after)) == (["and another thing"], ["before", "then", "hi", "a b c"])


async def test_what_was_shown_keeps_its_receipt_and_owes_its_final_text(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("hi"))
    shown = await talk.storage.turns.show(claim, 0, "Hel")
    assert shown is not None
    assert (shown.state, shown.receipt) == (DeliveryState.PENDING, None)
    await talk.storage.turns.record(Receipt(shown.id, DeliveryState.SENT, "r1"))
    again = await talk.storage.turns.show(claim, 0, "Hello th")
    assert again == replace(shown, text="Hello th", state=DeliveryState.PENDING, receipt="r1")
    first, second = await talk.stores(claim, "Hello there. Well?", "Hello there.", "Well?")
    assert first == replace(shown, text="Hello there.", receipt="r1")
    assert (second.state, second.receipt) == (DeliveryState.PENDING, None)


async def test_a_part_that_may_be_visible_stays_ambiguous(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("hi"))
    shown = await talk.storage.turns.show(claim, 0, "Hel")
    assert shown is not None
    await talk.storage.turns.record(Receipt(shown.id, DeliveryState.AMBIGUOUS, None))
    (stored,) = await talk.stores(claim, "Hello")
    assert (stored.id, stored.state, stored.text) == (shown.id, DeliveryState.AMBIGUOUS, "Hello")


async def test_shown_parts_that_the_final_text_does_not_need_are_given_up(talk: Talk) -> None:
    where = await talk.says("hi")
    claim = await talk.claims(where)
    for part in range(3):
        await talk.storage.turns.show(claim, part, "…")
    (kept,) = await talk.stores(claim, "short")
    assert (kept.part, kept.text) == (0, "short")
    talk.later(61)
    states = [one.state for one in (await talk.claims(where, "w2")).deliveries]
    assert states == [DeliveryState.PENDING, DeliveryState.EXPIRED, DeliveryState.EXPIRED]


async def test_what_was_shown_before_a_crash_is_known_after_it(talk: Talk) -> None:
    where = await talk.says("hi")
    shown = await talk.storage.turns.show(await talk.claims(where), 0, "Hel")
    talk.later(61)
    claim = await talk.claims(where, "w2")
    assert (claim.reply, claim.deliveries, texts(claim)) == (None, (shown,), ["hi"])


async def test_storing_twice_is_storing_once(talk: Talk) -> None:
    where = await talk.says("hi")
    claim = await talk.claims(where)
    first = await talk.stores(claim, "hello")
    assert await talk.stores(claim, "something else") == first
    await talk.finishes(claim)
    await talk.says("next")
    assert said(await talk.claims(where)) == ["hi", "hello"]


async def test_a_worker_whose_lease_was_lost_may_not_speak(talk: Talk) -> None:
    where = await talk.says("hi")
    stale = await talk.claims(where)
    talk.later(61)
    fresh = await talk.claims(where, "w2")
    assert await talk.stores(stale, "late") == ()
    assert await talk.storage.turns.show(stale, 0, "la") is None
    assert await talk.finishes(stale) is False
    (delivery_,) = await talk.stores(fresh, "hello")
    assert delivery_.text == "hello"
    assert await talk.stores(stale, "late") == ()
    assert await talk.finishes(fresh) is False
    assert [row["state"] for row in await talk.rows(turn)] == ["done"]


async def test_a_reply_with_nothing_to_say_has_no_parts(talk: Talk) -> None:
    where = await talk.says("hi")
    claim = await talk.claims(where)
    assert await talk.storage.turns.store(claim, Reply("", Outcome.IGNORED), []) == ()
    assert await talk.finishes(claim) is False
    await talk.says("next")
    assert said(await talk.claims(where)) == ["hi"]


async def test_who_was_told_that_this_is_an_ai_is_remembered(talk: Talk) -> None:
    for who in ("ann", "bob"):
        where = await talk.says("hi", place=SHARED, fan=who)
    claim = await talk.claims(where)
    ann = claim.pending[0].fan
    await talk.storage.turns.store(claim, Reply("I'm an AI.", Outcome.FIXED, disclosed=(ann,)), ["I'm an AI."])
    assert [row["disclosed_at"] for row in await talk.rows(fan)] == [NOON, None]
    await talk.finishes(claim)
    await talk.says("again")
    (one,) = (await talk.claims((await talk.due())[0])).pending
    assert one.disclosed_at == NOON


async def test_a_record_without_a_receipt_keeps_the_one_that_is_known(talk: Talk) -> None:
    (stored,) = await talk.stores(await talk.claims(await talk.says("hi")), "hello")
    await talk.storage.turns.record(Receipt(stored.id, DeliveryState.SENT, "r1"))
    await talk.storage.turns.record(Receipt(stored.id, DeliveryState.FAILED, None))
    (row,) = await talk.rows(delivery)
    assert (row["state"], row["receipt"], row["attempts"]) == ("failed", "r1", 2)


# ── finishing ────────────────────────────────────────────────────────────────────────────────────


async def test_a_finished_conversation_rests(talk: Talk) -> None:
    where = await talk.says("hi")
    claim = await talk.claims(where)
    await talk.stores(claim, "hello")
    assert await talk.finishes(claim) is False
    (row,) = await talk.rows(conversation)
    assert (row["worker"], row["lease_until"], row["due_at"], row["waiting_since"]) == (None, None, None, None)
    assert await talk.finishes(claim) is False


async def test_a_turn_finished_without_a_reply_leaves_nothing_half_way(talk: Talk) -> None:
    where = await talk.says("hi")
    claim = await talk.claims(where)
    assert await talk.finishes(claim) is False
    assert [row["state"] for row in await talk.rows(message)] == ["dropped"]
    assert [(row["state"], row["outcome"]) for row in await talk.rows(turn)] == [("done", "dropped")]
    await talk.says("next")
    assert said(await talk.claims(where)) == []


async def test_the_receipt_tells_how_the_newest_turn_came_out(talk: Talk) -> None:
    assert await talk.storage.receipt(DM) == {}
    await talk.exchange("hi", "hello")
    claim = await talk.claims(await talk.says("how?"))
    usage = Usage(100, 20, 90, estimated=False)
    reply = Reply("Well.", Outcome.ANSWERED, "Well.", "llama", usage, note={"finish": "stop", "tries": 2})
    await talk.storage.turns.store(claim, reply, ["Well."])
    assert await talk.storage.receipt(DM) == {
        "turn": claim.turn,
        "reply": "Well.",
        "remembered": "Well.",
        "outcome": "answered",
        "model": "llama",
        "usage": {"prompt": 100, "completion": 20, "cached": 90, "estimated": False},
        "note": {"finish": "stop", "tries": 2},
        "sources": [],
        "used": [],
    }
