"""The menus of messages on Discord and the form behind one: on simcord, and over sockets for what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import discord
import pytest
import simcord

from adapters.discord.forms import LONGEST_INPUT
from adapters.discord.slash import REVISE_MENU, WHY_MENU
from core.model import Place
from tests.e2e.test_discord_simulated import Stage, mention, stage
from tests.worlds.discord import FakeDiscord, Fan
from tests.worlds.discord_intake import NotingIntake, running
from tests.worlds.discord_things import EPHEMERAL, Channel, Message

__all__ = ["stage"]  # the fixture

MANAGE_MESSAGES = 1 << 13


# ── as people see it ─────────────────────────────────────────────────────────────────────────────


@dataclass
class Scene:
    """A server with a moderator and a fan, and a reply of the bot's to the fan."""

    stage: Stage
    general: simcord.ChannelHandle
    mod: simcord.actors.MemberActor
    ann: simcord.actors.MemberActor
    reply: discord.Message

    @property
    def place(self) -> Place:
        return self.stage.intake.accepted[0].place


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    guild = stage.env.create_guild()
    general = guild.create_text_channel("general")
    keeper = guild.create_role("keeper", permissions=discord.Permissions(manage_messages=True))
    mod = guild.add_member(stage.env.create_user("Mod"), roles=[keeper])
    ann = guild.add_member(stage.env.create_user("Ann"))
    await ann.send(general, f"{mention(stage)} what do you bake?")
    reply = general.last_message
    assert reply is not None
    return Scene(stage, general, mod, ann, reply)


async def test_why_is_asked_of_the_message_and_answered_to_who_asked_only(scene: Scene) -> None:
    result = await scene.mod.context_menu(scene.general, WHY_MENU, scene.reply)

    (asked,) = scene.stage.intake.commanded
    assert (asked.command, asked.about, asked.place) == ("why", str(scene.reply.id), scene.place)
    assert asked.sender.moderator
    assert result.response is not None
    assert result.response.content == scene.stage.intake.answer
    assert result.ephemeral


@pytest.mark.parametrize("menu", [WHY_MENU, REVISE_MENU])
async def test_the_menus_of_fans_in_servers_do_not_show_them(scene: Scene, menu: str) -> None:
    with pytest.raises(simcord.SetupError, match="default-member-permissions"):
        await scene.ann.context_menu(scene.general, menu, scene.reply)
    assert scene.stage.intake.commanded == []


async def test_a_correction_goes_through_a_form_that_begins_with_the_reply(scene: Scene) -> None:
    scene.stage.intake.draft = "Rye.\n" + "x" * 5000

    shown = await scene.mod.context_menu(scene.general, REVISE_MENU, scene.reply)
    assert shown.modal is not None
    field = shown.modal["components"][0]["component"]
    assert field["value"] == scene.stage.intake.draft[:LONGEST_INPUT]
    result = await scene.mod.submit_modal(shown, {field["custom_id"]: "Rye, always.\nAnd spelt."})

    opened, sent = scene.stage.intake.commanded
    assert (opened.command, opened.about, opened.argument) == ("revise", str(scene.reply.id), "")
    assert (sent.command, sent.about) == ("revise", str(scene.reply.id))
    assert sent.given == {"text": "Rye, always.\nAnd spelt."}
    assert sent.place == opened.place == scene.place
    assert result.response is not None
    assert result.response.content == scene.stage.intake.answer
    assert result.ephemeral


async def test_where_there_is_nothing_to_put_right_no_form_opens(scene: Scene) -> None:
    scene.stage.intake.draft = ""
    scene.stage.intake.answer = "Only Maya can put my replies right."

    result = await scene.mod.context_menu(scene.general, REVISE_MENU, scene.reply)

    assert result.modal is None
    assert result.response is not None
    assert result.response.content == "Only Maya can put my replies right."
    assert result.ephemeral


async def test_a_form_that_was_opened_before_a_restart_is_taken_all_the_same(scene: Scene) -> None:
    scene.stage.intake.draft = "Rye."
    shown = await scene.mod.context_menu(scene.general, REVISE_MENU, scene.reply)
    assert shown.modal is not None
    await scene.stage.restart()

    result = await scene.mod.submit_modal(
        shown, {shown.modal["components"][0]["component"]["custom_id"]: "Rye, always."}
    )

    assert scene.stage.intake.commanded[-1].given == {"text": "Rye, always."}
    assert result.response is not None
    assert result.response.content == scene.stage.intake.answer


