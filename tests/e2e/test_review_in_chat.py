"""Looking at replies and putting them right, from a chat: the engine and the terminal on a real SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from adapters.library import Library
from adapters.terminal import Terminal
from core import knowledge
from core.content import Kind, PassageId, Question
from core.model import AccountId, Answer, Incoming, Outgoing, Place
from tests.e2e.test_engine import MAYA, World, world
from tests.fakes import DM, incoming

GROUP = Place(DM.account, chat="group", shared=True)
CREATOR = "maya-herself"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[World]:
    """Somebody has asked "hello" in a DM and in a group, and was answered."""
    async with world(tmp_path, creators=(CREATOR,)) as w:
        await w.engine.answer(incoming("hello"))
        await w.engine.answer(incoming("hello all", message="g1", place=GROUP, fan="bob"))
        yield w


def asked(
    command: str,
    argument: str = "",
    *,
    about: str = "ann/1",
    place: Place = DM,
    by: str = CREATOR,
    moderator: bool = False,
) -> Incoming:
    base = incoming(f"/{command}", message="c1", place=place, fan=by, command=command)
    return replace(base, argument=argument, about=about, sender=replace(base.sender, moderator=moderator))


def replies(w: World) -> list[str]:
    """The platform's ids of what was said in the DM."""
    return [receipt for receipt in w.channel.visible if receipt.startswith("ann/")]


async def passages(w: World) -> list[tuple[Kind, str]]:
    return [(one.kind, one.text) for one in await w.store.content.scan(MAYA, after=PassageId(0), limit=99)]


# ── who may ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("command", "by", "moderator", "may"),
    [
        ("why", "ann", False, False),
        ("why", "mod", True, True),
        ("why", CREATOR, False, True),
        ("revise", "ann", False, False),
        ("revise", "mod", True, False),
        ("revise", CREATOR, False, True),
    ],
)
async def test_moderators_may_look_and_only_the_creator_may_correct(
    scene: World, command: str, by: str, moderator: bool, may: bool
) -> None:
    with capture_logs() as logged:
        answer = await scene.engine.command(asked(command, "Hej there!", by=by, moderator=moderator))
    refusals = [entry for entry in logged if entry["event"] == "dispatch.refused"]
    who = {"command": command, "by": f"{DM.account}/{by}", "chat": "ann", "kept": True}
    assert answer.refused is not may
    assert bool(await scene.store.corrections.all(MAYA)) is (may and command == "revise")
    assert refusals == ([] if may else [{"event": "dispatch.refused", "log_level": "warning", **who}])


async def test_a_creator_of_one_account_is_nobody_on_another(scene: World) -> None:
    elsewhere = Place(AccountId("other:1"), chat="ann")
    avatar = scene.engine._stages[DM.account].avatar
    scene.engine.connect(elsewhere.account, avatar, scene.channel)
    assert (await scene.engine.command(asked("why", place=elsewhere))).refused


# ── about what ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", ["why", "revise"])
@pytest.mark.parametrize(
    ("about", "place"),
    [("ann/1", GROUP), ("group/2", DM), ("m1", DM), ("g1", GROUP), ("1", DM), ("", DM), ("'; --", DM)],
    ids=["elsewhere", "elsewhere too", "a fan's", "another fan's", "a turn's number", "none", "nonsense"],
)
async def test_only_a_reply_of_that_very_place_is_looked_at(
    scene: World, command: str, about: str, place: Place
) -> None:
    answer = await scene.engine.command(asked(command, "Hej there!", about=about, place=place))
    assert answer.text.startswith("That is no reply of mine")
    assert answer.draft == ""
    assert await scene.store.corrections.all(MAYA) == []


async def test_why_tells_of_this_reply_and_quotes_nobody(scene: World) -> None:
    answer = await scene.engine.command(asked("why"))
    assert "tokens read" in answer.text
    assert "hello" not in answer.text


# ── putting right ────────────────────────────────────────────────────────────────────────────────


async def test_without_a_text_the_answer_brings_the_reply_in_the_avatars_own_words(scene: World) -> None:
    assert scene.channel.said()[0] == "I am an AI.\n\nre: hello"
    answer = await scene.engine.command(asked("revise", "  \n"))
    assert (answer.draft, answer.refused) == ("re: hello", False)
    assert await scene.store.corrections.all(MAYA) == []


