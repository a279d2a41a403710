"""Who is a minor, how long a fan has been talking, and crises that are counted without a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.storage.safekeeping import crisis_count, minor
from adapters.storage.schema import message
from core.model import AccountId, AvatarId, Outcome, Place, Reply
from core.wellbeing import Crises
from tests.contract.conftest import DM, NOON, SHARED, Talk

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
DISCORD = Place(AccountId("discord:9"), "ann-there")


async def minor_now(talk: Talk, text: str = "hello", place: Place = DM, fan: str = "ann") -> bool:
    claim = await talk.claims(await talk.says(text, place=place, fan=fan))
    await talk.answers(claim, "hi")
    return claim.pending[-1].minor


async def test_who_says_to_be_a_minor_is_one_from_that_message_on(talk: Talk):
    assert not await minor_now(talk)
    assert await minor_now(talk, "I'm 14 btw")
    assert await minor_now(talk, "how was your day?")
    assert await minor_now(talk, "actually I'm 25")
    assert not await minor_now(talk, "hello", SHARED, fan="ben")


async def test_who_says_it_in_an_edit_is_one_too(talk: Talk):
    where = await talk.says("I'm 40", message="m1")
    await talk.storage.inbox.revise(DM, "m1", "I'm 14")
    assert (await talk.claims(where)).pending[0].minor


async def test_a_message_that_is_stored_only_once_marks_only_once(talk: Talk):
    await talk.says("I'm 14", message="m1")
    await talk.says("I'm 14", message="m2")
    (row,) = await talk.rows(minor)
    assert row == {"avatar_id": "maya", "platform": "telegram", "platform_user": "ann", "since": NOON}


async def test_being_a_minor_outlasts_being_forgotten(talk: Talk):
    where = await talk.says("I'm 14")
    claim = await talk.claims(where)
    await talk.answers(claim, "ok")
    await talk.storage.forgetting.forget_everything(MAYA, claim.pending[0].fan, now=talk.now)
    assert await minor_now(talk)


@pytest.mark.parametrize("before", [True, False])
async def test_the_same_person_on_another_platform_is_a_minor_too(talk: Talk, *, before: bool):
    mine = (await talk.claims(await talk.says("I'm 14" if before else "hi"))).pending[0].fan
    other = (await talk.claims(await talk.says("hi", place=DISCORD))).pending[0].fan
    code = await talk.storage.links.code(MAYA, mine, now=NOON)
    assert code is not None
    assert await talk.storage.links.redeem(MAYA, other, code, now=NOON)
    if not before:
        await talk.says("I'm 14")
    assert {(row["platform"], row["platform_user"]) for row in await talk.rows(minor)} == {
        ("telegram", "ann"),
        ("discord", "ann"),
    }


async def test_nobody_becomes_a_minor_by_being_linked_to_nobody(talk: Talk):
    await talk.says("I'm 14")
    assert not await minor_now(talk, "hi", DISCORD, fan="ben")
    assert len(await talk.rows(minor)) == 1


async def test_a_talk_goes_on_until_there_is_a_pause_of_more_than_half_an_hour(talk: Talk):
    async def since() -> timedelta:
        claim = await talk.claims(await talk.says("on"))
        await talk.answers(claim, "ok")
        begun = claim.pending[0].talking_since
        assert begun is not None
        return talk.now - begun

    assert await since() == timedelta(0)
    talk.later(29 * 60)
    assert await since() == timedelta(minutes=29)
    talk.later(30 * 60)
    assert await since() == timedelta(minutes=59)
    talk.later(30 * 60 + 1)
    assert await since() == timedelta(0)


async def test_crises_are_counted_once_by_month_and_kind_and_by_nothing_else(talk: Talk):
    for number, kind in enumerate(("suicide", "suicide", "other")):
        talk.now = NOON + timedelta(days=40 * (number // 2))
        claim = await talk.claims(await talk.says("help", fan=f"fan{number}"))
        reply = Reply("Call 988.", Outcome.FIXED, "Call 988.", crisis=kind)
        await talk.storage.turns.store(claim, reply, ["Call 988."])
        await talk.storage.turns.store(claim, reply, ["Call 988."])
        await talk.finishes(claim)
    assert await talk.storage.wellbeing.crises(MAYA, 2026) == [
        Crises("2026-11", "suicide", 2),
        Crises("2026-12", "other", 1),
    ]
    assert await talk.storage.wellbeing.crises(MAYA, 2025) == []
    assert await talk.storage.wellbeing.crises(ZOE, 2026) == []
    assert {name for row in await talk.rows(crisis_count) for name in row} == {"avatar_id", "month", "kind", "count"}


async def test_nothing_is_learned_from_what_was_said_in_a_crisis(talk: Talk):
    claim = await talk.claims(await talk.says("I want to die"))
    reply = Reply("Call 988.", Outcome.FIXED, "Call 988.", crisis="suicide")
    await talk.storage.turns.store(claim, reply, ["Call 988."])
    await talk.finishes(claim)
    await talk.exchange("I bake on Sundays", "lovely")
    assert [row["private"] for row in await talk.rows(message)] == [True, True, False, False]
    lesson = await talk.storage.lessons.take(claim.conversation, now=talk.now)
    assert lesson is not None
    assert "I want to die" not in [one.text for one in lesson.unlearned]


async def test_a_claim_of_another_avatar_counts_nothing(talk: Talk):
    claim = await talk.claims(await talk.says("help"))
    foreign = replace(claim, avatar=ZOE)
    await talk.storage.turns.store(foreign, Reply("x", Outcome.FIXED, crisis="suicide"), ["x"])
    assert await talk.rows(crisis_count) == []
