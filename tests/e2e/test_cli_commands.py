"""The commands of the control room on the command line, each a process of its own over the same database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from bots import cli_commands
from bots.cli import cli
from bots.settings import Settings
from core.commands import TABLE
from core.control import Command, Rank
from core.model import AvatarId, Incoming, Place, Sender
from tests.e2e.test_cli import Ended, call
from tests.fakes import NOON
from tests.worlds.model import FakeModel, says


def offered() -> dict[str, Any]:
    """Every command of the command line by its whole name."""
    found: dict[str, Any] = {}
    for name, one in typer.main.get_group(cli).commands.items():
        found[name] = one
        found |= {f"{name} {verb}": inner for verb, inner in getattr(one, "commands", {}).items()}
    return found


OFFERED = offered()
GIVEN = {"number": "12", "switch": "on", "span": "2h", "fan": "#12"}


@pytest.mark.parametrize("command", TABLE, ids=lambda one: one.name)
def test_whatever_is_not_a_fans_is_a_command_here_too(command: Command) -> None:
    assert command.audience is Rank.FAN or command.name in OFFERED


@pytest.mark.parametrize("command", [one for one in TABLE if one.name.startswith(("staff ", "fan "))], ids=str)
def test_what_must_be_given_is_an_argument_and_what_may_be_is_an_option(command: Command) -> None:
    params = {one.name.rstrip("_"): one for one in OFFERED[command.name].params}
    for argument in command.arguments:
        option = params[argument.name].opts[0].startswith("--")
        assert option == (not argument.required and argument.kind != "fan")


@pytest.mark.parametrize("command", [one for one in TABLE if one.audience > Rank.FAN], ids=lambda one: one.name)
async def test_whatever_an_operator_orders_is_carried_out_or_answered_with_what_is_missing(
    tmp_path: Path, command: Command
) -> None:
    settings = Settings(data_dir=tmp_path, avatars_dir=tmp_path)
    given = {one.name: (one.choices or (one.example or GIVEN.get(one.kind, ""),))[-1] for one in command.arguments}
    nowhere = Place(cli_commands.OPERATOR.account, chat="")
    order = Incoming(nowhere, "c1", Sender("operator", "operator"), "", NOON, command.name, given=given)
    answer = await cli_commands._obeyed(settings, AvatarId("maya"), order)
    assert answer.text
    assert not answer.refused


async def acts(folder: Path) -> list[dict[str, Any]]:
    """The audit log, newest first."""
    done = await call(folder, "audit", "--json")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


async def order(folder: Path, *words: str) -> tuple[Ended, dict[str, Any]]:
    done = await call(folder, *words, "--json")
    return done, json.loads(done.out) if done.out else {}


async def test_a_moderator_is_made_listed_and_unmade_and_all_of_it_is_audited(tmp_path: Path) -> None:
    _, made = await order(tmp_path, "staff", "add", "telegram:42")
    assert made["change"] == {"subject": "telegram:42", "before": "", "after": "moderator"}
    _, again = await order(tmp_path, "staff", "add", "telegram:42")
    assert (again["change"], again["refused"]) == (None, False)
    listed = await call(tmp_path, "staff", "list")
    assert "telegram:42" in listed.out
    assert "command line/operator" in listed.out
    _, gone = await order(tmp_path, "staff", "remove", "telegram:42")
    assert gone["change"] == {"subject": "telegram:42", "before": "moderator", "after": ""}
    kept = await acts(tmp_path)
    assert [one["command"] for one in kept] == ["staff remove", "staff list", "staff add", "staff add"]
    assert {(one["by"], one["rank"], one["place"], one["outcome"]) for one in kept} == {
        ("command line/operator", "operator", "", "done")
    }
    plain = await call(tmp_path, "audit")
    assert "staff add · command line/operator (operator) · telegram:42: nothing → moderator" in plain.out
    assert await call(tmp_path, "audit", "--avatar", "nobody") == Ended(0, "", "")


async def test_a_fans_number_is_enough_to_name_them(tmp_path: Path) -> None:
    async with FakeModel() as model:
        model.next(says("Hej!"))
        await call(tmp_path, "chat", "--fan", "ann", "-m", "hello", MODEL__BASE_URL=model.base_url)
    (ann,) = json.loads((await call(tmp_path, "fans", "--json")).out)
    done, made = await order(tmp_path, "staff", "add", str(ann["id"]))
    assert done.code == 0, done.err
    assert made["change"]["subject"] == f"fan #{ann['id']}, terminal:ann"


async def test_what_is_not_said_to_hold_somewhere_holds_everywhere(tmp_path: Path) -> None:
    await call(tmp_path, "avatar", "pause")
    (paused,) = await acts(tmp_path)
    assert (paused["place"], paused["outcome"]) == ("", "done")
    await call(tmp_path, "avatar", "resume", "--place", "telegram:1//-100/")
    assert (await acts(tmp_path))[0]["place"] == "telegram:1//-100/"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("avatar", "pause", "--for", "soon"), "must be a length of time"),
        (("avatar", "pause", "--where", "there"), "there"),
        (("avatar", "pause", "--where", "here"), "--place"),
        (("avatar", "desk", "here"), "--place"),
        (("avatar", "pause", "--place", "the kitchen"), "telegram:8123456//-100123456/"),
        (("fan", "mute"), "FAN"),
        (("case", "show", "one"), "whole number"),
        (("staff", "dismiss"), "dismiss"),
    ],
)
async def test_wrong_usage_says_what_is_right_and_leaves_no_trace(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    done = await call(tmp_path, *words)
    assert done.code == 2
    assert says in " ".join(done.err.replace("│", " ").split())
    assert not (tmp_path / "state" / "stagedoor.db").exists()


async def test_an_avatar_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    done = await call(tmp_path, "staff", "list", "--avatar", "nobody")
    assert done.code == 78
    assert "nobody" in done.err


async def test_the_table_is_printed_for_people_and_for_programs(tmp_path: Path) -> None:
    plain = await call(tmp_path, "commands")
    assert "creator\t/staff add [FAN] [ROLE]\tMake somebody a moderator of this avatar" in plain.out.splitlines()
    listed = json.loads((await call(tmp_path, "commands", "--json")).out)
    assert [one["name"] for one in listed] == [one.name for one in TABLE]
    mute = next(one for one in listed if one["name"] == "fan mute")
    assert mute["audience"] == "moderator"
    assert [(one["name"], one["kind"], one["required"]) for one in mute["arguments"]] == [
        ("fan", "fan", True),
        ("for", "span", False),
        ("reason", "text", False),
    ]
    pause = next(one for one in listed if one["name"] == "avatar pause")
    assert pause["arguments"][0]["choices"] == ["here", "everywhere"]
