"""Limits of every scope, circles of fans, budgets and the ledger, over both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.storage import Rules, Storage, open_storage
from adapters.storage.ledger import REPLY
from adapters.storage.metering import bucket, ledger, membership
from core.budgets import BUDGETS, CENT, Budget, Prices
from core.limits import LIMITS, Limit, Rate
from core.model import AccountId, AvatarId, Claim, ConversationId, FanId, Incoming, Outcome, Place, Reply, Sender, Usage
from core.tiers import ROLES, Membership
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, SHARED, UNLIMITED, Talk, limited, texts
from tests.worlds.postgres import Postgres

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOPIC = replace(SHARED, thread="7")
PRICED = replace(RULES, prices=Prices(prompt=2.0, cached=0.5, completion=4.0))


async def limit(talk: Talk, *limits: Limit) -> None:
    await talk.storage.switchboard.set(MAYA, LIMITS.name, LIMITS.kept(limits))


async def budget(talk: Talk, *budgets: Budget) -> None:
    await talk.storage.switchboard.set(MAYA, BUDGETS.name, BUDGETS.kept(budgets))


async def used(talk: Talk, claim: Claim, usage: Usage, text: str = "well") -> None:
    """The reply is stored, the model having taken this much."""
    reply = Reply(text, Outcome.ANSWERED, remembered=text, model="llama", usage=usage)
    await talk.storage.turns.store(claim, reply, [text])
    await talk.finishes(claim)


class TestEveryScope:
    @pytest.mark.parametrize(
        ("scope", "elsewhere", "fan", "crowd"),
        [
            ("fan", SHARED, "ann", False),
            ("conversation", SHARED, "bob", True),
            ("place", TOPIC, "bob", True),
            ("account", DM, "bob", True),
            ("avatar", replace(DM, account=AccountId("discord:1")), "bob", True),
        ],
    )
    async def test_what_is_used_up_in_one_place_is_used_up_wherever_the_limit_reaches(
        self, talk: Talk, scope: Any, elsewhere: Place, fan: str, crowd: bool
    ) -> None:
        await limit(talk, Limit(scope, "messages", Rate(2, MINUTE)))
        for text in ("1", "2"):
            where = await talk.says(text, place=SHARED)
        await talk.answers(await talk.claims(where), "ok")
        where = await talk.says("3", place=elsewhere, fan=fan)
        (refusal,) = (await talk.claims(where)).refusals
        assert (refusal.crowd, refusal.lifts_at) == (crowd, NOON + timedelta(seconds=30))

    @pytest.mark.parametrize(
        ("scope", "elsewhere", "fan"),
        [
            ("fan", SHARED, "bob"),
            ("conversation", TOPIC, "ann"),
            ("place", DM, "ann"),
            ("account", replace(DM, account=AccountId("telegram:2")), "ann"),
        ],
    )
    async def test_and_nowhere_else(self, talk: Talk, scope: Any, elsewhere: Place, fan: str) -> None:
        await limit(talk, Limit(scope, "messages", Rate(1, MINUTE)))
        await talk.answers(await talk.claims(await talk.says("1", place=SHARED)), "ok")
        assert texts(await talk.claims(await talk.says("2", place=elsewhere, fan=fan))) == ["2"]

    async def test_the_limit_of_one_chat_is_its_fans_own(self, talk: Talk) -> None:
        await limit(talk, Limit("conversation", "messages", Rate(1, MINUTE)))
        for text in ("1", "2"):
            where = await talk.says(text)
        assert [one.crowd for one in (await talk.claims(where)).refusals] == [False]

    async def test_each_fan_hears_once_that_everybody_is_asking_at_once(self, talk: Talk) -> None:
        await limit(talk, Limit("avatar", "messages", Rate(1, HOUR)))
        for fan in ("ann", "bob", "eve", "bob", "eve"):
            where = await talk.says(fan, place=SHARED, fan=fan)
        claim = await talk.claims(where)
        assert (texts(claim), [one.name for one in claim.refusals]) == (["ann"], ["Bob", "Eve"])
        await talk.answers(claim, "ok")
        talk.later(60)
        await talk.says("again", place=SHARED, fan="bob")
        assert await talk.cannot_claim(where)

    async def test_a_limit_of_the_creator_takes_the_place_of_the_settings(self, url: str) -> None:
        async with open_storage(url, limited(minute=1)) as storage:
            talk = Talk(storage)
            await limit(talk, Limit("fan", "messages", Rate(3, MINUTE)))
            for text in "1234":
                where = await talk.says(text)
            assert texts(await talk.claims(where)) == ["1", "2", "3"]
            await limit(talk, Limit("fan", "messages", Rate(0, MINUTE)))
            for text in "56789":
                where = await talk.says(text)
            assert texts(await talk.claims(where))[-5:] == list("56789")


class TestCircles:
    @pytest.fixture
    def rules(self) -> Rules:
        return replace(limited(minute=1), tiers=lambda _avatar: ("member", "friend"))

    async def fan(self, talk: Talk) -> FanId:
        claim = await talk.claims(await talk.says("hi"))
        await talk.answers(claim, "hello")
        talk.later(120)
        return claim.pending[0].fan

    async def test_a_fan_has_the_limits_of_the_circles_that_were_granted(self, talk: Talk) -> None:
        fan = await self.fan(talk)
        await limit(talk, Limit("fan", "messages", Rate(3, MINUTE), tier="member"))
        await talk.storage.memberships.grant(MAYA, fan, "friend", "stars", talk.now + HOUR)
        for text in "1234":
            where = await talk.says(text)
        claim = await talk.claims(where)
        assert texts(claim) == ["1", "2", "3"]
        assert {one.tiers for one in claim.pending} == {frozenset({"member", "friend"})}

    async def test_until_it_ends_or_is_taken_back(self, talk: Talk) -> None:
        fan, grants = await self.fan(talk), talk.storage.memberships
        await grants.grant(MAYA, fan, "friend", "stars", talk.now + HOUR)
        await grants.grant(MAYA, fan, "member", "grant")
        assert await grants.of(MAYA, fan, now=talk.now) == [
            Membership("friend", "stars", talk.now + HOUR),
            Membership("member", "grant"),
        ]
        talk.later(3600)
        assert await grants.of(MAYA, fan, now=talk.now) == [Membership("member", "grant")]
        assert await grants.revoke(MAYA, fan, "grant") is True
        assert await grants.revoke(MAYA, fan, "grant") is False
        assert (await talk.claims(await talk.says("hi"))).pending[0].tiers == frozenset()

    async def test_a_role_gives_a_circle_where_the_platform_tells_of_it(self, talk: Talk) -> None:
        await talk.storage.switchboard.set(MAYA, ROLES.name, {"77": "member"})
        sender = Sender("ann", "Ann", roles=("12", "77"))
        accepted = await talk.storage.inbox.accept(Incoming(SHARED, "m1", sender, "hi", NOON), now=NOON)
        assert accepted is not None
        assert (await talk.claims(accepted.conversation)).pending[0].tiers == {"member"}
        talk.later(60)
        assert (await talk.claims(await talk.says("hi"))).pending[0].tiers == frozenset()

    async def test_another_avatars_fan_is_left_alone(self, talk: Talk) -> None:
        fan = await self.fan(talk)
        await talk.storage.memberships.grant(ZOE, fan, "member", "grant")
        assert await talk.rows(membership) == []

    async def test_forgetting_a_fan_takes_circles_and_buckets_with_it(self, talk: Talk) -> None:
        fan = await self.fan(talk)
        await limit(talk, *(Limit(scope, "messages", Rate(9, MINUTE)) for scope in ("conversation", "place", "avatar")))
        await talk.storage.memberships.grant(MAYA, fan, "member", "grant")
        await talk.answers(await talk.claims(await talk.says("hi")), "hello")
        assert len({row["subject"] for row in await talk.rows(bucket)}) == 4
        await talk.storage.forgetting.forget_everything(MAYA, fan, now=talk.now)
        assert await talk.rows(membership) == []
        assert {row["subject"] for row in await talk.rows(bucket)} == {"avatar"}


class TestTokens:
    async def test_a_reply_that_takes_more_than_is_left_leaves_a_debt_to_be_refilled(self, talk: Talk) -> None:
        await limit(talk, Limit("fan", "tokens", Rate(100, HOUR)))
        where = await talk.says("1")
        await used(talk, await talk.claims(where), Usage(120, 30))
        await talk.says("2")
        (refusal,) = (await talk.claims(where)).refusals
        assert timedelta(0) <= refusal.lifts_at - (NOON + HOUR / 2) <= timedelta(milliseconds=1)
        talk.now = refusal.lifts_at
        await talk.says("3")
        assert texts(await talk.claims(where)) == ["3"]

    async def test_no_debt_is_longer_than_a_period(self, talk: Talk) -> None:
        await limit(talk, Limit("avatar", "tokens", Rate(10, HOUR)))
        where = await talk.says("1")
        await used(talk, await talk.claims(where), Usage(100_000, 1))
        await talk.says("2")
        (refusal,) = (await talk.claims(where)).refusals
        assert refusal.lifts_at - NOON <= HOUR + timedelta(milliseconds=1)

    async def test_those_who_are_answered_together_share_what_it_took(self, talk: Talk) -> None:
        await limit(talk, Limit("fan", "tokens", Rate(100, HOUR)), Limit("place", "tokens", Rate(1000, HOUR)))
        for fan in ("ann", "bob"):
            where = await talk.says(fan, place=SHARED, fan=fan)
        await used(talk, await talk.claims(where), Usage(90, 11))
        tats = {(row["subject"], row["name"]): row["tat"] - NOON for row in await talk.rows(bucket)}
        place = tats.pop((f"place/{ACCOUNT}//group/", "tokens/3600"))
        assert sorted(tats.values()) == [HOUR * 50 / 100, HOUR * 51 / 100]
        assert place == HOUR * 101 / 1000

    async def test_money_is_charged_at_the_models_prices(self, url: str) -> None:
        async with open_storage(url, PRICED) as storage:
            talk = Talk(storage)
            await limit(talk, Limit("fan", "money", Rate(1000, HOUR)))  # millionths
            where = await talk.says("1")
            await used(talk, await talk.claims(where), Usage(prompt=300, cached=100, completion=100))
            (row,) = await talk.rows(bucket)
            assert row["tat"] - NOON == HOUR * (200 * 2 + 100 * 0.5 + 100 * 4) / 1000

    async def test_what_is_left_can_be_asked(self, talk: Talk) -> None:
        await limit(
            talk,
            Limit("fan", "messages", Rate(7, MINUTE)),
            Limit("avatar", "tokens", Rate(100, HOUR)),
            Limit("place", "messages", Rate(1, MINUTE)),
        )
        claim = await talk.claims(await talk.says("1"))
        await used(talk, claim, Usage(20, 10))
        found = await talk.storage.allowances.left(MAYA, DM, claim.pending[0].fan, now=NOON)
        assert [(one.limit.scope, one.units, one.lifts_at) for one in found] == [
            ("fan", 6, None),
            ("avatar", 70, None),
            ("place", 0, NOON + MINUTE),
        ]
        found = await talk.storage.allowances.left(MAYA, SHARED, None, now=NOON)
        assert [one.units for one in found] == [7, 70, 1]


class TestTheLedger:
    @pytest.fixture
    def rules(self) -> Rules:
        return PRICED

    async def test_it_holds_what_turns_have_used(self, talk: Talk) -> None:
        usages = [Usage(100, 10, 50), Usage(30, 3, estimated=True), Usage(7, 1)]
        for usage in usages:
            await used(talk, await talk.claims(await talk.says("?")), usage)
        await talk.storage.ledger.charge(MAYA, "learning", "llama", Usage(5, 5), now=NOON)
        (learning, reply) = await talk.storage.ledger.entries(MAYA, since=NOON.date())
        assert (reply.purpose, reply.model, reply.calls, reply.estimated) == (REPLY, "llama", 3, 1)
        assert (reply.prompt, reply.completion, reply.cached) == (137, 14, 50)
        assert reply.money == sum(talk.storage.ledger.priced and PRICED.prices.of(usage) for usage in usages)
        assert (learning.purpose, learning.tokens, learning.money) == ("learning", 10, 30)

    async def test_a_reply_that_is_stored_twice_is_entered_once(self, talk: Talk) -> None:
        claim = await talk.claims(await talk.says("?"))
        reply = Reply("well", Outcome.ANSWERED, model="llama", usage=Usage(10, 1))
        for _ in range(3):
            await talk.storage.turns.store(claim, reply, ["well"])
        (row,) = await talk.rows(ledger)
        assert (row["calls"], row["prompt"]) == (1, 10)

    async def test_days_are_kept_apart_and_avatars_too(self, talk: Talk) -> None:
        book = talk.storage.ledger
        for day in range(3):
            await book.charge(MAYA, "x", "llama", Usage(1), now=NOON + timedelta(days=day))
        await book.charge(ZOE, "x", "llama", Usage(1), now=NOON)
        assert [one.day for one in await book.entries(MAYA, since=date(2026, 11, 2))] == [
            date(2026, 11, 2),
            date(2026, 11, 3),
        ]
        assert len(await book.entries(ZOE, since=date(2026, 1, 1))) == 1


class TestABudget:
    @pytest.fixture
    def rules(self) -> Rules:
        return PRICED

    async def test_the_claim_says_how_much_of_it_is_used_up(self, talk: Talk) -> None:
        await budget(talk, Budget("day", "tokens", 1000), Budget("month", "money", CENT))
        where = await talk.says("1")
        claim = await talk.claims(where)
        assert claim.budget == 0
        await used(talk, claim, Usage(850, 50))
        assert (await talk.claims(await talk.says("2"))).budget == 0.9

    async def test_at_its_end_everybody_is_told_once_when_the_day_ends(self, talk: Talk) -> None:
        await budget(talk, Budget("day", "tokens", 100))
        where = await talk.says("1")
        await used(talk, await talk.claims(where), Usage(100, 0))
        for fan in ("ann", "bob"):
            await talk.says("2", place=SHARED, fan=fan)
        where = await talk.says("/help", place=SHARED, command="help")
        claim = await talk.claims(where)
        assert texts(claim) == ["/help"]
        assert [(one.name, one.crowd) for one in claim.refusals] == [("Ann", True), ("Bob", True)]
        assert {one.lifts_at for one in claim.refusals} == {NOON + timedelta(hours=12)}
        await talk.answers(claim, "ok")
        await talk.says("3", place=SHARED)
        assert await talk.cannot_claim(where)
        talk.later(12 * 3600)
        await talk.says("4", place=SHARED)
        assert texts(await talk.claims(where)) == ["4"]

    async def test_of_two_that_are_used_up_the_later_decides(self, talk: Talk) -> None:
        await budget(talk, Budget("day", "tokens", 100), Budget("month", "tokens", 100))
        await used(talk, await talk.claims(await talk.says("1")), Usage(100, 0))
        (refusal,) = (await talk.claims(await talk.says("2"))).refusals
        assert (refusal.lifts_at.month, refusal.lifts_at.day, refusal.lifts_at.hour) == (12, 1, 0)

    async def test_what_was_learned_counts_too(self, talk: Talk) -> None:
        await budget(talk, Budget("month", "tokens", 100))
        await talk.storage.ledger.charge(MAYA, "learning", "llama", Usage(80, 0), now=NOON)
        await talk.storage.ledger.charge(ZOE, "learning", "llama", Usage(900, 0), now=NOON)
        assert (await talk.claims(await talk.says("1"))).budget == 0.8


class TestSeveralProcesses:
    """Two storages on one PostgreSQL spend as one."""

    @pytest.fixture
    async def both(self, postgres: Postgres) -> AsyncIterator[list[Storage]]:
        url = postgres.fresh()
        system = (Limit("system", "messages", Rate(30, HOUR)),)
        rules = [replace(RULES, limits=replace(UNLIMITED, system=system)) for _ in range(2)]
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(open_storage(url, one)) for one in rules]

    @pytest.mark.parametrize("scope", ["fan", "account", "avatar", "place", "system"])
    async def test_they_never_overspend(self, both: list[Storage], scope: Any) -> None:
        talk = Talk(both[0])
        if scope != "system":
            await limit(talk, Limit(scope, "messages", Rate(7, HOUR)))
        most = 30 if scope == "system" else 7
        conversations = [await self._arrives(talk, number // 2) for number in range(48)]
        claims = await asyncio.gather(
            *(
                both[index % 2].turns.claim(where, f"w{index % 2}", now=talk.now)
                for index, where in enumerate(dict.fromkeys(conversations))
            )
        )
        assert sum(len(claim.pending) for claim in claims if claim is not None) == most

    async def _arrives(self, talk: Talk, thread: int) -> ConversationId:
        talk.later(30)  # nothing that comes so slowly is taken for spam
        return await talk.says(f"{thread} {talk.now}", place=replace(SHARED, thread=str(thread)))

    async def test_nor_lose_what_they_charge(self, both: list[Storage]) -> None:
        talk = Talk(both[0])
        await limit(talk, Limit("avatar", "tokens", Rate(10_000, HOUR)))
        claims = [await talk.claims(await self._arrives(talk, thread)) for thread in range(20)]
        reply = Reply("well", Outcome.ANSWERED, model="llama", usage=Usage(90, 10))
        await asyncio.gather(
            *(both[index % 2].turns.store(claim, reply, ["well"]) for index, claim in enumerate(claims))
        )
        (entry,) = await both[1].ledger.entries(MAYA, since=NOON.date())
        assert (entry.calls, entry.tokens) == (20, 2000)
        (row,) = [row for row in await talk.rows(bucket) if row["subject"] == "avatar"]
        assert HOUR * 2000 / 10_000 <= row["tat"] - NOON <= talk.now - NOON + HOUR * 2000 / 10_000


async def test_buckets_outlast_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'stagedoor.db'}"
    async with open_storage(url, limited(minute=2)) as storage:
        talk = Talk(storage)
        for text in ("1", "2"):
            where = await talk.says(text)
        await talk.answers(await talk.claims(where), "ok")
    async with open_storage(url, limited(minute=2)) as storage:
        talk = Talk(storage)
        where = await talk.says("3", message="m3")
        assert len((await talk.claims(where)).refusals) == 1