async def test_a_form_that_was_not_remembered_leaves_nothing_behind(scene: Scene) -> None:
    scene.stage.intake.draft = "Rye."
    for _ in range(3):
        await scene.mod.context_menu(scene.general, REVISE_MENU, scene.reply)
    assert scene.stage.channel.client is not None
    assert scene.stage.channel.client._connection._view_store._modals == {}


async def test_a_failing_menu_says_sorry(scene: Scene) -> None:
    scene.stage.intake.fault = RuntimeError("a bug")

    for menu in (WHY_MENU, REVISE_MENU):
        result = await scene.mod.context_menu(scene.general, menu, scene.reply)
        assert result.response is not None
        assert result.response.content.startswith("Sorry")
        assert result.ephemeral
    assert len(scene.stage.env.errors) == 2


# ── over sockets: DMs, forged and old forms, slow answers ────────────────────────────────────────


@dataclass
class Wire:
    """A bot that is online, somebody with a DM and a server, and a message in each."""

    world: FakeDiscord
    intake: NotingIntake
    ann: Fan
    general: Channel
    there: Message
    dm: Message


@pytest.fixture
async def wire() -> AsyncGenerator[Wire]:
    async with FakeDiscord() as world:
        intake, ann, general = NotingIntake(), world.user("Ann"), world.text_channel(world.guild())
        async with running(world, intake):
            messages = [Message(channel, world.bot, "Rye.") for channel in (general, ann.dms)]
            for message in messages:
                await world.publish(message)
            yield Wire(world, intake, ann, general, *messages)


async def test_they_are_registered_for_servers_and_dms_and_offered_to_those_who_keep_order(wire: Wire) -> None:
    menus = {one["name"]: one for one in wire.world.rest.commands if one["type"] == 3}
    for menu in (menus[WHY_MENU], menus[REVISE_MENU]):
        assert menu["default_member_permissions"] == str(MANAGE_MESSAGES)
        assert (menu["contexts"], menu["integration_types"]) == ([0, 1], [0])


async def test_they_are_registered_anew_when_only_who_is_offered_them_differs(wire: Wire) -> None:
    for command in wire.world.rest.commands:
        command["default_member_permissions"] = None
    async with running(wire.world, NotingIntake()):
        await wire.world.until(lambda: len(wire.world.calls("PUT", "/applications/")) == 2)


@pytest.mark.parametrize(
    ("permissions", "moderator"), [(0, False), (MANAGE_MESSAGES, True), (1 << 11, False), (MANAGE_MESSAGES | 8, True)]
)
async def test_who_keeps_order_is_what_discord_says_of_this_person_in_this_channel(
    wire: Wire, permissions: int, moderator: bool
) -> None:
    interaction = await wire.ann.choose(WHY_MENU, wire.there, permissions=permissions)
    await wire.world.until(lambda: interaction.answers)
    assert [one.sender.moderator for one in wire.intake.commanded] == [moderator]


async def test_in_a_dm_nobody_keeps_order_but_the_menu_works(wire: Wire) -> None:
    interaction = await wire.ann.choose(WHY_MENU, wire.dm, permissions=MANAGE_MESSAGES)
    await wire.world.until(lambda: interaction.answers)
    (asked,) = wire.intake.commanded
    assert not asked.sender.moderator
    assert not asked.place.shared
    assert asked.about == str(wire.dm.id)
    assert interaction.answers[0].flags & EPHEMERAL


async def test_why_is_acknowledged_before_its_answer_is_ready(wire: Wire) -> None:
    wire.intake.gate.clear()
    interaction = await wire.ann.choose(WHY_MENU, wire.there)
    await wire.world.until(lambda: wire.intake.commanded)
    assert interaction.acknowledged
    assert not interaction.answers
    wire.intake.gate.set()
    await wire.world.until(lambda: interaction.answers)


