"""Warnings, mutes, bans, notes and reports, by commands through the engine, on a real SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.storage.schema import message
from core.model import FanId, Place
from core.takeover import DESK
from tests.e2e.test_engine import MAYA, World, world
from tests.e2e.test_moderating import ATTIC, CREATOR, LOBBY, OTHER, asked, creator, moderator, says
from tests.fakes import DM, incoming

BACK = Place(DM.account, chat="back-room", shared=True, community="maya's")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[World]:
    """Ann (fan 1) has written in private and in the lobby of a server, Bob (fan 2) in the lobby and elsewhere."""
    async with world(tmp_path, creators=(CREATOR,)) as w:
        await w.engine.answer(incoming("hello", message="a1"))
        await w.engine.answer(incoming("hello all", message="l1", place=LOBBY))
        await w.engine.answer(incoming("hi all", message="l2", place=LOBBY, fan="bob"))
        await w.engine.answer(incoming("hi there", message="o1", place=OTHER, fan="bob"))
        yield w


async def states(w: World, text: str) -> list[str]:
    query = sa.select(message.c.state).where(message.c.text == text)
    return await w.store.database.read(lambda c: [row.state for row in c.execute(query)])


# ── whom ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("named", ["ann", "#1", "fake:ann"])
async def test_a_fan_is_named_by_id_or_number(scene: World, named: str) -> None:
    assert "Ann (#1) is warned: case 1" in (await creator(scene, "fan warn", f"{named} be kind")).text


@pytest.mark.parametrize(("about", "fan"), [("l1", "Ann"), ("l2", "Bob"), ("lobby/2", "Ann"), ("lobby/3", "Bob")])
async def test_a_fan_is_the_author_of_a_message_or_whom_a_reply_answers(scene: World, about: str, fan: str) -> None:
    assert fan in (await moderator(scene, "fan mute", about=about)).text


@pytest.mark.parametrize("about", ["o1", "a1", "nonsense"])
async def test_a_message_of_another_place_names_nobody(scene: World, about: str) -> None:
    answer = await moderator(scene, "fan mute", about=about)
    assert "I don't know that fan" in answer.text
    assert await scene.store.cases.page(MAYA, below=0, limit=9) == []


async def test_a_number_of_somebody_who_never_wrote_there_is_nobody_to_a_servers_moderator(scene: World) -> None:
    assert "I don't know that fan" in (await moderator(scene, "fan history", "#1", place=OTHER)).text
    bob = await scene.store.fans.find(MAYA, DM.account, "bob")
    assert "Bob" in (await moderator(scene, "fan history", f"#{bob}", place=OTHER)).text


async def test_somebody_who_never_wrote_is_banned_by_their_id_beforehand(scene: World) -> None:
    await moderator(scene, "fan ban", "<@123456789> raider")
    assert await says(scene, "raid!", place=LOBBY, fan="123456789") == ""
    assert await states(scene, "raid!") == ["refused"]


# ── what holds ───────────────────────────────────────────────────────────────────────────────────


async def test_a_banned_fan_is_not_answered_and_costs_nothing(scene: World) -> None:
    await creator(scene, "fan ban", "ann insults")
    calls = len(scene.model.prompts)
    assert await says(scene, "let me in") == ""
    assert await says(scene, "let me in!", place=OTHER) == ""
    assert len(scene.model.prompts) == calls
    assert await states(scene, "let me in") == ["refused"]
    assert list(await scene.store.leases.due([DM.account], now=scene.clock.now())) == []


async def test_a_servers_ban_holds_in_that_server_only(scene: World) -> None:
    await moderator(scene, "fan ban", "bob")
    assert await says(scene, "here?", place=LOBBY, fan="bob") == ""
    assert await says(scene, "and here?", place=ATTIC, fan="bob") == ""
    assert await says(scene, "there?", place=OTHER, fan="bob") == "re: Bob: there?"


async def test_another_servers_moderator_cannot_lift_it(scene: World) -> None:
    await moderator(scene, "fan ban", "bob")
    answer = await moderator(scene, "fan unban", "bob", place=OTHER)
    assert answer.text.startswith("Nothing of that holds against Bob")
    assert "only those" not in answer.text
    assert await says(scene, "still out?", place=LOBBY, fan="bob") == ""
    assert "again" in (await creator(scene, "fan unban", "bob")).text
    assert await says(scene, "back!", place=LOBBY, fan="bob") == "re: Bob: back!"


async def test_a_servers_moderator_cannot_lift_the_creators_ban(scene: World) -> None:
    await creator(scene, "fan ban", "bob")
    assert "only those can lift" in (await moderator(scene, "fan unban", "bob")).text
    assert await says(scene, "hello?", place=LOBBY, fan="bob") == ""


async def test_a_mute_lifts_by_itself(scene: World) -> None:
    assert "until 2026-11-23 12:30 UTC" in (await moderator(scene, "fan mute", "ann 30m flooding")).text
    assert await says(scene, "hm", place=LOBBY) == ""
    scene.clock.advance(minutes=31)
    assert await says(scene, "better?", place=LOBBY) == "re: Ann: better?"


async def test_an_unmute_lifts_it_at_once(scene: World) -> None:
    await moderator(scene, "fan mute", "ann 1d")
    await moderator(scene, "fan unmute", "ann")
    assert await says(scene, "thanks", place=LOBBY) == "re: Ann: thanks"


async def test_a_warning_reaches_the_fan_in_private(scene: World) -> None:
    answer = await moderator(scene, "fan warn", "ann no spoilers, please")
    assert "were not told" not in answer.text
    said = await scene.channel.until_said(2)
    assert "no spoilers, please" in said[-1]


async def test_a_fan_without_a_private_chat_cannot_be_told_and_the_moderator_hears_so(scene: World) -> None:
    assert "please tell them yourself" in (await moderator(scene, "fan warn", "bob calm down")).text


async def test_forgetting_does_not_lift_a_ban(scene: World) -> None:
    await creator(scene, "fan ban", "ann")
    await scene.store.forgetting.forget_everything(MAYA, FanId(1), now=scene.clock.now())
    assert await says(scene, "it's me again") == ""


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────


async def test_history_tells_a_servers_moderator_of_that_server_only(scene: World) -> None:
    await moderator(scene, "fan warn", "bob no politics")
    await moderator(scene, "fan note", "bob apologised", place=LOBBY)
    await moderator(scene, "fan mute", "bob 1h shouting", place=OTHER)
    here, there = [(await moderator(scene, "fan history", "bob", place=place)).text for place in (LOBBY, OTHER)]
    assert "no politics" in here
    assert "apologised" in here
    assert "shouting" not in here
    assert "shouting" in there
    assert "politics" not in there
    whole = (await creator(scene, "fan history", "bob")).text
    for part in ("case 1", "case 2", "case 3", "Now muted until 2026-11-23 13:00 UTC in other"):
        assert part in whole


async def test_what_was_done_about_a_fan_is_in_their_export_without_who_did_it(scene: World) -> None:
    await moderator(scene, "fan note", "ann is thirteen, says her brother")
    exported = await scene.store.fans.export(MAYA, FanId(1))
    (entry,) = exported["moderation"]
    assert entry["text"] == "note: is thirteen, says her brother"
    assert "/mod" not in str(entry)


# ── reports ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_report_becomes_a_case_with_its_context(scene: World) -> None:
    answer = await scene.engine.command(asked("report", "that hurts", by="bob", about="lobby/2"))
    assert "case 1" in answer.text
    shown = await moderator(scene, "case show", "1")
    for part in ("reported a reply", "that hurts", "hello all", "Ann (#1)", "re: Ann: hello all"):
        assert part in shown.text
    assert [action.label for action in shown.actions][:2] == ["Show", "Close"]
    assert any(action.command == "fan mute" and action.argument == "#1 1h" for action in shown.actions)


async def test_a_report_is_brought_to_the_desk(scene: World) -> None:
    await scene.store.switchboard.set(MAYA, DESK.name, DESK.kept(BACK))
    await scene.engine.command(asked("report", "that hurts", by="bob", about="lobby/2"))
    (said,) = await scene.channel.until_said(1, chat="back-room")
    assert "that hurts" in said
    assert "hello all" in said


async def test_one_report_of_a_reply_and_three_an_hour(scene: World) -> None:
    for number in range(4):
        await scene.engine.answer(incoming(f"question {number}", message=f"q{number}", place=LOBBY))
    report = [asked("report", by="bob", about=f"lobby/{number}") for number in (2, 2, 5, 6, 7)]
    texts = [(await scene.engine.command(one)).text for one in report]
    assert [text.split(" ", 2)[0:2] for text in texts] == [
        ["Thank", "you."],
        ["You", "have"],
        ["Thank", "you."],
        ["Thank", "you."],
        ["You", "have"],
    ]
    assert "already" in texts[1]
    assert "within an hour" in texts[4]
    scene.clock.advance(hours=2)
    assert "case 4" in (await scene.engine.command(report[4])).text


@pytest.mark.parametrize("about", ["", "l1", "ann/1", "elsewhere/4"])
async def test_only_a_reply_of_that_place_is_reported(scene: World, about: str) -> None:
    assert "Which reply" in (await scene.engine.command(asked("report", by="bob", about=about))).text
    assert await scene.store.cases.page(MAYA, below=0, limit=9) == []


async def test_cases_of_another_server_are_not_shown_or_closed(scene: World) -> None:
    await scene.engine.command(asked("report", "that hurts", by="bob", about="lobby/2"))
    for command in ("case show", "case close"):
        assert (await moderator(scene, command, "1", place=OTHER)).text == "There is no case 1."
    assert (await moderator(scene, "case list", place=OTHER)).text == "There are no cases."
    assert "that hurts" in (await moderator(scene, "case list")).text


async def test_a_case_is_closed_once_with_how_it_came_out(scene: World) -> None:
    await scene.engine.command(asked("report", "that hurts", by="bob", about="lobby/2"))
    assert (await moderator(scene, "case close", "1 talked to them")).text == "Case 1 is closed."
    assert (await moderator(scene, "case close", "1 again")).text == "There is no open case 1."
    assert "talked to them" in (await moderator(scene, "case show", "1")).text


async def test_what_was_forgotten_is_gone_from_the_report_too(scene: World) -> None:
    await scene.engine.command(asked("report", "that hurts", by="bob", about="lobby/2"))
    await scene.store.forgetting.forget_everything(MAYA, FanId(1), now=scene.clock.now())
    shown = (await creator(scene, "case show", "1")).text
    assert "deleted since" in shown
    assert "hello all" not in shown


# ── spam ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_spammer_is_ignored_and_the_second_time_moderators_hear_of_it(scene: World) -> None:
    async def flood(start: int) -> None:
        for number in range(start, start + 6):
            scene.clock.advance(seconds=2)
            advert = incoming("join https://scam.example now", message=f"s{number}", place=LOBBY, fan="eve")
            await scene.engine.answer(advert)

    await flood(0)
    assert await scene.store.cases.page(MAYA, below=0, limit=9) == []
    calls = len(scene.model.prompts)
    assert await says(scene, "hello?", place=LOBBY, fan="eve") == ""
    assert len(scene.model.prompts) == calls
    scene.clock.advance(minutes=2)
    assert await says(scene, "sorry", place=LOBBY, fan="eve") == "re: Eve: sorry"
    await flood(10)
    (case,) = await scene.store.cases.page(MAYA, below=0, limit=9)
    assert (case.kind, case.person.user, case.community) == ("spam", "eve", "server")
    assert case.until is not None
    assert "ignored for spam" in (await moderator(scene, "case list")).text
    await moderator(scene, "fan unmute", "eve")
