"""core.ports.Leases over both databases."""

from __future__ import annotations

import pytest

from adapters.storage import open_storage
from adapters.storage.schema import conversation, delivery
from core import ports
from core.model import AccountId, DeliveryState, Place, Receipt
from tests.contract.conftest import ACCOUNT, DM, RULES, Talk, texts


async def test_they_are_leases(talk: Talk) -> None:
    leases: ports.Leases = talk.storage.leases
    assert await leases.due([ACCOUNT], now=talk.now) == []


async def test_what_is_due_comes_oldest_first(talk: Talk) -> None:
    expected = []
    for chat in ("c", "a", "b"):
        expected.append(await talk.says("hi", place=Place(ACCOUNT, chat)))
        talk.later(1)
    assert await talk.due() == expected


async def test_only_the_accounts_that_are_asked_for_are_due(talk: Talk) -> None:
    other = AccountId("telegram:2")
    where = await talk.says("hi", place=Place(other, "ann"))
    assert await talk.due() == []
    assert await talk.storage.leases.due([ACCOUNT, other], now=talk.now) == [where]
    assert await talk.storage.leases.due([], now=talk.now) == []


async def test_what_a_living_worker_holds_is_not_due_even_when_more_arrives(talk: Talk) -> None:
    where = await talk.says("hi")
    await talk.claims(where)
    await talk.says("more")
    assert await talk.due() == []


async def test_what_a_dead_worker_held_is_due_when_its_lease_has_run_out(talk: Talk) -> None:
    where = await talk.says("hi")
    first = await talk.claims(where)
    talk.later(59.9)
    assert (await talk.due(), await talk.cannot_claim(where, "w2")) == ([], True)
    talk.later(0.1)
    assert await talk.due() == [where]
    second = await talk.claims(where, "w2")
    assert (second.turn, texts(second)) == (first.turn, ["hi"])


async def test_renewing_keeps_the_conversations_that_are_named(talk: Talk) -> None:
    kept, lost = await talk.says("hi"), await talk.says("hi", place=Place(ACCOUNT, "bob"))
    for where in (kept, lost):
        await talk.claims(where)
    talk.later(50)
    await talk.storage.leases.renew("w1", [kept], now=talk.now)
    talk.later(50)
    assert await talk.due() == [lost]


async def test_renewing_does_not_take_what_another_holds(talk: Talk) -> None:
    where = await talk.says("hi")
    await talk.claims(where)
    talk.later(61)
    await talk.claims(where, "w2")
    talk.later(30)
    await talk.storage.leases.renew("w1", [where], now=talk.now)
    talk.later(30)
    assert await talk.due() == [where]


async def test_what_is_released_is_due_at_once_and_resumed_by_anyone(talk: Talk) -> None:
    where = await talk.says("hi")
    other = await talk.says("hi", place=Place(ACCOUNT, "bob"))
    await talk.stores(await talk.claims(where), "hello")
    await talk.claims(other, "w2")
    await talk.storage.leases.release("w1")
    assert await talk.due() == [where]
    await talk.storage.leases.renew("w1", [where], now=talk.now)
    claim = await talk.claims(where, "w3")
    assert claim.reply == "hello"


async def test_what_is_released_after_a_finished_turn_rests(talk: Talk) -> None:
    await talk.exchange("hi", "hello")
    await talk.storage.leases.release("w1")
    assert await talk.due() == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_process_that_has_a_file_to_itself_resumes_at_once(url: str) -> None:
    async with open_storage(url, RULES) as storage:
        where = await Talk(storage).says("hi")
        first = await Talk(storage).claims(where)
    async with open_storage(url, RULES) as storage:
        talk = Talk(storage, worker="another")
        assert await talk.due() == [where]
        assert (await talk.claims(where)).turn == first.turn


async def test_a_fan_who_cannot_be_reached_is_sent_nothing_more(talk: Talk) -> None:
    where = await talk.says("hi")
    claim = await talk.claims(where)
    first, _ = await talk.stores(claim, "a b", "a", "b")
    await talk.storage.turns.record(Receipt(first.id, DeliveryState.SENT, "r1"))
    await talk.storage.leases.unreachable(claim.turn)
    assert [row["unreachable"] for row in await talk.rows(conversation)] == [True]
    assert [row["state"] for row in await talk.rows(delivery)] == ["sent", "failed"]
    assert await talk.finishes(claim) is False


async def test_one_unreachable_place_leaves_the_others(talk: Talk) -> None:
    await talk.says("hi", place=Place(ACCOUNT, "bob"))
    claim = await talk.claims(await talk.says("hi", place=DM))
    await talk.storage.leases.unreachable(claim.turn)
    assert [row["unreachable"] for row in await talk.rows(conversation)] == [False, True]
