"""What a fan sees and changes of their memory, private conversations, and fans who are one person on two platforms."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from adapters.storage import Rules
from adapters.storage.lessons import REST
from adapters.storage.linking import CODE_LASTS, TRIES
from adapters.storage.remembered import fact, link_code
from core import memories
from core.memory import Fact, FactId, FactKind, Learned, Scope
from core.model import AccountId, AvatarId, Claim, FanId, MessageId, Place
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, SHARED, Talk

MAYA = AvatarId("maya")
DISCORD = AccountId("discord:1")
THERE = Place(DISCORD, "dm")
GUILD = Place(DISCORD, "general", shared=True, community="guild")
NONE = FactId(0)
START = MessageId(0)


@pytest.fixture
def rules() -> Rules:
    return RULES


async def speaks(talk: Talk, text: str = "hi", place: Place = DM, fan: str = "ann") -> FanId:
    where = await talk.says(text, place=place, fan=fan)
    claim = await talk.claims(where)
    await talk.answers(claim, f"re {text}")
    return claim.pending[0].fan


async def asks(talk: Talk, place: Place = DM, fan: str = "ann") -> Claim:
    return await talk.claims(await talk.says("?", place=place, fan=fan))


async def known(talk: Talk, place: Place = DM, fan: str = "ann") -> list[str]:
    return [one.statement for one in await talk.storage.memory.facts(await asks(talk, place, fan))]


async def notes(talk: Talk, fan: FanId, statement: str, scope: Scope = Scope.HERE, place: Place = DM) -> Fact:
    made = await talk.storage.notes.add(MAYA, fan, place, statement, now=talk.now, scope=scope)
    assert made is not None
    return made


async def test_they_are_what_the_ports_say(talk: Talk) -> None:
    own: memories.Notes = talk.storage.notes
    privacy: memories.Privacy = talk.storage.privacy
    fans: memories.Fans = talk.storage.fans
    links: memories.Links = talk.storage.links
    nobody = FanId(9)
    assert await own.facts(MAYA, nobody, after=NONE, limit=9) == []
    assert await own.add(MAYA, nobody, DM, "x", now=NOON) is None
    assert not await privacy.is_on(MAYA, DM)
    assert await fans.export(MAYA, nobody) == {}
    assert await links.code(MAYA, nobody, now=NOON) is None
    assert not await links.redeem(MAYA, nobody, "x", now=NOON)


# ── notes ────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_fan_notes_is_known_as_widely_as_they_want(talk: Talk) -> None:
    ann = await speaks(talk)
    here = await notes(talk, ann, "likes tea")
    everywhere = await notes(talk, ann, "likes cake", Scope.EVERYWHERE)
    assert (here.source, here.scope, here.said_at, everywhere.scope) == (None, Scope.HERE, NOON, Scope.EVERYWHERE)
    assert await known(talk) == ["likes tea", "likes cake"]
    assert await known(talk, SHARED) == ["likes cake"]
    assert await known(talk, GUILD, "bob") == []


async def test_a_note_can_be_the_first_thing_in_a_place(talk: Talk) -> None:
    ann = await speaks(talk)
    await notes(talk, ann, "likes tea", place=SHARED)
    assert await known(talk, SHARED) == ["likes tea"]


async def test_a_dm_has_no_community_to_share_with(talk: Talk) -> None:
    ann = await speaks(talk)
    assert (await notes(talk, ann, "likes tea", Scope.COMMUNITY)).scope == Scope.HERE
    assert (await notes(talk, ann, "plays", Scope.COMMUNITY, GUILD)).scope == Scope.COMMUNITY


async def test_facts_are_paged_corrected_shared_and_dropped(talk: Talk) -> None:
    ann = await speaks(talk)
    own = talk.storage.notes
    tea, dog, _cat = [await notes(talk, ann, statement) for statement in ("tea", "dog", "cat")]
    first = await own.facts(MAYA, ann, after=NONE, limit=2)
    rest = await own.facts(MAYA, ann, after=first[-1].id, limit=2)
    assert [one.statement for one in (*first, *rest)] == ["tea", "dog", "cat"]
    green = await own.correct(MAYA, ann, tea.id, "green tea", now=talk.now)
    assert green is not None
    assert await own.correct(MAYA, ann, tea.id, "black tea", now=talk.now) is None
    wide = await own.share(MAYA, ann, green.id, Scope.EVERYWHERE)
    assert wide is not None
    assert await known(talk, SHARED) == ["green tea"]
    assert await own.drop(MAYA, ann, dog.id)
    assert not await own.drop(MAYA, ann, dog.id)
    assert await own.drop(MAYA, ann, green.id)
    assert [row["statement"] for row in await talk.rows(fact)] == ["cat"]


async def test_nobody_changes_what_is_known_of_another(talk: Talk) -> None:
    ann = await speaks(talk)
    bob = await speaks(talk, place=Place(ACCOUNT, "bob"), fan="bob")
    tea = await notes(talk, ann, "likes tea")
    own = talk.storage.notes
    assert await own.correct(MAYA, bob, tea.id, "hates tea", now=talk.now) is None
    assert await own.share(MAYA, bob, tea.id, Scope.EVERYWHERE) is None
    assert not await own.drop(MAYA, bob, tea.id)
    assert await known(talk) == ["likes tea"]


async def test_a_lesson_under_way_does_not_bring_back_what_is_dropped(talk: Talk) -> None:
    ann = await speaks(talk)
    tea = await notes(talk, ann, "likes tea")
    where = await talk.exchange("tea!", "yes")
    lesson = await talk.storage.lessons.take(where, now=talk.now)
    assert lesson is not None
    assert await talk.storage.notes.drop(MAYA, ann, tea.id)
    again = Learned(ann, FactKind.PREFERENCE, "likes tea a lot", NOON, None, Scope.HERE, replaces=(tea.id,))
    assert not await talk.storage.lessons.keep(lesson, [again], None, now=talk.now)


# ── private conversations ────────────────────────────────────────────────────────────────────────


async def test_a_private_conversation_leaves_no_memory_even_when_it_is_private_no_more(talk: Talk) -> None:
    await speaks(talk, "before")
    await talk.storage.privacy.set(MAYA, DM, on=True, now=talk.now)
    await talk.storage.privacy.set(MAYA, DM, on=True, now=talk.now)
    assert await talk.storage.privacy.is_on(MAYA, DM)
    await speaks(talk, "secret")
    where = await talk.says("late secret")
    claim = await talk.claims(where)
    assert await talk.storage.lessons.due(MAYA, now=talk.now + REST) == []
    assert await talk.storage.lessons.take(where, now=talk.now) is None
    await talk.storage.privacy.set(MAYA, DM, on=False, now=talk.now)
    await talk.answers(claim, "re late secret")
    await speaks(talk, "after")
    taken = await talk.storage.lessons.take(where, now=talk.now)
    assert taken is not None
    remembered = ["before", "re before", "after", "re after"]
    assert [one.text for one in taken.unlearned] == remembered
    elsewhere = await asks(talk, Place(ACCOUNT, "ann", thread="7"))
    assert [one.text for one in await talk.storage.memory.episodes(elsewhere, after=START, limit=99)] == remembered


async def test_what_is_being_learned_when_it_becomes_private_is_not_kept(talk: Talk) -> None:
    where = await talk.exchange("secret", "ok")
    lesson = await talk.storage.lessons.take(where, now=talk.now)
    assert lesson is not None
    await talk.storage.privacy.set(MAYA, DM, on=True, now=talk.now)
    assert not await talk.storage.lessons.keep(lesson, [], None, now=talk.now)


# ── who there is, and all that is kept of them ───────────────────────────────────────────────────


async def test_the_audience_shows_who_came_and_when_and_not_a_word(talk: Talk) -> None:
    ann = await speaks(talk, "secret")
    talk.later(60)
    await speaks(talk, "secret")
    bob = await speaks(talk, "secret", SHARED, "bob")
    found = await talk.storage.audience.visitors(MAYA, after=FanId(0), limit=9)
    assert [(one.id, one.name, one.platform, one.messages) for one in found] == [
        (ann, "Ann", "telegram", 2),
        (bob, "Bob", "telegram", 1),
    ]
    assert (found[0].first_seen, found[0].last_seen) == (NOON, NOON + timedelta(seconds=60))
    assert await talk.storage.audience.visitors(MAYA, after=ann, limit=9) == found[1:]
    assert "secret" not in repr(found)


async def test_a_fan_gets_all_that_is_kept_of_them_and_of_nobody_else(talk: Talk) -> None:
    ann = await speaks(talk, "my secret")
    await speaks(talk, "Bob's", Place(ACCOUNT, "bob"), "bob")
    await speaks(talk, "public", SHARED)
    tea = await notes(talk, ann, "likes tea")
    await talk.storage.notes.correct(MAYA, ann, tea.id, "likes coffee", now=talk.now)
    kept = await talk.storage.fans.export(MAYA, ann)
    assert [(one["text"], one["by_you"]) for one in kept["messages"]] == [
        ("my secret", True),
        ("re my secret", False),
        ("public", True),
        ("re public", False),
    ]
    assert [(one["statement"], one["replaced_at"] is None) for one in kept["facts"]] == [
        ("likes tea", False),
        ("likes coffee", True),
    ]
    assert kept["about"]["name"] == "Ann"
    assert kept["messages"][0]["sent_at"] == NOON.isoformat()
    assert "Bob" not in json.dumps(kept)
    said = await talk.storage.fans.said(MAYA, ann, after=START, limit=9)
    assert [one.text for one in said] == ["my secret", "public"]


# ── one person ───────────────────────────────────────────────────────────────────────────────────


async def linked(talk: Talk) -> tuple[FanId, FanId]:
    """Ann of Telegram, and Ann of Discord who has shown to be the same."""
    ann, other = await speaks(talk), await speaks(talk, place=THERE, fan="ann#1")
    code = await talk.storage.links.code(MAYA, ann, now=talk.now)
    assert code is not None
    assert await talk.storage.links.redeem(MAYA, other, f" {code.lower()} ", now=talk.now)
    assert not await talk.storage.links.redeem(MAYA, other, code, now=talk.now)
    return ann, other


async def test_linked_fans_share_what_may_be_known_everywhere_and_nothing_else(talk: Talk) -> None:
    ann, other = await linked(talk)
    await notes(talk, ann, "secret")
    await notes(talk, ann, "likes tea", Scope.EVERYWHERE)
    await notes(talk, other, "plays", Scope.COMMUNITY, GUILD)
    claim = await asks(talk, GUILD, "ann#1")
    assert [(one.statement, one.fan) for one in await talk.storage.memory.facts(claim)] == [
        ("likes tea", other),
        ("plays", other),
    ]
    assert await known(talk, THERE, "ann#1") == ["likes tea", "plays"]
    assert await known(talk) == ["secret", "likes tea"]
    assert await talk.storage.memory.episodes(await asks(talk, THERE, "ann#1"), after=START, limit=9) == []
    assert await talk.storage.links.linked(MAYA, ann) == [other]


async def test_unlinked_they_share_nothing(talk: Talk) -> None:
    ann, other = await linked(talk)
    await notes(talk, ann, "likes tea", Scope.EVERYWHERE)
    assert await talk.storage.links.unlink(MAYA, other)
    assert not await talk.storage.links.unlink(MAYA, other)
    assert await talk.storage.links.linked(MAYA, ann) == []
    assert await known(talk, THERE, "ann#1") == []


async def test_a_code_is_nobodys_own_and_does_not_last_and_the_newest_counts(talk: Talk) -> None:
    ann, other = await speaks(talk), await speaks(talk, place=THERE, fan="ann#1")
    links = talk.storage.links
    old = await links.code(MAYA, ann, now=talk.now)
    new = await links.code(MAYA, ann, now=talk.now)
    assert old is not None
    assert new is not None
    assert not await links.redeem(MAYA, ann, new, now=talk.now)
    assert not await links.redeem(MAYA, other, old, now=talk.now)
    assert not await links.redeem(MAYA, other, new, now=talk.now + CODE_LASTS)
    assert await links.redeem(MAYA, other, new, now=talk.now)


async def test_codes_cannot_be_tried_out_and_are_kept_nowhere(talk: Talk) -> None:
    ann, other = await speaks(talk), await speaks(talk, place=THERE, fan="ann#1")
    code = await talk.storage.links.code(MAYA, ann, now=talk.now)
    assert code is not None
    assert code.replace("-", "") not in repr(await talk.rows(link_code))
    for _ in range(TRIES.count):
        assert not await talk.storage.links.redeem(MAYA, other, "AAAAA-AAAAA", now=talk.now)
    assert not await talk.storage.links.redeem(MAYA, other, code, now=talk.now)
    assert await talk.storage.links.linked(MAYA, ann) == []