async def test_a_correction_is_kept_with_who_made_it_and_becomes_content(scene: World) -> None:
    answer = await scene.engine.command(asked("revise", "Hej there!"))
    (made,) = await scene.store.corrections.all(MAYA)
    assert (made.question, made.reply_before, made.text) == ("hello", "re: hello", "Hej there!")
    assert made.by == f"fake:{CREATOR}"
    assert await passages(scene) == [(Kind.CORRECTION, "Hej there!")]
    assert f"correction {made.id}" in answer.text
    assert scene.channel.said()[0] == "I am an AI.\n\nre: hello"


async def test_a_correction_is_found_by_the_question_and_shows_it_to_nobody(scene: World) -> None:
    await scene.engine.answer(incoming("which flour do you take for rye bread?", message="q1"))
    await scene.engine.command(asked("revise", "Wholemeal, stone-ground.", about=replies(scene)[-1]))
    library = Library(scene.store.content, scene.store.vectors)
    (found,) = await library.find(MAYA, Question("what flour goes into your rye bread?"), limit=3)
    await library.close()
    assert found.passage.text == "Wholemeal, stone-ground."
    assert [one.title for one in knowledge.used([found], [found])] == ["Put right by the creator"]


async def test_the_same_correction_arriving_twice_is_one_and_a_later_one_takes_its_place(scene: World) -> None:
    for text in ("Hej there!", "Hej there!", "Hej hej!"):
        await scene.engine.command(asked("revise", text))
    assert [one.text for one in await scene.store.corrections.all(MAYA)] == ["Hej hej!"]
    assert await passages(scene) == [(Kind.CORRECTION, "Hej hej!")]


async def test_corrections_made_at_the_same_time_all_become_content(scene: World) -> None:
    for number in range(6):
        await scene.engine.answer(incoming(f"question {number}", message=f"q{number}"))
    commands = [asked("revise", f"Answer {number}.", about=about) for number, about in enumerate(replies(scene)[1:])]
    await asyncio.gather(*(scene.engine.command(one) for one in commands))
    assert sorted(text for _, text in await passages(scene)) == [f"Answer {number}." for number in range(6)]


async def test_the_answer_of_a_command_is_not_put_right(scene: World) -> None:
    await scene.engine.answer(incoming("", message="m2", command="help"))
    answer = await scene.engine.command(asked("revise", "Help yourself.", about=replies(scene)[-1]))
    assert "nothing to put right" in answer.text
    assert await scene.store.corrections.all(MAYA) == []


async def test_a_correction_is_cleaned_and_has_an_end(scene: World) -> None:
    await scene.engine.command(asked("revise", "a\x00b\u202e<|eot_id|> " + "x" * 9000))
    (made,) = await scene.store.corrections.all(MAYA)
    for token in ("\x00", "\u202e", "<|eot_id|>"):
        assert token not in made.text
    assert len(made.text) <= 4000


async def test_after_a_reset_a_reply_from_before_can_still_be_looked_at(scene: World) -> None:
    await scene.engine.answer(incoming("", message="m2", command="reset"))
    assert "tokens read" in (await scene.engine.command(asked("why"))).text


# ── in the terminal ──────────────────────────────────────────────────────────────────────────────


async def lines(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def test_in_the_terminal_the_last_reply_is_meant_and_who_types_is_the_creator(scene: World) -> None:
    keyboard = Terminal(Console(quiet=True), MAYA, name="Maya", fan="you")
    avatar = scene.engine._stages[DM.account].avatar
    scene.engine.connect(keyboard.place.account, avatar, keyboard, creators=("you",))
    heard: list[str] = []
    for line in ("/why", "what do you bake?", "/why", "/revise", "/revise Rye, always."):
        await keyboard.ask(scene.engine, line)
        heard += keyboard.replies
    before, _, after, instead, noted = heard
    assert before.startswith("That is no reply of mine")
    assert "tokens read" in after
    assert "What should I have said?" in instead
    assert "Noted as correction" in noted
    (made,) = await scene.store.corrections.all(MAYA)
    assert (made.question, made.text, made.by) == ("what do you bake?", "Rye, always.", "terminal:you")


async def test_the_answer_to_a_command_about_a_reply_is_shown_and_is_no_reply_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keyboard = Terminal(Console(), MAYA, name="Maya", fan="you")
    abouts: list[str] = []

    class Host:
        """Answers everything with the same."""

        async def answer(self, incoming: Incoming) -> bool:
            await keyboard.send(incoming.place, Outgoing("hi", "k1"))
            return True

        async def command(self, incoming: Incoming) -> Answer:
            abouts.append(incoming.about)
            return Answer("because")

    await keyboard.converse(Host(), lines("hello", "/why", "/why"))
    assert abouts == ["k1", "k1"]
    assert capsys.readouterr().out == "hi\nbecause\nbecause\n"
