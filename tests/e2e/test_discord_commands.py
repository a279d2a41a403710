"""Every command of the table on Discord as people see it, on simcord: who is shown it, who may, what arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
import pytest
import simcord

from core.commands import AT_ONCE
from core.control import Rank
from core.model import Action, Answer, File
from tests.e2e.test_discord_simulated import Stage, mention, stage
from tests.worlds.discord_house import OFFERED, House, read_of, value_of

__all__ = ["stage"]  # the fixture

MENUS = {"Why did it say that?", "Correct this reply", "Report", "Take over", "Fan history"}


@dataclass
class Server:
    """A server with its creator, a moderator and a fan."""

    house: House
    general: simcord.ChannelHandle
    creator: simcord.actors.MemberActor
    mod: simcord.actors.MemberActor
    ann: simcord.actors.MemberActor
    keeper: simcord.RoleHandle

    @property
    def entities(self) -> dict[str, Any]:
        return {"fan": self.ann, "place": self.general, "role": self.keeper}


@pytest.fixture
async def server(stage: Stage) -> Server:
    guild = stage.env.create_guild()
    general = guild.create_text_channel("general")
    admin = guild.create_role("admin", permissions=discord.Permissions(administrator=True))
    keeper = guild.create_role("keeper", permissions=discord.Permissions(manage_messages=True))
    creator = guild.add_member(stage.env.create_user("Maya"), roles=[admin])
    mod = guild.add_member(stage.env.create_user("Mod"), roles=[keeper])
    ann = guild.add_member(stage.env.create_user("Ann"))
    return Server(House(stage.intake, str(creator.id)), general, creator, mod, ann, keeper)


def nouns() -> list[str]:
    return sorted({command.name.partition(" ")[0] for command in OFFERED if " " in command.name})


@pytest.mark.parametrize("noun", ["", *nouns()])
async def test_every_command_of_a_group_brings_its_arguments_to_its_handler(server: Server, noun: str) -> None:
    """The group of no noun holds the commands that stand alone."""
    for command in (one for one in OFFERED if one.name in AT_ONCE and noun == one.name.rpartition(" ")[0]):
        given = {one.name: value_of(one, server.entities) for one in command.arguments}
        more = {"message": "1234567890123456"} if command.about else {}
        server.house.asked.clear()

        result = await server.creator.slash(server.general, command.name, **given, **more)

        assert result.acknowledged, command.name
        assert result.ephemeral, command.name
        if command.final:
            assert not server.house.asked, "it asks first"
            continue
        (asked,) = server.house.asked
        assert asked.command is command
        assert asked.values == {one.name: read_of(one, given[one.name]) for one in command.arguments}, command.name
        assert asked.incoming.about == more.get("message", "")
        assert asked.actor.rank is Rank.CREATOR or command.audience is Rank.FAN


async def test_what_may_be_left_out_is_left_out(server: Server) -> None:
    await server.creator.slash(server.general, "staff add", role=server.keeper)
    await server.mod.slash(server.general, "fan mute", fan=server.ann)

    first, second = server.house.asked
    assert first.values == {"role": str(server.keeper.id)}
    assert second.values == {"fan": str(server.ann.id)}


async def test_a_server_shows_each_only_what_is_for_them(server: Server) -> None:
    lowest: dict[str, Rank] = {}
    for command in OFFERED:
        noun = command.name.partition(" ")[0]
        lowest[noun] = min(command.audience, lowest.get(noun, command.audience))
    for member, rank in ((server.ann, Rank.FAN), (server.mod, Rank.MODERATOR), (server.creator, Rank.CREATOR)):
        shown = {path.partition(" ")[0] for path in member.available_commands(server.general)}
        assert shown - {name.partition(" ")[0] for name in MENUS} == {
            noun for noun, audience in lowest.items() if audience <= rank
        }


async def test_a_moderator_is_who_discord_says_acts_in_this_server_and_is_audited(server: Server) -> None:
    result = await server.mod.slash(server.general, "fan ban", fan=server.ann, reason="spam")

    (asked,) = server.house.asked
    assert (asked.actor.rank, asked.actor.community) == (Rank.MODERATOR, str(server.mod.guild.id))
    assert asked.values == {"fan": str(server.ann.id), "reason": "spam"}
    assert [(act.command, act.outcome) for act in server.house.audit.kept] == [("fan ban", "done")]
    assert result.response is not None
    assert result.response.content == "Done."


async def test_in_a_group_that_a_moderator_is_shown_the_creators_commands_are_refused(server: Server) -> None:
    result = await server.mod.slash(server.general, "limits set", of="fan", what="messages", count=99, per="1d")

    assert server.house.asked == []
    assert result.response is not None
    assert result.response.content == "That is for Maya alone."
    assert [(act.command, act.outcome) for act in server.house.audit.kept] == [("limits set", "refused")]


async def test_what_cannot_be_undone_is_done_by_the_button_under_the_question_once(server: Server) -> None:
    asking = await server.creator.slash(server.general, "refund", payment="12")
    assert server.house.asked == []
    assert asking.response is not None
    assert asking.response.content.startswith("Sure?")

    await server.creator.click(asking.response.message, label="Yes, do it")

    assert [asked.values for asked in server.house.asked] == [{"payment": "12"}]
    assert asking.response.components == []


async def test_an_answers_files_and_buttons_come_with_it(server: Server) -> None:
    page = Action("Older", "audit", "2")
    file = File("audit.jsonl", b"{}\n", "application/jsonl")
    text = "\n".join(["x" * 99] * 30)
    server.house.answers["audit"] = Answer(text, files=(file,), actions=(page,))

    result = await server.creator.slash(server.general, "audit")

    assert result.response is not None
    last, attached = result.followups
    assert result.response.components == []
    assert last.components[0]["components"][0]["custom_id"] == "do:audit 2"
    assert [one.filename for one in attached.attachments] == ["audit.jsonl"]
    assert last.ephemeral
    assert attached.ephemeral


async def test_the_roles_of_who_writes_and_who_commands_are_told(server: Server, stage: Stage) -> None:
    await server.mod.send(server.general, f"{mention(stage)} hello")
    await server.mod.slash(server.general, "fan history", fan=server.ann)
    await server.ann.send(server.general, f"{mention(stage)} hello")

    written, by_fan = stage.intake.accepted
    assert written.sender.roles == stage.intake.commanded[-1].sender.roles == (str(server.keeper.id),)
    assert (written.sender.moderator, by_fan.sender.moderator) == (True, False)
    assert by_fan.sender.roles == ()


async def test_the_names_of_circles_are_offered_while_they_are_typed(server: Server, stage: Stage) -> None:
    circles = ["member", "subscriber", "friend"]
    stage.circles = lambda: circles
    await stage.restart()

    for typed, offered in (("", circles), ("mem", ["member"]), ("B", ["member", "subscriber"]), ("x", [])):
        found = await server.creator.autocomplete(server.general, "fan tier", "tier", typed, fan=server.ann)
        assert [choice["value"] for choice in found] == offered
    await server.creator.slash(server.general, "fan tier", fan=server.ann, tier="none")

    assert server.house.asked[-1].values == {"fan": str(server.ann.id), "tier": "none"}


# ── the menus ────────────────────────────────────────────────────────────────────────────────────


async def test_a_fan_reports_a_reply_through_a_form_for_the_reason(server: Server, stage: Stage) -> None:
    await server.ann.send(server.general, f"{mention(stage)} hello")
    reply = server.general.last_message
    assert reply is not None

    shown = await server.ann.context_menu(server.general, "Report", reply)
    assert shown.modal is not None
    assert server.house.asked == []
    result = await server.ann.submit_modal(
        shown, {shown.modal["components"][0]["component"]["custom_id"]: "It was rude."}
    )

    (asked,) = server.house.asked
    assert (asked.command.name, asked.values) == ("report", {"text": "It was rude."})
    assert asked.incoming.about == str(reply.id)
    assert result.ephemeral


async def test_moderators_take_over_from_the_menu_of_a_message_or_of_a_person(server: Server, stage: Stage) -> None:
    message = await server.ann.send(server.general, f"{mention(stage)} hello")

    await server.mod.context_menu(server.general, "Take over", message)
    await server.mod.context_menu(server.general, "Take over", server.ann)
    await server.mod.context_menu(server.general, "Fan history", server.ann)

    by_message, by_person, history = server.house.asked
    assert (by_message.command.name, by_message.values) == ("talk take", {})
    assert by_message.incoming.about == str(message.id)
    assert (by_person.command.name, by_person.values) == ("talk take", {"fan": str(server.ann.id)})
    assert (history.command.name, history.values) == ("fan history", {"fan": str(server.ann.id)})


@pytest.mark.parametrize("menu", ["Take over", "Fan history"])
async def test_the_menus_of_people_do_not_show_fans_what_is_for_moderators(server: Server, menu: str) -> None:
    with pytest.raises(simcord.SetupError, match="default-member-permissions"):
        await server.ann.context_menu(server.general, menu, server.mod)
