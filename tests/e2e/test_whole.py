"""The product as ``bots.app`` composes it, in this process, between a fake platform and a fake model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bots.accounts import speakers
from bots.app import connected
from bots.house import house, working
from bots.settings import Settings
from tests.worlds.discord import FakeDiscord
from tests.worlds.model import FakeModel, breaks_off, fails, hangs, malformed, says, status
from tests.worlds.telegram import TOKEN, FakeTelegram, flood

PATIENCE = 20.0
FIRST = "Just so you know: I'm an AI stand-in for Maya Lindqvist, not Maya herself.\n\n"


@asynccontextmanager
async def product(
    folder: Path, fake: FakeModel, *, model: Mapping[str, Any] = MappingProxyType({}), **groups: Any
) -> AsyncIterator[None]:
    """Maya on the platforms whose settings are given."""
    endpoint = {"base_url": fake.base_url, "retries": 1, "first_token_timeout": 1.0, **model}
    settings = Settings(_env_file=None, data_dir=folder, model=endpoint, **groups)
    async with house(settings, "maya") as built:
        platforms = [one.account for one in speakers(settings, {"maya": built.avatar.persona.names})]
        for account in platforms:
            built.engine.connect(account.id, built.avatar, account.channel)
        async with connected(platforms, built.engine), working(built.engine):
            yield


def telegram(world: FakeTelegram) -> dict[str, str]:
    return {"token": TOKEN, "base_url": world.base_url}


async def test_fifty_fans_at_once_each_get_their_own_whole_answer(tmp_path: Path):
    async with FakeTelegram(TOKEN) as world, FakeModel(first_token=0.05, rate=200, tokens=30) as model:
        patient = {"first_token_timeout": PATIENCE}  # fifty at once on a busy machine: nobody is to be asked again
        async with product(tmp_path, model, model=patient, telegram=telegram(world)):
            fans = {f"token-{number:02}": world.user(f"Fan {number}") for number in range(50)}
            questions = {token: fan.says(f"my word is {token}") for token, fan in fans.items()}
            for token, question in questions.items():
                reply = (await world.reply_to(question, deadline=PATIENCE)).text
                assert reply.startswith(FIRST)
                assert token in reply
                assert not any(other in reply for other in fans if other != token)
        assert all(len(fan.chat.said) == 1 for fan in fans.values())
        assert len(model.asked) == 50


def _asked(count: int, model: FakeModel) -> bool:
    return len(model.asked) >= count


async def test_three_quick_messages_never_make_two_calls_at_once_and_roles_alternate(tmp_path: Path):
    hold = asyncio.Event()
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        model.next(*[says(hold, "All three, then.")] * 3)
        async with product(tmp_path, model, telegram=telegram(world)):
            ann = world.user("Ann")
            for number in range(1, 4):
                ann.says(f"part {number}")
                await model.until(partial(_asked, number), within=PATIENCE)
            await model.until(lambda m: m.in_flight == 1, within=PATIENCE)
            hold.set()
            await world.until(lambda: len(ann.chat.said) == 1, deadline=PATIENCE)
    roles = [message["role"] for message in model.asked[-1].messages]
    assert roles == ["system", *["user", "assistant"] * (len(roles) // 2 - 1), "user"]
    assert model.asked[-1].last.endswith("part 1\npart 2\npart 3")
    assert model.peak == 1


async def test_a_retry_after_429_has_the_fans_message_once(tmp_path: Path):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        model.next(status(429, headers={"Retry-After": "0"}), says("Rye."))
        async with product(tmp_path, model, telegram=telegram(world)):
            question = world.user("Ann").says("which flour?")
            assert (await world.reply_to(question, deadline=PATIENCE)).text == f"{FIRST}Rye."
    assert [str(asked.messages).count("which flour?") for asked in model.asked] == [1, 1]


@pytest.mark.parametrize(
    "fault",
    [
        status(500, {"error": {"message": "SECRET-DETAIL"}}),
        status(400, {"error": "SECRET-DETAIL"}),
        status(503, "<html>SECRET-DETAIL</html>"),
        status(429, headers={"Retry-After": "3600"}),
        fails({"message": "SECRET-DETAIL", "code": 502}),
        fails("SECRET-DETAIL"),
        breaks_off(),
        hangs(),
        malformed(),
        says(),
    ],
)
async def test_whatever_the_model_does_the_fan_gets_one_honest_line_and_no_detail(tmp_path: Path, fault: Any):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        model.next(fault, fault)
        async with product(tmp_path, model, telegram=telegram(world)):
            ann = world.user("Ann")
            reply = (await world.reply_to(ann.says("hi"), deadline=PATIENCE)).text
        assert "My AI brain is like a cold oven right now." in reply
        assert "SECRET-DETAIL" not in reply
        assert len(ann.chat.said) == 1


async def test_an_answer_that_breaks_off_in_the_middle_is_not_passed_off_as_whole(tmp_path: Path):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        seen = asyncio.Event()
        model.next(breaks_off("Flour, water and ", "salt, and then ", seen))
        async with product(tmp_path, model, telegram=telegram(world)):
            ann = world.user("Ann")
            question = ann.says("what do I need?")
            await world.until(lambda: bool(world.calls_of("sendMessageDraft")), deadline=PATIENCE)
            seen.set()
            reply = (await world.reply_to(question, deadline=PATIENCE)).text
        assert "Flour, water" in reply
        assert reply.endswith("Ask me again and I'll start over.")


async def test_the_next_endpoint_answers_when_the_first_cannot(tmp_path: Path):
    async with FakeTelegram(TOKEN) as world, FakeModel() as broken, FakeModel() as sound:
        broken.next(*[status(500)] * 4)
        sound.next(says("From the second."))
        fallbacks = {"fallbacks": [{"base_url": sound.base_url}]}
        async with product(tmp_path, broken, telegram=telegram(world), model=fallbacks):
            reply = await world.reply_to(world.user("Ann").says("hi"), deadline=PATIENCE)
            assert reply.text.endswith("From the second.")


async def test_a_chat_under_flood_control_is_left_alone_while_others_go_on(tmp_path: Path):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        async with product(tmp_path, model, telegram=telegram(world)):
            ann, ben = world.user("Ann"), world.user("Ben")
            world.fail("sendMessage", flood(2), chat=ann)
            first, second = ann.says("token-ann"), ben.says("token-ben")
            assert "token-ben" in (await world.reply_to(second, deadline=PATIENCE)).text
            assert ann.chat.said == []
            assert "token-ann" in (await world.reply_to(first, deadline=PATIENCE)).text
            sends = [call.at for call in world.calls_of("sendMessage") if call.params["chat_id"] == ann.chat.id]
            assert sends[1] - sends[0] >= 2.0


async def test_in_a_group_the_text_is_whole_although_edits_are_flood_limited(tmp_path: Path):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        more = asyncio.Event()
        model.next(says("The beginning and ", more, "the end."))
        async with product(tmp_path, model, telegram=telegram(world)):
            group, ann = world.group("Bakers"), world.user("Ann")
            world.fail("editMessageText", flood(1))
            ann.says("@maya_bot tell me", at=group)
            await world.until(lambda: bool(world.calls_of("sendMessage")), deadline=PATIENCE)
            more.set()
            await world.until(lambda: any("the end." in said.text for said in group.chat.said), deadline=PATIENCE)
        assert len(group.chat.said) == 1
        assert group.chat.said[0].text.endswith("The beginning and the end.")


async def test_model_output_cannot_ping_link_or_leak(tmp_path: Path):
    dangerous = f"@everyone see [this](javascript:alert(1)) and {TOKEN} and ![x](https://evil.example/?q=you)"
    async with FakeTelegram(TOKEN) as tg, FakeDiscord() as dc, FakeModel() as model:
        model.next(says(dangerous), says(dangerous))
        discord = {"token": dc.token, "api_url": dc.api_url}
        async with product(tmp_path, model, telegram=telegram(tg), discord=discord):
            on_telegram = (await tg.reply_to(tg.user("Ann").says("hi"), deadline=PATIENCE)).text
            await dc.until(lambda: dc.gateway.connected, within=PATIENCE)
            ben = dc.user("Ben")
            await ben.dm("hi")
            await dc.until(lambda: bool(ben.dms.texts(dc.bot)), within=PATIENCE)
            await dc.until(lambda: "see" in ben.dms.texts(dc.bot)[-1], within=PATIENCE)
        posted = [call.body for call in dc.rest.calls if call.method in {"POST", "PATCH"} and "/messages" in call.path]
    for text in (on_telegram, ben.dms.texts(dc.bot)[-1]):
        for bad in ("javascript:", TOKEN, "evil.example"):
            assert bad not in text
    assert posted
    assert all(body["allowed_mentions"]["parse"] == [] for body in posted)


async def test_a_message_of_a_hundred_thousand_characters_is_cut_and_answered(tmp_path: Path):
    async with FakeTelegram(TOKEN) as world, FakeModel() as model:
        async with product(tmp_path, model, telegram=telegram(world)):
            ann = world.user("Ann")
            reply = await world.reply_to(ann.says("x" * 100_000), deadline=PATIENCE)
            assert reply.text
        assert "[cut]" in model.asked[0].last
        assert len(model.asked[0].last) < 20_000
