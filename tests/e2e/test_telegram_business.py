"""The creator's own chats on Telegram Business: the real python-telegram-bot, the fake Telegram, the engine, SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram import TelegramAccount
from core.ports import Intake
from tests.e2e.test_engine import World, world
from tests.fakes import ACCOUNT
from tests.worlds.telegram import FakeTelegram, bad_gateway
from tests.worlds.telegram_intake import RecordingIntake
from tests.worlds.telegram_people import Person
from tests.worlds.telegram_state import Chat, Message, now

LATE = 20.0  # seconds that something may take on a busy machine


@dataclass
class Scene:
    """A bot that answers for Maya, and Ann who writes to Maya."""

    telegram: FakeTelegram
    maya: Person
    ann: Person
    intake: RecordingIntake
    moment: list[datetime] = field(default_factory=lambda: [datetime.now(UTC)])

    @property
    def chat(self) -> Chat:
        """Ann's chat with Maya."""
        return self.ann.writes_to_business()

    def maya_says(self, text: str, **extra: Any) -> Message:
        """Maya writes in her own chat with Ann, or something does for her."""
        payload = {"text": text, "entities": []} | extra
        message = self.telegram.post(self.chat, self.maya.payload, payload)
        self.telegram.updates.add("business_message", message.payload)
        return message

    async def settled(self) -> None:
        await self.telegram.until(lambda: not self.telegram.updates.pending, deadline=LATE)


@asynccontextmanager
async def running(scene: Scene, intake: Intake) -> AsyncIterator[TelegramAccount]:
    account = TelegramAccount(
        scene.telegram.token,
        base_url=scene.telegram.base_url,
        creators=(str(scene.maya.id),),
        clock=lambda: scene.moment[0],
    )
    task = asyncio.create_task(account.run(intake))
    try:
        yield account
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with FakeTelegram() as telegram:
        maya, ann = telegram.user("Maya"), telegram.user("Ann")
        telegram.connect(owner=maya)
        yield Scene(telegram, maya, ann, RecordingIntake())


# ── who speaks ───────────────────────────────────────────────────────────────────────────────────


async def test_what_the_owner_writes_is_told_as_the_human_speaking(scene: Scene) -> None:
    async with running(scene, scene.intake):
        scene.ann.says("hi Maya", business="bc1")
        said = scene.maya_says("I'm here myself")
        await scene.intake.until(lambda: bool(scene.intake.spoken), deadline=LATE)
    ((place, message, text),) = scene.intake.spoken
    assert (message, text) == (str(said.id), "I'm here myself")
    assert place == scene.intake.accepted[0].place
    assert [one.text for one in scene.intake.accepted] == ["hi Maya"]


async def test_the_avatar_s_own_messages_and_automatic_ones_are_no_human_speaking(scene: Scene) -> None:
    async with running(scene, scene.intake):
        scene.maya_says("said by the avatar", sender_business_bot=scene.telegram.me)
        scene.maya_says("I'm away until Monday", is_from_offline=True)
        scene.ann.says("hi", business="bc1")
        await scene.intake.until(lambda: bool(scene.intake.accepted), deadline=LATE)
    assert scene.intake.spoken == []
    assert [one.text for one in scene.intake.accepted] == ["hi"]


# ── what may be answered ─────────────────────────────────────────────────────────────────────────


async def test_without_the_right_to_reply_nothing_is_taken_in(scene: Scene) -> None:
    scene.telegram.change_connection(can_reply=False)
    async with running(scene, scene.intake):
        scene.ann.says("before", business="bc1")
        await scene.settled()
        scene.telegram.change_connection(can_reply=True)
        scene.ann.says("after", business="bc1")
        await scene.intake.until(lambda: bool(scene.intake.accepted), deadline=LATE)
    assert [one.text for one in scene.intake.accepted] == ["after"]


async def test_after_a_start_telegram_is_asked_once_for_each_account(scene: Scene) -> None:
    async with running(scene, scene.intake):
        for text in ("one", "two"):
            scene.ann.says(text, business="bc1")
        await scene.intake.until(lambda: len(scene.intake.accepted) == 2, deadline=LATE)
    assert len(scene.telegram.calls_of("getBusinessConnection")) == 1


async def test_where_telegram_can_not_say_what_was_written_is_kept_all_the_same(scene: Scene) -> None:
    scene.telegram.fail("getBusinessConnection", bad_gateway())
    async with running(scene, scene.intake):
        scene.ann.says("hi", business="bc1")
        await scene.intake.until(lambda: bool(scene.intake.accepted), deadline=LATE)


