"""Menus, buttons and private answers: the real python-telegram-bot against the fake Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.telegram import TelegramAccount
from adapters.telegram.at_once import ANONYMOUS, PRIVATELY
from core.commands import TABLE
from core.control import Rank
from core.errors import StorageUnavailable
from core.model import Action, Answer, Change, File
from tests.worlds.telegram import FakeTelegram, hang, refusal
from tests.worlds.telegram_intake import RecordingIntake
from tests.worlds.telegram_people import Group, Person
from tests.worlds.telegram_state import Message, Press

BUTTONS = (Action("Send", "why", "12", "good"), Action("Discard it", "revise", "12"))
QUESTION = Answer("Shall I send it?", actions=BUTTONS)


@dataclass
class Scene:
    """A bot that is online, its creator Maya, a fan and a group."""

    world: FakeTelegram
    intake: RecordingIntake
    maya: Person
    ann: Person
    group: Group

    async def shown(self, person: Person, answer: Answer = QUESTION) -> Message:
        """A message with buttons in somebody's chat; from then on presses are answered plainly."""
        self.intake.answer = answer
        message = await self.world.reply_to(person.says("/why"))
        self.intake.commanded.clear()
        self.intake.answer = Answer("Done.")
        return message

    async def answered(self, press: Press) -> Press:
        await self.world.until(lambda: press.answered, deadline=10)
        return press


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with FakeTelegram() as world:
        intake, maya, ann, group = RecordingIntake(), world.user("Maya"), world.user("Ann"), world.group("Bakers")
        account = TelegramAccount(world.token, base_url=world.base_url, creators=(str(maya.id),))
        task = asyncio.create_task(account.run(intake))
        await world.until(lambda: bool(world.calls_of("getUpdates")))
        yield Scene(world, intake, maya, ann, group)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# ── menus ────────────────────────────────────────────────────────────────────────────────────────


async def test_each_scope_has_its_own_menu(scene: Scene) -> None:
    named = {scope: {line["command"] for line in menu} for scope, menu in scene.world.menus.items()}
    assert set(named) == {
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        f"chat {scene.maya.id}",
    }
    assert "memory" in named["all_private_chats"]
    assert "memory" not in named["all_group_chats"]
    assert "why" in named["all_chat_administrators"] - named["all_group_chats"]
    assert named[f"chat {scene.maya.id}"] == {
        command.name.partition(" ")[0] for command in TABLE if command.audience <= Rank.CREATOR
    } - {"start"}


async def test_a_creator_who_has_not_opened_the_chat_gets_the_menu_when_they_do(scene: Scene) -> None:
    del scene.world.menus[f"chat {scene.maya.id}"]
    scene.maya.says("/start")
    scene.ann.says("/start")
    await scene.intake.until(lambda: len(scene.intake.accepted) == 2)
    assert f"chat {scene.maya.id}" in scene.world.menus
    assert f"chat {scene.ann.id}" not in scene.world.menus


async def test_a_noun_alone_is_answered_with_its_usage_and_buttons(scene: Scene) -> None:
    usage = await scene.world.reply_to(scene.maya.says("/avatar"))
    assert "/avatar pause" in usage.text
    press = await scene.answered(scene.maya.presses(usage, "status"))
    assert press.text == "Here you are."
    assert [one.command for one in scene.intake.commanded] == ["avatar status"]


async def test_in_a_group_the_usage_comes_in_private_without_buttons_that_would_act_there(scene: Scene) -> None:
    hint = await scene.world.reply_to(scene.maya.says("/fan@maya_bot", at=scene.group))
    assert hint.text == PRIVATELY
    assert "/fan ban" in scene.maya.chat.texts[-1]
    assert scene.maya.chat.said[-1].buttons == []
    assert scene.intake.commanded == []


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_press_is_the_command_of_whoever_presses(scene: Scene) -> None:
    message = await scene.shown(scene.ann)
    assert [button.get("style") for button in message.buttons] == ["success", None]
    press = await scene.answered(scene.ann.presses(message, "Send"))
    (asked,) = scene.intake.commanded
    assert (asked.command, asked.argument, asked.about) == ("why", "12", str(message.id))
    assert (asked.sender.id, asked.place.chat) == (str(scene.ann.id), str(scene.ann.id))
    assert (press.text, press.alert, press.took < 3) == ("Done.", False, True)
    assert len(scene.ann.chat.said) == 1


