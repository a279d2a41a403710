"""Many made-up lives of several fans in several places: each turn knows what it may, and not a word more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.storage import Storage, open_storage
from adapters.storage.schema import message
from core.memory import FactKind, Learned, Scope
from core.model import AccountId, AvatarId, FanId, MessageId, Place
from tests.contract.conftest import RULES, Talk

FANS = ("ann", "bob")
ACCOUNTS = (AccountId("telegram:1"), AccountId("telegram:2"), AccountId("telegram:3"))
AVATARS = {ACCOUNTS[0]: "maya", ACCOUNTS[1]: "maya", ACCOUNTS[2]: "zoe"}
TINY = replace(RULES, avatar=lambda account: AvatarId(AVATARS[account]), window=1)  # nothing stays in it
SHARED = [
    Place(account, chat, shared=True, community=community)
    for account in ACCOUNTS
    for chat, community in (("g1", "c1"), ("g2", "c1"), ("g3", "c2"), ("g4", ""))
]


def dms(fan: str) -> list[Place]:
    return [
        Place(account, fan, thread, business) for account in ACCOUNTS for thread in ("", "7") for business in ("", "b")
    ]


@dataclass(frozen=True)
class Saying:
    """A fan says something somewhere; it is learned with a scope, or noted by the fan themselves."""

    fan: str
    place: Place
    scope: Scope
    by_hand: bool

    @property
    def reach(self) -> Scope:
        """How wide it may be used: a learner never makes it wider than the place."""
        if self.scope == Scope.HERE or (self.by_hand and self.scope == Scope.EVERYWHERE):
            return self.scope
        return Scope.COMMUNITY if self.place.community else Scope.HERE


SAYINGS = st.sampled_from(FANS).flatmap(
    lambda fan: st.builds(
        Saying, st.just(fan), st.sampled_from([*SHARED, *dms(fan)]), st.sampled_from(Scope), st.booleans()
    )
)

ASKED = st.sampled_from(FANS).flatmap(lambda fan: st.tuples(st.just(fan), st.sampled_from([*SHARED, *dms(fan)])))


def may_know(saying: Saying, fan: str, place: Place) -> bool:
    """Whether a fact may be used when a fan speaks in a place."""
    said = saying.place
    if saying.fan != fan or AVATARS[said.account] != AVATARS[place.account]:
        return False
    if saying.reach == Scope.EVERYWHERE:
        return True
    community = saying.reach == Scope.COMMUNITY
    if place.shared:
        return said == place or (community and said.shared and said.community == place.community)
    return community or (said.account, said.business) == (place.account, place.business)


def may_recall(saying: Saying, fan: str, place: Place) -> bool:
    """Whether a message may be recalled when a fan speaks in a place."""
    said = saying.place
    if said == place:
        return True
    alike = (said.account, said.business) == (place.account, place.business)
    return alike and not (said.shared or place.shared) and saying.fan == fan


@dataclass
class Lives:
    """What was said, by its text."""

    talk: Talk
    said: dict[str, Saying] = field(default_factory=dict)

    async def says(self, saying: Saying, text: str) -> None:
        storage, avatar = self.talk.storage, AvatarId(AVATARS[saying.place.account])
        self.talk.later(40)  # who writes in many places at once is taken for a machine
        where = await self.talk.says(text, place=saying.place, fan=saying.fan)
        claim = await self.talk.claims(where)
        fan = claim.pending[0].fan
        await self.talk.answers(claim, f"re {text}")
        taken = await storage.lessons.take(where, now=self.talk.now)
        assert taken is not None
        for one in taken.facts:  # of whoever speaks in the lesson
            assert any(may_know(self.said[one.statement], each, saying.place) for each in FANS)
        source = claim.pending[0].id
        learned = Learned(fan, FactKind.EVENT, text, self.talk.now, source, saying.scope)
        assert await storage.lessons.keep(taken, () if saying.by_hand else [learned], None, now=self.talk.now)
        if saying.by_hand:
            assert await storage.notes.add(avatar, fan, saying.place, text, now=self.talk.now, scope=saying.scope)
        self.said[text] = saying

    async def check(self, fan: str, place: Place) -> None:
        memory = self.talk.storage.memory
        claim = await self.talk.claims(await self.talk.says("?", place=place, fan=fan))
        known = {one.statement for one in await memory.facts(claim)}
        assert known == {text for text, saying in self.said.items() if may_know(saying, fan, place)}
        recalled = await memory.episodes(claim, after=MessageId(0), limit=999)
        expected = {text for text, saying in self.said.items() if may_recall(saying, fan, place)}
        assert {one.text for one in recalled} == expected | {f"re {text}" for text in expected}
        ids = [MessageId(row["id"]) for row in await self.talk.rows(message)]
        assert sorted(await memory.fetch(claim, ids), key=lambda one: one.id) == recalled
        await self.talk.storage.inbox.retract(place, claim.pending[0].message)
        await self.talk.cannot_claim(claim.conversation)  # it ends the turn, in which there is nothing any more

    async def forget(self) -> None:
        """So that the next life begins with nothing."""
        for avatar in set(AVATARS.values()):
            for visitor in await self.talk.storage.audience.visitors(AvatarId(avatar), after=FanId(0), limit=99):
                await self.talk.storage.forgetting.forget_everything(AvatarId(avatar), visitor.id, now=self.talk.now)


def test_each_turn_knows_what_it_may_and_nothing_else(url: str) -> None:
    async def live(storage: Storage, sayings: Sequence[Saying], asked: Sequence[tuple[str, Place]]) -> None:
        lives = Lives(Talk(storage))
        for number, saying in enumerate(sayings):
            await lives.says(saying, f"saying {number}")
        for fan, place in asked:
            await lives.check(fan, place)
        await lives.forget()
        assert await lives.talk.rows(message) == []

    with asyncio.Runner() as runner:
        opening = open_storage(url, TINY)
        storage = runner.run(opening.__aenter__())
        try:

            @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            @given(st.lists(SAYINGS, min_size=3, max_size=10), st.lists(ASKED, min_size=3, max_size=6))
            def whatever(sayings: list[Saying], asked: list[tuple[str, Place]]) -> None:
                runner.run(live(storage, sayings, asked))

            whatever()
        finally:
            runner.run(opening.__aexit__(None, None, None))
