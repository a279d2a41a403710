"""The real python-telegram-bot against the fake Telegram: how updates come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.telegram import TelegramAccount
from core.errors import ConfigError
from core.ports import Channel, Intake
from tests.worlds.telegram import TOKEN, FakeTelegram, bad_gateway, cut, flood, refusal
from tests.worlds.telegram_intake import RecordingIntake


@pytest.fixture
async def world() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as world:
        yield world


@pytest.fixture
def intake() -> RecordingIntake:
    return RecordingIntake()


def account(world: FakeTelegram) -> TelegramAccount:
    return TelegramAccount(world.token, names=("Maya",), base_url=world.base_url)


@asynccontextmanager
async def running(subject: TelegramAccount, intake: Intake) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(subject.run(intake))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ConfigError):
            await task


def offsets(world: FakeTelegram) -> list[int]:
    return [int(call.params["offset"]) for call in world.calls_of("getUpdates")]


async def test_a_private_message_reaches_the_intake(world: FakeTelegram, intake: RecordingIntake) -> None:
    async with running(account(world), intake):
        said = world.user("Ann Example", language="de").says("hi there")
        await intake.until(lambda: bool(intake.accepted))
    [incoming] = intake.accepted
    assert (incoming.text, incoming.message, incoming.sender.name) == ("hi there", str(said.id), "Ann Example")
    assert incoming.sender.language == "de"
    assert incoming.place.account == f"telegram:{TOKEN.partition(':')[0]}"
    assert incoming.sent_at.utcoffset() is not None


async def test_the_account_speaks_through_a_channel_of_the_core(world: FakeTelegram) -> None:
    subject = account(world)
    channel: Channel = subject.channel
    assert channel is subject.channel
    assert subject.id == "telegram:7000000001"


async def test_the_offset_moves_only_after_the_message_is_stored(world: FakeTelegram, intake: RecordingIntake) -> None:
    intake.hold()
    ann = world.user("Ann")
    async with running(account(world), intake):
        ann.says("one")
        await intake.until(lambda: len(intake.offered) == 1)
        assert set(offsets(world)) == {0}
        assert len(world.updates.pending) == 1
        intake.let_go()
        await world.until(lambda: not world.updates.pending)
    assert [incoming.text for incoming in intake.accepted] == ["one"]


async def test_a_restart_gets_again_what_was_not_stored(world: FakeTelegram, intake: RecordingIntake) -> None:
    intake.hold()
    async with running(account(world), intake):
        world.user("Ann").says("do not lose me")
        await intake.until(lambda: len(intake.offered) == 1)
    assert intake.accepted == []
    intake.let_go()
    async with running(account(world), intake):
        await intake.until(lambda: len(intake.accepted) == 1)
    assert intake.accepted[0].text == "do not lose me"


async def test_a_slow_chat_does_not_keep_the_others_of_its_batch_waiting(
    world: FakeTelegram, intake: RecordingIntake
) -> None:
    intake.hold()
    fans = [world.user(f"Fan {number}") for number in range(5)]
    for fan in fans:
        fan.says("first")
        fan.says("second")
    async with running(account(world), intake):
        await intake.until(lambda: len(intake.offered) == 5)
        assert {incoming.text for incoming in intake.offered} == {"first"}
        intake.let_go()
        await intake.until(lambda: len(intake.accepted) == 10)
    for fan in fans:
        assert [one.text for one in intake.accepted if one.sender.id == str(fan.id)] == ["first", "second"]


async def test_the_same_update_twice_carries_the_same_message_id(world: FakeTelegram, intake: RecordingIntake) -> None:
    world.user("Ann").says("hi")
    world.updates.repeat(world.updates.pending[0])
    async with running(account(world), intake):
        await intake.until(lambda: len(intake.accepted) == 2)
    first, second = intake.accepted
    assert (first.place, first.message) == (second.place, second.message)


async def test_an_intake_that_fails_gets_the_message_again(world: FakeTelegram, intake: RecordingIntake) -> None:
    intake.faults.append(RuntimeError("broken promise"))
    async with running(account(world), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
        await world.until(lambda: not world.updates.pending)
    assert len(intake.offered) == 2


async def test_an_update_that_cannot_be_read_does_not_hold_up_the_others(
    world: FakeTelegram, intake: RecordingIntake
) -> None:
    world.updates.add("message", {"message_id": "?", "chat": 7})
    world.user("Ann").says("after the broken one")
    async with running(account(world), intake):
        await intake.until(lambda: len(intake.accepted) == 1)
        await world.until(lambda: not world.updates.pending)
    assert intake.accepted[0].text == "after the broken one"


async def test_another_poller_is_outlived(world: FakeTelegram, intake: RecordingIntake) -> None:
    conflict = refusal(409, "Conflict: terminated by other getUpdates request")
    world.fail("getUpdates", conflict, times=1)
    async with running(account(world), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
    assert world.calls_of("getUpdates")[0].status == 409


async def test_two_pollers_cut_each_other_off_in_this_world_as_in_the_real_one(world: FakeTelegram) -> None:
    first, second = RecordingIntake(), RecordingIntake()
    async with running(account(world), first):
        await world.until(lambda: len(world.calls_of("getUpdates")) == 1)
        async with running(account(world), second):
            await world.until(lambda: any(call.status == 409 for call in world.calls_of("getUpdates")))
            world.user("Ann").says("hi")
            await world.until(lambda: not world.updates.pending)
    assert len(first.accepted) + len(second.accepted) >= 1


@pytest.mark.parametrize("fault", [bad_gateway(), cut(applied=False), flood(1)], ids=["502", "cut", "429"])
@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "getUpdates"])
async def test_trouble_at_the_start_is_waited_out(
    world: FakeTelegram, intake: RecordingIntake, method: str, fault: object
) -> None:
    world.fail(method, fault)  # type: ignore[arg-type]  # parametrize loses the type
    async with running(account(world), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
    assert len(world.calls_of(method)) >= 2


async def test_a_server_that_is_not_there_yet_is_waited_for(intake: RecordingIntake) -> None:
    async with FakeTelegram() as gone:
        address = gone.base_url
    task = asyncio.create_task(TelegramAccount(TOKEN, base_url=address).run(intake))
    done, _ = await asyncio.wait({task}, timeout=0.1)
    assert not done
    async with FakeTelegram(port=int(address.rpartition(":")[2])) as world:
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_refused_token_ends_the_run_with_the_mend(world: FakeTelegram, intake: RecordingIntake) -> None:
    revoked = f"{TOKEN.partition(':')[0]}:this-one-was-revoked-by-its-owner"
    with pytest.raises(ConfigError, match="BotFather") as caught:
        await TelegramAccount(revoked, base_url=world.base_url).run(intake)
    assert "STAGEDOOR_TELEGRAM__TOKEN" in str(caught.value)
    assert revoked not in str(caught.value)


async def test_a_token_revoked_while_running_ends_the_run(world: FakeTelegram, intake: RecordingIntake) -> None:
    async with running(account(world), intake) as task:
        await world.until(lambda: len(world.calls_of("getUpdates")) == 1)
        world.fail("getUpdates", refusal(401, "Unauthorized"))
        world.user("Ann").says("wake up")
        with pytest.raises(ConfigError, match="BotFather"):
            await asyncio.wait_for(task, 5)


@pytest.mark.parametrize("token", ["", "hello", "12345", "abc:defghijklmnop", "1:short", "1:has spaces in it all"])
def test_a_token_of_the_wrong_form_is_named_and_not_shown(token: str) -> None:
    with pytest.raises(ConfigError, match="STAGEDOOR_TELEGRAM__TOKEN") as caught:
        TelegramAccount(token)
    assert not token or token not in str(caught.value)


async def test_a_menu_that_cannot_be_set_is_not_fatal(world: FakeTelegram, intake: RecordingIntake) -> None:
    world.fail("setMyCommands", bad_gateway())
    async with running(account(world), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
    assert "all_group_chats" in world.menus


async def test_pending_updates_are_never_dropped(world: FakeTelegram, intake: RecordingIntake) -> None:
    world.user("Ann").says("said while you were away")
    async with running(account(world), intake):
        await intake.until(lambda: len(intake.accepted) == 1)
    assert all(call.params.get("drop_pending_updates") in {None, "false", False} for call in world.calls)


async def test_an_edit_and_a_deletion_are_told(world: FakeTelegram, intake: RecordingIntake) -> None:
    ann = world.user("Ann")
    async with running(account(world), intake):
        said = ann.says("helo")
        ann.edits(said, "hello")
        await intake.until(lambda: len(intake.revised) == 1)
        private = ann.says("to the owner", business="bc1")
        ann.deletes(private)
        await intake.until(lambda: len(intake.retracted) == 1)
    assert intake.revised[0][1:] == (str(said.id), "hello")
    place, message = intake.retracted[0]
    assert (place.business, message) == ("bc1", str(private.id))
    assert place == intake.accepted[-1].place


async def test_cancelling_leaves_no_task_and_no_connection(world: FakeTelegram, intake: RecordingIntake) -> None:
    before = asyncio.all_tasks()
    subject = account(world)
    async with running(subject, intake) as task:
        await world.until(lambda: len(world.calls_of("getUpdates")) == 1)
    assert task.cancelled()
    await world.until(lambda: world.open_requests == 0)
    leftover = {one for one in asyncio.all_tasks() - before if "RequestHandler" not in repr(one)}
    assert leftover == set()