async def test_in_a_group_telegram_says_whether_who_presses_keeps_order(scene: Scene) -> None:
    bob = scene.world.user("Bob")
    scene.group.promotes(bob)
    buttons = [[{"text": "Why", "callback_data": "/why"}]]
    markup = {"text": "A case.", "reply_markup": {"inline_keyboard": buttons}}
    message = scene.world.post(scene.group.chat, scene.world.me, markup, by_bot=True)
    for person in (scene.ann, bob):
        await scene.answered(person.presses(message, "Why"))
    assert [one.sender.moderator for one in scene.intake.commanded] == [False, True]


async def test_who_may_not_is_told_so_in_a_window_each_time(scene: Scene) -> None:
    message = await scene.shown(scene.ann)
    scene.intake.answer = Answer("That is for Maya alone.", refused=True)
    for _ in range(2):
        press = await scene.answered(scene.ann.presses(message, "Send"))
        assert (press.text, press.alert) == ("That is for Maya alone.", True)
    assert message.buttons


async def test_the_buttons_go_when_what_they_offer_is_done(scene: Scene) -> None:
    message = await scene.shown(scene.maya)
    scene.intake.answer = Answer("Sent.", change=Change("draft 12", "waits", "sent"))
    await scene.answered(scene.maya.presses(message, "Send"))
    assert message.buttons == []
    assert message.text == QUESTION.text


async def test_a_long_answer_is_a_message_with_its_own_buttons(scene: Scene) -> None:
    message = await scene.shown(scene.maya)
    scene.intake.answer = Answer("x" * 300, actions=BUTTONS, files=(File("a.txt", b"hi", "text/plain"),))
    press = await scene.answered(scene.maya.presses(message, "Send"))
    assert press.text == ""
    assert scene.maya.chat.said[1].text == "x" * 300
    assert [button["text"] for button in scene.maya.chat.said[1].buttons] == ["Send", "Discard it"]
    assert scene.world.documents == {"a.txt": b"hi"}


async def test_a_long_answer_to_a_press_in_a_group_is_for_who_pressed_only(scene: Scene) -> None:
    buttons = [[{"text": "Why", "callback_data": "/why"}]]
    markup = {"text": "A case.", "reply_markup": {"inline_keyboard": buttons}}
    message = scene.world.post(scene.group.chat, scene.world.me, markup, by_bot=True)
    scene.intake.answer = Answer("y" * 300)
    press = await scene.answered(scene.ann.presses(message, "Why"))
    assert (scene.ann.chat.texts, scene.group.chat.texts) == (["y" * 300], ["A case."])
    assert "privately" in press.text
    stranger = scene.world.user("Stranger", started=False)
    press = await scene.answered(stranger.presses(message, "Why"))
    assert press.url == "https://t.me/maya_bot?start=hello"
    assert scene.group.chat.texts == ["A case."]


@pytest.mark.parametrize("data", ["", "nonsense", "/nothing 1", "fan ban 7", "/fan", "/why " + "x" * 500, "\x00\ud800"])
async def test_what_is_forged_is_refused_politely_and_never_reaches_the_core(scene: Scene, data: str) -> None:
    message = await scene.shown(scene.ann)
    press = await scene.answered(scene.ann.forges(message, data))
    assert "don't know that button" in press.text
    assert press.alert
    assert scene.intake.commanded == []


