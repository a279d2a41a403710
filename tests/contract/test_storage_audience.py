"""core.memories.Audience over both databases: what a creator sees of fans, and keeps about them."""

from __future__ import annotations

from datetime import timedelta

from adapters.storage.remembered import creator_note, creator_tag
from core import memories
from core.memory import FactId, NoteId, Scope, Visitor
from core.model import AvatarId, FanId, Place
from tests.contract.conftest import ACCOUNT, DM, NOON, Talk

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
BOB = Place(ACCOUNT, "bob")
FIRST = FactId(0)
NOBODY = FanId(999)


async def meets(talk: Talk, place: Place = DM, fan: str = "ann") -> FanId:
    """A fan who has talked with the avatar, and of whom a fact is known."""
    claim = await talk.claims(await talk.says("hi", place=place, fan=fan))
    await talk.answers(claim, "hello")
    who = claim.pending[0].fan
    assert await talk.storage.notes.add(MAYA, who, place, f"secret of {fan}", now=talk.now, scope=Scope.EVERYWHERE)
    return who


async def seen(talk: Talk, avatar: AvatarId = MAYA, tag: str = "") -> list[Visitor]:
    return list(await talk.storage.audience.visitors(avatar, after=FanId(0), limit=9, tag=tag))


async def read(talk: Talk, fan: FanId, avatar: AvatarId = MAYA) -> list[str]:
    """What the creator may read of what is remembered of a fan."""
    return [one.statement for one in await talk.storage.audience.facts(avatar, fan, after=FIRST, limit=9)]


async def test_tags_and_notes_are_kept_for_each_fan_and_taken_away(talk: Talk) -> None:
    audience: memories.Audience = talk.storage.audience
    ann, bob = await meets(talk), await meets(talk, BOB, "bob")
    for fan, tag in ((ann, "vip"), (ann, "baker"), (ann, "vip"), (bob, "vip")):
        assert await audience.tag(MAYA, fan, tag)
    first = await audience.note(MAYA, ann, "met in Malmö", now=NOON)
    second = await audience.note(MAYA, ann, "asks about rye", now=NOON + timedelta(days=1))
    assert first is not None
    assert [(one.tags, one.notes) for one in await seen(talk)] == [(("baker", "vip"), 2), (("vip",), 0)]
    assert await audience.notes(MAYA, ann) == [first, second]
    assert first.made_at == NOON
    assert await audience.untag(MAYA, ann, "vip")
    assert not await audience.untag(MAYA, ann, "vip")
    assert await audience.drop_note(MAYA, ann, first.id)
    assert not await audience.drop_note(MAYA, ann, first.id)
    assert [(one.tags, one.notes) for one in await seen(talk)] == [(("baker",), 1), (("vip",), 0)]


async def test_a_tag_finds_those_who_have_it_page_by_page(talk: Talk) -> None:
    audience = talk.storage.audience
    fans = [await meets(talk, Place(ACCOUNT, name), name) for name in ("ann", "bob", "cy", "dee")]
    for fan in (fans[0], fans[2], fans[3]):
        await audience.tag(MAYA, fan, "vip")
    first = await audience.visitors(MAYA, after=FanId(0), limit=2, tag="vip")
    rest = await audience.visitors(MAYA, after=first[-1].id, limit=2, tag="vip")
    assert [one.id for one in (*first, *rest)] == [fans[0], fans[2], fans[3]]
    assert await seen(talk, tag="vi") == []


async def test_facts_are_read_only_of_who_has_opened_them_and_only_as_long(talk: Talk) -> None:
    own = talk.storage.notes
    ann, bob = await meets(talk), await meets(talk, BOB, "bob")
    assert await read(talk, ann) == []
    assert not await own.is_open(MAYA, ann)
    await own.open(MAYA, ann, on=True, now=talk.now)
    assert await own.is_open(MAYA, ann)
    assert await read(talk, ann) == ["secret of ann"]
    assert await read(talk, bob) == []
    assert [one.open for one in await seen(talk)] == [True, False]
    await own.open(MAYA, ann, on=False, now=talk.now)
    assert await read(talk, ann) == []
    assert [one.open for one in await seen(talk)] == [False, False]


async def test_a_fact_that_was_put_right_is_read_as_it_is_now_and_pages_follow_each_other(talk: Talk) -> None:
    own, ann = talk.storage.notes, await meets(talk)
    await own.open(MAYA, ann, on=True, now=talk.now)
    (old,) = await talk.storage.audience.facts(MAYA, ann, after=FIRST, limit=1)
    await own.correct(MAYA, ann, old.id, "no secret", now=talk.now)
    await own.add(MAYA, ann, DM, "likes rye", now=talk.now)
    (first,) = await talk.storage.audience.facts(MAYA, ann, after=FIRST, limit=1)
    (second,) = await talk.storage.audience.facts(MAYA, ann, after=first.id, limit=9)
    assert [first.statement, second.statement] == ["no secret", "likes rye"]


