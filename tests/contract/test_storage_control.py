"""What is set, who looks after avatars, and the audit log: the same on every database."""

from __future__ import annotations

import ast
import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import adapters
from adapters.storage import Storage
from core.control import Act, Grant, Rank
from core.model import AvatarId, Controls
from tests.contract.conftest import DM, NOON, Talk

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
ACT = Act(MAYA, "telegram:1/mod", Rank.MODERATOR, "fan mute", DM.key, "done", NOON, "fan #12", "", "muted")
GRANT = Grant(MAYA, "telegram", "mod", "telegram:1/maya", NOON)


@pytest.fixture
def storage(talk: Talk) -> Storage:
    return talk.storage


# ── what is set ──────────────────────────────────────────────────────────────────────────────────


async def test_what_is_set_replaces_what_was_and_tells_it(storage: Storage) -> None:
    board = storage.switchboard
    assert await board.set(MAYA, "slow", 30) is None
    assert await board.set(MAYA, "slow", {"every": [60, "ä"]}) == 30
    assert (await board.controls(MAYA)).values == {("", "slow"): {"every": [60, "ä"]}}
    assert await board.set(MAYA, "slow", None) == {"every": [60, "ä"]}
    assert await board.set(MAYA, "slow", None) is None
    assert (await board.controls(MAYA)).values == {}


async def test_what_is_set_nearer_wins_and_leaves_other_places_alone(storage: Storage) -> None:
    board, thread = storage.switchboard, replace(DM, thread="7", community="c")
    for where, value in zip(reversed(Controls.keys(thread)), (1, 2, 3, 4), strict=True):
        await board.set(MAYA, "slow", value, where=where)
        assert (await board.controls(MAYA)).nearest("slow", thread) == value
    assert (await board.controls(MAYA)).nearest("slow", replace(DM, chat="other")) == 1
    assert (await board.controls(ZOE)) == Controls()


async def test_every_change_raises_the_revision_of_that_avatar_alone(storage: Storage) -> None:
    board = storage.switchboard
    assert (await board.controls(MAYA)).revision == 0
    for value in (True, True, None):
        await board.set(MAYA, "paused", value)
    assert ((await board.controls(MAYA)).revision, (await board.controls(ZOE)).revision) == (3, 0)


async def test_changes_at_the_same_time_are_all_kept(storage: Storage) -> None:
    board = storage.switchboard
    await asyncio.gather(*(board.set(MAYA, f"name {number}", number) for number in range(30)))
    controls = await board.controls(MAYA)
    assert (controls.revision, len(controls.values)) == (30, 30)


async def test_a_claim_carries_what_was_set_before_it(talk: Talk) -> None:
    await talk.storage.switchboard.set(MAYA, "slow", 30)
    first = await talk.claims(await talk.says("hello", message="1"))
    assert first.controls.nearest("slow", DM) == 30
    await talk.finishes(first)
    await talk.storage.switchboard.set(MAYA, "slow", 60, where=DM.key)
    second = await talk.claims(await talk.says("hello again", message="2"))
    assert (second.controls.nearest("slow", DM), second.controls.revision) == (60, 2)


# ── moderators ───────────────────────────────────────────────────────────────────────────────────


async def test_a_grant_is_made_once_and_taken_back_once(storage: Storage) -> None:
    staff = storage.staff
    assert [await staff.grant(GRANT), await staff.grant(GRANT)] == [True, False]
    assert list(await staff.all(MAYA)) == [GRANT]
    assert [await staff.revoke(MAYA, "telegram", "mod") for _ in range(2)] == [True, False]
    assert await staff.granted(MAYA, "telegram", ["mod"]) == frozenset()


async def test_whoever_was_granted_is_found_among_many_and_nobody_else(storage: Storage) -> None:
    staff = storage.staff
    for person in ("mod", "role:7"):
        await staff.grant(replace(GRANT, person=person))
    many = [f"role:{number}" for number in range(250)]
    assert await staff.granted(MAYA, "telegram", ["mod", *many]) == {"mod", "role:7"}
    assert await staff.granted(MAYA, "telegram", ["MOD", "mod ", "7", "%"]) == frozenset()
    assert await staff.granted(MAYA, "telegram", []) == frozenset()
    assert await staff.granted(MAYA, "discord", ["mod"]) == frozenset()
    assert await staff.granted(ZOE, "telegram", ["mod"]) == frozenset()


async def test_a_grant_is_taken_back_of_this_avatar_platform_and_person_only(storage: Storage) -> None:
    others = [replace(GRANT, avatar=ZOE), replace(GRANT, platform="discord"), replace(GRANT, person="role:mod")]
    for grant in (GRANT, *others):
        await storage.staff.grant(grant)
    await storage.staff.revoke(MAYA, "telegram", "mod")
    left = [*await storage.staff.all(MAYA), *await storage.staff.all(ZOE)]
    assert {*left} == {*others}


async def test_those_made_last_come_first(storage: Storage) -> None:
    for day, person in enumerate("abc"):
        await storage.staff.grant(replace(GRANT, person=person, at=NOON + timedelta(days=day)))
    assert [one.person for one in await storage.staff.all(MAYA)] == ["c", "b", "a"]


# ── the audit log ────────────────────────────────────────────────────────────────────────────────


async def test_an_act_comes_back_as_it_was_noted(storage: Storage) -> None:
    await storage.audit.note(ACT)
    (kept,) = await storage.audit.acts(MAYA, limit=9)
    assert replace(kept, number=0) == ACT
    assert kept.number > 0


async def test_acts_come_newest_first_a_page_at_a_time_and_each_once(storage: Storage) -> None:
    for number in range(7):
        await storage.audit.note(replace(ACT, subject=str(number)))
        await storage.audit.note(replace(ACT, avatar=ZOE))
    seen: list[str] = []
    below = None
    while page := await storage.audit.acts(MAYA, below=below, limit=3):
        seen += [act.subject for act in page]
        below = page[-1].number
    assert seen == [str(number) for number in reversed(range(7))]


async def test_the_audit_log_outlives_whatever_is_forgotten(talk: Talk) -> None:
    claim = await talk.claims(await talk.says("hello"))
    await talk.finishes(claim)
    await talk.storage.audit.note(ACT)
    await talk.storage.staff.grant(GRANT)
    before = await talk.storage.audit.acts(MAYA, limit=9)
    await talk.storage.forgetting.forget_everything(MAYA, claim.pending[0].fan, now=NOON)
    await talk.storage.forgetting.sweep(MAYA, now=NOON + timedelta(days=400))
    await talk.storage.forgetting.forget_older(MAYA, NOON + timedelta(days=400), now=NOON + timedelta(days=400))
    assert await talk.storage.audit.acts(MAYA, limit=9) == before
    assert list(await talk.storage.staff.all(MAYA)) == [GRANT]


def test_no_statement_of_ours_changes_or_deletes_an_act() -> None:
    """Read in the sources: whatever is built of the table is a selection or an insertion."""
    uses: set[str] = set()
    for path in Path(adapters.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and any(
                isinstance(arg, ast.Name) and arg.id == "audit" for arg in ast.walk(node) if arg is not node
            ):
                uses.add(ast.unparse(node.func).rpartition(".")[2])
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                lowered = node.value.lower()
                assert not any(f"{verb} audit" in lowered for verb in ("update", "delete from", "drop table"))
    assert {"insert", "select"} <= uses
    assert not uses & {"update", "delete", "Upsert", "on_conflict_do_update"}
