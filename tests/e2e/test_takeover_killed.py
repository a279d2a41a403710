"""Kill -9 at every step of a post, then a restart: it is said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.storage import Rules, open_storage
from core.limits import Limits, Rate
from core.model import AccountId, AvatarId, Place, Post
from tests.e2e.test_killed import PATIENCE, killed, product, stopped
from tests.worlds.discord import FakeDiscord
from tests.worlds.doomed import Plan
from tests.worlds.model import FakeModel
from tests.worlds.telegram import TOKEN, FakeTelegram

MAYA = AvatarId("maya")
STEPS = [
    pytest.param("turns.claim", False, id="claimed"),
    pytest.param("turns.store", False, id="stored"),
    pytest.param("turns.finish", False, id="delivered"),
]
ON_DISCORD = [
    *STEPS,
    pytest.param("channel.send", False, id="sent but not recorded"),
    pytest.param("turns.finish", True, id="delivered but not recorded"),
]


async def post(folder: Path, place: Place) -> None:
    """Put two things into the outbox; the second shows that nothing of the first is still to come."""
    unlimited = Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
    rules = Rules(avatar=lambda _: MAYA, limits=unlimited, window=2000, estimate=len)
    async with open_storage(f"sqlite:///{folder}/stagedoor.db", rules) as store:
        for text in ("It's me.", "That's all."):
            assert await store.outbox.post(MAYA, Post(place, text, text, "Maya"), now=datetime.now(UTC))


@pytest.mark.parametrize(("step", "before"), STEPS)
async def test_on_telegram_a_post_is_said_once_whenever_the_process_dies(tmp_path: Path, step: str, before: bool):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        ann = world.user("Ann")
        account = AccountId(f"telegram:{TOKEN.partition(':')[0]}")
        await post(tmp_path, Place(account, str(ann.chat.id)))
        plan = Plan(str(tmp_path), "telegram", TOKEN, world.base_url, model.base_url, step, before)
        async with product(plan) as child:
            await killed(child)
        async with product(replace(plan, step="")) as child:
            await world.until(lambda: len(ann.chat.said) >= 2, deadline=PATIENCE)
            await stopped(child)
        assert [one.text for one in ann.chat.said] == ["It's me.", "That's all."]


@pytest.mark.parametrize(("step", "before"), ON_DISCORD)
async def test_on_discord_a_post_is_said_once_whenever_the_process_dies(tmp_path: Path, step: str, before: bool):
    async with FakeDiscord() as world, FakeModel() as model:
        ann = world.user("Ann")
        account = AccountId(f"discord:{world.bot.id}")
        await ann.dm("hi")
        await post(tmp_path, Place(account, str(ann.dms.id)))
        plan = Plan(str(tmp_path), "discord", world.token, world.api_url, model.base_url, step, before)
        async with product(plan) as child:
            await killed(child)
        async with product(replace(plan, step="")) as child:
            await world.until(lambda: len(ann.dms.texts(world.bot)) >= 2, within=PATIENCE)
            await stopped(child)
        assert ann.dms.texts(world.bot) == ["It's me.", "That's all."]
