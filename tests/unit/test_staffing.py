"""Moderators are made and unmade, and what was done by whom is shown, page by page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from core import commands, staffing
from core.arguments import read
from core.control import Act, Actor, Asked, Command, Grant, Rank
from core.model import AccountId, Answer, AvatarId, FanId, Incoming, Place, Sender
from core.moderation import Person
from core.persona import Persona
from tests.fakes import NOON
from tests.fakes_control import FakeAudit, FakeDirectory, FakeStaff

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
PERSONA = Persona(name="Maya", personality="Warm.", greeting="Hi!")
SERVER = Place(AccountId("discord:1"), chat="general", shared=True, community="server")
NOWHERE = Place(AccountId("command line"), chat="")


@dataclass
class Scene:
    staff: FakeStaff = field(default_factory=FakeStaff)
    directory: FakeDirectory = field(default_factory=FakeDirectory)

    def __post_init__(self) -> None:
        self.directory.fans[MAYA, FanId(12)] = Person("discord", "555555", "Ann")
        self.directory.fans[ZOE, FanId(13)] = Person("discord", "666666", "Bo")
        self.directory.wrote["m7"] = FanId(12)

    async def add(self, words: str, *, place: Place = SERVER, about: str = "", rank: Rank = Rank.CREATOR) -> Answer:
        order = asked(commands.GRANT, words, place=place, about=about, rank=rank)
        return await staffing.add(self.staff, self.directory, order)

    async def remove(self, words: str, *, place: Place = SERVER, about: str = "", rank: Rank = Rank.CREATOR) -> Answer:
        order = asked(commands.REVOKE, words, place=place, about=about, rank=rank)
        return await staffing.remove(self.staff, self.directory, order)

    @property
    def made(self) -> list[tuple[str, str]]:
        return [(one.platform, one.person) for one in self.staff.grants]


def asked(command: Command, words: str, *, place: Place = SERVER, about: str = "", rank: Rank = Rank.CREATOR) -> Asked:
    """A command as the handlers get it."""
    sender = Sender("maya-herself", "Maya")
    incoming = Incoming(place, "c1", sender, words, NOON, command.name, words, about=about)
    actor = Actor(place.account, sender.id, rank)
    return Asked(command, MAYA, PERSONA, actor, incoming, read(command, words, {}, about=about), NOON)


# ── moderators ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "about", "made", "subject"),
    [
        ("<@777777>", "", ("discord", "777777"), "discord:777777"),
        ("777777", "", ("discord", "777777"), "discord:777777"),
        ("telegram:42", "", ("telegram", "42"), "telegram:42"),
        ("#12", "", ("discord", "555555"), "fan #12, discord:555555"),
        ("", "m7", ("discord", "555555"), "fan #12, discord:555555"),
        ("<@&99>", "", ("discord", "role:99"), "role discord:99"),
    ],
)
async def test_a_moderator_is_made_and_unmade(words: str, about: str, made: tuple[str, str], subject: str) -> None:
    scene = Scene()
    added = await scene.add(words, about=about)
    assert added.text.startswith("Done")
    assert added.change is not None
    assert (added.change.subject, added.change.before, added.change.after) == (subject, "", "moderator")
    assert scene.staff.grants == [Grant(MAYA, *made, "discord:1/maya-herself", NOON)]
    assert (await scene.add(words, about=about)).change is None
    removed = await scene.remove(words, about=about)
    assert removed.change is not None
    assert (removed.change.subject, removed.change.before, removed.change.after) == (subject, "moderator", "")
    assert scene.made == []
    assert (await scene.remove(words, about=about)).change is None


async def test_the_answer_names_the_fan_and_the_audit_log_does_not() -> None:
    added = await Scene().add("#12")
    assert "Ann" in added.text
    assert added.change is not None
    assert "Ann" not in added.change.subject


@pytest.mark.parametrize(("words", "about"), [("#13", ""), ("#99", ""), ("@somebody", ""), ("", "m8"), ("", "")])
async def test_nobody_unknown_and_no_other_avatars_fan_is_made_one(words: str, about: str) -> None:
    scene = Scene()
    answer = await scene.add(words, about=about)
    assert (scene.made, answer.change) == ([], None)
    assert "telegram:123456789" in answer.text


@pytest.mark.parametrize("words", ["777777", "<@777777>", "<@&99>"])
async def test_on_the_command_line_an_id_needs_its_platform(words: str) -> None:
    scene = Scene()
    assert "Of which platform" in (await scene.add(words, place=NOWHERE, rank=Rank.OPERATOR)).text
    assert scene.made == []
    await scene.add("discord:777777", place=NOWHERE, rank=Rank.OPERATOR)
    assert scene.made == [("discord", "777777")]


async def test_the_list_shows_who_was_made_by_whom_and_when() -> None:
    scene = Scene()
    assert "/staff add" in (await staffing.listed(scene.staff, asked(commands.STAFF, ""))).text
    await scene.add("<@777777>")
    await scene.add("<@&99>")
    scene.staff.grants.append(Grant(ZOE, "discord", "888888", "zoe", NOON))
    text = (await staffing.listed(scene.staff, asked(commands.STAFF, ""))).text
    assert f"- discord:777777, {NOON:%Y-%m-%d}, by discord:1/maya-herself" in text
    assert "role discord:99" in text
    assert "888888" not in text


# ── the audit log ────────────────────────────────────────────────────────────────────────────────


def act(number: int, avatar: AvatarId = MAYA) -> Act:
    at = NOON + timedelta(minutes=number)
    return Act(avatar, f"by{number}", Rank.MODERATOR, "fan mute", "discord:1//general/", "done", at, f"fan #{number}")


async def page(audit: FakeAudit, words: str = "") -> Answer:
    return await staffing.acts(audit, asked(commands.AUDIT, words))


async def test_acts_are_shown_newest_first_page_by_page_and_each_once() -> None:
    audit = FakeAudit()
    for number in range(2 * staffing.PAGE + 3):
        await audit.note(act(number))
        await audit.note(act(number, ZOE))
    seen: list[str] = []
    answer = await page(audit)
    while True:
        seen += [line for line in answer.text.splitlines() if line.startswith("- ")]
        older = [one.argument for one in answer.actions if one.label == "Older"]
        if not older:
            break
        answer = await page(audit, older[0])
    assert len(seen) == 2 * staffing.PAGE + 3
    assert [line.rpartition("#")[2] for line in seen] == [str(number) for number in reversed(range(len(seen)))]
    assert [one.label for one in answer.actions] == ["Newer"]


@pytest.mark.parametrize(
    ("words", "says"), [("", "Nothing was done yet"), ("2", "empty"), ("999999", "stagedoor audit")]
)
async def test_where_there_is_nothing_that_is_said(words: str, says: str) -> None:
    assert says in (await page(FakeAudit(), words)).text


async def test_page_nought_is_the_first() -> None:
    audit = FakeAudit()
    await audit.note(act(1))
    assert (await page(audit, "0")).text == (await page(audit)).text


def test_one_act_is_one_line_however_long_or_broken_its_values_are() -> None:
    told = staffing.told(replace(act(1), before="a\nb", after="x" * 999, outcome="failed", number=7))
    assert "\n" not in told
    assert told.startswith("7 · ")
    assert "fan mute, failed" in told
    assert "a b → xxx" in told
    assert len(told) < 2 * staffing.LONGEST_SHOWN + 300