async def test_a_press_under_a_message_that_telegram_does_not_show_any_more_is_refused_politely(scene: Scene) -> None:
    message = await scene.shown(scene.ann)
    for press in (scene.ann.forges(message, "/why 12", inaccessible=True), scene.ann.forges(None, "/why 12")):
        assert "too old" in (await scene.answered(press)).text
    assert scene.intake.commanded == []


async def test_a_press_that_telegram_has_forgotten_meanwhile_holds_up_nothing(scene: Scene) -> None:
    message = await scene.shown(scene.ann)
    scene.world.fail("answerCallbackQuery", refusal(400, "Bad Request: query is too old"))
    scene.ann.presses(message, "Send")
    assert (await scene.answered(scene.ann.presses(message, "Send"))).text == "Done."
    assert len(scene.intake.commanded) == 2


@pytest.mark.parametrize("fault", [StorageUnavailable("locked"), RuntimeError("a bug")])
async def test_a_press_that_fails_holds_up_nothing(scene: Scene, fault: Exception) -> None:
    message = await scene.shown(scene.ann)
    scene.intake.faults.append(fault)
    press = scene.ann.presses(message, "Send")
    assert (await scene.answered(scene.ann.presses(message, "Send"))).text == "Done."
    assert press.text.startswith("Sorry")


async def test_a_press_is_acknowledged_within_three_seconds_however_long_its_answer_takes(scene: Scene) -> None:
    message = await scene.shown(scene.ann)
    scene.world.fail("getChatMember", hang())
    buttons = [[{"text": "Why", "callback_data": "/why"}]]
    markup = {"text": "A case.", "reply_markup": {"inline_keyboard": buttons}}
    slow = scene.world.post(scene.group.chat, scene.world.me, markup, by_bot=True)
    held = scene.ann.presses(slow, "Why")
    other = scene.ann.presses(message, "Send")
    await scene.answered(other)
    await scene.answered(held)
    assert other.took < 3
    assert held.took < 3


# ── answers to those who keep order ──────────────────────────────────────────────────────────────


async def test_what_is_for_moderators_never_stands_in_the_group(scene: Scene) -> None:
    scene.intake.answer = Answer("Ann was warned twice.", files=(File("log.txt", b"x", "text/plain"),))
    said = scene.maya.says("/why@maya_bot", at=scene.group)
    hint = await scene.world.reply_to(said)
    assert (hint.text, hint.reply_to, said.deleted) == (PRIVATELY, said.id, False)
    assert scene.maya.chat.texts[0] == "Ann was warned twice."
    await scene.world.until(lambda: len(scene.maya.chat.said) == 2)
    assert len(scene.group.chat.said) == 1


async def test_without_a_private_chat_the_way_there_is_shown(scene: Scene) -> None:
    stranger = scene.world.user("Stranger", started=False)
    scene.group.promotes(stranger)
    hint = await scene.world.reply_to(stranger.says("/why@maya_bot", at=scene.group))
    assert [one["url"] for one in hint.entities if one["type"] == "text_link"] == ["https://t.me/maya_bot?start=hello"]
    assert "Here you are" not in hint.text


async def test_an_anonymous_administrator_is_told_that_they_have_no_private_chat(scene: Scene) -> None:
    changed = Answer("Ann is muted.", change=Change("fan #1"))
    for answer, text in ((Answer("Ann was warned."), ANONYMOUS), (changed, f"Done. {ANONYMOUS}")):
        scene.intake.answer = answer
        said = scene.maya.says("/why@maya_bot", at=scene.group, sender_chat=scene.group.chat.payload)
        assert (await scene.world.reply_to(said)).text == text


async def test_what_fans_ask_in_a_group_is_answered_there(scene: Scene) -> None:
    scene.intake.answer = Answer("In private only.", refused=True)
    said = scene.ann.says("/memory@maya_bot", at=scene.group)
    assert (await scene.world.reply_to(said)).text == "In private only."
    assert scene.ann.chat.said == []