async def test_a_linked_account_is_not_opened_with_the_other(talk: Talk) -> None:
    ann, other = await meets(talk), await meets(talk, BOB, "bob")
    code = await talk.storage.links.code(MAYA, ann, now=talk.now)
    assert code is not None
    assert await talk.storage.links.redeem(MAYA, other, code, now=talk.now)
    await talk.storage.notes.open(MAYA, other, on=True, now=talk.now)
    assert await read(talk, ann) == []
    assert await read(talk, other) == ["secret of bob"]


async def test_of_nobody_and_for_another_avatar_nothing_is_kept_or_seen_or_taken_away(talk: Talk) -> None:
    audience, ann = talk.storage.audience, await meets(talk)
    await audience.tag(MAYA, ann, "vip")
    note = await audience.note(MAYA, ann, "met in Malmö", now=NOON)
    assert note is not None
    await talk.storage.notes.open(MAYA, ann, on=True, now=NOON)
    for avatar, fan in ((ZOE, ann), (MAYA, NOBODY)):
        assert not await audience.tag(avatar, fan, "x")
        assert not await audience.untag(avatar, fan, "vip")
        assert await audience.note(avatar, fan, "x", now=NOON) is None
        assert await audience.notes(avatar, fan) == []
        assert not await audience.drop_note(avatar, fan, note.id)
        assert await read(talk, fan, avatar) == []
        assert not await talk.storage.notes.is_open(avatar, fan)
        await talk.storage.notes.open(avatar, fan, on=False, now=NOON)
    assert not await audience.drop_note(MAYA, await meets(talk, BOB, "bob"), NoteId(note.id))
    assert await seen(talk, ZOE) == await seen(talk, ZOE, "vip") == []
    (visitor, _bob) = await seen(talk)
    assert (visitor.tags, visitor.notes, visitor.open) == (("vip",), 1, True)


async def test_the_fan_gets_what_the_creator_keeps_about_them_and_nothing_of_others(talk: Talk) -> None:
    ann, bob = await meets(talk), await meets(talk, BOB, "bob")
    for fan, word in ((ann, "zebra"), (bob, "okapi")):
        await talk.storage.audience.tag(MAYA, fan, word)
        await talk.storage.audience.note(MAYA, fan, f"likes the {word}", now=NOON)
    await talk.storage.notes.open(MAYA, ann, on=True, now=NOON)
    kept = await talk.storage.fans.export(MAYA, ann)
    assert kept["about"]["open_to_the_creator_since"] == NOON.isoformat()
    assert kept["tags_by_the_creator"] == [{"text": "zebra"}]
    assert kept["notes_by_the_creator"] == [{"text": "likes the zebra", "made_at": NOON.isoformat()}]
    assert (await talk.storage.fans.export(MAYA, bob))["about"]["open_to_the_creator_since"] is None


async def furnished(talk: Talk) -> FanId:
    """A fan with a tag and a note, who has opened the facts."""
    ann = await meets(talk)
    await talk.storage.audience.tag(MAYA, ann, "zebra")
    await talk.storage.audience.note(MAYA, ann, "rides a zebra", now=talk.now)
    await talk.storage.notes.open(MAYA, ann, on=True, now=talk.now)
    return ann


async def test_who_asks_in_a_turn_to_be_forgotten_loses_tags_and_notes_at_once_and_is_closed(talk: Talk) -> None:
    ann = await furnished(talk)
    claim = await talk.claims(await talk.says("/forget", command="forget"))
    await talk.storage.forgetting.forget_everything(MAYA, ann, now=talk.now, spare=claim.turn)
    (visitor,) = await seen(talk)
    assert (visitor.tags, visitor.notes, visitor.open) == ((), 0, False)
    assert await talk.storage.audience.notes(MAYA, ann) == []
    await talk.storage.audience.tag(MAYA, ann, "late")  # before the rest of the fan is gone
    await talk.answers(claim, "Done.")
    await talk.storage.forgetting.sweep(MAYA, now=talk.now)
    assert await seen(talk) == []
    assert await talk.rows(creator_tag) == await talk.rows(creator_note) == []


async def test_a_part_that_is_forgotten_leaves_what_the_creator_keeps(talk: Talk) -> None:
    ann = await furnished(talk)
    await talk.storage.forgetting.forget(MAYA, ann, now=talk.now, since=NOON - timedelta(hours=1))
    (visitor,) = await seen(talk)
    assert (visitor.messages, visitor.tags, visitor.notes, visitor.open) == (0, ("zebra",), 1, True)


async def test_tags_and_notes_go_with_fans_who_have_not_been_seen_for_long(talk: Talk) -> None:
    await furnished(talk)
    talk.later(100)
    bob = await meets(talk, BOB, "bob")
    await talk.storage.audience.tag(MAYA, bob, "okapi")
    await talk.storage.forgetting.forget_older(MAYA, talk.now, now=talk.now)
    assert [(one.id, one.tags) for one in await seen(talk)] == [(bob, ("okapi",))]
    assert await talk.rows(creator_note) == []
