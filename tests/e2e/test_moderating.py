"""Keeping order, by commands through the engine, on a real SQLite file: who may, where it holds, and what it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core import gate
from core.commands import MODERATION
from core.control import Rank
from core.model import Answer, Incoming, Place, Sender
from tests.e2e.test_engine import MAYA, World, world
from tests.fakes import DM, incoming

CREATOR = "maya-herself"
LOBBY = Place(DM.account, chat="lobby", shared=True, community="server")
ATTIC = Place(DM.account, chat="attic", shared=True, community="server")
OTHER = Place(DM.account, chat="elsewhere", shared=True, community="other")
COMMANDS = {command.name: command for command in MODERATION}
EXAMPLES = {
    "avatar answers": "nothing",
    "avatar dms": "off",
    "avatar slow": "5m",
    "avatar quiet": "22:00-07:00 Europe/Stockholm",
    "fan warn": "ann please stop",
    "fan mute": "ann",
    "fan unmute": "ann",
    "fan ban": "ann",
    "fan unban": "ann",
    "fan note": "ann was kind",
    "fan history": "ann",
    "words block": "crypto",
    "words allow": "crypto",
    "case show": "1",
    "case close": "1",
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[World]:
    """Ann (fan 1) has written in private and in the lobby of a server, Bob (fan 2) in the lobby and elsewhere."""
    async with world(tmp_path, creators=(CREATOR,)) as w:
        await w.engine.answer(incoming("hello", message="a1"))
        await w.engine.answer(incoming("hello all", message="l1", place=LOBBY))
        await w.engine.answer(incoming("hi all", message="l2", place=LOBBY, fan="bob"))
        await w.engine.answer(incoming("hi there", message="o1", place=OTHER, fan="bob"))
        yield w


def asked(
    name: str, argument: str = "", *, by: str = CREATOR, place: Place = LOBBY, about: str = "", moderator: bool = False
) -> Incoming:
    base = incoming(f"/{name}", message=f"c {name} {argument}", place=place, fan=by, command=name)
    return replace(base, argument=argument, about=about, sender=Sender(by, by.title(), moderator=moderator))


async def creator(w: World, name: str, argument: str = "", *, place: Place = LOBBY, about: str = "") -> Answer:
    return await w.engine.command(asked(name, argument, place=place, about=about))


async def moderator(w: World, name: str, argument: str = "", *, place: Place = LOBBY, about: str = "") -> Answer:
    """Somebody of whom the platform attests that they keep order in this place."""
    return await w.engine.command(asked(name, argument, by="mod", place=place, about=about, moderator=True))


async def says(w: World, text: str, *, place: Place = DM, fan: str = "ann") -> str:
    """What a fan hears when they write; empty: nothing."""
    before = len(w.channel.said(place.chat))
    await w.engine.answer(incoming(text, message=f"{fan} {text} {len(w.channel.calls)}", place=place, fan=fan))
    return "\n".join(w.channel.said(place.chat)[before:]).removeprefix("I am an AI.\n\n")


# ── who may ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_a_fan_may_not_and_it_is_audited(scene: World, name: str) -> None:
    before = await scene.store.switchboard.controls(MAYA)
    answer = await scene.engine.command(asked(name, EXAMPLES.get(name, ""), by="bob"))
    (act,) = await scene.store.audit.acts(MAYA, limit=9)
    assert answer.refused
    assert (act.command, act.outcome, act.by) == (name, "refused", f"{DM.account}/bob")
    assert await scene.store.switchboard.controls(MAYA) == before
    assert await scene.store.cases.page(MAYA, below=0, limit=9) == []


@pytest.mark.parametrize("name", sorted(name for name, one in COMMANDS.items() if one.audience is Rank.CREATOR))
async def test_a_moderator_may_not_what_is_the_creators(scene: World, name: str) -> None:
    assert (await moderator(scene, name, EXAMPLES.get(name, ""))).refused


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_the_creator_may_and_it_is_audited(scene: World, name: str) -> None:
    answer = await creator(scene, name, EXAMPLES.get(name, ""))
    (act,) = await scene.store.audit.acts(MAYA, limit=9)
    assert not answer.refused
    assert answer.text
    assert (act.command, act.outcome) == (name, "done")


# ── pausing ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_pause_holds_where_it_was_set_and_ends_by_command(scene: World) -> None:
    await moderator(scene, "avatar pause")
    assert await says(scene, "still there?", place=LOBBY) == "I'm taking a break here. Try me again later!"
    assert await says(scene, "and here?", place=ATTIC) == "re: Ann: and here?"
    await moderator(scene, "avatar resume")
    assert await says(scene, "back?", place=LOBBY) == "re: Ann: back?"


async def test_the_notice_of_a_pause_is_said_once_in_a_period(scene: World) -> None:
    await creator(scene, "avatar pause", "everywhere")
    assert await says(scene, "one") != ""
    assert await says(scene, "two") == ""
    scene.clock.advance(hours=7)
    assert await says(scene, "three") != ""


async def test_what_was_written_in_a_pause_is_not_answered_after_it(scene: World) -> None:
    await creator(scene, "avatar pause", "everywhere")
    await says(scene, "are you there?")
    await says(scene, "hello?")
    await creator(scene, "avatar resume", "everywhere")
    assert await says(scene, "now?") == "re: now?"
    assert not any("hello?" in text for text in scene.model.said())


async def test_a_pause_ends_by_itself(scene: World) -> None:
    await creator(scene, "avatar pause", "here 30m")
    scene.clock.advance(minutes=29)
    assert (await says(scene, "hey", place=LOBBY)).startswith("I'm taking a break")
    scene.clock.advance(minutes=2)
    assert await says(scene, "hey again", place=LOBBY) == "re: Ann: hey again"


async def test_everywhere_is_for_a_servers_moderator_that_server(scene: World) -> None:
    await moderator(scene, "avatar pause", "everywhere")
    assert await says(scene, "lobby", place=LOBBY) != "re: Ann: lobby"
    assert await says(scene, "attic", place=ATTIC) != "re: Ann: attic"
    assert await says(scene, "private") == "re: private"
    assert await says(scene, "elsewhere", place=OTHER, fan="bob") == "re: Bob: elsewhere"


async def test_a_servers_moderator_cannot_end_the_creators_pause(scene: World) -> None:
    await creator(scene, "avatar pause", "everywhere")
    answer = await moderator(scene, "avatar resume", "everywhere")
    assert "all places" in answer.text
    assert (await says(scene, "hello?", place=LOBBY)).startswith("I'm taking a break")


async def test_commands_are_answered_in_a_pause(scene: World) -> None:
    await creator(scene, "avatar pause", "everywhere")
    await scene.engine.answer(incoming("", message="p1", command="privacy"))
    assert "/forget" in scene.channel.said()[-1]


async def test_status_tells_what_is_set(scene: World) -> None:
    assert "**Speaking.**" in (await moderator(scene, "avatar status")).text
    await moderator(scene, "avatar slow", "5m")
    await moderator(scene, "words block", "crypto, free nitro")
    await moderator(scene, "avatar pause", "here 2h")
    told = (await moderator(scene, "avatar status")).text
    for part in ("Silent:** paused until 2026-11-23 14:00 UTC", "every 5 min", "phrases: 2", "mentions me"):
        assert part in told


# ── races ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["avatar pause", "avatar answers", "fan ban", "fan mute"])
async def test_a_reply_that_is_being_written_is_not_sent(scene: World, how: str) -> None:
    scene.model.gate.clear()
    before, calls = len(scene.channel.said("lobby")), len(scene.model.prompts)
    writing = asyncio.create_task(scene.engine.answer(incoming("tell me", message="r1", place=LOBBY)))
    await scene.model.until_asked(calls + 1)
    await creator(scene, how, {"avatar answers": "nothing", "avatar pause": ""}.get(how, "ann"))
    scene.model.gate.set()
    await writing
    assert len(scene.channel.said("lobby")) == before


async def test_a_ban_leaves_what_others_said_in_the_same_turn_to_be_answered(scene: World) -> None:
    scene.model.gate.clear()
    calls = len(scene.model.prompts)
    await scene.engine.accept(incoming("banned soon", message="r1", place=LOBBY))
    await scene.engine.accept(incoming("me too", message="r2", place=LOBBY, fan="bob"))
    await scene.model.until_asked(calls + 1)
    await creator(scene, "fan ban", "ann")
    scene.model.gate.set()
    said = await scene.channel.until_said(3, chat="lobby")
    assert said[-1].endswith("re: Bob: me too")
    assert not any("banned soon" in text for text in said)
    assert not any("banned soon" in text for text in scene.model.said())


async def test_after_a_pause_in_the_middle_of_a_turn_nothing_hangs(scene: World) -> None:
    scene.model.gate.clear()
    calls = len(scene.model.prompts)
    writing = asyncio.create_task(scene.engine.answer(incoming("tell me", message="r1")))
    await scene.model.until_asked(calls + 1)
    await creator(scene, "avatar pause", "everywhere")
    scene.model.gate.set()
    await writing
    await creator(scene, "avatar resume", "everywhere")
    assert await says(scene, "and now?") == "re: and now?"
    assert not any("tell me" in text for text in scene.model.said())


# ── where, when, how often ───────────────────────────────────────────────────────────────────────


async def test_where_it_answers_nothing_it_is_silent_without_a_word(scene: World) -> None:
    await moderator(scene, "avatar answers", "nothing")
    assert await says(scene, "hello?", place=LOBBY) == ""
    assert await says(scene, "hello?", place=ATTIC) == "re: Ann: hello?"


async def test_where_it_answers_all_adapters_hear_all(scene: World) -> None:
    assert not gate.hears(await scene.store.switchboard.controls(MAYA), LOBBY)
    await moderator(scene, "avatar answers", "all everywhere")
    controls = await scene.store.switchboard.controls(MAYA)
    assert gate.hears(controls, ATTIC)
    assert not gate.hears(controls, OTHER)


async def test_without_dms_a_private_message_is_answered_once_with_why(scene: World) -> None:
    await creator(scene, "avatar dms", "off")
    assert await says(scene, "psst") == "I don't answer private messages. Talk to me where we met!"
    assert await says(scene, "psst!") == ""
    assert await says(scene, "hello", place=LOBBY) == "re: Ann: hello"


async def test_slow_mode_keeps_a_distance_between_answers_to_one_fan(scene: World) -> None:
    await moderator(scene, "avatar slow", "5m")
    scene.clock.advance(minutes=5)
    assert await says(scene, "first", place=LOBBY) == "re: Ann: first"
    assert await says(scene, "second", place=LOBBY) == "Wait 5 minutes."
    assert await says(scene, "third", place=LOBBY) == ""
    assert await says(scene, "me", place=LOBBY, fan="bob") == "re: Bob: me"
    scene.clock.advance(minutes=5)
    assert await says(scene, "fourth", place=LOBBY) == "re: Ann: fourth"


async def test_in_quiet_hours_it_is_silent_and_says_until_when(scene: World) -> None:
    await creator(scene, "avatar quiet", "12:00-14:30 Europe/Stockholm everywhere")
    assert await says(scene, "hello?") == "I'm off until 14:30. Write to me then!"
    scene.clock.advance(hours=2)
    assert await says(scene, "now?") == "re: now?"


async def test_hours_that_cannot_be_read_are_refused_with_an_example(scene: World) -> None:
    answer = await creator(scene, "avatar quiet", "whenever I sleep")
    assert "22:00-07:00 Europe/Stockholm" in answer.text
    assert (await scene.store.switchboard.controls(MAYA)).values == {}


# ── words ────────────────────────────────────────────────────────────────────────────────────────


async def test_messages_with_blocked_words_are_not_answered_with_one_notice(scene: World) -> None:
    await moderator(scene, "words block", "Free Nitro")
    calls = len(scene.model.prompts)
    assert await says(scene, "get frée  NITRO here", place=LOBBY) == "I'd rather talk about something else."
    assert await says(scene, "f-r-e-e nitro", place=LOBBY) == ""
    assert len(scene.model.prompts) == calls
    assert await says(scene, "free nitro?", place=OTHER, fan="bob") == "re: Bob: free nitro?"


async def test_a_reply_with_blocked_words_is_replaced(scene: World) -> None:
    await creator(scene, "words block", "re everywhere")
    assert await says(scene, "hello") == "I'd rather talk about something else."
    assert not any("re:" in text for text in scene.channel.said()[1:])


async def test_words_are_listed_and_allowed_again(scene: World) -> None:
    await creator(scene, "words block", "spam everywhere")
    await moderator(scene, "words block", "crypto, nft")
    assert "`crypto`, `nft`, `spam`" in (await moderator(scene, "words list")).text
    assert "isn't blocked" in (await moderator(scene, "words allow", "spam")).text
    await moderator(scene, "words allow", "CRYPTO")
    assert "`nft`, `spam`" in (await moderator(scene, "words list")).text
    assert "crypto" not in (await moderator(scene, "words list")).text


async def test_what_is_set_for_a_channel_holds_in_its_threads(scene: World) -> None:
    thread = Place(DM.account, chat="lobby-thread", shared=True, community="server", parent=LOBBY.chat)
    await moderator(scene, "avatar answers", "all")
    await says(scene, "in the thread", place=thread)
    controls = await scene.store.switchboard.controls(MAYA)
    assert gate.hears(controls, thread)
    assert not gate.hears(controls, ATTIC)
    await moderator(scene, "avatar pause")
    assert "break" in await says(scene, "still there?", place=thread)
    assert "still" in await says(scene, "are you still there?", place=ATTIC)
