"""Commands and buttons on Discord over sockets: what no client of Discord's would send, and what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.discord import buttons
from adapters.discord.asking import WHICH_MESSAGE
from core.control import Command, Grant, Rank
from core.model import Action, Answer
from tests.fakes import NOON
from tests.worlds.discord import FakeDiscord, Fan
from tests.worlds.discord_house import DONE, MAYA, OFFERED, House, value_of
from tests.worlds.discord_intake import NotingIntake, running
from tests.worlds.discord_things import EPHEMERAL, Channel, Message

PRIVILEGED = [command for command in OFFERED if command.audience > Rank.FAN]
MANAGE_MESSAGES = 1 << 13
CLOSE = Action("Close", "case close", "12", "good")
NEXT = Action("Older", "audit", "2")


@dataclass
class Wire:
    """A bot that is online in a server, and somebody there."""

    world: FakeDiscord
    house: House
    ann: Fan
    general: Channel

    @property
    def entities(self) -> dict[str, Any]:
        assert self.general.guild is not None
        return {"fan": self.ann, "place": self.general, "role": self.general.guild.roles[-1]}

    async def posted(self, *actions: Action) -> Message:
        """A message of the bot's with these buttons."""
        view = buttons.view(actions)
        assert view is not None
        message = Message(self.general, self.world.bot, "A report.", components=view.to_components())
        await self.world.publish(message)
        return message


@pytest.fixture
async def wire() -> AsyncGenerator[Wire]:
    async with FakeDiscord() as world:
        intake, ann, general = NotingIntake(), world.user("Ann"), world.text_channel(world.guild())
        async with running(world, intake):
            yield Wire(world, House(intake, "1"), ann, general)


@pytest.mark.parametrize("command", PRIVILEGED, ids=lambda command: command.name.replace(" ", "-"))
async def test_whoever_gives_a_command_that_is_not_theirs_is_refused_here(wire: Wire, command: Command) -> None:
    """A server may show it to everybody, and in DMs Discord does."""
    given = {one.name: value_of(one, wire.entities) for one in command.arguments}
    more = {"message": "1234567890123456"} if command.about else {}

    interaction = await wire.ann.slash(wire.general, command.name, given=given | more)
    await wire.world.until(lambda: interaction.answers)

    assert wire.house.asked == []
    assert "That is for" in interaction.answers[0].content
    assert interaction.answers[0].flags & EPHEMERAL
    assert [(act.command, act.outcome) for act in wire.house.audit.kept] == [(command.name, "refused")]


async def test_who_was_granted_it_by_a_role_may_in_the_server_of_the_role(wire: Wire) -> None:
    guild = wire.general.guild
    assert guild is not None
    helper = guild.roles[-1]
    guild.held[wire.ann.id] = [helper]
    wire.house.staff.grants.append(Grant(MAYA, "discord", f"role:{helper.id}", "discord:1/1", NOON))

    interaction = await wire.ann.slash(wire.general, "case list")
    await wire.world.until(lambda: interaction.answers)

    (asked,) = wire.house.asked
    assert (asked.actor.rank, asked.actor.community) == (Rank.MODERATOR, str(guild.id))


async def test_in_the_bots_dm_nobody_is_a_moderator_by_discords_word(wire: Wire) -> None:
    interaction = await wire.ann.slash(
        wire.ann.dms, "fan history", given={"fan": wire.ann}, permissions=MANAGE_MESSAGES
    )
    await wire.world.until(lambda: interaction.answers)

    assert wire.house.asked == []
    assert "That is for" in interaction.answers[0].content


async def test_a_link_that_is_none_is_told_so(wire: Wire) -> None:
    interaction = await wire.ann.slash(wire.general, "report", given={"message": "the last one"})
    await wire.world.until(lambda: interaction.answers)

    assert interaction.answers[0].content == WHICH_MESSAGE
    assert wire.house.asked == []


async def test_a_command_is_acknowledged_before_it_is_carried_out(wire: Wire) -> None:
    wire.house.intake.gate.clear()
    interaction = await wire.ann.slash(
        wire.general, "fan history", given={"fan": wire.ann}, permissions=MANAGE_MESSAGES
    )
    await wire.world.until(lambda: wire.house.intake.commanded)
    assert interaction.acknowledged
    assert interaction.flags & EPHEMERAL
    wire.house.intake.gate.set()
    await wire.world.until(lambda: interaction.answers)


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_press_gives_its_command_as_who_presses_and_then_the_buttons_are_gone(wire: Wire) -> None:
    message = await wire.posted(CLOSE)

    press = await wire.ann.press(message, "Close", permissions=MANAGE_MESSAGES)
    await wire.world.until(lambda: press.answers)

    (asked,) = wire.house.asked
    assert (asked.command.name, asked.values, asked.actor.person) == ("case close", {"number": 12}, str(wire.ann.id))
    assert asked.incoming.about == str(message.id)
    assert press.answers[0].content == "Done."
    assert press.answers[0].flags & EPHEMERAL
    assert message.buttons == []
    assert message.content == "A report."


