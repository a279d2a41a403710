"""No method of a store gives, or does, anything to what belongs to another avatar."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.storage import (
    Content,
    Corrections,
    Fans,
    Forgetting,
    Gaps,
    Lessons,
    Links,
    Memory,
    MessageVectors,
    Notes,
    Personas,
    Privacy,
    Receipts,
    Storage,
    Vectors,
)
from adapters.storage.schema import metadata
from core.content import Chunk, Crawl, Document, Kind, PassageId
from core.errors import NotFound
from core.memory import FactKind, Forgotten, Learned, Scope, Summary
from core.model import AvatarId, Claim, DeliveryState, Incoming, Outcome, Receipt, Reply, Sender, Used
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, Talk

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
SECRET = "of Maya only"  # in every text of hers
THEIRS = replace(RULES, avatar=lambda _account: ZOE)  # the same accounts, as if they were Zoe's

STORES: dict[type[Any], Any] = {
    Content: lambda storage: storage.content,
    Vectors: lambda storage: storage.vectors,
    Receipts: lambda storage: Receipts(storage.database, THEIRS),
    Gaps: lambda storage: storage.gaps,
    Corrections: lambda storage: storage.corrections,
    Personas: lambda storage: storage.personas,
    Memory: lambda storage: storage.memory,
    Lessons: lambda storage: storage.lessons,
    MessageVectors: lambda storage: storage.message_vectors,
    Forgetting: lambda storage: storage.forgetting,
    Notes: lambda storage: storage.notes,
    Privacy: lambda storage: storage.privacy,
    Fans: lambda storage: storage.fans,
    Links: lambda storage: storage.links,
}
OF_A_CONVERSATION = {"Memory.summary", "Lessons.take", "Lessons.keep"}  # which is one avatar's, and was found by it
METHODS = [
    pytest.param(store, name, id=f"{store.__name__}.{name}")
    for store in STORES
    for name, _ in inspect.getmembers(store, inspect.isfunction)
    if not name.startswith("_") and f"{store.__name__}.{name}" not in OF_A_CONVERSATION
]
OWN = {"Content.put", "Personas.record"}  # answer with what they have just made


async def furnish(talk: Talk) -> dict[str, list[Any]]:
    """Give Maya something of everything; arguments that lead to it, by the names of parameters."""
    storage = talk.storage
    document = Document("key", Kind.PAGE, SECRET, (), SECRET, NOON)
    chunks = [Chunk(f"{number} {SECRET}", 3, SECRET) for number in range(2)]
    await storage.content.put(MAYA, "blog", [(document, chunks)], now=NOON)
    await storage.content.crawled(MAYA, "blog", {"https://a": Crawl(SECRET, SECRET, NOON)})
    passages = await storage.content.scan(MAYA, after=PassageId(0), limit=9)
    await storage.vectors.add(MAYA, "m", {passages[0].id: SECRET.encode()})
    claim = await talk.claims(await talk.says(SECRET, message="asked"))
    used = Used("passage", str(passages[0].id), SECRET, SECRET, cited=True)
    reply = Reply(SECRET, Outcome.ANSWERED, SECRET, SECRET, used=(used,), gap=SECRET)
    (delivery,) = await storage.turns.store(claim, reply, [SECRET])
    await storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, "answered"))
    correction = await storage.corrections.add(MAYA, "answered", SECRET, SECRET, now=NOON)
    await storage.personas.record(MAYA, SECRET, SECRET, now=NOON)
    await talk.finishes(claim)
    fan = claim.pending[0].fan
    await remember(talk, claim)
    fact = await storage.notes.add(MAYA, fan, DM, SECRET, now=NOON, scope=Scope.EVERYWHERE)
    assert fact is not None
    code = await storage.links.code(MAYA, fan, now=NOON)
    assert code is not None
    elsewhere = await talk.says(SECRET, place=replace(DM, thread="7"), message="elsewhere")
    foreign = replace(await talk.claims(elsewhere), avatar=ZOE)
    return {
        "claim": [foreign],
        "fan": [fan],
        "fact": [fact.id],
        "facts": [[fact.id]],
        "messages": [[claim.pending[0].id]],
        "spare": [claim.turn],
        "before": [NOON + timedelta(days=1)],
        "code": [code],
        "account": [ACCOUNT],
        "user": ["ann"],
        "statement": ["mine"],
        "kind": [FactKind.PLAN],
        "scope": list(Scope),
        "on": [True, False],
        "avatar": [ZOE],
        "source": ["blog"],
        "batch": [[(replace(document, title="Mine"), [Chunk(SECRET, 3)])]],
        "keys": [()],
        "whole": [()],
        "passages": [[each.id for each in passages]],
        "after": [PassageId(0)],
        "limit": [99],
        "document": [passages[0].document],
        "ordinal": [0],
        "spread": [9],
        "seen": [{"https://a": Crawl("", "", NOON)}],
        "model": ["m", "other"],
        "vectors": [{passages[0].id: b"forged"}, {claim.pending[0].id: b"forged"}],
        "place": [DM],
        "message": [str(claim.turn), "answered", "asked"],
        "text": ["Forged."],
        "by": ["zoe"],
        "which": [correction.id],
        "number": [1],
        "toml": ["mine"],
        "note": [""],
        "since": [NOON],
        "now": [NOON],
    }


async def remember(talk: Talk, claim: Claim) -> None:
    """Learn something of what was said."""
    lesson = await talk.storage.lessons.take(claim.conversation, now=NOON)
    assert lesson is not None
    said = lesson.unlearned[0]
    assert said.fan is not None
    learned = Learned(said.fan, FactKind.PLAN, SECRET, NOON, said.id, Scope.HERE)
    assert await talk.storage.lessons.keep(lesson, [learned], Summary(SECRET, said.id, NOON), now=NOON)
    await talk.storage.message_vectors.add(MAYA, "m", {said.id: SECRET.encode()})
    await talk.storage.inbox.accept(Incoming(DM, "next", Sender("ann", "Ann"), SECRET, NOON), now=NOON)


def calls(method: Any, known: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Every way to call a method with these arguments."""
    ways: list[dict[str, Any]] = [{}]  # what may be left out is left out once
    for name, parameter in inspect.signature(method).parameters.items():
        values = known[name] if parameter.default is not None else [None, *known[name]]
        ways = [{**way, name: value} for way in ways for value in values]
    return ways


