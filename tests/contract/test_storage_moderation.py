"""Sanctions, cases and silences, over both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from adapters.storage.schema import MessageState, conversation, delivery, fan, message, turn
from core.gate import PAUSED
from core.model import (
    AccountId,
    AvatarId,
    Claim,
    DeliveryState,
    FanId,
    Incoming,
    Outcome,
    Place,
    Receipt,
    Reply,
    Sender,
    TurnId,
)
from core.moderation import Case, Deed, Person
from tests.contract.conftest import ACCOUNT, DM, NOON, SHARED, Talk, said, texts

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
ANN, BOB = Person("telegram", "ann"), Person("telegram", "bob")
SERVER = Place(ACCOUNT, "room", shared=True, community="server")


def case(kind: Deed = "ban", person: Person = ANN, community: str = "", until: timedelta | None = None) -> Case:
    ends = NOON + until if until else None
    return Case(MAYA, kind, person, community, "telegram:1/mod", "because", NOON, ends)


async def states(talk: Talk) -> dict[str, str]:
    """What became of each fan's message."""
    rows = await talk.rows(message)
    return {row["text"]: row["state"] for row in rows if row["fan_id"] is not None}


# ── whom ─────────────────────────────────────────────────────────────────────────────────────────


class TestADirectory:
    async def test_finds_a_fan_by_id_mention_and_number(self, talk: Talk) -> None:
        await talk.says("hi", fan="123456")
        directory = talk.storage.fans
        for text in ("123456", "<@123456>", "<@!123456>", "tg://user?id=123456", "#1", "telegram:123456", " #1 "):
            assert await directory.locate(MAYA, ACCOUNT, text, place=DM) == FanId(1), text

    @pytest.mark.parametrize("text", ["#2", "ann'; --", "<@1234>", "discord:123456", "#99999999999999999999", "@ann"])
    async def test_finds_nobody_else(self, talk: Talk, text: str) -> None:
        await talk.says("hi", fan="123456")
        assert await talk.storage.fans.locate(MAYA, ACCOUNT, text, place=DM, about="auto1") is None

    async def test_finds_nobody_of_another_avatar_platform_or_place(self, talk: Talk) -> None:
        await talk.says("hi", message="m1")
        locate = talk.storage.fans.locate
        assert await locate(ZOE, ACCOUNT, "ann", place=DM) is None
        assert await locate(ZOE, ACCOUNT, "#1", place=DM) is None
        assert await locate(MAYA, AccountId("discord:1"), "ann", place=DM) is None
        assert await locate(MAYA, ACCOUNT, "", place=SHARED, about="m1") is None
        assert await locate(ZOE, ACCOUNT, "", place=DM, about="m1") is None
        assert await locate(MAYA, ACCOUNT, "", place=DM, about="m1") == FanId(1)

    async def test_of_a_reply_it_is_whom_it_answered_last(self, talk: Talk) -> None:
        await talk.says("one", place=SHARED)
        where = await talk.says("two", place=SHARED, fan="bob")
        claim = await talk.claims(where)
        (part,) = await talk.stores(claim, "both")
        await talk.storage.turns.record(Receipt(part.id, DeliveryState.SENT, "r9"))
        assert await talk.storage.fans.locate(MAYA, ACCOUNT, "", place=SHARED, about="r9") == FanId(2)
        assert await talk.storage.fans.locate(MAYA, ACCOUNT, "", place=DM, about="r9") is None

    async def test_knows_people_within_the_communities_in_which_they_wrote(self, talk: Talk) -> None:
        await talk.says("hi", place=SERVER)
        await talk.says("hi", place=SHARED)
        person = talk.storage.fans.person
        assert await person(MAYA, FanId(1)) == replace(ANN, name="Ann")
        assert await person(MAYA, FanId(1), within="server") is not None
        assert await person(MAYA, FanId(1), within="group") is not None
        assert await person(MAYA, FanId(1), within="other") is None
        assert await person(ZOE, FanId(1)) is None

    async def test_knows_the_private_chat(self, talk: Talk) -> None:
        await talk.says("hi", place=SERVER)
        assert await talk.storage.fans.dm(MAYA, ACCOUNT, FanId(1)) is None
        await talk.says("psst")
        assert await talk.storage.fans.dm(MAYA, ACCOUNT, FanId(1)) == DM
        assert await talk.storage.fans.dm(ZOE, ACCOUNT, FanId(1)) is None


