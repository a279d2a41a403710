"""core.memories.Forgetting over both databases: what a fan wants gone is gone, whatever is under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from adapters.storage.lessons import REST
from adapters.storage.remembered import fact
from adapters.storage.schema import conversation, correction, document, fan, gap, message, metadata, turn
from core import memories
from core.content import CORRECTIONS, Chunk, Document, Kind
from core.memory import FactId, FactKind, Forgotten, Learned, Lesson, Scope, Summary
from core.model import (
    AvatarId,
    Claim,
    ConversationId,
    DeliveryState,
    FanId,
    MessageId,
    Outcome,
    Place,
    Receipt,
    Reply,
    Used,
)
from tests.contract.conftest import ACCOUNT, DM, NOON, SHARED, Talk

MAYA = AvatarId("maya")
BOB = Place(ACCOUNT, "bob")
FIRST = FactId(0)


async def lesson(talk: Talk, where: ConversationId) -> Lesson:
    taken = await talk.storage.lessons.take(where, now=talk.now)
    assert taken is not None
    return taken


def taught(from_: Lesson, statement: str) -> list[Learned]:
    """The same of every message of a fan in a lesson."""
    return [
        Learned(one.fan, FactKind.PLAN, statement, one.sent_at, one.id, Scope.HERE)
        for one in from_.unlearned
        if one.fan is not None
    ]


async def life(talk: Talk, word: str, place: Place = DM, fan: str = "ann") -> Claim:
    """A fan says a word and is answered with it; everything that can come of it does."""
    storage = talk.storage
    where = await talk.says(word, place=place, fan=fan, message=f"{word} {place.chat}")
    claim = await talk.claims(where)
    used = (Used("passage", "1", "Bread", cited=True), Used("memory", "1", f"knows {word}"))
    reply = Reply(f"re {word}", Outcome.ANSWERED, f"re {word}", "llama", note={"said": word}, used=used, gap=word)
    for each in await storage.turns.store(claim, reply, [f"re {word}"]):
        await storage.turns.record(Receipt(each.id, DeliveryState.SENT, f"r{each.id}"))
    await talk.finishes(claim)
    put_right = await storage.corrections.add(MAYA, str(claim.turn), f"not {word}", "creator", now=talk.now)
    corrected = Document(str(put_right.id), Kind.CORRECTION, word, ())
    await storage.content.put(MAYA, CORRECTIONS, [(corrected, [Chunk(word, 1)])], now=talk.now)
    taken = await lesson(talk, where)
    made = Summary(f"They spoke of {word}.", taken.unlearned[-1].id, talk.now)
    assert await storage.lessons.keep(taken, taught(taken, f"said {word}"), made, now=talk.now)
    await storage.message_vectors.add(MAYA, "m", {claim.pending[0].id: word.encode()})
    return claim


async def number(talk: Talk, name: str = "ann") -> FanId:
    found = await talk.storage.fans.find(MAYA, ACCOUNT, name)
    assert found is not None
    return found


async def words(talk: Talk) -> dict[str, str]:
    """All that is written anywhere, by table and column."""

    def look(connection: sa.Connection) -> dict[str, str]:
        return {
            f"{name}.{column.name}": " ".join(
                repr(row[0]) for row in connection.execute(sa.select(column)) if row[0] is not None
            )
            for name, table in metadata.tables.items()
            for column in table.columns
        }

    return await talk.storage.database.read(look)


async def where_is(talk: Talk, word: str) -> list[str]:
    """In which columns a word occurs."""
    return [name for name, text in (await words(talk)).items() if word.casefold() in text.casefold()]


async def test_it_is_forgetting(talk: Talk) -> None:
    forgetting: memories.Forgetting = talk.storage.forgetting
    assert await forgetting.forget(MAYA, FanId(1), now=NOON, since=NOON) == Forgotten()
    assert await forgetting.forget_everything(MAYA, FanId(1), now=NOON) == Forgotten()
    assert await forgetting.forget_older(MAYA, NOON, now=NOON) == 0


# ── everything ───────────────────────────────────────────────────────────────────────────────────


async def furnish(talk: Talk) -> FanId:
    """Ann has been here with all that can come of it, in DMs and in a group, and Bob, too."""
    await life(talk, "zebra")
    await life(talk, "quagga", SHARED)
    await life(talk, "okapi", BOB, "bob")
    await life(talk, "tapir", SHARED, "bob")
    ann = await number(talk)
    await talk.storage.notes.add(MAYA, ann, DM, "noted zebra", now=talk.now, scope=Scope.EVERYWHERE)
    code = await talk.storage.links.code(MAYA, await number(talk, "bob"), now=talk.now)
    assert code is not None
    assert await talk.storage.links.redeem(MAYA, ann, code, now=talk.now)
    await talk.storage.links.code(MAYA, ann, now=talk.now)
    for who, word in ((ann, "zebra"), (await number(talk, "bob"), "okapi")):
        await talk.storage.notes.open(MAYA, who, on=True, now=talk.now)
        await talk.storage.audience.tag(MAYA, who, word)
        await talk.storage.audience.note(MAYA, who, f"asks about the {word}", now=talk.now)
    return ann


async def test_everything_leaves_no_word_and_no_number_of_a_fan_anywhere(talk: Talk) -> None:
    ann = await furnish(talk)
    assert len(await where_is(talk, "zebra")) >= 14
    forgotten = await talk.storage.forgetting.forget_everything(MAYA, ann, now=talk.now)
    assert forgotten == Forgotten(messages=2, replies=2, facts=3)
    for word in ("zebra", "quagga", "ann"):
        assert await where_is(talk, word) == []
    for name, table in metadata.tables.items():
        if "fan_id" in table.c:
            assert all(row["fan_id"] != ann for row in await talk.rows(table)), name
    assert [row["name"] for row in await talk.rows(fan)] == ["Bob"]


async def test_nothing_of_anybody_else_is_forgotten(talk: Talk) -> None:
    ann = await furnish(talk)
    before = {word: await where_is(talk, word) for word in ("okapi", "tapir")}
    await talk.storage.forgetting.forget_everything(MAYA, ann, now=talk.now)
    after = {word: await where_is(talk, word) for word in ("okapi", "tapir")}
    assert after["okapi"] == before["okapi"]
    # the group's summary spoke of Ann as well, perhaps: it is made anew
    assert after["tapir"] == [name for name in before["tapir"] if name != "summary.text"]
    assert await talk.storage.lessons.due(MAYA, now=talk.now + REST) == [
        row["id"] for row in await talk.rows(conversation) if row["shared"]
    ]


async def test_a_fan_who_comes_back_is_a_new_one(talk: Talk) -> None:
    ann = await furnish(talk)
    await talk.storage.forgetting.forget_everything(MAYA, ann, now=talk.now)
    await talk.exchange("hi", "hello")
    again = await number(talk)
    assert again > ann
    assert await talk.storage.notes.facts(MAYA, again, after=FIRST, limit=9) == []


async def test_another_avatar_forgets_nothing_of_ours(talk: Talk) -> None:
    ann = await furnish(talk)
    before = await words(talk)
    zoe = AvatarId("zoe")
    assert await talk.storage.forgetting.forget_everything(zoe, ann, now=talk.now) == Forgotten()
    ids = [MessageId(row["id"]) for row in await talk.rows(message)]
    assert await talk.storage.forgetting.forget(zoe, ann, now=talk.now, messages=ids) == Forgotten()
    assert await talk.storage.forgetting.forget_older(zoe, talk.now + REST, now=talk.now) == 0
    await talk.storage.forgetting.sweep(zoe, now=talk.now)
    assert await words(talk) == before


# ── while something is under way ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stored", [False, True], ids=["open", "stored"])
async def test_a_turn_that_is_under_way_may_not_speak_any_more(talk: Talk, stored: bool) -> None:
    claim = await talk.claims(await talk.says("zebra"))
    if stored:
        await talk.stores(claim, "re zebra")
    await talk.storage.forgetting.forget_everything(MAYA, await number(talk), now=talk.now)
    assert await talk.stores(claim, "re zebra") == ()
    assert await talk.storage.turns.show(claim, 0, "re zebra") is None
    assert not await talk.finishes(claim)
    assert await talk.due() == []
    assert await where_is(talk, "zebra") == []


async def test_what_others_had_said_in_that_turn_is_answered_by_the_next(talk: Talk) -> None:
    where = await talk.says("zebra", place=SHARED)
    await talk.says("okapi", place=SHARED, fan="bob")
    claim = await talk.claims(where)
    await talk.storage.forgetting.forget_everything(MAYA, await number(talk), now=talk.now)
    assert await talk.stores(claim, "re zebra") == ()
    assert await talk.due() == [where]
    again = await talk.claims(where, "w2")
    assert [one.text for one in again.pending] == ["okapi"]


async def test_what_waits_is_not_answered(talk: Talk) -> None:
    where = await talk.says("zebra", place=SHARED)
    await talk.storage.forgetting.forget_everything(MAYA, await number(talk), now=talk.now)
    assert await talk.due() == []
    assert await talk.cannot_claim(where)


async def test_a_lesson_that_is_under_way_is_not_kept(talk: Talk) -> None:
    where = await talk.exchange("zebra", "re zebra")
    taken = await lesson(talk, where)
    await talk.storage.forgetting.forget(MAYA, await number(talk), now=talk.now, since=NOON)
    made = Summary("zebra", taken.unlearned[-1].id, NOON)
    assert not await talk.storage.lessons.keep(taken, taught(taken, "zebra"), made, now=talk.now)
    assert await where_is(talk, "zebra") == []


async def test_the_turn_in_which_the_fan_asks_for_it_goes_on(talk: Talk) -> None:
    await life(talk, "zebra")
    where = await talk.says("/forget zebra", command="forget", message="c")
    await talk.says("more zebra")
    claim = await talk.claims(where)
    ann = await number(talk)
    await talk.storage.forgetting.forget_everything(MAYA, ann, now=talk.now, spare=claim.turn)
    await talk.storage.forgetting.sweep(MAYA, now=talk.now)  # too early: it is not answered yet
    (delivery,) = await talk.stores(claim, "Done.")
    await talk.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, "r"))
    await talk.finishes(claim)
    assert await where_is(talk, "zebra") == []
    await talk.storage.forgetting.sweep(MAYA, now=talk.now)
    assert await where_is(talk, "ann") == []
    assert {table: await talk.rows(table) for table in (fan, conversation, turn, message)} == {
        fan: [],
        conversation: [],
        turn: [],
        message: [],
    }


async def test_a_fan_who_goes_on_writing_keeps_what_came_after(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("/forget", command="forget"))
    ann = await number(talk)
    await talk.storage.forgetting.forget_everything(MAYA, ann, now=talk.now, spare=claim.turn)
    await talk.answers(claim, "Done.")
    talk.later(1)
    await talk.exchange("okapi", "re okapi")
    for _ in range(2):
        await talk.storage.forgetting.sweep(MAYA, now=talk.now)
        assert [row["text"] for row in await talk.rows(message)] == ["okapi", "re okapi"]
        assert [row["name"] for row in await talk.rows(fan)] == ["Ann"]


# ── a part ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_last_hour_is_forgotten_and_what_it_had_replaced_holds_again(talk: Talk) -> None:
    await life(talk, "zebra")
    talk.later(7200)
    where = await talk.exchange("quagga", "re quagga")
    taken = await lesson(talk, where)
    newer = [replace(one, replaces=(taken.facts[0].id,)) for one in taught(taken, "quagga")]
    assert await talk.storage.lessons.keep(taken, newer, None, now=talk.now)
    ann = await number(talk)
    assert [one.statement for one in await talk.storage.notes.facts(MAYA, ann, after=FIRST, limit=9)] == ["quagga"]
    done = await talk.storage.forgetting.forget(MAYA, ann, now=talk.now, since=talk.now - timedelta(hours=1))
    assert done == Forgotten(messages=1, replies=1, facts=1)
    assert await where_is(talk, "quagga") == []
    assert [one.statement for one in await talk.storage.notes.facts(MAYA, ann, after=FIRST, limit=9)] == ["said zebra"]
    assert "message.text" in await where_is(talk, "zebra")


async def test_a_topic_is_forgotten_by_its_facts_and_messages(talk: Talk) -> None:
    first = await life(talk, "zebra")
    await life(talk, "okapi")
    ann = await number(talk)
    zebra, _okapi = await talk.storage.notes.facts(MAYA, ann, after=FIRST, limit=9)
    done = await talk.storage.forgetting.forget(MAYA, ann, now=talk.now, facts=[zebra.id])
    assert done == Forgotten(messages=1, replies=1, facts=1)
    assert await where_is(talk, "zebra") == []
    assert {row["text"] for row in await talk.rows(message)} == {"okapi", "re okapi"}
    others = [one.id for one in first.pending]
    assert await talk.storage.forgetting.forget(MAYA, ann, now=talk.now, messages=others) == Forgotten()


async def test_nobody_can_have_forgotten_what_another_said(talk: Talk) -> None:
    await life(talk, "zebra")
    await life(talk, "okapi", BOB, "bob")
    (hers,) = await talk.storage.notes.facts(MAYA, await number(talk), after=FIRST, limit=9)
    everything = [MessageId(row["id"]) for row in await talk.rows(message)]
    bob = await number(talk, "bob")
    await talk.storage.forgetting.forget(MAYA, bob, now=talk.now, messages=everything, facts=[hers.id])
    assert await where_is(talk, "okapi") == []
    assert "fact.statement" in await where_is(talk, "zebra")
    assert "message.text" in await where_is(talk, "zebra")


async def test_corrections_and_what_was_made_of_them_go_too(talk: Talk) -> None:
    await life(talk, "zebra")
    before = await talk.storage.content.revision(MAYA)
    await talk.storage.forgetting.forget(MAYA, await number(talk), now=talk.now, since=NOON)
    assert [len(await talk.rows(table)) for table in (correction, document, gap)] == [0, 0, 0]
    assert await talk.storage.content.revision(MAYA) > before


# ── for how long ─────────────────────────────────────────────────────────────────────────────────


async def test_what_is_too_old_goes_and_fans_who_are_gone(talk: Talk) -> None:
    await life(talk, "zebra")
    await life(talk, "okapi", BOB, "bob")
    talk.later(1000)
    kept_from = talk.now
    await life(talk, "tapir")
    assert await talk.storage.forgetting.forget_older(MAYA, kept_from, now=talk.now) == 4
    for word in ("zebra", "okapi", "bob"):
        assert await where_is(talk, word) == []
    assert [row["text"] for row in await talk.rows(message)] == ["tapir", "re tapir"]
    assert [row["statement"] for row in await talk.rows(fact)] == ["said tapir"]


async def test_what_waits_for_an_answer_is_not_too_old(talk: Talk) -> None:
    await talk.says("zebra")
    talk.later(1000)
    assert await talk.storage.forgetting.forget_older(MAYA, talk.now, now=talk.now) == 0
    assert "message.text" in await where_is(talk, "zebra")