async def test_who_may_not_press_is_refused_and_the_buttons_stay_for_who_may(wire: Wire) -> None:
    message = await wire.posted(CLOSE)

    press = await wire.ann.press(message, "Close")
    await wire.world.until(lambda: press.answers)

    assert wire.house.asked == []
    assert "That is for" in press.answers[0].content
    assert len(message.buttons) == 1


async def test_what_changes_nothing_leaves_its_buttons(wire: Wire) -> None:
    wire.house.answers["audit"] = Answer("Page 2")
    wire.house.creator = str(wire.ann.id)
    message = await wire.posted(NEXT)

    press = await wire.ann.press(message, "Older")
    await wire.world.until(lambda: press.answers)

    assert press.answers[0].content == "Page 2"
    assert len(message.buttons) == 1


@pytest.mark.parametrize(
    "custom_id",
    ["", "do:", "do:waltz 12", "do:case", "case close 12", "do:case close twelve", "do:fan ban " + "9" * 80],
)
async def test_a_press_that_was_forged_or_is_old_is_refused_politely(wire: Wire, custom_id: str) -> None:
    message = await wire.posted(CLOSE)

    press = await wire.ann.press(message, "", custom_id=custom_id)
    await wire.world.until(lambda: press.answers)

    assert press.answers[0].flags & EPHEMERAL
    assert not press.answers[0].content.startswith("Sorry")
    assert wire.house.asked == []
    assert message.content == "A report."
    assert len(message.buttons) == 1


async def test_a_press_is_acknowledged_at_once_and_a_failing_one_says_sorry_beside_the_message(wire: Wire) -> None:
    wire.house.intake.fault = RuntimeError("a bug")
    wire.house.intake.gate.clear()
    message = await wire.posted(CLOSE)
    press = await wire.ann.press(message, "Close", permissions=MANAGE_MESSAGES)
    await wire.world.until(lambda: wire.house.intake.commanded)
    assert press.acknowledged
    wire.house.intake.gate.set()
    await wire.world.until(lambda: press.answers)

    assert press.answers[0].content.startswith("Sorry")
    assert message.content == "A report."


async def test_a_press_delivered_twice_is_carried_out_once(wire: Wire) -> None:
    message = await wire.posted(CLOSE)
    press = await wire.ann.press(message, "Close", permissions=MANAGE_MESSAGES)
    await wire.world.until(lambda: press.answers)

    await wire.world.interact(press)
    await wire.world.until(lambda: len(wire.world.calls("POST", f"/interactions/{press.id}/")) >= 2)
    await wire.ann.dm("and on it goes")
    await wire.world.until(lambda: wire.house.intake.accepted)

    assert len(wire.house.asked) == 1


async def test_a_button_of_a_form_opens_it_with_what_waits(wire: Wire) -> None:
    wire.house.answers["draft edit"] = Answer("What instead?", draft="Rye.")
    wire.house.creator = str(wire.ann.id)
    message = await wire.posted(Action("Edit", "draft edit", "7"))

    press = await wire.ann.press(message, "Edit")
    await wire.world.until(lambda: press.form)
    assert press.form is not None
    assert press.form["components"][0]["component"]["value"] == "Rye."
    wire.house.answers["draft edit"] = DONE
    sent = await wire.ann.submit(wire.general, press.form["custom_id"], "Rye, always.", under=message)
    await wire.world.until(lambda: sent.answers)

    assert wire.house.asked[-1].values == {"number": 7, "text": "Rye, always."}
    assert sent.answers[0].content == "Done."
    assert message.buttons == []
    assert message.content == "A report."


async def test_what_is_sold_in_discords_shop_has_discords_own_button(wire: Wire) -> None:
    wire.house.answers["upgrade"] = Answer("Supporters get more.", products=("1234567890123456789",))

    interaction = await wire.ann.slash(wire.general, "upgrade")
    await wire.world.until(lambda: interaction.answers)

    assert [(one["style"], one["sku_id"]) for one in interaction.answers[0].buttons] == [(6, "1234567890123456789")]


async def test_the_groups_are_registered_once_and_again_when_an_option_in_one_differs(wire: Wire) -> None:
    """Discord leaves out what is empty or false, and adds its own."""
    async with running(wire.world, NotingIntake()):
        await wire.world.until(lambda: len(wire.world.gateway.identified) == 2)
    assert len(wire.world.calls("PUT", "/applications/")) == 1

    (fan,) = [one for one in wire.world.rest.commands if one["name"] == "fan"]
    fan["options"][0]["options"][1]["description"] = "from another version"
    async with running(wire.world, NotingIntake()):
        await wire.world.until(lambda: len(wire.world.calls("PUT", "/applications/")) == 2)
