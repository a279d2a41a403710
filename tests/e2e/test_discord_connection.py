"""The real discord.py on a small Discord over sockets: losing and keeping the connection, and what was missed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import discord
import pytest
import structlog

from adapters.discord import DiscordAccount
from bots.app import until_done
from core.errors import ChannelUnavailable, ConfigError
from core.model import AccountId, Outgoing, Place
from tests.worlds.discord import FakeDiscord
from tests.worlds.discord_gateway import MESSAGE_CONTENT
from tests.worlds.discord_intake import NotingIntake, running
from tests.worlds.discord_rest import Fault


@pytest.fixture
async def world() -> AsyncGenerator[FakeDiscord]:
    async with FakeDiscord() as world:
        yield world


async def test_a_resume_with_overlap_reaches_the_intake_but_is_taken_once(world: FakeDiscord) -> None:
    intake, ann = NotingIntake(), world.user("Ann")
    world.gateway.overlap = 2
    async with running(world, intake):
        await ann.dm("one")
        await world.until(lambda: intake.texts == ["one"])

        await world.gateway.drop()
        await ann.dm("two, while the line was dead")
        await world.until(lambda: len(intake.texts) == 2)

        assert intake.texts == ["one", "two, while the line was dead"]
        assert world.gateway.resumed == 1
        assert len(world.gateway.identified) == 1
        assert intake.repeated >= 1


@pytest.mark.parametrize("how", ["asked to", "code 4000"])
async def test_a_session_is_resumed_after_discord_closed_it(world: FakeDiscord, how: str) -> None:
    intake, ann = NotingIntake(), world.user("Ann")
    async with running(world, intake):
        await (world.gateway.ask_to_reconnect() if how == "asked to" else world.gateway.close(4000))
        await world.until(lambda: world.gateway.resumed == 1)
        await ann.dm("hello again")
        await world.until(lambda: intake.texts == ["hello again"])

        assert len(world.gateway.identified) == 1


async def test_after_a_lost_session_it_identifies_anew_and_fetches_what_was_missed(world: FakeDiscord) -> None:
    intake, ann = NotingIntake(), world.user("Ann")
    async with running(world, intake):
        first = await ann.dm("one")
        await world.until(lambda: intake.texts == ["one"])
        intake.seen = {str(ann.dms.id): str(first.id)}

        await world.gateway.lose_sessions()
        await ann.dm("two, that nobody will replay")
        await world.until(lambda: len(intake.texts) == 2, within=15)

        assert intake.texts == ["one", "two, that nobody will replay"]
        assert len(world.gateway.identified) == 2


async def test_dms_missed_while_down_are_taken_oldest_first(world: FakeDiscord) -> None:
    intake, ann, bob = NotingIntake(), world.user("Ann"), world.user("Bob")
    known = {fan: await fan.dm("known") for fan in (ann, bob)}
    intake.seen = {str(fan.dms.id): str(message.id) for fan, message in known.items()}
    for number in range(120):  # more than one page of history
        await ann.dm(f"missed {number}")
    await bob.dm("missed, too")

    async with running(world, intake):
        await world.until(lambda: len(intake.accepted) == 121)

    by_ann = [incoming.text for incoming in intake.accepted if incoming.sender.name == "Ann"]
    assert by_ann == [f"missed {number}" for number in range(120)]
    assert "known" not in intake.texts


async def test_what_is_older_than_a_day_is_not_taken_any_more(world: FakeDiscord) -> None:
    intake, ann = NotingIntake(), world.user("Ann")
    now = datetime.now(UTC)
    known = await ann.dm("known", at=now - timedelta(days=5))
    await ann.dm("days old", at=now - timedelta(days=2))
    await ann.dm("an hour old", at=now - timedelta(hours=1))
    intake.seen = {str(ann.dms.id): str(known.id)}

    async with running(world, intake):
        await world.until(lambda: intake.accepted)

    assert intake.texts == ["an hour old"]


async def test_a_live_message_waits_until_what_was_missed_before_it_is_in(world: FakeDiscord) -> None:
    intake, ann = NotingIntake(), world.user("Ann")
    known = await ann.dm("known")
    await ann.dm("missed")
    intake.seen = {str(ann.dms.id): str(known.id)}
    history = f"/channels/{ann.dms.id}/messages"
    world.rest.faults.append(Fault("GET", history, 502))  # discord.py asks again after a second

    async with running(world, intake):
        await world.until(lambda: world.calls("GET", history))
        await ann.dm("live")
        await world.until(lambda: len(intake.accepted) == 2)

    assert intake.texts == ["missed", "live"]


async def test_a_dm_whose_history_cannot_be_read_does_not_hold_up_anything(world: FakeDiscord) -> None:
    intake, ann, bob = NotingIntake(), world.user("Ann"), world.user("Bob")
    known = {fan: await fan.dm("known") for fan in (ann, bob)}
    intake.seen = {str(fan.dms.id): str(message.id) for fan, message in known.items()}
    await bob.dm("missed")
    world.rest.faults.append(Fault("GET", f"/channels/{ann.dms.id}/messages", 403, body={"code": 50001, "message": ""}))

    async with running(world, intake):
        await world.until(lambda: intake.texts == ["missed"])
        await ann.dm("live")
        await world.until(lambda: "live" in intake.texts)


async def test_a_refused_token_names_the_setting_and_does_not_show_the_token(world: FakeDiscord) -> None:
    world.gateway.refuses = 4004
    account = DiscordAccount(world.token, api_url=world.api_url)

    with pytest.raises(ConfigError, match="STAGEDOOR_DISCORD__TOKEN") as refused:
        await asyncio.wait_for(account.run(NotingIntake()), 5)

    assert world.token not in str(refused.value)


async def test_a_refused_token_stops_its_own_bot_and_the_others_run_on(world: FakeDiscord) -> None:
    async with FakeDiscord("Otto") as other:
        other.gateway.refuses = 4004
        intake, ann, stop = NotingIntake(), world.user("Ann"), asyncio.Event()
        intake.changed = world.notify
        bots = [DiscordAccount(one.token, api_url=one.api_url) for one in (other, world)]
        refused, fine = (asyncio.create_task(bot.run(intake), name=bot.id) for bot in bots)
        with structlog.testing.capture_logs() as logs:
            whole = asyncio.create_task(until_done([refused, fine], [], stop))
            await asyncio.wait([refused], timeout=20)
            await world.online()
            await ann.dm("still there?")
            await world.until(lambda: intake.texts == ["still there?"])
        assert not whole.done()
        stop.set()
        await whole
        fine.cancel()
        await asyncio.wait([fine])

    (told,) = [entry for entry in logs if entry["event"] == "app.account.stopped"]
    assert told["account"] == bots[0].id
    assert "STAGEDOOR_DISCORD__TOKEN" in told["reason"]


async def test_a_401_at_login_is_the_same_as_a_refused_token(world: FakeDiscord) -> None:
    account = DiscordAccount(world.token + "x", api_url=world.api_url)

    with pytest.raises(ConfigError, match="STAGEDOOR_DISCORD__TOKEN"):
        await asyncio.wait_for(account.run(NotingIntake()), 5)


async def test_a_close_code_that_means_never_ends_with_its_number(world: FakeDiscord) -> None:
    world.gateway.refuses = 4013
    account = DiscordAccount(world.token, api_url=world.api_url)

    with pytest.raises(ConfigError, match="4013"):
        await asyncio.wait_for(account.run(NotingIntake()), 5)


async def test_without_the_content_intent_it_runs_says_so_and_hears_mentions_and_dms(world: FakeDiscord) -> None:
    world.gateway.content_granted = False
    general = world.text_channel(world.guild())
    intake, ann = NotingIntake(), world.user("Ann")

    with structlog.testing.capture_logs() as logs:
        async with running(world, intake, channels=[str(general.id)]):
            await world.online()
            await ann.write(general, "not meant for the bot, and blank to it")
            await ann.write(general, f"{world.bot.mention} hello")
            await ann.dm("hello from here")
            await world.until(lambda: len(intake.accepted) == 2)

    assert intake.texts == ["hello", "hello from here"]
    assert [bool(asked & MESSAGE_CONTENT) for asked in world.gateway.identified] == [True, False]
    told = next(entry for entry in logs if entry["event"] == "discord.intents.no_message_content")
    assert "mention" in told["missing"]
    assert "Message Content Intent" in told["mend"]


async def test_trouble_while_starting_is_tried_again(world: FakeDiscord) -> None:
    world.rest.faults += [Fault("GET", "/users/@me"), Fault("GET", "/gateway/bot", 503)]
    intake, ann = NotingIntake(), world.user("Ann")

    async with running(world, intake):
        await world.until(lambda: world.gateway.connected, within=20)
        await ann.dm("hello")
        await world.until(lambda: intake.texts == ["hello"])

    assert not world.rest.faults


async def test_the_channel_is_unavailable_before_and_after_the_connection(world: FakeDiscord) -> None:
    place = Place(AccountId("discord:1"), str(world.user("Ann").dms.id))
    account = DiscordAccount(world.token, api_url=world.api_url)
    with pytest.raises(ChannelUnavailable):
        await account.channel.send(place, Outgoing("too early", "sd1"))

    async with running(world, NotingIntake()) as connected:
        await world.online()
        await connected.channel.typing(place)

    with pytest.raises(ChannelUnavailable):
        await connected.channel.send(place, Outgoing("too late", "sd2"))


async def test_commands_are_registered_once_and_again_when_they_differ(world: FakeDiscord) -> None:
    for _ in range(2):
        async with running(world, NotingIntake()):
            await world.online()
    assert len(world.calls("PUT", "/applications/")) == 1

    world.rest.commands[0]["description"] = "from another version"
    async with running(world, NotingIntake()):
        await world.online()
    assert len(world.calls("PUT", "/applications/")) == 2


async def test_two_bots_in_one_process_talk_each_to_their_own_api(world: FakeDiscord) -> None:
    async with FakeDiscord("Otto") as other:
        here, there = NotingIntake(), NotingIntake()
        async with running(world, here), running(other, there):
            interactions = []
            for place in (world, other):
                ann = place.user("Ann")
                await ann.dm(f"to {place.bot.name}")
                interactions.append(await ann.slash(ann.dms, "help"))
            await world.until(lambda: here.accepted and interactions[0].answers)
            await other.until(lambda: there.accepted and interactions[1].answers)

    assert (here.texts, there.texts) == (["to Maya"], ["to Otto"])
    assert discord.http.Route.BASE.startswith("https://discord.com/")


async def test_the_token_is_in_no_log_line_even_at_debug(
    world: FakeDiscord, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    intake, ann = NotingIntake(), world.user("Ann")
    with caplog.at_level(logging.DEBUG):
        async with running(world, intake) as account:
            await ann.dm("hello")
            await world.until(lambda: intake.accepted)
            await account.channel.send(intake.accepted[0].place, Outgoing("hi", "sd1"))
            await world.gateway.drop()
            await world.until(lambda: world.gateway.resumed == 1)
        world.gateway.refuses = 4004
        with pytest.raises(ConfigError):
            await DiscordAccount(world.token, api_url=world.api_url).run(intake)

    written = caplog.text + "".join(capsys.readouterr())
    assert "IDENTIFY" in written
    assert world.token not in written


async def test_the_doctor_finds_a_healthy_bot_healthy(world: FakeDiscord) -> None:
    world.guild()

    findings = await DiscordAccount(world.token, api_url=world.api_url).check()

    assert {finding.check: finding.level for finding in findings} == {
        "discord token": "pass",
        "discord message content": "pass",
        "discord gateway": "pass",
        "discord servers": "pass",
    }
    assert not world.gateway.identified


async def test_the_doctor_tells_how_to_mend_what_is_missing(world: FakeDiscord) -> None:
    world.gateway.content_granted = False
    world.rest.starts_left = 3

    findings = await DiscordAccount(world.token, api_url=world.api_url).check()

    mends = {finding.check: finding.mend for finding in findings if finding.level == "warn"}
    assert "Message Content Intent" in mends["discord message content"]
    assert "restarts" in mends["discord gateway"]
    assert f"client_id={world.application_id}" in mends["discord servers"]


async def test_the_doctor_tells_a_wrong_token_from_an_unreachable_discord(world: FakeDiscord) -> None:
    refused = await DiscordAccount(world.token + "x", api_url=world.api_url).check()
    unreachable = await DiscordAccount(world.token, api_url="http://127.0.0.1:1/api/v10").check()

    assert [(finding.check, finding.level) for finding in refused] == [("discord token", "fail")]
    assert [(finding.check, finding.level) for finding in unreachable] == [("discord", "fail")]
    assert world.token not in str(refused + unreachable)
