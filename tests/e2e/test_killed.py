"""Kill -9 at every step of a turn, then a restart: nothing is lost and nothing is said twice."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.worlds.discord import FakeDiscord
from tests.worlds.doomed import Plan
from tests.worlds.model import FakeModel, says
from tests.worlds.telegram import TOKEN, FakeTelegram

PATIENCE = 30.0
LONG = "Bread needs time. " * 300  # two messages on Telegram, three on Discord

STEPS = [
    pytest.param("inbox.accept", False, 1, 1, id="accepted"),
    pytest.param("turns.claim", False, 1, 1, id="claimed"),
    pytest.param("turns.store", False, 1, 1, id="text stored"),
    pytest.param("turns.may_speak", False, 1, 1, id="half delivered"),
    pytest.param("turns.finish", False, 1, 1, id="delivered"),
]


@asynccontextmanager
async def product(plan: Plan) -> AsyncIterator[asyncio.subprocess.Process]:
    """The product as a child; whatever happens, it is gone afterwards."""
    argument = json.dumps(asdict(plan))
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.worlds.doomed", argument)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def killed(child: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE):
        assert await child.wait() == -signal.SIGKILL


async def stopped(child: asyncio.subprocess.Process) -> None:
    """It ends by itself when asked to, with exit code 0 (F17)."""
    child.terminate()
    async with asyncio.timeout(25):
        assert await child.wait() == 0


@pytest.mark.parametrize(("step", "before", "count", "asked"), STEPS)
async def test_on_telegram_a_killed_turn_is_answered_once(
    tmp_path: Path, step: str, before: bool, count: int, asked: int
):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        model.next(says(LONG))
        plan = Plan(str(tmp_path), "telegram", TOKEN, world.base_url, model.base_url, step, before, count)
        ann = world.user("Ann")
        ann.says("how long does it take?")
        async with product(plan) as child:
            await killed(child)
        asked_before = len(model.asked)
        async with product(replace(plan, step="")) as child:
            await world.until(lambda: len(ann.chat.said) >= 2, deadline=PATIENCE)
            ann.says("thanks")  # a later answer shows that nothing of the first one is still to come
            await world.until(lambda: len(ann.chat.said) >= 3, deadline=PATIENCE)
            await stopped(child)
        texts = [message.text for message in ann.chat.said]
        assert len(texts) == 3
        assert " ".join(texts[:2]).count("Bread needs time.") == 300
        stored = step in {"turns.store", "turns.may_speak", "turns.finish"}
        assert asked_before == (1 if stored else 0)
        assert len(model.asked) == asked + 1


@pytest.mark.parametrize(("step", "before"), [("channel.send", False), ("turns.finish", True)])
async def test_on_telegram_a_kill_between_send_and_receipt_repeats_one_part_at_most(
    tmp_path: Path, step: str, before: bool
):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        model.next(says("Once."))
        plan = Plan(str(tmp_path), "telegram", TOKEN, world.base_url, model.base_url, step, before)
        ann = world.user("Ann")
        ann.says("hi")
        async with product(plan) as child:
            await killed(child)
        async with product(replace(plan, step="")) as child:
            await world.until(lambda: len(ann.chat.said) >= 2, deadline=PATIENCE)
            await stopped(child)
        assert len(ann.chat.said) == 2
        assert len(model.asked) == 1


DISCORD_STEPS = [  # the preview is part of the reply here, so it may die half shown, and the model is asked again
    pytest.param("inbox.accept", False, 1, 1, id="accepted"),
    pytest.param("turns.claim", False, 1, 1, id="claimed"),
    pytest.param("turns.show", False, 1, 2, id="about to be shown"),
    pytest.param("channel.send", False, 1, 2, id="shown but not recorded"),
    pytest.param("turns.record", False, 1, 2, id="one part shown"),
    pytest.param("channel.send", False, 2, 2, id="two parts shown"),
    pytest.param("turns.store", False, 1, 1, id="text stored"),
    pytest.param("turns.finish", True, 1, 1, id="delivered but not recorded"),
    pytest.param("turns.finish", False, 1, 1, id="delivered"),
]


@pytest.mark.parametrize(("step", "before", "count", "asked"), DISCORD_STEPS)
async def test_on_discord_a_killed_turn_is_answered_once(
    tmp_path: Path, step: str, before: bool, count: int, asked: int
):
    async with FakeDiscord() as world, FakeModel() as model:
        if asked == 2:
            model.next(says(LONG[:3600], asyncio.Event()))  # enough for two visible parts, and no end
        model.next(says(LONG))
        plan = Plan(str(tmp_path), "discord", world.token, world.api_url, model.base_url, step, before, count)
        ann = world.user("Ann")
        async with product(plan) as child:
            await world.until(lambda: world.gateway.connected, within=PATIENCE)
            await ann.dm("how long does it take?")
            await killed(child)
        async with product(replace(plan, step="")) as child:
            await world.until(lambda: len(ann.dms.texts(world.bot)) >= 3, within=PATIENCE)
            await ann.dm("thanks")
            await world.until(lambda: len(ann.dms.texts(world.bot)) >= 4, within=PATIENCE)
            await stopped(child)
        texts = ann.dms.texts(world.bot)
        assert len(texts) == 4
        assert " ".join(texts[:3]).count("Bread needs time.") == 300
        assert len(model.asked) == asked + 1
