"""A model whose calls are entered in the ledger, and an avatar whose budget comes to an end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date, datetime

import pytest

from core.avatar import Avatar
from core.briefing import Mind, brief
from core.budgets import Entry
from core.errors import ModelUnavailable, StorageUnavailable
from core.metered import Metered
from core.model import AvatarId, ChatMessage, Completion, Place, Prompt, Usage
from core.persona import parse
from tests.fakes import DM, NOON, FakeClock, FakeLibrary, FakeRecaller, FakeReceipts, claim, pending

MAYA = AvatarId("maya")
PROMPT = Prompt((ChatMessage("user", "hi"),), 100, estimated_tokens=7)


class Book:
    """Remembers what was entered."""

    priced = False

    def __init__(self, *, broken: bool = False) -> None:
        self.entered: list[tuple[str, str, Usage]] = []
        self._broken = broken

    async def charge(self, avatar: AvatarId, purpose: str, model: str, usage: Usage, *, now: datetime) -> None:
        if self._broken:
            raise StorageUnavailable("locked")
        self.entered.append((purpose, model, usage))

    async def entries(self, avatar: AvatarId, *, since: date) -> Sequence[Entry]:
        return ()


class Speaking:
    """Says two words, and may break off before its end."""

    def __init__(self, *, breaks: bool = False) -> None:
        self._breaks = breaks

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        yield "well, "
        if self._breaks:
            raise ModelUnavailable("gone")
        yield "hello"
        yield Completion("stop", Usage(7, 2, 3), "llama")


async def heard(model: Metered) -> list[str | Completion]:
    return [piece async for piece in model.stream(PROMPT)]


async def test_a_call_is_passed_on_whole_and_entered_as_the_endpoint_counted_it() -> None:
    book = Book()
    pieces = await heard(Metered(Speaking(), book, MAYA, "learning", FakeClock()))
    assert pieces == ["well, ", "hello", Completion("stop", Usage(7, 2, 3), "llama")]
    assert book.entered == [("learning", "llama", Usage(7, 2, 3))]


async def test_a_call_that_breaks_off_is_entered_as_far_as_it_came() -> None:
    book = Book()
    with pytest.raises(ModelUnavailable):
        await heard(Metered(Speaking(breaks=True), book, MAYA, "learning", FakeClock()))
    ((_, _, usage),) = book.entered
    assert (usage.prompt, usage.estimated) == (7, True)
    assert usage.completion > 0


async def test_a_caller_who_has_heard_enough_pays_for_what_was_said() -> None:
    book = Book()
    async with aclosing(Metered(Speaking(), book, MAYA, "judge", FakeClock()).stream(PROMPT)) as pieces:
        assert await anext(pieces) == "well, "
    assert [(purpose, usage.estimated) for purpose, _, usage in book.entered] == [("judge", True)]


async def test_a_ledger_that_does_not_answer_costs_nobody_the_answer() -> None:
    pieces = await heard(Metered(Speaking(), Book(broken=True), MAYA, "learning", FakeClock()))
    assert len(pieces) == 3


# ── an avatar whose budget comes to an end, and what it knows for whom ───────────────────────────

PERSONA = parse(
    """
    name = "Maya"
    personality = "Warm."
    greeting = "Hej."
    [[tiers]]
    name = "member"
    [[tiers]]
    name = "friend"
    """,
    "avatar.toml",
)


def avatar(cheaper: Speaking | None = None) -> Avatar:
    return Avatar.prepare(
        MAYA, PERSONA, Speaking(), context=4096, max_tokens=100, temperature=0.7, secrets=(), cheaper=cheaper
    )


def test_a_lean_avatar_says_half_as_much_with_the_cheaper_model() -> None:
    cheaper = Speaking()
    full = avatar(cheaper)
    assert (full.lean().max_tokens, full.lean().model) == (50, cheaper)
    assert avatar().lean().model is not None
    assert PERSONA.circles == ("member", "friend")


async def test_a_fan_is_answered_from_what_their_circles_may_know() -> None:
    library = FakeLibrary()
    mind = Mind(library, FakeReceipts(), FakeRecaller())
    friend = pending("what is in the starter?", tiers=frozenset({"member", "friend"}))
    await brief(avatar(), mind, claim(friend), [friend], now=NOON)
    assert library.asked[-1].tiers == {"member", "friend"}


async def test_where_others_read_along_everybody_is_answered_from_what_all_may_know() -> None:
    library = FakeLibrary()
    mind = Mind(library, FakeReceipts(), FakeRecaller())
    friend = pending("what is in the starter?", tiers=frozenset({"friend"}))
    group = replace(claim(friend), place=Place(DM.account, "group", shared=True))
    await brief(avatar(), mind, group, [friend], now=NOON)
    assert library.asked[-1].tiers == frozenset()
