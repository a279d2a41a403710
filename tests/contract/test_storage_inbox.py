"""core.ports.Inbox over both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.storage import Rules
from adapters.storage.schema import conversation, fan, message, turn
from core import ports
from core.model import AccountId, Announcement, AvatarId, ConversationId, Incoming, Place, Sender
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, Talk, said, texts


async def test_it_is_an_inbox(talk: Talk) -> None:
    inbox: ports.Inbox = talk.storage.inbox
    assert await inbox.last_seen(ACCOUNT) == {}


async def test_an_accepted_message_makes_its_conversation_due(talk: Talk) -> None:
    where = await talk.says("hi")
    assert await talk.due() == [where]


async def test_a_message_that_is_known_changes_nothing(talk: Talk) -> None:
    where = await talk.says("hi", message="m1")
    await talk.answers(await talk.claims(where), "hello")
    before = [await talk.rows(table) for table in (conversation, fan, message, turn)]
    talk.later(60)
    again = Incoming(DM, "m1", Sender("ann", "Someone else", "fr"), "hi!!", talk.now)
    assert await talk.storage.inbox.accept(again, now=talk.now) is None
    assert [await talk.rows(table) for table in (conversation, fan, message, turn)] == before
    assert await talk.due() == []


async def test_the_same_message_arriving_ten_times_at_once_is_stored_once(talk: Talk) -> None:
    incoming = Incoming(DM, "m1", Sender("ann", "Ann"), "hi", NOON)
    outcomes = await asyncio.gather(*(talk.storage.inbox.accept(incoming, now=NOON) for _ in range(10)))
    assert len([one for one in outcomes if one is not None]) == 1
    assert len(await talk.rows(message)) == 1


async def test_a_message_is_kept_with_all_that_it_brought(talk: Talk) -> None:
    incoming = Incoming(
        Place(ACCOUNT, "c", "topic", "business", shared=True),
        "m1",
        Sender("ann", "Ann", "pt-BR"),
        "look",
        NOON - timedelta(microseconds=1),
        command="start",
        argument="from-video",
        attachment="photo",
    )
    where = await talk.storage.inbox.accept(incoming, now=NOON)
    assert where is not None
    claim = await talk.claims(where.conversation)
    (one,) = claim.pending
    assert (claim.place, one.id) == (incoming.place, where.message)
    assert (one.message, one.name, one.language, one.text) == ("m1", "Ann", "pt-BR", "look")
    assert (one.command, one.argument, one.attachment) == ("start", "from-video", "photo")
    assert (one.sent_at, one.tokens, one.disclosed_at) == (incoming.sent_at, 4, None)


async def test_a_fan_is_one_fan_wherever_they_write_and_under_their_newest_name(talk: Talk) -> None:
    await talk.says("hi")
    talk.later(5)
    for sender, place in ((Sender("ann", "Anna"), Place(ACCOUNT, "group", shared=True)), (Sender("bob", "Bob"), DM)):
        await talk.storage.inbox.accept(Incoming(place, "x", sender, "hi", talk.now), now=talk.now)
    ann, bob = await talk.rows(fan)
    assert (ann["name"], ann["language"], ann["first_seen"], ann["last_seen"]) == ("Anna", "de", NOON, talk.now)
    assert (ann["platform"], bob["platform_user"]) == ("telegram", "bob")


@pytest.mark.parametrize(
    "other",
    [
        Place(AccountId("telegram:2"), "ann"),
        Place(AccountId("discord:1"), "ann"),
        Place(ACCOUNT, "bob"),
        Place(ACCOUNT, "ann", thread="7"),
        Place(ACCOUNT, "ann", business="b"),
    ],
)
async def test_every_part_of_a_place_keeps_conversations_apart(talk: Talk, other: Place) -> None:
    await talk.exchange("a secret", "it is safe", place=DM)
    where = await talk.says("what did you hear?", place=other, message="m1")
    claim = await talk.claims(where)
    assert claim.place == other
    assert claim.window == ()


class TestAnAccountThatIsGivenToAnotherAvatar:
    @pytest.fixture
    def owners(self) -> dict[AccountId, AvatarId]:
        return {ACCOUNT: AvatarId("maya")}

    @pytest.fixture
    def rules(self, owners: dict[AccountId, AvatarId]) -> Rules:
        return replace(RULES, avatar=owners.__getitem__)

    async def test_it_starts_new_conversations(self, talk: Talk, owners: dict[AccountId, AvatarId]) -> None:
        first = await talk.exchange("for Maya only", "of course")
        owners[ACCOUNT] = AvatarId("leo")
        assert await talk.storage.inbox.last_seen(ACCOUNT) == {}
        assert await talk.storage.inbox.revise(DM, "m1", "changed") is None
        second = await talk.says("hi")
        claim = await talk.claims(second)
        assert second != first
        assert (claim.avatar, claim.window) == ("leo", ())
        assert [row["text"] for row in await talk.rows(message)] == ["for Maya only", "of course", "hi"]


class TestRevising:
    async def test_what_waits_is_answered_as_it_now_reads(self, talk: Talk) -> None:
        where = await talk.says("helo", message="m1")
        assert await talk.storage.inbox.revise(DM, "m1", "hello!") == Announcement(where)
        (one,) = (await talk.claims(where)).pending
        assert (one.text, one.tokens) == ("hello!", 6)

    async def test_what_is_being_answered_is_claimed_again_as_it_now_reads(self, talk: Talk) -> None:
        where = await talk.says("helo", message="m1")
        await talk.claims(where)
        assert await talk.storage.inbox.revise(DM, "m1", "hello!") == Announcement(where)
        assert texts(await talk.claims(where)) == ["hello!"]

    async def test_what_is_answered_changes_in_the_window_and_is_not_answered_again(self, talk: Talk) -> None:
        where = await talk.says("helo", message="m1")
        await talk.stores(await talk.claims(where), "hi there")
        assert await talk.storage.inbox.revise(DM, "m1", "hello!") is None
        await talk.finishes(await talk.claims(where))
        assert await talk.due() == []
        await talk.says("next")
        assert said(await talk.claims(where)) == ["hello!", "hi there"]

    async def test_an_unknown_message_is_no_error(self, talk: Talk) -> None:
        assert await talk.storage.inbox.revise(DM, "nothing", "new") is None


class TestRetracting:
    async def test_what_waits_is_forgotten_and_not_answered(self, talk: Talk) -> None:
        where = await talk.says("my password is 123", message="m1")
        assert await talk.storage.inbox.retract(DM, "m1") == Announcement(where)
        assert await talk.cannot_claim(where)
        assert await talk.due() == []
        (row,) = await talk.rows(message)
        assert (row["text"], row["state"]) == ("", "retracted")

    async def test_one_of_several_leaves_the_others(self, talk: Talk) -> None:
        where = await talk.says("one", message="m1")
        await talk.says("two")
        await talk.storage.inbox.retract(DM, "m1")
        assert texts(await talk.claims(where)) == ["two"]

    async def test_a_turn_whose_only_message_is_gone_ends(self, talk: Talk) -> None:
        where = await talk.says("one", message="m1")
        await talk.claims(where)
        assert await talk.storage.inbox.retract(DM, "m1") == Announcement(where)
        assert await talk.cannot_claim(where)
        assert [row["outcome"] for row in await talk.rows(turn)] == ["dropped"]
        await talk.says("two")
        assert texts(await talk.claims(where, "w2")) == ["two"]

    async def test_what_is_answered_leaves_the_window(self, talk: Talk) -> None:
        where = await talk.says("one", message="m1")
        await talk.answers(await talk.claims(where), "first")
        assert await talk.storage.inbox.retract(DM, "m1") is None
        await talk.says("two")
        assert said(await talk.claims(where)) == ["first"]

    async def test_an_edit_that_comes_late_brings_nothing_back(self, talk: Talk) -> None:
        await talk.says("one", message="m1")
        await talk.storage.inbox.retract(DM, "m1")
        assert await talk.storage.inbox.revise(DM, "m1", "one!") is None
        assert (await talk.rows(message))[0]["text"] == ""

    async def test_an_unknown_message_is_no_error(self, talk: Talk) -> None:
        assert await talk.storage.inbox.retract(DM, "nothing") is None


class TestLastSeen:
    async def test_it_is_the_newest_message_of_each_dm(self, talk: Talk) -> None:
        for number, place in enumerate((DM, DM, Place(ACCOUNT, "bob"), Place(ACCOUNT, "group", shared=True))):
            await talk.says("hi", place=place, message=f"x{number}")
        await talk.says("hi", place=Place(AccountId("telegram:2"), "ann"), message="other")
        assert await talk.storage.inbox.last_seen(ACCOUNT) == {"ann": "x1", "bob": "x2"}

    async def test_the_avatars_own_words_do_not_count(self, talk: Talk) -> None:
        await talk.says("hi", message="x1")
        await talk.answers(await talk.claims((await talk.due())[0]), "hello")
        assert await talk.storage.inbox.last_seen(ACCOUNT) == {"ann": "x1"}


class TestTheQuietWindow:
    @pytest.fixture
    def rules(self) -> Rules:
        return replace(RULES, quiet=timedelta(seconds=3), quiet_cap=timedelta(seconds=7))

    async def due_in(self, talk: Talk, where: ConversationId) -> float:
        (row,) = await talk.rows(conversation)
        assert row["id"] == where
        return float((row["due_at"] - talk.now).total_seconds())

    async def test_nothing_is_claimed_before_it_ends(self, talk: Talk) -> None:
        where = await talk.says("one")
        talk.later(2.9)
        assert await talk.cannot_claim(where)
        assert await talk.due() == []
        talk.later(0.1)
        assert await talk.due() == [where]
        assert texts(await talk.claims(where)) == ["one"]

    async def test_each_message_begins_it_anew_up_to_the_cap(self, talk: Talk) -> None:
        where = await talk.says("one")
        seen = []
        for _ in range(3):
            talk.later(2)
            await talk.says("more")
            seen.append(await self.due_in(talk, where))
        assert seen == [3, 3, 1]
        talk.later(1)
        assert len((await talk.claims(where)).pending) == 4

    async def test_the_cap_counts_from_the_first_message_of_each_turn(self, talk: Talk) -> None:
        where = await talk.says("one")
        talk.later(7)
        claim = await talk.claims(where)
        await talk.says("two")
        assert await self.due_in(talk, where) == 3
        assert await talk.answers(claim, "reply") is True

    async def test_whoever_holds_the_conversation_need_not_wait(self, talk: Talk) -> None:
        where = await talk.says("one")
        talk.later(3)
        await talk.claims(where)
        await talk.says("two")
        assert texts(await talk.claims(where)) == ["one", "two"]


class TestResetting:
    async def test_the_window_is_emptied_and_what_waits_is_dropped(self, talk: Talk) -> None:
        where = await talk.exchange("old", "older")
        await talk.says("never mind this")
        await talk.storage.inbox.reset(DM, "interaction", now=talk.now)
        assert await talk.due() == []
        await talk.says("fresh")
        claim = await talk.claims(where)
        assert (texts(claim), said(claim)) == (["fresh"], [])

    async def test_a_turn_under_way_may_not_speak_any_more(self, talk: Talk) -> None:
        where = await talk.says("old")
        claim = await talk.claims(where)
        await talk.storage.turns.show(claim, 0, "wel")
        await talk.storage.inbox.reset(DM, "interaction", now=talk.now)
        assert await talk.storage.turns.show(claim, 0, "well") is None
        assert await talk.stores(claim, "well then") == ()
        assert await talk.finishes(claim) is False
        assert await talk.due() == []

    async def test_a_new_message_need_not_wait_for_the_turn_that_was_ended(self, talk: Talk) -> None:
        where = await talk.says("old")
        stale = await talk.claims(where)
        await talk.storage.inbox.reset(DM, "interaction", now=talk.now)
        await talk.says("fresh")
        claim = await talk.claims(where, "w2")
        assert texts(claim) == ["fresh"]
        assert await talk.finishes(stale) is False
        assert await talk.stores(claim, "hello") != ()

    async def test_a_stored_reply_that_is_being_sent_is_forgotten_too(self, talk: Talk) -> None:
        where = await talk.says("old")
        await talk.stores(await talk.claims(where), "reply")
        await talk.storage.inbox.reset(DM, "interaction", now=talk.now)
        assert await talk.cannot_claim(where)
        await talk.says("fresh")
        assert said(await talk.claims(where)) == []

    async def test_a_typed_reset_is_answered_by_its_own_turn(self, talk: Talk) -> None:
        where = await talk.exchange("old", "older")
        await talk.says("wait")
        await talk.says("", message="cmd", command="reset")
        claim = await talk.claims(where)
        await talk.says("and now?")
        await talk.storage.inbox.reset(DM, "cmd", now=talk.now)
        (delivery,) = await talk.stores(claim, "Done.")
        assert delivery.text == "Done."
        assert await talk.finishes(claim) is True
        after = await talk.claims(where)
        assert (texts(after), said(after)) == (["and now?"], ["Done."])

    async def test_a_typed_reset_that_is_obeyed_twice_after_a_crash_is_obeyed_once(self, talk: Talk) -> None:
        where = await talk.exchange("old", "older")
        await talk.says("", message="cmd", command="reset")
        await talk.storage.inbox.reset(DM, "cmd", now=talk.now) if await talk.claims(where) else None
        talk.later(61)
        again = await talk.claims(where, "w2")
        await talk.storage.inbox.reset(DM, "cmd", now=talk.now)
        assert await talk.answers(again, "Done.") is False
        await talk.exchange("fresh", "yes")
        await talk.storage.inbox.reset(DM, "cmd", now=talk.now)
        await talk.says("more")
        assert said(await talk.claims(where)) == ["Done.", "fresh", "yes"]

    async def test_a_reset_that_still_waits_leaves_what_came_after_it(self, talk: Talk) -> None:
        where = await talk.says("old")
        await talk.says("", message="cmd", command="reset")
        await talk.says("fresh")
        await talk.storage.inbox.reset(DM, "cmd", now=talk.now)
        assert await talk.due() == [where]
        assert texts(await talk.claims(where)) == ["fresh"]

    async def test_a_place_that_nobody_wrote_in_is_no_error(self, talk: Talk) -> None:
        await talk.storage.inbox.reset(DM, "interaction", now=talk.now)
        assert await talk.rows(conversation) == []


async def test_writing_again_makes_a_fan_reachable(talk: Talk) -> None:
    where = await talk.says("hi")
    claim = await talk.claims(where)
    await talk.stores(claim, "hello")
    await talk.storage.leases.unreachable(claim.turn)
    await talk.finishes(claim)
    assert [row["unreachable"] for row in await talk.rows(conversation)] == [True]
    await talk.says("I'm back")
    assert [row["unreachable"] for row in await talk.rows(conversation)] == [False]
