"""Limits as a claim keeps them, over both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.storage import Rules
from tests.contract.conftest import DM, NOON, SHARED, Talk, limited, said, texts


class TestALimit:
    @pytest.fixture
    def rules(self) -> Rules:
        return limited(minute=2)

    async def test_what_is_beyond_it_is_refused_with_one_notice(self, talk: Talk) -> None:
        for text in ("1", "2", "3", "4"):
            where = await talk.says(text)
        claim = await talk.claims(where)
        assert texts(claim) == ["1", "2"]
        (refusal,) = claim.refusals
        assert (refusal.message, refusal.name, refusal.language) == ("auto3", "Ann", "de")
        assert refusal.lifts_at == NOON + timedelta(seconds=30)

    async def test_after_the_notice_there_is_silence_until_it_lifts(self, talk: Talk) -> None:
        for text in ("1", "2", "3"):
            where = await talk.says(text)
        await talk.answers(await talk.claims(where), "slow down")
        talk.later(10)
        await talk.says("4")
        assert await talk.cannot_claim(where)
        assert await talk.due() == []
        talk.later(50)
        await talk.says("5")
        claim = await talk.claims(where)
        assert (texts(claim), claim.refusals) == (["5"], ())
        assert said(claim) == ["1", "2", "slow down"]

    async def test_a_thousand_messages_in_a_minute_bring_one_notice(self, talk: Talk) -> None:
        notices = 0
        where = await talk.says("0")
        for number in range(1, 200):
            talk.later(0.3)
            await talk.says(str(number))
            if (claim := await talk.storage.turns.claim(where, "w1", now=talk.now)) is not None:
                notices += len(claim.refusals)
                await talk.answers(claim, "…")
        assert notices == 1

    async def test_a_claim_may_hold_refusals_only(self, talk: Talk) -> None:
        for text in ("1", "2"):
            where = await talk.says(text)
        await talk.answers(await talk.claims(where), "ok")
        await talk.says("3")
        claim = await talk.claims(where)
        assert (claim.pending, len(claim.refusals)) == ((), 1)
        assert await talk.answers(claim, "slow down") is False

    async def test_refusals_survive_a_crash_between_claim_and_store(self, talk: Talk) -> None:
        for text in ("1", "2", "3", "4"):
            where = await talk.says(text)
        first = await talk.claims(where)
        talk.later(61)
        again = await talk.claims(where, "w2")
        assert (again.turn, texts(again)) == (first.turn, ["1", "2"])
        assert [one.message for one in again.refusals] == ["auto3"]
        await talk.answers(again, "slow down")
        assert await talk.due() == []

    async def test_a_message_is_charged_once_however_often_it_is_claimed(self, talk: Talk) -> None:
        where = await talk.says("1")
        for _ in range(5):
            await talk.claims(where)
        await talk.says("2")
        assert texts(await talk.claims(where)) == ["1", "2"]

    async def test_claiming_again_repeats_the_refusals_and_adds_none_for_the_same_fan(self, talk: Talk) -> None:
        for text in ("1", "2", "3"):
            where = await talk.says(text)
        await talk.claims(where)
        await talk.says("4")
        claim = await talk.claims(where)
        assert (texts(claim), [one.message for one in claim.refusals]) == (["1", "2"], ["auto3"])

    async def test_fans_do_not_spend_each_others(self, talk: Talk) -> None:
        for who in ("ann", "ann", "ann", "bob", "eve", "eve", "eve"):
            where = await talk.says(who, place=SHARED, fan=who)
        claim = await talk.claims(where)
        assert texts(claim) == ["ann", "ann", "bob", "eve", "eve"]
        assert sorted(one.name for one in claim.refusals) == ["Ann", "Eve"]

    async def test_it_holds_across_places(self, talk: Talk) -> None:
        for text in ("1", "2"):
            await talk.says(text)
        await talk.claims((await talk.due())[0])
        where = await talk.says("3", place=SHARED)
        assert len((await talk.claims(where)).refusals) == 1

    async def test_what_was_retracted_is_not_charged(self, talk: Talk) -> None:
        await talk.says("1", message="x")
        await talk.storage.inbox.retract(DM, "x")
        for text in ("2", "3"):
            where = await talk.says(text)
        assert texts(await talk.claims(where)) == ["2", "3"]


class TestACallForHelp:
    @pytest.fixture
    def rules(self) -> Rules:
        return replace(limited(minute=1, day=1), urgent=lambda text: "help me" in text)

    async def test_is_heard_beyond_all_limits(self, talk: Talk) -> None:
        for text in ("1", "2", "help me", "3"):
            where = await talk.says(text)
        claim = await talk.claims(where)
        assert texts(claim) == ["1", "help me"]
        assert [one.message for one in claim.refusals] == ["auto2"]

    async def test_but_not_without_end(self, talk: Talk) -> None:
        heard = 0
        for number in range(12):
            talk.later(10)
            where = await talk.says(f"help me {number}")
            if (claim := await talk.storage.turns.claim(where, "w1", now=talk.now)) is not None:
                heard += len(claim.pending)
                await talk.answers(claim, "here")
        assert heard == 1 + 5


class TestTheDailyLimit:
    @pytest.fixture
    def rules(self) -> Rules:
        return limited(minute=5, day=2)

    async def test_commands_do_not_spend_from_it(self, talk: Talk) -> None:
        for command in ("help", "privacy", "help", ""):
            where = await talk.says("?", command=command)
        claim = await talk.claims(where)
        assert (len(claim.pending), claim.refusals) == (4, ())

    async def test_its_notice_says_when_it_lifts(self, talk: Talk) -> None:
        for text in ("1", "2", "3"):
            where = await talk.says(text)
        (refusal,) = (await talk.claims(where)).refusals
        assert refusal.lifts_at == NOON + timedelta(hours=12)

    async def test_what_it_refuses_does_not_spend_from_the_minute(self, talk: Talk) -> None:
        for text in ("1", "2", *"refused"):
            where = await talk.says(text)
        await talk.says("?", command="help")
        assert texts(await talk.claims(where)) == ["1", "2", "?"]