async def test_a_form_that_takes_too_long_to_prepare_is_a_sorry_in_time(wire: Wire) -> None:
    wire.intake.gate.clear()
    interaction = await wire.ann.choose(REVISE_MENU, wire.there)
    await wire.world.until(lambda: interaction.answers)
    assert interaction.answers[0].content.startswith("Sorry")
    assert interaction.answers[0].flags & EPHEMERAL
    assert interaction.form is None


async def test_a_submitted_form_is_acknowledged_before_it_is_stored(wire: Wire) -> None:
    wire.intake.gate.clear()
    interaction = await wire.ann.submit(wire.ann.dms, f"revise:{wire.dm.id}", "Rye, always.")
    await wire.world.until(lambda: wire.intake.commanded)
    assert interaction.acknowledged
    assert interaction.flags & EPHEMERAL
    wire.intake.gate.set()
    await wire.world.until(lambda: interaction.answers)
    assert interaction.answers[0].content == wire.intake.answer


@pytest.mark.parametrize("custom_id", ["", "revise:", "revise:abc", "revise:1:2", "revise:²", "REVISE:1", "x" * 100])
async def test_a_form_that_is_none_of_ours_is_refused_politely(wire: Wire, custom_id: str) -> None:
    interaction = await wire.ann.submit(wire.general, custom_id, "Rye, always.", permissions=MANAGE_MESSAGES)
    await wire.world.until(lambda: interaction.answers)
    assert "out of date" in interaction.answers[0].content
    assert interaction.answers[0].flags & EPHEMERAL
    assert wire.intake.commanded == []


async def test_a_forged_form_names_a_message_but_the_place_is_where_it_was_sent_from(wire: Wire) -> None:
    interaction = await wire.ann.submit(wire.ann.dms, f"revise:{wire.there.id}", "Rye, always.")
    await wire.world.until(lambda: interaction.answers)
    (asked,) = wire.intake.commanded
    assert (asked.about, asked.place.chat) == (str(wire.there.id), str(wire.ann.dms.id))
    assert asked.sender.id == str(wire.ann.id)


@pytest.mark.parametrize("components", [[], [{"type": 18}], [{"type": 18, "component": {"type": 4, "value": None}}]])
async def test_a_form_without_a_text_is_one_that_says_nothing(wire: Wire, components: list[object]) -> None:
    interaction = await wire.ann.submit(
        wire.general, f"revise:{wire.there.id}", "", permissions=MANAGE_MESSAGES, components=components
    )
    await wire.world.until(lambda: interaction.answers)
    assert [one.given for one in wire.intake.commanded] == [{"text": ""}]


async def test_a_form_that_cannot_be_read_or_stored_says_sorry(wire: Wire) -> None:
    unreadable = await wire.ann.submit(wire.general, f"revise:{wire.there.id}", "", components=["?"])
    await wire.world.until(lambda: unreadable.answers)
    wire.intake.fault = RuntimeError("a bug")
    failing = await wire.ann.submit(wire.general, f"revise:{wire.there.id}", "Rye, always.")
    await wire.world.until(lambda: failing.answers)
    for interaction in (unreadable, failing):
        assert interaction.answers[0].content.startswith("Sorry")


async def test_a_form_delivered_twice_is_stored_once(wire: Wire) -> None:
    interaction = await wire.ann.submit(wire.general, f"revise:{wire.there.id}", "Rye, always.")
    await wire.world.until(lambda: interaction.answers)
    await wire.world.interact(interaction)
    callbacks = f"/interactions/{interaction.id}/"
    await wire.world.until(lambda: len(wire.world.calls("POST", callbacks)) >= 2)
    await wire.ann.dm("and on it goes")
    await wire.world.until(lambda: wire.intake.accepted)
    assert len(wire.intake.commanded) == 1
    assert interaction.answers[0].content == wire.intake.answer


async def test_two_people_at_once_each_get_their_own_answer(wire: Wire) -> None:
    bob = wire.world.user("Bob")
    both = await asyncio.gather(wire.ann.choose(WHY_MENU, wire.there), bob.choose(WHY_MENU, wire.there))
    await wire.world.until(lambda: all(one.answers for one in both))
    assert {one.sender.name for one in wire.intake.commanded} == {"Ann", "Bob"}