# ── sanctions ────────────────────────────────────────────────────────────────────────────────────


class TestASanction:
    async def test_refuses_what_comes_and_nothing_is_due(self, talk: Talk) -> None:
        await talk.storage.sanctions.impose(case(), "ban")
        refused = await talk.storage.inbox.accept(_incoming(talk, "hello"), now=NOON)
        assert refused is None
        assert await states(talk) == {"hello": MessageState.REFUSED}
        assert await talk.due() == []

    async def test_holds_in_its_community_only(self, talk: Talk) -> None:
        await talk.storage.sanctions.impose(case(community="server"), "ban")
        for place in (DM, SHARED, replace(SERVER, chat="other", community="")):
            assert await talk.storage.inbox.accept(_incoming(talk, "hello", place), now=NOON) is not None
        for place in (SERVER, replace(SERVER, chat="attic"), replace(SERVER, thread="7")):
            assert await talk.storage.inbox.accept(_incoming(talk, "hello", place), now=NOON) is None

    async def test_of_a_group_without_a_server_is_keyed_by_its_chat(self, talk: Talk) -> None:
        await talk.storage.sanctions.impose(case(community="group"), "mute")
        assert await talk.storage.inbox.accept(_incoming(talk, "hello", SHARED), now=NOON) is None
        assert await talk.storage.inbox.accept(_incoming(talk, "hello", DM), now=NOON) is not None

    async def test_holds_against_one_person_and_for_one_avatar(self, talk: Talk) -> None:
        await talk.storage.sanctions.impose(case(), "ban")
        await talk.storage.sanctions.impose(replace(case(person=BOB), avatar=ZOE), "ban")
        await talk.storage.sanctions.impose(case(person=Person("discord", "cat")), "ban")
        for who in ("bob", "cat"):
            assert await talk.storage.inbox.accept(_incoming(talk, "hello", fan=who), now=NOON) is not None

    async def test_lifts_by_itself(self, talk: Talk) -> None:
        await talk.storage.sanctions.impose(case("mute", until=timedelta(minutes=5)), "mute")
        assert await talk.storage.inbox.accept(_incoming(talk, "early"), now=NOON + timedelta(seconds=299)) is None
        talk.later(300)
        assert await talk.storage.inbox.accept(_incoming(talk, "late"), now=talk.now) is not None
        assert texts(await talk.claims((await talk.due())[0])) == ["late"]

    async def test_ends_the_turn_under_way_and_refuses_what_waits(self, talk: Talk) -> None:
        where = await talk.says("one")
        claim = await talk.claims(where)
        await talk.says("two")
        await talk.storage.sanctions.impose(case(), "ban")
        assert await talk.stores(claim, "too late") == ()
        assert await talk.finishes(claim) is False
        assert await states(talk) == {"one": MessageState.REFUSED, "two": MessageState.REFUSED}
        assert await talk.due() == []

    async def test_a_reply_stored_and_not_sent_is_given_up_and_not_remembered(self, talk: Talk) -> None:
        claim = await talk.claims(await talk.says("one"))
        (part, second) = await talk.stores(claim, "a b", "a", "b")
        await talk.storage.database.write(lambda c: c.execute(sa.update(delivery).values(begun=False)))
        await talk.storage.sanctions.impose(case(), "ban")
        assert await talk.storage.turns.may_speak(claim, part) is False
        assert await talk.storage.turns.may_speak(claim, second) is False
        assert {row["state"] for row in await talk.rows(delivery)} == {DeliveryState.EXPIRED}
        assert [row["text"] for row in await talk.rows(message)] == ["one"]

    async def test_what_others_said_in_that_turn_waits_again(self, talk: Talk) -> None:
        await talk.says("one", place=SHARED)
        where = await talk.says("two", place=SHARED, fan="bob")
        claim = await talk.claims(where)
        await talk.storage.sanctions.impose(case(), "ban")
        assert await talk.stores(claim, "too late") == ()
        assert await talk.due() == [where]
        again = await talk.claims(where)
        assert texts(again) == ["two"]
        assert await talk.answers(again, "only bob") is False

    async def test_turns_of_others_and_elsewhere_go_on(self, talk: Talk) -> None:
        bobs = await talk.claims(await talk.says("bob's", place=SHARED, fan="bob"))
        anns = await talk.claims(await talk.says("ann's"))
        await talk.storage.sanctions.impose(case(community="group"), "ban")
        assert len(await talk.stores(bobs, "to bob")) == 1
        assert len(await talk.stores(anns, "to ann in private")) == 1

    async def test_is_lifted_where_it_holds(self, talk: Talk) -> None:
        sanctions = talk.storage.sanctions
        await sanctions.impose(case(community="server"), "ban")
        await sanctions.impose(case("mute", community="server", until=timedelta(hours=1)), "mute")
        assert await sanctions.lift(case("unban", community="other"), {"ban"}) is None
        assert await sanctions.lift(replace(case("unban"), avatar=ZOE), {"ban"}) is None
        lifted = await sanctions.lift(case("unban", community="server"), {"ban"})
        assert lifted is not None
        assert lifted.number == 3
        (left,) = await sanctions.standing(MAYA, ANN, now=NOON)
        assert (left.kind, left.until) == ("mute", NOON + timedelta(hours=1))
        assert await sanctions.lift(case("unmute"), {"mute", "ignore"}) is not None  # for everywhere: wherever it holds
        assert await sanctions.standing(MAYA, ANN, now=NOON) == []

    async def test_the_same_again_replaces_it(self, talk: Talk) -> None:
        for hours in (1, 5):
            await talk.storage.sanctions.impose(case("mute", until=timedelta(hours=hours)), "mute")
        (left,) = await talk.storage.sanctions.standing(MAYA, ANN, now=NOON)
        assert (left.until, left.case) == (NOON + timedelta(hours=5), 2)

    async def test_messages_and_bans_at_the_same_time_leave_nothing_to_be_answered(self, talk: Talk) -> None:
        await talk.exchange("hello", "hi")

        async def write(number: int) -> None:
            accepted = await talk.storage.inbox.accept(_incoming(talk, f"m{number}"), now=NOON)
            if accepted is not None:
                await talk.storage.turns.claim(accepted.conversation, f"w{number}", now=NOON)

        await asyncio.gather(*(write(number) for number in range(6)), talk.storage.sanctions.impose(case(), "ban"))
        left = {text for text, state in (await states(talk)).items() if state in {"pending", "taken"}}
        assert left == set()
        open_turns = [row for row in await talk.rows(turn) if row["state"] != "done"]
        assert open_turns == []


