"""Naming a moderator on Telegram, the whole way: the real python-telegram-bot, the engine and a SQLite file."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.test_engine import MAYA, world
from tests.e2e.test_telegram_review import Seconds, running
from tests.fakes import ACCOUNT
from tests.worlds.telegram import FakeTelegram
from tests.worlds.telegram_people import Person
from tests.worlds.telegram_state import Message


async def test_whom_the_creator_names_in_answer_to_a_message_may_until_it_is_taken_back(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, world(tmp_path) as w:
        seconds = Seconds()
        maya, ann, group = telegram.user("Maya"), telegram.user("Ann"), telegram.group("Bakers")
        async with running(telegram, w.engine, seconds) as account:
            avatar = w.engine._stages[ACCOUNT].avatar
            w.engine.connect(account.id, avatar, account.channel, creators=(str(maya.id),))
            asked = ann.says("@maya_bot what do you bake?", at=group)
            await telegram.reply_to(asked, deadline=20)
            reply = group.chat.said[-1]

            async def says(person: Person, text: str, about: Message) -> str:
                return (await telegram.reply_to(person.says(text, at=group, reply_to=about), deadline=20)).text

            before = await says(ann, "/why", reply)
            seconds.now += 61  # whoever was refused is not told again at once
            await says(ann, "/staff@maya_bot add", asked)
            await says(maya, "/staff@maya_bot add", asked)
            made = [(one.platform, one.person) for one in await w.store.staff.all(MAYA)]
            meanwhile = await says(ann, "/why", reply)
            await says(maya, "/staff@maya_bot remove", asked)
            seconds.now += 61
            after = await says(ann, "/why", reply)
            acts = [
                (one.by.rpartition("/")[2], one.command, one.outcome) for one in await w.store.audit.acts(MAYA, limit=9)
            ]
    assert "for those who keep order" in before
    assert made == [("telegram", str(ann.id))]
    assert "for those who keep order" not in meanwhile
    assert "for those who keep order" in after
    assert acts[::-1] == [
        (str(ann.id), "why", "refused"),
        (str(ann.id), "staff add", "refused"),
        (str(maya.id), "staff add", "done"),
        (str(ann.id), "why", "done"),
        (str(maya.id), "staff remove", "done"),
        (str(ann.id), "why", "refused"),
    ]