async def test_what_is_older_than_a_day_is_not_answered(scene: Scene) -> None:
    async with running(scene, scene.intake):
        scene.ann.says("long ago", business="bc1", date=now() - 25 * 3600)
        scene.ann.says("yesterday", business="bc1", date=now() - 23 * 3600)
        await scene.intake.until(lambda: bool(scene.intake.accepted), deadline=LATE)
        scene.moment[0] += timedelta(hours=25)
        scene.ann.says("today, read tomorrow", business="bc1")
        await scene.settled()
    assert [one.text for one in scene.intake.accepted] == ["yesterday"]


async def test_what_was_deleted_there_is_told(scene: Scene) -> None:
    async with running(scene, scene.intake):
        said = scene.ann.says("forget that", business="bc1")
        scene.ann.deletes(said)
        await scene.intake.until(lambda: bool(scene.intake.retracted), deadline=LATE)
    assert scene.intake.retracted[0][1] == str(said.id)


# ── the owner's side ─────────────────────────────────────────────────────────────────────────────


async def test_an_owner_who_comes_from_a_chat_is_asked_who_is_to_answer_there(scene: Scene) -> None:
    async with running(scene, scene.intake):
        scene.ann.says(f"/start bizChat{scene.ann.id}")
        asked = await scene.telegram.reply_to(scene.maya.says(f"/start bizChat{scene.ann.id}"), deadline=LATE)
        await scene.intake.until(lambda: bool(scene.intake.accepted), deadline=LATE)
    assert str(scene.ann.id) in asked.text
    assert [button["callback_data"] for button in asked.buttons] == [
        f"/talk take {scene.ann.id}",
        f"/talk release {scene.ann.id}",
    ]
    assert [one.sender.name for one in scene.intake.accepted] == ["Ann"]


# ── the whole way ────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def answering(scene: Scene, house: World) -> AsyncIterator[None]:
    async with running(scene, house.engine) as account:
        creators = (str(scene.maya.id),)
        house.engine.connect(account.id, house.engine.speaker(ACCOUNT), account.channel, creators=creators)
        yield


async def test_the_first_answer_there_says_that_an_ai_writes(scene: Scene, tmp_path: Path) -> None:
    async with world(tmp_path) as house, answering(scene, house):
        answer = await scene.telegram.reply_to(scene.ann.says("hi Maya", business="bc1"), deadline=LATE)
        assert answer.text.startswith("I am an AI.")
        assert answer.payload["business_connection_id"] == "bc1"
        assert scene.ann.chat.said == []


@pytest.mark.parametrize("change", [{"enabled": False}, {"can_reply": False}])
async def test_a_connection_that_ends_while_an_answer_is_written_throws_it_away_and_tells_the_owner(
    scene: Scene, tmp_path: Path, change: dict[str, Any]
) -> None:
    async with world(tmp_path) as house, answering(scene, house):
        house.model.gate.clear()
        scene.ann.says("hi Maya", business="bc1")
        await house.model.until_asked(1)
        scene.telegram.change_connection(**change)
        await scene.settled()
        house.model.gate.set()
        await scene.telegram.until(lambda: bool(scene.maya.chat.said), deadline=LATE)
        assert "threw it away" in scene.maya.chat.texts[0]
        scene.telegram.change_connection()
        await scene.telegram.reply_to(scene.ann.says("again", business="bc1"), deadline=LATE)
    assert len(scene.maya.chat.said) == 1
    assert not any("hi Maya" in text for text in scene.chat.texts)


async def test_an_answer_that_comes_a_day_too_late_is_thrown_away_and_the_owner_told(
    scene: Scene, tmp_path: Path
) -> None:
    async with world(tmp_path) as house, answering(scene, house):
        house.model.gate.clear()
        scene.ann.says("hi Maya", business="bc1")
        await house.model.until_asked(1)
        scene.chat.quiet_for_a_day = True
        house.model.gate.set()
        await scene.telegram.until(lambda: bool(scene.maya.chat.said), deadline=LATE)
    assert scene.chat.said == []


async def test_when_the_owner_writes_while_an_answer_is_written_the_answer_is_not_sent(
    scene: Scene, tmp_path: Path
) -> None:
    async with world(tmp_path) as house, answering(scene, house):
        house.model.gate.clear()
        scene.ann.says("hi Maya", business="bc1")
        await house.model.until_asked(1)
        scene.maya_says("Hi Ann, it's really me")
        await scene.settled()
        house.model.gate.set()
        scene.ann.says("to the bot itself")
        await scene.telegram.until(lambda: bool(scene.ann.chat.said), deadline=LATE)
    assert scene.chat.said == []
