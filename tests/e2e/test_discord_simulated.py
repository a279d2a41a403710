"""The real discord.py with the adapter's client on simcord: what people in servers and DMs can do."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import discord
import pytest
import simcord

from adapters.discord.channel import DiscordChannel
from adapters.discord.client import AvatarClient
from adapters.discord.slash import Circles
from adapters.discord.translate import Listener
from core.errors import ChannelRejected, FanUnreachable, NotFound
from core.model import AccountId, Incoming, Outgoing
from tests.worlds.discord_intake import NotingIntake

ACCOUNT = AccountId("discord:1")


class Stage:
    """A bot on simcord that answers whatever it hears with an echo."""

    def __init__(self) -> None:
        self.intake = NotingIntake()
        self.intake.on_accept = self._echo
        self.channel = DiscordChannel()
        self.home = 0
        self.circles: Circles = tuple
        self.env: simcord.Env

    def client(self) -> AvatarClient:
        """A new client, as after a start of the program."""
        me = self.env.backend.bot_user.id if hasattr(self, "env") else 0
        return AvatarClient(Listener(ACCOUNT, me, frozenset({self.home})), self.intake, circles=self.circles)

    async def restart(self) -> None:
        """Stop the program and start it again."""
        client = self.client()
        await self.env.restart_bot(client)
        self.channel.client = client

    async def _echo(self, incoming: Incoming) -> None:
        outgoing = Outgoing(f"You said: {incoming.text}", f"sd{incoming.message[-9:]}", incoming.message)
        await self.channel.send(incoming.place, outgoing)


@pytest.fixture
async def stage() -> AsyncGenerator[Stage]:
    stage = Stage()
    env = stage.env = simcord.Env(AvatarClient(Listener(ACCOUNT, 0), stage.intake))
    await env.start()
    await stage.restart()
    yield stage
    await env.shutdown()
    env._raise_errors_since(env._errors_acknowledged)  # what simcord's own fixture does


def member(stage: Stage) -> tuple[simcord.ChannelHandle, simcord.actors.MemberActor]:
    guild = stage.env.create_guild()
    return guild.create_text_channel("general"), guild.add_member(stage.env.create_user("Ann"))


def mention(stage: Stage) -> str:
    return f"<@{stage.env.backend.bot_user.id}>"


async def test_a_dm_is_answered_with_a_reference_to_it(stage: Stage) -> None:
    ann = stage.env.create_user("Ann")

    await ann.send_dm("hello")

    reply = ann.dm_channel.last_message
    assert reply is not None
    assert reply.content == "You said: hello"
    assert reply.reference is not None
    assert stage.intake.accepted[0].place.shared is False


async def test_in_a_server_only_what_mentions_the_bot_is_heard(stage: Stage) -> None:
    general, ann = member(stage)

    await ann.send(general, "nobody in particular")
    await ann.send(general, f"{mention(stage)} what do you bake?")

    assert stage.intake.texts == ["what do you bake?"]
    assert stage.intake.accepted[0].place.shared is True
    assert general.last_message is not None
    assert general.last_message.content == "You said: what do you bake?"


async def test_a_reply_to_the_bot_is_heard(stage: Stage) -> None:
    general, ann = member(stage)
    await ann.send(general, f"{mention(stage)} one")
    answer = general.last_message
    assert answer is not None

    await ann.send(general, "and two", reply_to=answer)

    assert stage.intake.texts == ["one", "and two"]


async def test_talk_about_it_in_a_server_is_not_talk_to_it(stage: Stage) -> None:
    general, ann = member(stage)

    await ann.send(general, "Maya likes rye")

    assert stage.intake.texts == []


async def test_in_its_own_channel_and_the_threads_of_it_everything_is_heard(stage: Stage) -> None:
    general, ann = member(stage)
    stage.home = general.id
    await stage.restart()

    await ann.send(general, "just talking")
    channel = stage.env.bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    opener = await channel.send("opener")
    await opener.create_thread(name="cakes")
    await ann.send(general.threads[0], "in the thread")

    assert stage.intake.texts == ["just talking", "in the thread"]
    assert [incoming.place.chat for incoming in stage.intake.accepted] == [str(general.id), str(general.threads[0].id)]


async def test_bots_and_webhooks_are_not_heard(stage: Stage) -> None:
    general, _ = member(stage)
    other = stage.env.guild.add_member(stage.env.create_user("OtherBot", bot=True))

    await other.send(general, f"{mention(stage)} hi from a bot")
    await stage.env.guild.create_webhook(general).send(f"{mention(stage)} hi from a webhook")

    assert stage.intake.accepted == []


async def test_an_edit_is_passed_on_with_its_new_text(stage: Stage) -> None:
    ann = stage.env.create_user("Ann")
    message = await ann.send_dm("helo")

    await ann.edit(message, "hello")

    assert [(entry[1], entry[2]) for entry in stage.intake.revised] == [(str(message.id), "hello")]


async def test_a_deletion_is_passed_on(stage: Stage) -> None:
    general, ann = member(stage)
    message = await ann.send(general, f"{mention(stage)} forget this")

    await ann.delete(message)

    place = stage.intake.accepted[0].place
    assert (place, str(message.id)) in stage.intake.retracted


@pytest.mark.parametrize("command", ["help", "privacy", "reset"])
async def test_a_slash_command_in_a_server_is_answered_to_its_giver_only(stage: Stage, command: str) -> None:
    general, ann = member(stage)

    result = await ann.slash(general, command)

    assert result.acknowledged
    assert result.ephemeral
    assert result.response is not None
    assert result.response.content == stage.intake.answer
    assert [(entry.command, entry.place.shared) for entry in stage.intake.commanded] == [(command, True)]


async def test_a_slash_command_in_a_dm_belongs_to_the_conversation_of_that_dm(stage: Stage) -> None:
    ann = stage.env.create_user("Ann")
    await ann.send_dm("hello")

    await ann.slash("reset")

    assert stage.intake.commanded[0].place == stage.intake.accepted[0].place


async def test_an_answer_longer_than_a_message_goes_out_in_several(stage: Stage) -> None:
    stage.intake.answer = "\n".join(["x" * 99] * 30)
    general, ann = member(stage)

    result = await ann.slash(general, "help")

    assert result.response is not None
    texts = [result.response.content, *(message.content for message in result.followups)]
    assert "\n".join(texts) == stage.intake.answer
    assert all(len(text) <= 2000 for text in texts)
    assert all(message.ephemeral for message in result.followups)


async def test_a_command_that_fails_says_sorry(stage: Stage) -> None:
    stage.intake.fault = RuntimeError("a bug")
    general, ann = member(stage)

    result = await ann.slash(general, "privacy")

    assert result.response is not None
    assert result.response.content.startswith("Sorry")
    assert any(isinstance(error.__cause__, RuntimeError) for error in stage.env.errors)


async def test_a_message_that_was_deleted_cannot_be_edited(stage: Stage) -> None:
    ann = stage.env.create_user("Ann")
    await ann.send_dm("hello")
    place, reply = stage.intake.accepted[0].place, ann.dm_channel.last_message
    assert reply is not None

    await stage.channel.edit(place, str(reply.id), "better")
    assert ann.dm_channel.last_message is not None
    assert ann.dm_channel.last_message.content == "better"
    with pytest.raises(NotFound):
        await stage.channel.edit(place, "1", "gone")


async def test_no_right_to_write_is_a_refusal_and_closed_dms_make_the_fan_unreachable(stage: Stage) -> None:
    ann = stage.env.create_user("Ann")
    await ann.send_dm("hello")
    place = stage.intake.accepted[0].place

    stage.env.inject_error("POST", "/channels/*/messages", status=403, code=50013)
    with pytest.raises(ChannelRejected) as refused:
        await stage.channel.send(place, Outgoing("hi", "sd100"))
    assert not isinstance(refused.value, FanUnreachable)
    stage.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    with pytest.raises(FanUnreachable):
        await stage.channel.send(place, Outgoing("hi", "sd101"))


async def test_a_reply_that_may_not_refer_is_sent_without_the_reference(stage: Stage) -> None:
    ann = stage.env.create_user("Ann")
    stage.env.inject_error("POST", "/channels/*/messages", status=403, code=160002)

    await ann.send_dm("hello")

    reply = ann.dm_channel.last_message
    assert reply is not None
    assert reply.content == "You said: hello"
    assert reply.reference is None


async def test_after_a_restart_it_goes_on(stage: Stage) -> None:
    general, ann = member(stage)

    await stage.restart()
    await ann.send(general, f"{mention(stage)} still there?")

    assert stage.intake.texts == ["still there?"]