def hers(connection: sa.Connection) -> dict[str, list[str]]:
    """All rows of Maya's, by table."""
    return {
        name: sorted(map(repr, connection.execute(sa.select(table).where(table.c.avatar_id == MAYA))))
        for name, table in metadata.tables.items()
        if name != "allowance"  # nothing is limited here
    }


@pytest.fixture
async def known(talk: Talk) -> dict[str, list[Any]]:
    return await furnish(talk)


@pytest.mark.parametrize(("store", "name"), METHODS)
async def test_a_foreign_avatar_gets_nothing_and_changes_nothing(
    talk: Talk, known: dict[str, list[Any]], store: type[Any], name: str
) -> None:
    storage: Storage = talk.storage
    method = getattr(STORES[store](storage), name)
    before = await storage.database.read(hers)
    assert all(before.values())
    for call in calls(method, known):
        try:
            result = await method(**call)
        except NotFound as exc:
            result = str(exc)
        else:
            assert not result or result == Forgotten() or f"{store.__name__}.{name}" in OWN
        assert SECRET not in repr(result)
    assert await storage.database.read(hers) == before


async def test_what_is_furnished_would_be_found_by_its_own_avatar(talk: Talk, known: dict[str, list[Any]]) -> None:
    own = {**known, "avatar": [MAYA], "claim": [replace(known["claim"][0], avatar=MAYA)]}
    for store, of in STORES.items():
        instance = Receipts(talk.storage.database, RULES) if store is Receipts else of(talk.storage)
        for name in (
            "of_last_reply",
            "shown",
            "why",
            "all",
            "scan",
            "fetch",
            "neighbours",
            "newest",
            "sources",
            "history",
            "facts",
            "episodes",
            "audience",
            "said",
            "export",
            "find",
        ):
            if method := getattr(instance, name, None):
                assert any([await method(**call) for call in calls(method, own)]), name
