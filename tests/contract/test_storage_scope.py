"""No method of a store gives, or does, anything to what belongs to another avatar."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.storage import (
    Audience,
    Audit,
    Cases,
    Content,
    Corrections,
    Doors,
    Drafts,
    Fans,
    Forgetting,
    Gaps,
    Holds,
    Ledger,
    Lessons,
    Links,
    Memberships,
    Memory,
    MessageVectors,
    Notes,
    Outbox,
    Payments,
    Personas,
    Privacy,
    Receipts,
    Sanctions,
    Staff,
    Storage,
    Switchboard,
    Talks,
    Vectors,
    Wellbeing,
)
from adapters.storage.schema import metadata
from adapters.storage.wellbeing import count_crisis, mark_minor
from core.content import Chunk, Crawl, Document, Kind, PassageId
from core.control import Act, Grant, Rank
from core.errors import NotFound
from core.memory import FactKind, Forgotten, Learned, Scope, Summary
from core.model import (
    AvatarId,
    Claim,
    Controls,
    Deferred,
    DeliveryState,
    Hold,
    Incoming,
    Outcome,
    Plea,
    Post,
    Reason,
    Receipt,
    Reply,
    Sender,
    TurnId,
    Usage,
    Used,
)
from core.moderation import Case, Person, Reported
from core.payments import Holding, Order, Payment
from tests.contract.conftest import ACCOUNT, DM, NOON, RULES, Talk

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
ANN = Person("telegram", "ann")
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
    Payments: lambda storage: storage.payments,
    Privacy: lambda storage: storage.privacy,
    Fans: lambda storage: storage.fans,
    Links: lambda storage: storage.links,
    Switchboard: lambda storage: storage.switchboard,
    Staff: lambda storage: storage.staff,
    Audience: lambda storage: storage.audience,
    Audit: lambda storage: storage.audit,
    Wellbeing: lambda storage: storage.wellbeing,
    Memberships: lambda storage: storage.memberships,
    Ledger: lambda storage: storage.ledger,
    Cases: lambda storage: storage.cases,
    Sanctions: lambda storage: storage.sanctions,
    Doors: lambda storage: storage.doors,
    Outbox: lambda storage: storage.outbox,
    Holds: lambda storage: storage.holds,
    Talks: lambda storage: storage.talks,
    Drafts: lambda storage: storage.drafts,
}
OF_A_CONVERSATION = {"Memory.summary", "Lessons.take", "Lessons.keep"}  # which is one avatar's, and was found by it
OF_ALL = {"Holds.running", "Drafts.due"}  # for whoever keeps every avatar's desk
METHODS = [
    pytest.param(store, name, id=f"{store.__name__}.{name}")
    for store in STORES
    for name, _ in inspect.getmembers(store, inspect.isfunction)
    if not name.startswith("_") and f"{store.__name__}.{name}" not in OF_A_CONVERSATION | OF_ALL
]
OWN = {
    "Content.put",
    "Payments.add",
    "Personas.record",
    "Staff.grant",
    "Cases.add",
    "Sanctions.impose",
    "Doors.may_tell",
    "Outbox.post",
}  # answer with what they have just made


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
    hold = await bring_to_the_desk(talk)
    (draft,) = await storage.drafts.waiting(MAYA)
    await steer(storage)
    await moderate(storage, claim)
    await storage.memberships.grant(MAYA, fan, SECRET, SECRET)
    await storage.database.write(lambda connection: mark_minor(connection, MAYA, fan, NOON))
    unseen = replace(claim, turn=TurnId(0))
    await storage.database.write(lambda connection: count_crisis(connection, unseen, "other", NOON))
    fact = await storage.notes.add(MAYA, fan, DM, SECRET, now=NOON, scope=Scope.EVERYWHERE)
    assert fact is not None
    assert await storage.audience.tag(MAYA, fan, SECRET)
    creators = await storage.audience.note(MAYA, fan, SECRET, now=NOON)
    assert creators is not None
    await storage.notes.open(MAYA, fan, on=True, now=NOON)
    payment = Payment(SECRET, "ann", SECRET, Order(SECRET, SECRET, 1), NOON)
    bought, _ = await storage.payments.add(MAYA, ACCOUNT, payment, tier=SECRET, days=1)
    assert bought is not None
    code = await storage.links.code(MAYA, fan, now=NOON)
    assert code is not None
    elsewhere = await talk.says(SECRET, place=replace(DM, thread="7"), message="elsewhere")
    foreign = replace(await talk.claims(elsewhere), avatar=ZOE)
    return {
        "claim": [foreign],
        "conversation": [hold.conversation, draft.talk.conversation],
        "hold": [replace(hold, avatar=ZOE)],
        "draft": [replace(draft, avatar=ZOE)],
        "state": ["sent"],
        "post": [Post(DM, "Mine.")],
        "posts": [[Post(DM, "Mine.")]],
        "thread": [DM],
        "below": [99],
        "tier": ["mine", SECRET],
        "until": [NOON],
        "purpose": [SECRET],
        "usage": [Usage(1)],
        "year": [2026],
        "name": ["slow"],
        "value": ["forged"],
        "where": ["", DM.key],
        "person": ["mod"],
        "platform": ["telegram"],
        "persons": [["mod"]],
        "grant": [Grant(ZOE, "telegram", "mod", "zoe", NOON)],
        "case": [Case(ZOE, "ban", ANN, "", "zoe", "", NOON)],
        "whom": [ANN],
        "kinds": [{"ban", "mute"}],
        "most": [3],
        "outcome": ["mine"],
        "about": ["asked", "answered"],
        "within": ["", "server"],
        "act": [Act(ZOE, "zoe", Rank.CREATOR, "audit", "", "done", NOON)],
        "fan": [fan],
        "fact": [fact.id],
        "facts": [[fact.id]],
        "messages": [[claim.pending[0].id]],
        "spare": [claim.turn],
        "before": [NOON + timedelta(days=1)],
        "code": [code],
        "payment": [payment],
        "bought": [replace(bought, avatar=ZOE)],
        "payer": ["ann"],
        "charge": [SECRET],
        "holding": [Holding("h", "sku", "ann", NOON)],
        "days": [1],
        "account": [ACCOUNT],
        "user": ["ann"],
        "statement": ["mine"],
        "kind": [FactKind.PLAN],
        "scope": list(Scope),
        "on": [True, False],
        "avatar": [ZOE],
        "source": ["blog", SECRET],
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
        "which": [correction.id, creators.id],
        "tag": [SECRET, "mine"],
        "number": [1],
        "toml": ["mine"],
        "note": [""],
        "since": [NOON],
        "now": [NOON],
    }


async def bring_to_the_desk(talk: Talk) -> Hold:
    """Have a draft and a request for a person wait, something be said unasked, and a conversation be held."""
    drafted, held = replace(DM, thread="8"), replace(DM, thread="9")
    claim = await talk.claims(await talk.says(SECRET, place=drafted, fan="bea", message="drafted"))
    fan = claim.pending[0].fan
    waits = Deferred(fan, SECRET, SECRET, SECRET)
    posts = (Post(drafted, SECRET, SECRET, SECRET, key=SECRET, fan=fan, about=claim.conversation),)
    reply = Reply("", Outcome.DEFERRED, posts=posts, plea=Plea(fan, Reason.ASKED), deferred=waits)
    await talk.storage.turns.store(claim, reply, [])
    await talk.finishes(claim)
    where = await talk.says(SECRET, place=held, fan="bea", message="held")
    hold = Hold(MAYA, where, held, SECRET, NOON, NOON + timedelta(hours=1), DM, DM)
    assert await talk.storage.holds.take(hold)
    return hold


async def steer(storage: Storage) -> None:
    """Set something, make somebody a moderator, and note it."""
    await storage.switchboard.set(MAYA, "slow", SECRET)
    await storage.switchboard.set(MAYA, "slow", SECRET, where=DM.key)
    await storage.ledger.charge(MAYA, SECRET, SECRET, Usage(1), now=NOON)
    await storage.staff.grant(Grant(MAYA, "telegram", "mod", SECRET, NOON))
    await storage.audit.note(Act(MAYA, SECRET, Rank.CREATOR, "staff add", DM.key, "done", NOON, SECRET, SECRET, SECRET))


async def moderate(storage: Storage, claim: Claim) -> None:
    """Do something about a fan, and tell something."""
    case = Case(MAYA, "ban", ANN, "elsewhere", SECRET, SECRET, NOON)
    await storage.sanctions.impose(case, "ban")
    assert (await storage.cases.report(case, "answered", place=DM, most=9, since=NOON)).case is not None
    await storage.doors.may_tell(claim, claim.pending[0].fan, "paused", until=NOON + timedelta(hours=1), now=NOON)


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
        if name != "bucket"  # nothing is limited here
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
    for call in calls(method, known):
        try:
            result = await method(**call)
        except NotFound as exc:
            result = str(exc)
        else:
            assert (
                not result
                or result in (Forgotten(), Controls(), Reported(None, "no reply"))
                or f"{store.__name__}.{name}" in OWN
            )
        assert SECRET not in repr(result)
    assert await storage.database.read(hers) == before


async def test_maya_has_something_of_everything(talk: Talk, known: dict[str, list[Any]]) -> None:
    kept = await talk.storage.database.read(hers)
    assert [name for name, rows in kept.items() if not rows] == []


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
            "crises",
            "controls",
            "granted",
            "acts",
            "of",
            "entries",
        ):
            if method := getattr(instance, name, None):
                assert any([await method(**call) for call in calls(method, own)]), name