def _incoming(talk: Talk, text: str, place: Place = DM, fan: str = "ann") -> Incoming:
    return Incoming(place, f"n{next(talk.numbers)}", Sender(fan, fan.title()), text, talk.now)


# ── pausing ──────────────────────────────────────────────────────────────────────────────────────


class TestASilence:
    @pytest.mark.parametrize("where", ["", f"{ACCOUNT}#server", SERVER.key])
    async def test_ends_the_turns_under_way_in_a_place_and_what_that_belongs_to(self, talk: Talk, where: str) -> None:
        claim = await talk.claims(await talk.says("one", place=SERVER))
        before = await talk.storage.sanctions.silence(MAYA, PAUSED.name, "on", where=where, now=NOON)
        assert before is None
        assert await talk.stores(claim, "too late") == ()
        assert await talk.finishes(claim) is False
        assert await states(talk) == {"one": MessageState.REFUSED}
        assert await talk.due() == []

    @pytest.mark.parametrize("where", [f"{ACCOUNT}#other", DM.key, f"{ACCOUNT}//room/9", "telegram:2//room/"])
    async def test_leaves_others_alone(self, talk: Talk, where: str) -> None:
        claim = await talk.claims(await talk.says("one", place=SERVER))
        await talk.storage.sanctions.silence(MAYA, PAUSED.name, "on", where=where, now=NOON)
        await talk.storage.sanctions.silence(ZOE, PAUSED.name, "on", where="", now=NOON)
        assert len(await talk.stores(claim, "in time")) == 1

    async def test_of_a_chat_holds_in_its_threads(self, talk: Talk) -> None:
        claim = await talk.claims(await talk.says("one", place=replace(SERVER, thread="7")))
        await talk.storage.sanctions.silence(MAYA, PAUSED.name, "on", where=f"{ACCOUNT}//room/", now=NOON)
        assert await talk.stores(claim, "too late") == ()

    async def test_whatever_is_claimed_after_it_knows_of_it(self, talk: Talk) -> None:
        await talk.says("one")
        await talk.storage.sanctions.silence(MAYA, PAUSED.name, "on", where="", now=NOON)
        (where,) = await talk.due()
        assert PAUSED.of((await talk.claims(where)).controls) == "on"

    async def test_and_claims_at_the_same_time_leave_no_turn_that_does_not_know(self, talk: Talk) -> None:
        places = [replace(DM, chat=f"fan {number}") for number in range(8)]
        claims: list[Claim | None] = []

        async def write(number: int) -> None:
            where = await talk.says("hi", place=places[number], fan=f"fan{number}")
            claims.append(await talk.storage.turns.claim(where, f"w{number}", now=NOON))

        async def pause() -> None:
            await talk.storage.sanctions.silence(MAYA, PAUSED.name, "on", where="", now=NOON)

        await asyncio.gather(*(write(number) for number in range(4)), pause(), *(write(n) for n in range(4, 8)))
        for claim in claims:
            assert claim is not None
            knows = claim.controls.values.get(("", PAUSED.name)) == "on"
            assert knows or await talk.stores(claim, "unaware") == ()


