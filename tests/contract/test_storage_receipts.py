"""core.ports.Receipts over both databases, and what is learnt from replies: gaps and corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.storage import Receipts
from adapters.storage.schema import gap, metadata, turn_source
from core import ports
from core.content import Chunk, Document, Gap, Kind, PassageId
from core.errors import NotFound
from core.model import (
    AccountId,
    AvatarId,
    Claim,
    ConversationId,
    DeliveryState,
    Outcome,
    Place,
    Receipt,
    Reply,
    TurnId,
    Usage,
    Used,
    Why,
)
from tests.contract.conftest import ACCOUNT, DM, NOON, SHARED, Talk

MAYA = AvatarId("maya")
BREAD = Used("passage", "1", "Bread", "https://example.org/bread", 2.5, cited=True)
RULE = Used("rule", "no-medical", "No medical advice")
SOUP = Used("passage", "2", "Soup", score=1.25)


@pytest.fixture
def receipts(talk: Talk) -> Receipts:
    return talk.storage.receipts


async def reply_with(
    talk: Talk, *used: Used, text: str = "how?", place: Place = DM, gap: str = "", outcome: Outcome = Outcome.ANSWERED
) -> Claim:
    """A fan asks, and is answered with these."""
    claim = await talk.claims(await talk.says(text, place=place))
    reply = Reply("So.\n\nAI.", outcome, "So.", "llama", Usage(9, 3, 1), note={"finish": "stop"}, used=used, gap=gap)
    for each in await talk.storage.turns.store(claim, reply, [reply.text]):
        await talk.storage.turns.record(Receipt(each.id, DeliveryState.SENT, f"r{each.id}"))
    await talk.finishes(claim)
    return claim


async def test_they_are_receipts(talk: Talk) -> None:
    receipts: ports.Receipts = talk.storage.receipts
    assert await receipts.of_last_reply(DM) == ()
    assert await receipts.shown(DM) == frozenset()
    assert await receipts.lately(DM, limit=9) == []


# ── for the fan ──────────────────────────────────────────────────────────────────────────────────


async def test_what_went_into_the_last_reply_is_told_best_first(talk: Talk, receipts: Receipts) -> None:
    await reply_with(talk, SOUP)
    await reply_with(talk, BREAD, RULE, SOUP)
    assert await receipts.of_last_reply(DM) == (BREAD, RULE, SOUP)
    await reply_with(talk)
    assert await receipts.of_last_reply(DM) == ()


@pytest.mark.parametrize("outcome", [Outcome.COMMAND, Outcome.REFUSED, Outcome.IGNORED])
async def test_what_is_no_reply_hides_none(talk: Talk, receipts: Receipts, outcome: Outcome) -> None:
    await reply_with(talk, BREAD)
    await reply_with(talk, SOUP, outcome=outcome)
    assert await receipts.of_last_reply(DM) == (BREAD,)


async def test_a_turn_that_is_under_way_hides_no_reply(talk: Talk, receipts: Receipts) -> None:
    await reply_with(talk, BREAD)
    await talk.claims(await talk.says("/sources", command="sources"))
    assert await receipts.of_last_reply(DM) == (BREAD,)


OTHER_PLACES = (
    replace(DM, chat="bob"),
    replace(DM, thread="7"),
    replace(DM, business="b1"),
    replace(DM, account=AccountId("telegram:2")),
    SHARED,
)


@pytest.mark.parametrize("elsewhere", OTHER_PLACES, ids=["chat", "thread", "business", "account", "shared"])
async def test_no_other_place_is_told_of_it(talk: Talk, receipts: Receipts, elsewhere: Place) -> None:
    await talk.says("hi", place=elsewhere)
    passage = await published(talk)
    await reply_with(talk, replace(BREAD, ref=str(passage)))
    assert await receipts.of_last_reply(elsewhere) == ()
    assert await receipts.shown(elsewhere) == frozenset()
    assert "how?" not in await receipts.lately(elsewhere, limit=9)
    assert await receipts.why(MAYA, "r1", place=elsewhere) is None
    assert len(await receipts.of_last_reply(DM)) == len(await receipts.shown(DM)) == 1


async def published(talk: Talk, key: str = "bread") -> PassageId:
    """The id of the only passage of a new document."""
    document = Document(key, Kind.PAGE, key.title(), ())
    await talk.storage.content.put(MAYA, "blog", [(document, [Chunk(f"On {key}.", 2)])], now=NOON)
    return (await talk.storage.content.scan(MAYA, after=PassageId(0), limit=99))[-1].id


async def test_documents_count_as_shown_where_a_reply_rested_on_them(talk: Talk, receipts: Receipts) -> None:
    bread, soup, gone = [await published(talk, key) for key in ("bread", "soup", "gone")]
    cited = [replace(BREAD, ref=str(which)) for which in (bread, gone)]
    await reply_with(talk, *cited, replace(SOUP, ref=str(soup)), replace(RULE, cited=True))
    await reply_with(talk, cited[0], outcome=Outcome.COMMAND)
    await talk.storage.content.keep_only(MAYA, "blog", ["bread", "soup"])
    (passage,) = await talk.storage.content.fetch(MAYA, [bread])
    assert await receipts.shown(DM) == {passage.document}


async def test_what_fans_wrote_lately_comes_oldest_first_and_only_since_the_reset(
    talk: Talk, receipts: Receipts
) -> None:
    for text in ("one", "two", "three"):
        await reply_with(talk, text=text)
    await talk.says("/help", command="help", message="c1")
    where = await talk.says("four")
    assert await receipts.lately(DM, limit=2) == ["two", "three"]
    await talk.claims(where)
    assert await receipts.lately(DM, limit=9) == ["one", "two", "three", "four"]
    await talk.says("/reset", command="reset", message="c2")
    await talk.storage.inbox.reset(DM, "c2", now=talk.now)
    assert await receipts.lately(DM, limit=9) == []


# ── for those who look after the avatar ──────────────────────────────────────────────────────────


async def test_why_tells_all_but_what_was_said(talk: Talk, receipts: Receipts) -> None:
    claim = await reply_with(talk, BREAD, RULE, gap="how?")
    assert await receipts.why(MAYA, str(claim.turn)) == Why(
        claim.turn,
        DM,
        "answered",
        "llama",
        Usage(9, 3, 1),
        {"finish": "stop"},
        (BREAD, RULE),
        gap=True,
        began_at=NOON,
        finished_at=NOON,
    )


async def test_why_finds_a_turn_by_its_number_by_the_reply_and_by_the_question(talk: Talk, receipts: Receipts) -> None:
    where = await talk.says("hi", message="question")
    claim = await talk.claims(where)
    (delivery,) = await talk.stores(claim, "hello")
    await talk.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, "reply"))
    for known_as, place in ((str(claim.turn), None), ("reply", None), ("question", None), ("reply", DM)):
        why = await receipts.why(MAYA, known_as, place=place)
        assert why is not None
        assert why.turn == claim.turn
    for unknown in ("", "never", "9" * 40, "²", "-1", "7"):
        assert await receipts.why(MAYA, unknown) is None


async def test_in_a_place_only_a_reply_that_was_given_there_is_found(talk: Talk, receipts: Receipts) -> None:
    claim = await talk.claims(await talk.says("hi", message="question"))
    (delivery,) = await talk.stores(claim, "hello")
    await talk.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, "reply"))
    corrections: ports.Corrections = talk.storage.corrections
    assert await corrections.replaced(MAYA, "reply", place=DM) == "hello"
    for known_as, avatar, place in (
        ("question", MAYA, DM),
        (str(claim.turn), MAYA, DM),
        ("", MAYA, DM),
        ("reply", AvatarId("other"), DM),
        *(("reply", MAYA, elsewhere) for elsewhere in OTHER_PLACES),
    ):
        assert await receipts.why(avatar, known_as, place=place) is None
        assert await corrections.replaced(avatar, known_as, place=place) is None
        with pytest.raises(NotFound):
            await corrections.add(avatar, known_as, "Hello!", "the creator", now=NOON, place=place)


async def test_where_an_id_is_used_in_two_places_the_place_decides_and_else_the_newest(
    talk: Talk, receipts: Receipts
) -> None:
    turns: list[TurnId] = []
    for place in (DM, SHARED):
        claim = await talk.claims(await talk.says("hi", place=place))
        turns.append(claim.turn)
        (delivery,) = await talk.stores(claim, "hello")
        await talk.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, "m77"))
    found = [await receipts.why(MAYA, "m77", place=place) for place in (DM, SHARED, None)]
    assert [why and why.turn for why in found] == [*turns, turns[1]]
    assert [why and why.place for why in found] == [DM, SHARED, SHARED]


async def test_a_turn_that_is_under_way_has_no_outcome_yet(talk: Talk, receipts: Receipts) -> None:
    claim = await talk.claims(await talk.says("hi"))
    why = await receipts.why(MAYA, str(claim.turn))
    assert why is not None
    assert (why.outcome, why.model, why.used, why.gap, why.finished_at) == ("", "", (), False, None)


async def test_the_receipt_of_a_place_tells_sources_and_all_that_was_used(talk: Talk) -> None:
    await reply_with(talk, BREAD, RULE)
    receipt = await talk.storage.receipt(DM)
    assert receipt["sources"] == [{"title": "Bread", "url": "https://example.org/bread", "cited": True}]
    assert [used["ref"] for used in receipt["used"]] == ["1", "no-medical"]
    assert receipt["used"][0]["score"] == 2.5


async def test_a_reply_that_is_not_stored_leaves_no_sources(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("hi"))
    talk.later(61)
    await talk.claims(claim.conversation, "another")
    reply = Reply("So.", Outcome.ANSWERED, used=(BREAD,), gap="hi")
    assert await talk.storage.turns.store(claim, reply, ["So."]) == ()
    assert await talk.rows(turn_source) == await talk.rows(gap) == []


# ── gaps ─────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_asked_in_a_private_conversation_is_not_noted_as_a_gap(talk: Talk) -> None:
    await talk.exchange("hi", "hello")
    await talk.storage.privacy.set(MAYA, DM, on=True, now=talk.now)
    await reply_with(talk, BREAD, gap="how?")
    assert await talk.rows(gap) == []
    assert [row["ref"] for row in await talk.rows(turn_source)] == [BREAD.ref]


async def test_a_question_without_an_answer_is_noted_with_who_asked_and_when(talk: Talk) -> None:
    first = await reply_with(talk, gap="Do you skate?")
    talk.later(3600)
    second = await reply_with(talk, gap="Do you ski?", place=SHARED)
    await reply_with(talk)
    gaps = talk.storage.gaps
    noted = [
        Gap(first.pending[0].fan, "Do you skate?", NOON),
        Gap(second.pending[0].fan, "Do you ski?", NOON + timedelta(hours=1)),
    ]
    assert await gaps.all(MAYA) == noted
    assert await gaps.all(MAYA, NOON + timedelta(seconds=1)) == noted[1:]


async def test_a_question_that_its_fan_takes_back_is_no_gap_any_more(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("Do you skate?", message="m1"))
    reply = Reply("No idea.", Outcome.FIXED, gap="Do you skate?")
    await talk.storage.turns.store(claim, reply, ["No idea."])
    await talk.storage.inbox.retract(SHARED, "m1")
    assert len(await talk.storage.gaps.all(MAYA)) == 1
    await talk.storage.inbox.retract(DM, "m1")
    assert await talk.storage.gaps.all(MAYA) == []


# ── corrections ──────────────────────────────────────────────────────────────────────────────────


async def burst(talk: Talk) -> ConversationId:
    """Two messages and a command, for one turn."""
    await talk.says("Do you", message="b1")
    await talk.says("/help", message="b2", command="help")
    return await talk.says("skate?", message="b3")


async def test_a_correction_knows_what_was_asked_and_what_was_said(talk: Talk) -> None:
    claim = await talk.claims(await burst(talk))
    (delivery,) = await talk.storage.turns.store(claim, Reply("AI. No.", Outcome.ANSWERED, "No."), ["AI. No."])
    await talk.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, "r1"))
    corrections = talk.storage.corrections
    added = await corrections.add(MAYA, "r1", "Since I was six!", "the creator", now=NOON, place=DM)
    assert (added.question, added.reply_before, added.text) == ("Do you\nskate?", "No.", "Since I was six!")
    assert await corrections.all(MAYA) == [added]
    assert not await corrections.remove(AvatarId("other"), added.id)
    assert await corrections.remove(MAYA, added.id)
    assert not await corrections.remove(MAYA, added.id)
    assert await corrections.all(MAYA) == []


async def test_a_reply_put_right_again_is_as_it_was_put_right_last(talk: Talk) -> None:
    claims = [await reply_with(talk, text=text) for text in ("one", "two")]
    corrections = talk.storage.corrections
    for text in ("first", "second", "second"):
        one, two = [await corrections.add(MAYA, str(claim.turn), text, "me", now=NOON) for claim in claims]
    assert await corrections.all(MAYA) == [one, two]
    assert (one.text, one.question, two.question) == ("second", "one", "two")


async def test_only_a_reply_can_be_put_right(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("hi", message="m1"))
    for known_as in ("m1", str(claim.turn), "never"):
        with pytest.raises(NotFound, match=known_as):
            await talk.storage.corrections.add(MAYA, known_as, "Hello!", "the creator", now=NOON)
    assert await talk.storage.corrections.all(MAYA) == []


# ── forgetting a fan ─────────────────────────────────────────────────────────────────────────────

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "back-up.md"


async def test_the_documented_statements_forget_a_fan_and_nobody_else(talk: Talk) -> None:
    for fan in ("123456", "bob"):
        for place in (Place(ACCOUNT, fan), SHARED):
            claim = await talk.claims(await talk.says(f"how, asks {fan}?", place=place, fan=fan))
            reply = Reply("So.", Outcome.ANSWERED, "So.", used=(BREAD,), gap=f"how, asks {fan}?")
            await talk.storage.turns.store(claim, reply, ["So."])
            await talk.finishes(claim)
            await talk.storage.corrections.add(MAYA, str(claim.turn), "Thus.", "the creator", now=NOON)
    script = HOW_TO.read_text(encoding="utf-8").split("```sql")[1].split("```")[0]
    statements = [one.strip() for one in script.split(";") if one.strip() not in {"", "BEGIN", "COMMIT", "VACUUM"}]

    def forget(connection: sa.Connection) -> None:
        for statement in statements:
            connection.execute(sa.text(statement))

    await talk.storage.database.write(forget)
    assert "123456" not in repr([await talk.rows(table) for table in metadata.tables.values()])
    assert [each.question for each in await talk.storage.gaps.all(MAYA)] == ["how, asks bob?"] * 2
    assert len(await talk.storage.corrections.all(MAYA)) == 2
    assert len(await talk.storage.receipts.of_last_reply(Place(ACCOUNT, "bob"))) == 1
