"""/why and /revise on Telegram: the real python-telegram-bot against the fake Telegram, and the whole way to SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.telegram import TelegramAccount
from adapters.telegram.at_once import PRIVATELY
from core.errors import StorageUnavailable
from core.model import Action, Answer
from core.ports import Intake
from tests.e2e.test_engine import MAYA, world
from tests.fakes import ACCOUNT
from tests.worlds.telegram import FakeTelegram, bad_gateway, hang, refusal
from tests.worlds.telegram_intake import RecordingIntake
from tests.worlds.telegram_people import Group, Person
from tests.worlds.telegram_state import Message


class Seconds:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def running(world: FakeTelegram, intake: Intake, seconds: Seconds) -> AsyncIterator[TelegramAccount]:
    account = TelegramAccount(world.token, base_url=world.base_url, monotonic=seconds)
    task = asyncio.create_task(account.run(intake))
    try:
        yield account
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass
class Scene:
    """A bot that is online, and a reply of it to Ann in a group."""

    world: FakeTelegram
    intake: RecordingIntake
    seconds: Seconds
    group: Group
    ann: Person
    reply: Message

    def bot_says(self, text: str, at: Person | Group) -> Message:
        return self.world.post(at.chat, self.world.me, {"text": text}, by_bot=True)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with FakeTelegram() as world:
        intake, seconds, group, ann = RecordingIntake(), Seconds(), world.group("Bakers"), world.user("Ann")
        async with running(world, intake, seconds):
            yield Scene(
                world, intake, seconds, group, ann, world.post(group.chat, world.me, {"text": "Rye."}, by_bot=True)
            )


async def test_a_reply_with_a_command_is_answered_in_private_and_never_becomes_a_turn(scene: Scene) -> None:
    said = scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    hint = await scene.world.reply_to(said)
    assert (hint.text, hint.reply_to) == (PRIVATELY, said.id)
    assert scene.ann.chat.texts == [scene.intake.answer.text]
    (asked,) = scene.intake.commanded
    assert (asked.command, asked.about, asked.argument) == ("why", str(scene.reply.id), "")
    assert (asked.place.chat, asked.place.shared) == (str(scene.group.id), True)
    assert scene.intake.offered == []


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("/revise Rye, always.", "Rye, always."),
        ("/revise@maya_bot Rye,\n\nalways. 🍞", "Rye,\n\nalways. 🍞"),
        ("/REVISE\nRye", "Rye"),
        ("/revise", ""),
    ],
)
async def test_what_follows_the_command_is_what_should_have_been_said(scene: Scene, text: str, argument: str) -> None:
    await scene.world.reply_to(scene.ann.says(text, at=scene.group, reply_to=scene.reply))
    (asked,) = scene.intake.commanded
    assert (asked.command, asked.about, asked.argument) == ("revise", str(scene.reply.id), argument)


async def test_without_a_reply_it_is_about_nothing(scene: Scene) -> None:
    await scene.world.reply_to(scene.ann.says("/why@maya_bot", at=scene.group))
    await scene.world.reply_to(scene.ann.says("/revise Rye, always."))
    assert [one.about for one in scene.intake.commanded] == ["", ""]


async def test_the_message_that_opened_a_topic_is_no_reply(scene: Scene) -> None:
    forum = scene.world.group("Forum", forum=True)
    topic = forum.topic("Bread")
    opener = {"message_id": topic, "from": scene.world.me, "chat": forum.chat.payload, "date": 1}
    opened = {**opener, "forum_topic_created": {"name": "Bread", "icon_color": 1}}
    said = scene.ann.says("/why@maya_bot", at=forum, thread=topic, reply_to_message=opened)
    await scene.world.reply_to(said)
    (asked,) = scene.intake.commanded
    assert (asked.about, asked.place.thread) == ("", str(topic))


async def test_a_command_for_another_bot_is_not_ours(scene: Scene) -> None:
    scene.ann.says("/why@other_bot", at=scene.group, reply_to=scene.reply)
    scene.ann.says("to the avatar")
    await scene.intake.until(lambda: bool(scene.intake.accepted))
    assert scene.intake.commanded == []


# ── who keeps order ──────────────────────────────────────────────────────────────────────────────


async def test_administrators_and_the_owner_keep_order_and_others_do_not(scene: Scene) -> None:
    admin, owner = scene.world.user("Admin"), scene.world.user("Owner")
    scene.group.promotes(admin)
    scene.group.chat.owner = owner.id
    for person in (scene.ann, admin, owner):
        await scene.world.reply_to(person.says("/why", at=scene.group, reply_to=scene.reply))
    assert [one.sender.moderator for one in scene.intake.commanded] == [False, True, True]


async def test_who_keeps_order_is_asked_once_a_minute(scene: Scene) -> None:
    scene.group.promotes(scene.ann)
    for elapsed in (0, 30, 29, 2):
        scene.seconds.now += elapsed
        if elapsed == 30:
            scene.group.demotes(scene.ann)
        await scene.world.reply_to(scene.ann.says("/why", at=scene.group, reply_to=scene.reply))
    assert [one.sender.moderator for one in scene.intake.commanded] == [True, True, True, False]
    assert len(scene.world.calls_of("getChatMember")) == 2


async def test_what_is_known_of_one_group_says_nothing_of_another(scene: Scene) -> None:
    other = scene.world.group("Others")
    scene.group.promotes(scene.ann)
    for group in (scene.group, other):
        await scene.world.reply_to(scene.ann.says("/why", at=group, reply_to=scene.bot_says("Rye.", group)))
    assert [one.sender.moderator for one in scene.intake.commanded] == [True, False]


async def test_in_a_private_chat_nobody_is_asked_and_nobody_keeps_order(scene: Scene) -> None:
    await scene.world.reply_to(scene.ann.says("/why", reply_to=scene.bot_says("Rye.", scene.ann)))
    assert [one.sender.moderator for one in scene.intake.commanded] == [False]
    assert scene.world.calls_of("getChatMember") == []


async def test_an_anonymous_administrator_writes_as_the_group_and_a_channel_is_somebody_else(scene: Scene) -> None:
    channel = {"id": -1_000_000_000_777, "type": "channel", "title": "A channel"}
    for sender in (scene.group.chat.payload, channel):
        said = scene.ann.says("/why", at=scene.group, reply_to=scene.reply, sender_chat=sender)
        await scene.world.reply_to(said)
    assert [one.sender.moderator for one in scene.intake.commanded] == [True, False]
    assert scene.world.calls_of("getChatMember") == []


# ── refusals and faults ──────────────────────────────────────────────────────────────────────────


async def test_somebody_who_may_not_is_told_once_a_minute_and_others_are_told_too(scene: Scene) -> None:
    scene.intake.answer = Answer("That is for those who keep order here.", refused=True)
    bob = scene.world.user("Bob")
    first = scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    assert (await scene.world.reply_to(first)).reply_to == first.id
    for _ in range(20):
        scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    last = bob.says("/why", at=scene.group, reply_to=scene.reply)
    await scene.world.until(lambda: any(one.reply_to == last.id for one in scene.group.chat.said))
    assert [one.reply_to for one in scene.group.chat.said[1:]] == [first.id, last.id]
    scene.seconds.now += 61
    again = scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    assert (await scene.world.reply_to(again)).text == scene.intake.answer.text


@pytest.mark.parametrize("fault", [bad_gateway(), refusal(400, "Bad Request: member list is inaccessible")])
async def test_where_nobody_can_say_who_keeps_order_nothing_is_done_and_that_is_said(
    scene: Scene, fault: object
) -> None:
    scene.world.fail("getChatMember", fault)  # type: ignore[arg-type] # parametrize loses the type
    answer = await scene.world.reply_to(scene.ann.says("/revise Rye.", at=scene.group, reply_to=scene.reply))
    assert answer.text.startswith("Sorry")
    assert scene.intake.commanded == []
    await scene.world.reply_to(scene.ann.says("/why", at=scene.group, reply_to=scene.reply))
    assert len(scene.intake.commanded) == 1


@pytest.mark.parametrize("fault", [StorageUnavailable("locked"), RuntimeError("a bug")])
async def test_a_command_that_fails_holds_up_nothing_and_is_not_tried_again(scene: Scene, fault: Exception) -> None:
    scene.intake.faults.append(fault)
    scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    await scene.intake.until(lambda: bool(scene.intake.commanded))
    scene.ann.says("and on it goes")
    await scene.intake.until(lambda: bool(scene.intake.accepted))
    await scene.world.until(lambda: not scene.world.updates.pending)
    assert len(scene.intake.commanded) == 1
    assert [one.text[:5] for one in scene.group.chat.said[1:]] == ["Sorry"] * isinstance(fault, StorageUnavailable)


async def test_an_answer_that_cannot_be_sent_holds_up_nothing(scene: Scene) -> None:
    scene.world.fail("sendMessage", refusal(403, "Forbidden: bot was kicked"), chat=scene.group)
    scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    scene.ann.says("and on it goes")
    await scene.intake.until(lambda: bool(scene.intake.accepted))
    await scene.world.until(lambda: not scene.world.updates.pending)


async def test_a_long_answer_goes_out_in_parts(scene: Scene) -> None:
    scene.intake.answer = Answer("\n".join(["x" * 99] * 60), actions=(Action("More", "why"),))
    scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    await scene.world.until(lambda: len(scene.ann.chat.said) == 2)
    parts = scene.ann.chat.said
    assert "\n".join(one.text for one in parts) == scene.intake.answer.text
    assert [bool(one.buttons) for one in parts] == [False, True]


# ── the whole way ────────────────────────────────────────────────────────────────────────────────


async def test_a_creator_puts_a_reply_right_where_it_was_said(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, world(tmp_path) as w:
        maya, ann, group = telegram.user("Maya"), telegram.user("Ann"), telegram.group("Bakers")
        async with running(telegram, w.engine, Seconds()) as account:
            avatar = w.engine._stages[ACCOUNT].avatar
            w.engine.connect(account.id, avatar, account.channel, creators=(str(maya.id),))
            reply = await telegram.reply_to(ann.says("@maya_bot what do you bake?", at=group), deadline=20)
            refused = await telegram.reply_to(ann.says("/revise Nothing!", at=group, reply_to=reply), deadline=20)
            maya.says("/why", at=group, reply_to=reply)
            maya.says("/revise", at=group, reply_to=reply)
            of_ann = ann.says("a message of a fan", at=group)
            maya.says("/revise@maya_bot No.", at=group, reply_to=of_ann)
            maya.says("/revise Rye.", at=group, reply_to=reply)
            await telegram.until(lambda: len(maya.chat.texts) == 4, deadline=20)
            why, how, wrong, done = maya.chat.said
            (made,) = await w.store.corrections.all(MAYA)
    assert "for Maya alone" in refused.text
    assert "tokens read" in why.text
    assert "What should I have said?" in how.text
    assert "no reply of mine" in wrong.text
    assert f"correction {made.id}" in done.text
    assert (made.question, made.text, made.by) == ("what do you bake?", "Rye.", f"telegram:{maya.id}")


async def test_a_telegram_that_hangs_holds_up_the_rest_for_two_seconds_at_most(scene: Scene) -> None:
    scene.world.fail("getChatMember", hang())
    scene.ann.says("/why", at=scene.group, reply_to=scene.reply)
    await scene.world.until(lambda: bool(scene.world.calls_of("getChatMember")))
    scene.ann.says("and on it goes")
    await scene.intake.until(lambda: bool(scene.intake.accepted), deadline=30)
    assert scene.intake.commanded == []