# ── what a turn looks up, and what it leaves unanswered ──────────────────────────────────────────


class TestDoors:
    async def test_know_when_each_fan_was_answered_last(self, talk: Talk) -> None:
        where = await talk.says("one", place=SHARED)
        await talk.answers(await talk.claims(where), "answer")
        talk.later(60)
        await talk.says("two", place=SHARED)
        await talk.says("three", place=SHARED, fan="bob")
        claim = await talk.claims(where)
        assert await talk.storage.doors.answered(claim) == {FanId(1): NOON}

    async def test_let_something_be_told_once_in_a_period(self, talk: Talk) -> None:
        claim = await talk.claims(await talk.says("one"))
        later = replace(claim, turn=TurnId(claim.turn + 1))
        hour = NOON + timedelta(hours=1)
        may_tell = talk.storage.doors.may_tell
        assert await may_tell(claim, None, "paused", until=hour, now=NOON)
        assert await may_tell(claim, None, "paused", until=hour, now=NOON)  # the same turn, played again
        assert not await may_tell(later, None, "paused", until=hour, now=NOON)
        assert await may_tell(later, FanId(1), "paused", until=hour, now=NOON)
        assert await may_tell(later, None, "quiet", until=hour, now=NOON)
        assert await may_tell(later, None, "paused", until=hour, now=hour)

    async def test_count_what_the_platform_refused_lately(self, talk: Talk) -> None:
        for number in range(2):
            claim = await talk.claims(await talk.says(f"{number}"))
            for part in await talk.stores(claim, "blocked", "a", "b"):
                state = DeliveryState.FAILED if number else DeliveryState.SENT
                await talk.storage.turns.record(Receipt(part.id, state, None))
            await talk.finishes(claim)
        doors = talk.storage.doors
        assert await doors.undelivered(MAYA, DM, since=NOON - timedelta(hours=1)) == 1
        assert await doors.undelivered(MAYA, DM, since=NOON) == 0
        assert await doors.undelivered(MAYA, SHARED, since=NOON - timedelta(hours=1)) == 0
        assert await doors.undelivered(ZOE, DM, since=NOON - timedelta(hours=1)) == 0

    async def test_what_a_reply_names_as_refused_is_not_in_the_window(self, talk: Talk) -> None:
        where = await talk.says("bad word", place=SHARED)
        await talk.says("fine", place=SHARED, fan="bob")
        claim = await talk.claims(where)
        reply = Reply("ok", Outcome.ANSWERED, remembered="ok", refused=(claim.pending[0].id,))
        await talk.storage.turns.store(claim, reply, ["ok"])
        await talk.finishes(claim)
        assert await states(talk) == {"bad word": MessageState.REFUSED, "fine": MessageState.ANSWERED}
        await talk.says("more", place=SHARED, fan="bob")
        assert said(await talk.claims(where)) == ["fine", "ok"]


# ── cases ────────────────────────────────────────────────────────────────────────────────────────


