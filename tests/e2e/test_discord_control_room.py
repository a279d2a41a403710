"""The control room on Discord, whole: the real discord.py, engine and SQLite, from a report to a person who answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.discord import DiscordAccount
from tests.e2e.test_engine import MAYA, World
from tests.e2e.test_engine import world as engine_world
from tests.fakes import ACCOUNT, FakeClock
from tests.worlds.discord import FakeDiscord, Fan
from tests.worlds.discord_things import Channel, Guild, Interaction, Message, Role

MANAGE_MESSAGES, VIEW = 1 << 13, 1 << 10
PATIENCE = 30.0  # seconds: what the desk does by itself, it does every few seconds


@dataclass
class House:
    """A server with a public and a private channel, its creator, a moderator and a fan, who was answered."""

    world: FakeDiscord
    w: World
    guild: Guild
    general: Channel
    desk: Channel
    maya: Fan
    mod: Fan
    ann: Fan

    @property
    def replies(self) -> list[Message]:
        return [one for one in self.general.messages if one.author is self.world.bot]

    async def asks(self, who: Fan, channel: Channel, command: str, /, **given: object) -> str:
        """Give a command; what it is answered with."""
        permissions = 0 if who is self.ann else MANAGE_MESSAGES
        return await self.answer(await who.slash(channel, command, given=given, permissions=permissions))

    async def answer(self, interaction: Interaction) -> str:
        await self.until(lambda: interaction.answers)
        return interaction.answers[0].content

    async def until(self, condition: Callable[[], object]) -> None:
        await self.world.until(condition, within=PATIENCE)

    async def insists(self, who: Fan, where: Channel, text: str, heard: Callable[[], object]) -> None:
        """Write until it is heard: which places are heard whole, the engine looks up every few seconds."""
        async with asyncio.timeout(PATIENCE):
            while not heard():
                await who.write(where, text)
                with suppress(TimeoutError):
                    await self.world.until(heard, within=1)

    def at_desk(self, text: str) -> Message | None:
        """The message of the bot's at the desk that holds this."""
        return next((one for one in self.desk.messages if text in one.content), None)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    clock = FakeClock(datetime.now(UTC))
    async with FakeDiscord() as world, engine_world(tmp_path, clock=clock) as w:
        guild = world.guild()
        general, desk = world.text_channel(guild), world.text_channel(guild, "desk")
        maya, mod, ann = world.user("Maya herself"), world.user("Mod"), world.user("Ann")
        keeper = Role("keeper", permissions=MANAGE_MESSAGES | VIEW)
        guild.roles.append(keeper)
        guild.held[mod.id] = [keeper]
        account = DiscordAccount(world.token, api_url=world.api_url)
        avatar = w.engine._stages[ACCOUNT].avatar
        w.engine.connect(account.id, avatar, account.channel, creators=[str(maya.id)])
        running = asyncio.create_task(account.run(w.engine))
        await world.online()
        made = House(world, w, guild, general, desk, maya, mod, ann)
        await ann.write(general, f"{world.bot.mention} what do you bake?")
        await made.until(lambda: general.texts(world.bot))
        yield made
        await w.engine.stop()  # while the account is still connected
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_report_comes_to_the_desk_and_a_moderator_settles_it_by_its_button(house: House) -> None:
    assert "That is for" in await house.asks(house.mod, house.desk, "avatar desk", where="here")
    await house.asks(house.maya, house.desk, "avatar desk", where="here")

    form = await house.ann.choose("Report", house.replies[0])
    await house.until(lambda: form.form)
    assert form.form is not None
    sent = await house.ann.submit(house.general, form.form["custom_id"], "It was rude.")
    assert "case 1" in await house.answer(sent)
    await house.until(lambda: house.at_desk("Case 1"))
    told = house.at_desk("Case 1")
    assert told is not None
    assert "It was rude." in told.content
    labels = [one["label"] for one in told.buttons]

    by_fan = await house.ann.press(told, labels[-1])
    assert "That is for" in await house.answer(by_fan)
    assert len(told.buttons) == len(labels)
    by_moderator = await house.mod.press(told, labels[-1], permissions=MANAGE_MESSAGES)
    await house.answer(by_moderator)

    await house.until(lambda: not told.buttons)
    acts = {(act.command, act.outcome) for act in await house.w.store.audit.acts(MAYA, limit=9)}
    assert {("avatar desk", "refused"), ("avatar desk", "done")} <= acts


async def test_while_it_is_paused_in_a_server_a_fan_is_not_answered_by_the_model_there(house: House) -> None:
    asked = len(house.w.model.prompts)
    assert "That is for" in await house.asks(house.ann, house.general, "avatar pause")
    await house.asks(house.mod, house.general, "avatar pause")

    await house.ann.write(house.general, f"{house.world.bot.mention} and rye?")
    await house.until(lambda: len(house.general.texts(house.world.bot)) == 2)
    await house.asks(house.mod, house.general, "avatar resume")
    await house.ann.write(house.general, f"{house.world.bot.mention} and spelt?")
    await house.until(lambda: len(house.w.model.prompts) == asked + 1)

    assert "break" in house.general.texts(house.world.bot)[1]


async def test_where_it_answers_everything_it_need_not_be_mentioned(house: House) -> None:
    await house.asks(house.mod, house.general, "avatar answers", what="all")

    await house.insists(house.ann, house.general, "anybody here?", lambda: len(house.replies) > 1)

    assert house.replies[-1].content == "re: Ann: anybody here?"


async def test_a_moderator_takes_a_dm_over_in_a_thread_and_gives_it_back(house: House) -> None:
    await house.asks(house.maya, house.desk, "avatar desk", where="here")
    await house.ann.dm("hello")
    await house.until(lambda: house.ann.dms.texts(house.world.bot))

    await house.asks(house.maya, house.desk, "talk take", fan=house.ann)
    await house.until(lambda: any(one.parent is house.desk and one.messages for one in house.world.channels.values()))
    thread = next(one for one in house.world.channels.values() if one.parent is house.desk)
    opening = thread.messages[0]
    await house.until(lambda: "in person" in house.ann.dms.texts(house.world.bot)[-1])
    await house.ann.dm("are you there, Maya?")
    await house.until(lambda: any("are you there, Maya?" in text for text in thread.texts(house.world.bot)))

    await house.insists(
        house.maya,
        thread,
        "yes, here I am",
        lambda: any("yes, here I am" in text for text in house.ann.dms.texts(house.world.bot)),
    )
    assert not any(text.startswith("re: are you there") for text in house.ann.dms.texts(house.world.bot))
    release = await house.maya.press(opening, opening.buttons[0]["label"])
    await house.answer(release)
    await house.until(lambda: "AI" in house.ann.dms.texts(house.world.bot)[-1])
