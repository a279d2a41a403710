"""Posts, holds, requests for a person and drafts, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapters.storage.desk import post
from adapters.storage.schema import metadata
from core.handover import Draft
from core.model import (
    Action,
    AvatarId,
    Claim,
    ConversationId,
    Deferred,
    Delivery,
    DeliveryState,
    FanId,
    Hold,
    Outcome,
    Place,
    Plea,
    Post,
    Reason,
    Receipt,
    Reply,
)
from tests.contract.conftest import ACCOUNT, DM, NOON, SHARED, Talk, said, texts

MAYA = AvatarId("maya")
DESK = Place(ACCOUNT, "desk", shared=True, community="server")
HOUR = timedelta(hours=1)


def hold(where: ConversationId, talk: Talk, *, place: Place = DM, desk: Place | None = DESK) -> Hold:
    return Hold(MAYA, where, place, "Maya", talk.now, talk.now + HOUR, desk, desk)


async def stores(talk: Talk, claim: Claim, *parts: str, outcome: Outcome = Outcome.ANSWERED) -> list[Delivery]:
    text = " ".join(parts)
    return list(await talk.storage.turns.store(claim, Reply(text, outcome, remembered=text), parts))


async def says_post(talk: Talk, where: ConversationId) -> Claim:
    """Claim, store, send and finish a post."""
    claim = await talk.claims(where)
    assert claim.post is not None
    reply = Reply(claim.post.text, Outcome.POSTED, claim.post.remembered, actions=claim.post.actions)
    for delivery in await talk.storage.turns.store(claim, reply, [reply.text]):
        await talk.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, f"p{delivery.id}"))
    await talk.finishes(claim)
    return claim


# ── posts ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_post_makes_its_place_due_and_is_said_ahead_of_messages(talk: Talk):
    where = await talk.says("hi")
    actions = (Action("Take", "talk take", "talk:1", "good"),)
    assert await talk.storage.outbox.post(MAYA, Post(DM, "Note.", "Note.", "Maya", actions), now=NOON)
    assert await talk.due() == [where]
    claim = await talk.claims(where)
    assert claim.post == Post(DM, "Note.", "Note.", "Maya", actions)
    assert claim.pending == ()
    reply = Reply("Note.", Outcome.POSTED, "Note.", actions=actions)
    (delivery,) = await talk.storage.turns.store(claim, reply, ["Note."])
    assert delivery.actions == actions
    assert await talk.finishes(claim) is True
    after = await talk.claims(where)
    assert after.post is None
    assert texts(after) == ["hi"]
    assert [(one.by_fan, one.name, one.text) for one in after.window] == [(False, "Maya", "Note.")]


async def test_a_post_of_a_key_that_is_known_is_not_said(talk: Talk):
    assert await talk.storage.outbox.post(MAYA, Post(DM, "One.", key="k"), now=NOON)
    assert not await talk.storage.outbox.post(MAYA, Post(SHARED, "Two.", key="k"), now=NOON)
    assert await talk.storage.outbox.post(AvatarId("zoe"), Post(DM, "Hers.", key="k"), now=NOON)
    assert await talk.storage.outbox.post(MAYA, Post(DM, "Three."), now=NOON)
    assert await talk.storage.outbox.post(MAYA, Post(DM, "Four."), now=NOON)
    assert [row["text"] for row in await talk.rows(post)] == ["One.", "Hers.", "Three.", "Four."]


async def test_posts_are_stored_with_the_reply_that_they_belong_to_or_not_at_all(talk: Talk):
    where = await talk.says("hi")
    claim = await talk.claims(where)
    reply = Reply("Hello.", Outcome.ANSWERED, posts=(Post(DESK, "Look."),))
    stale = replace(claim, generation=claim.generation - 1)
    assert await talk.storage.turns.store(stale, reply, ["Hello."]) == ()
    assert await talk.rows(post) == []
    assert len(await talk.storage.turns.store(claim, reply, ["Hello."])) == 1
    assert [row["text"] for row in await talk.rows(post)] == ["Look."]
    assert len(await talk.due()) == 1


async def test_a_post_that_a_dead_worker_began_is_the_same_post_for_the_next_one(talk: Talk):
    where = await talk.says("hi")
    await talk.storage.outbox.post(MAYA, Post(DM, "Note."), now=NOON)
    first = await talk.claims(where)
    talk.later(61)
    again = await talk.claims(where, worker="w2")
    assert (again.turn, again.post, again.pending) == (first.turn, first.post, ())
    await stores(talk, again, "Note.", outcome=Outcome.POSTED)
    talk.later(61)
    last = await talk.claims(where, worker="w3")
    assert last.reply == "Note."
    assert last.post is not None
    await talk.finishes(last)
    assert texts(await talk.claims(where, worker="w3")) == ["hi"]


async def test_a_reset_leaves_posts_that_wait_and_the_one_that_is_being_said(talk: Talk):
    where = await talk.says("hi")
    await talk.storage.outbox.post(MAYA, Post(DM, "One."), now=NOON)
    await talk.storage.outbox.post(MAYA, Post(DM, "Two."), now=NOON)
    claim = await talk.claims(where)
    await talk.storage.inbox.reset(DM, "interaction", now=NOON)
    assert len(await stores(talk, claim, "One.", outcome=Outcome.POSTED)) == 1
    assert await talk.finishes(claim) is True
    after = await says_post(talk, where)
    assert after.post is not None
    assert after.post.text == "Two."


# ── holds ────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_comes_second_finds_a_conversation_held(talk: Talk):
    where = await talk.says("hi")
    first = hold(where, talk)
    assert await talk.storage.holds.take(first)
    assert not await talk.storage.holds.take(replace(first, by="Bob"))
    assert [one.by for one in await talk.storage.holds.all(MAYA)] == ["Maya"]
    claim = await talk.claims(where)
    assert claim.hold == first
    assert await talk.storage.holds.release(first, now=talk.now)
    assert not await talk.storage.holds.release(first, now=talk.now)
    assert await talk.storage.holds.running() == []


async def test_an_open_turn_gives_its_messages_back_to_whoever_answers_now(talk: Talk):
    where = await talk.says("hi")
    claim = await talk.claims(where)
    await talk.storage.turns.show(claim, 0, "Hel")
    assert await talk.storage.holds.take(hold(where, talk))
    assert await stores(talk, claim, "Hello.") == []
    assert await talk.finishes(claim) is True
    now = await talk.claims(where)
    assert texts(now) == ["hi"]
    assert now.hold is not None


async def test_a_stored_reply_of_which_nothing_was_sent_is_given_up(talk: Talk):
    where = await talk.says("hi")
    claim = await talk.claims(where)
    (part,) = await stores(talk, claim, "Hello.")
    await talk.storage.turns.record(Receipt(part.id, DeliveryState.PENDING, None))  # the platform asks for a pause
    assert await talk.storage.holds.take(hold(where, talk))
    assert await talk.storage.turns.may_speak(claim, part) is False
    now = await talk.claims(where)
    assert texts(now) == ["hi"]
    assert said(now) == []


async def test_a_part_under_way_is_an_answer_and_the_rest_of_it_is_not_sent(talk: Talk):
    where = await talk.says("hi")
    claim = await talk.claims(where)
    first, second = await stores(talk, claim, "One.", "Two.")
    assert first.begun
    assert not second.begun
    assert await talk.storage.holds.take(hold(where, talk))
    assert await talk.storage.turns.may_speak(claim, second, Receipt(first.id, DeliveryState.SENT, "r1")) is False
    await talk.finishes(claim)
    assert await talk.cannot_claim(where)  # nothing is left to answer


async def test_a_part_that_could_not_be_sent_after_all_is_the_persons_to_answer(talk: Talk):
    where = await talk.says("hi")
    claim = await talk.claims(where)
    (part,) = await stores(talk, claim, "One.")
    assert await talk.storage.holds.take(hold(where, talk))  # while the send is under way: it may become visible
    await talk.storage.turns.record(Receipt(part.id, DeliveryState.PENDING, None))  # it did not
    assert await talk.storage.turns.may_speak(claim, part) is False
    assert texts(await talk.claims(where)) == ["hi"]


async def test_leave_is_given_once_nobody_holds_the_conversation(talk: Talk):
    where = await talk.says("hi")
    claim = await talk.claims(where)
    first, second = await stores(talk, claim, "One.", "Two.")
    assert await talk.storage.turns.may_speak(claim, second, Receipt(first.id, DeliveryState.SENT, "r1"))
    stale = replace(claim, generation=claim.generation - 1)
    assert not await talk.storage.turns.may_speak(stale, second)


async def test_a_post_goes_on_when_a_person_takes_over(talk: Talk):
    where = await talk.says("hi")
    await talk.storage.outbox.post(MAYA, Post(DM, "One. Two."), now=NOON)
    claim = await talk.claims(where)
    first, second = await stores(talk, claim, "One.", "Two.", outcome=Outcome.POSTED)
    assert await talk.storage.holds.take(hold(where, talk))
    assert await talk.storage.turns.may_speak(claim, second, Receipt(first.id, DeliveryState.SENT, "r1"))
    assert await talk.finishes(claim) is True


async def test_until_its_thread_is_open_a_held_conversation_waits(talk: Talk):
    where = await talk.says("hi")
    taken = replace(hold(where, talk), thread=None)
    assert await talk.storage.holds.take(taken)
    assert await talk.cannot_claim(where)
    assert await talk.due() == [where]
    assert await talk.storage.holds.opened(taken, DESK, [Post(DESK, "Here.")], now=talk.now)
    assert not await talk.storage.holds.opened(taken, SHARED, [], now=talk.now)
    assert (await talk.claims(where)).hold == replace(taken, thread=DESK)


async def test_a_persons_words_prolong_the_hold_and_are_said_once(talk: Talk):
    where = await talk.says("hi")
    one = hold(where, talk)
    await talk.storage.holds.take(one)
    talk.later(60)
    words = Post(DM, "**Maya:** Hello.", "Hello.", "Maya", key="said/1")
    assert await talk.storage.holds.say(one, words, now=talk.now)
    assert await talk.storage.holds.say(one, words, now=talk.now)
    assert len(await talk.rows(post)) == 1
    (running,) = await talk.storage.holds.all(MAYA)
    assert running.until == talk.now + HOUR
    await talk.storage.holds.release(one, now=talk.now)
    assert not await talk.storage.holds.say(one, replace(words, key="said/2"), now=talk.now)


async def relays(talk: Talk, where: ConversationId) -> None:
    claim = await talk.claims(where)
    assert claim.hold is not None
    assert await stores(talk, claim, outcome=Outcome.HELD) == []
    await talk.finishes(claim)


async def test_on_release_the_avatar_answers_what_came_after_the_persons_last_words(talk: Talk):
    where = await talk.says("one")
    one = hold(where, talk)
    await talk.storage.holds.take(one)
    talk.later(1)
    await relays(talk, where)
    talk.later(1)
    await talk.storage.holds.say(one, Post(DM, "Answered.", "Answered.", "Maya"), now=talk.now)
    await says_post(talk, where)
    talk.later(1)
    await talk.says("two")
    await relays(talk, where)
    await talk.storage.holds.release(one, now=talk.now)
    claim = await talk.claims(where)
    assert texts(claim) == ["two"]
    assert said(claim) == ["one", "Answered."]
    assert claim.pending[0].disclosed_at is None  # so that the fan hears who answers now


async def test_where_the_person_reads_along_nothing_is_answered_afterwards(talk: Talk):
    where = await talk.says("one", place=SHARED)
    one = hold(where, talk, place=SHARED, desk=None)
    await talk.storage.holds.take(one)
    await relays(talk, where)
    await talk.storage.holds.release(one, now=talk.now)
    assert await talk.cannot_claim(where)


async def test_what_the_creator_says_in_a_chat_of_their_own_is_kept_as_theirs(talk: Talk):
    chat = replace(DM, business="b1")
    where = await talk.exchange("hi", "Hello.", place=chat)
    talk.later(1)
    one = hold(where, talk, place=chat, desk=None)
    await talk.storage.holds.spoke(one, "own1", "It's me.")
    talk.later(1)
    later = replace(one, since=talk.now, until=talk.now + HOUR)
    await talk.storage.holds.spoke(later, "own2", "Still me.")
    await talk.storage.holds.spoke(later, "own2", "Still me.")
    (running,) = await talk.storage.holds.running()
    assert (running.since, running.until) == (one.since, later.until)
    await talk.says("wow", place=chat)
    claim = await talk.claims(where)
    assert said(claim) == ["hi", "Hello.", "It's me.", "Still me."]
    assert [one.name for one in claim.window] == ["Ann", "", "Maya", "Maya"]


# ── requests and drafts ──────────────────────────────────────────────────────────────────────────


async def test_a_request_for_a_person_waits_until_somebody_takes_or_dismisses_it(talk: Talk):
    where = await talk.says("a person please")
    claim = await talk.claims(where)
    plea = Plea(claim.pending[0].fan, Reason.ASKED)
    await talk.storage.turns.store(claim, Reply("Noted.", Outcome.FIXED, plea=plea), ["Noted."])
    assert await talk.storage.talks.asked(MAYA, where) == NOON
    (waiting,) = await talk.storage.talks.waiting(MAYA)
    assert (waiting.talk.name, waiting.talk.place, waiting.reason) == ("Ann", DM, Reason.ASKED)
    assert await talk.storage.talks.waiting(AvatarId("zoe")) == []
    assert await talk.storage.talks.dismiss(MAYA, where)
    assert not await talk.storage.talks.dismiss(MAYA, where)
    assert await talk.storage.talks.asked(MAYA, where) == NOON


async def test_conversations_are_found_by_fan_place_and_number(talk: Talk):
    where = await talk.says("hi")
    shared = await talk.says("hi", place=SHARED)
    talks = talk.storage.talks
    found = await talks.of_fan(MAYA, FanId(1))
    assert found is not None
    assert (found.conversation, found.fan, found.name) == (where, 1, "Ann")
    assert await talks.at(MAYA, DM) == await talks.numbered(MAYA, where) == found
    other = await talks.at(MAYA, SHARED)
    assert other is not None
    assert (other.conversation, other.fan, other.name) == (shared, None, "")
    assert await talks.numbered(MAYA, ConversationId(99)) is None
    assert await talks.numbered(AvatarId("zoe"), where) is None


async def deferred(talk: Talk, text: str, *, minutes: int = 0) -> tuple[ConversationId, Draft]:
    where = await talk.says(text)
    claim = await talk.claims(where)
    send_at = talk.now + timedelta(minutes=minutes) if minutes else None
    waits = Deferred(claim.pending[0].fan, f"re: {text}", f"re: {text}", "draft", send_at)
    await talk.storage.turns.store(claim, Reply("", Outcome.DEFERRED, deferred=waits), [])
    await talk.finishes(claim)
    return where, (await talk.storage.drafts.waiting(MAYA))[-1]


async def test_a_draft_is_decided_once_and_counted(talk: Talk):
    where, draft = await deferred(talk, "one")
    sent = Post(DM, draft.text, draft.remembered)
    assert await talk.storage.drafts.decide(draft, "sent", post=sent, now=NOON)
    assert not await talk.storage.drafts.decide(draft, "discarded", now=NOON)
    assert (await says_post(talk, where)).post == sent
    _, second = await deferred(talk, "two")
    assert await talk.storage.drafts.decide(second, "discarded", now=NOON)
    assert [(one.dial, one.sent, one.edited, one.discarded) for one in await talk.storage.drafts.rates(MAYA)] == [
        ("draft", 1, 0, 1)
    ]
    assert await talk.storage.talks.put_off(MAYA, where) == NOON


async def test_a_delayed_draft_becomes_due(talk: Talk):
    _, draft = await deferred(talk, "one", minutes=5)
    assert await talk.storage.drafts.due(talk.now) == []
    talk.later(300)
    assert await talk.storage.drafts.due(talk.now) == [draft]


async def test_a_draft_of_a_conversation_that_is_taken_over_is_given_up(talk: Talk):
    where, draft = await deferred(talk, "one")
    await talk.storage.holds.take(hold(where, talk))
    assert not await talk.storage.drafts.decide(draft, "sent", post=Post(DM, "x"), now=NOON)
    assert texts(await talk.claims(where)) == ["one"]


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────


async def everything_at_the_desk(talk: Talk) -> FanId:
    """A fan of whom the desk holds something in every table."""
    where, draft = await deferred(talk, "secret draft")
    claim = await talk.claims(await talk.says("secret plea"))
    fan = claim.pending[0].fan
    reply = Reply("Noted.", Outcome.FIXED, plea=Plea(fan, Reason.ASKED), posts=(Post(DESK, "secret call", fan=fan),))
    await talk.storage.turns.store(claim, reply, ["Noted."])
    await talk.finishes(claim)
    (desk,) = await talk.due()
    await says_post(talk, desk)
    one = hold(where, talk)
    await talk.storage.holds.take(one)
    await talk.storage.holds.say(one, Post(DM, "secret word", "secret word", "Maya"), now=talk.now)
    await says_post(talk, where)
    await talk.storage.outbox.post(MAYA, Post(DESK, "secret waiting", fan=fan), now=talk.now)
    await talk.storage.holds.spoke(replace(one, since=talk.now), "own", "secret own word")
    assert draft.talk.conversation == where
    return fan


async def kept(talk: Talk) -> str:
    tables = [*metadata.tables.values()]
    return "\n".join([repr(await talk.rows(table)) for table in tables])


async def test_everything_of_a_fan_that_the_desk_holds_is_forgotten_with_them(talk: Talk):
    fan = await everything_at_the_desk(talk)
    assert "secret word" in await kept(talk)
    await talk.storage.forgetting.forget_everything(MAYA, fan, now=talk.now)
    assert "secret" not in await kept(talk)
    assert await talk.storage.holds.running() == []


async def test_the_last_hour_is_forgotten_at_the_desk_too(talk: Talk):
    fan = await everything_at_the_desk(talk)
    await talk.storage.forgetting.forget(MAYA, fan, now=talk.now, since=NOON - HOUR)
    assert "secret" not in await kept(talk)


async def test_what_is_old_is_forgotten_at_the_desk_too(talk: Talk):
    await everything_at_the_desk(talk)
    assert "secret call" in await kept(talk)
    await talk.storage.forgetting.forget_older(MAYA, talk.now + HOUR, now=talk.now + HOUR)
    assert "secret call" not in await kept(talk)