class TestCases:
    async def test_are_numbered_for_each_avatar_even_at_the_same_time(self, talk: Talk) -> None:
        cases = talk.storage.cases
        made = await asyncio.gather(*(cases.add(case("note")) for _ in range(6)))
        assert sorted(one.number for one in made) == [1, 2, 3, 4, 5, 6]
        assert (await cases.add(replace(case("note"), avatar=ZOE))).number == 1

    async def test_are_listed_newest_first_by_person_and_community(self, talk: Talk) -> None:
        cases = talk.storage.cases
        await cases.add(case("warn", community="server"))
        await cases.add(case("note", BOB, community="server"))
        await cases.add(case("note", community="other"))

        async def numbers(**which: object) -> list[int]:
            found = await cases.page(MAYA, below=0, limit=9, **which)  # type: ignore[arg-type] # any of its parameters
            return [one.number for one in found]

        assert await numbers() == [3, 2, 1]
        assert await numbers(whom=ANN) == [3, 1]
        assert await numbers(within="server") == [2, 1]
        assert await numbers(whom=ANN, within="server") == [1]
        assert await numbers(whom=Person("discord", "ann")) == []
        assert [one.number for one in await cases.page(MAYA, below=3, limit=1)] == [2]
        assert await cases.page(ZOE, below=0, limit=9) == []

    async def test_are_closed_once(self, talk: Talk) -> None:
        cases = talk.storage.cases
        await cases.add(case("report"))
        assert await cases.close(ZOE, 1, by="z", outcome="no", now=NOON) is None
        closed = await cases.close(MAYA, 1, by="m", outcome="talked", now=NOON)
        assert closed is not None
        assert (closed.closed_by, closed.outcome, closed.closed_at) == ("m", "talked", NOON)
        assert await cases.close(MAYA, 1, by="n", outcome="again", now=NOON) is None

    async def test_a_report_holds_what_it_is_about_until_that_is_forgotten(self, talk: Talk) -> None:
        await talk.exchange("a question", "an answer")
        cases = talk.storage.cases
        reported = await cases.report(case("report"), "r1", place=DM, most=3, since=NOON)
        assert reported.case is not None
        exchange = await cases.exchange(reported.case)
        assert exchange is not None
        assert (exchange.question, exchange.reply, exchange.fan, exchange.receipts) == (
            "a question",
            "an answer",
            FanId(1),
            ("r1",),
        )
        assert (await cases.report(case("report"), "r1", place=DM, most=3, since=NOON)).why == "known"
        assert (await cases.report(case("report", BOB), "r1", place=SHARED, most=3, since=NOON)).why == "no reply"
        await talk.storage.forgetting.forget_everything(MAYA, FanId(1), now=NOON)
        (left,) = await cases.page(MAYA, below=0, limit=9)
        assert (left.turn, left.person.name) == (None, "")
        assert await cases.exchange(left) is None

    async def test_no_more_reports_than_allowed_even_at_the_same_time(self, talk: Talk) -> None:
        for number in range(5):
            await talk.exchange(f"q{number}", "a")
        receipts = [row["receipt"] for row in await talk.rows(delivery)]
        since = NOON - timedelta(hours=1)
        made = await asyncio.gather(
            *(talk.storage.cases.report(case("report"), receipt, place=DM, most=3, since=since) for receipt in receipts)
        )
        assert sorted(one.why for one in made) == ["new", "new", "new", "too many", "too many"]


class TestSpam:
    async def test_is_ignored_exactly_once_too_many_even_at_the_same_time(self, talk: Talk) -> None:
        accept = talk.storage.inbox.accept
        sent = [_incoming(talk, "buy my course today") for _ in range(8)]
        await asyncio.gather(*(accept(one, now=NOON) for one in sent))
        kept = [row["state"] for row in await talk.rows(message)]
        assert sorted(kept) == [MessageState.PENDING] * 4 + [MessageState.REFUSED] * 4
        (held,) = await talk.storage.sanctions.standing(MAYA, ANN, now=NOON)
        assert (held.kind, held.until) == ("ignore", NOON + timedelta(minutes=1))

    async def test_moderators_are_spared(self, talk: Talk) -> None:
        for _ in range(8):
            one = _incoming(talk, "welcome, read the rules")
            await talk.storage.inbox.accept(replace(one, sender=replace(one.sender, moderator=True)), now=NOON)
        assert await talk.storage.sanctions.standing(MAYA, ANN, now=NOON) == []

    async def test_how_a_fan_writes_is_forgotten_with_them_and_a_ban_is_not(self, talk: Talk) -> None:
        await talk.says("hello")
        (row,) = await talk.rows(fan)
        assert row["habits"]
        await talk.storage.sanctions.impose(case(), "ban")
        await talk.storage.forgetting.forget_everything(MAYA, FanId(1), now=NOON)
        assert await talk.rows(fan) == []
        assert await talk.storage.inbox.accept(_incoming(talk, "me again"), now=NOON) is None
        assert [row["due_at"] for row in await talk.rows(conversation)] == [None]
