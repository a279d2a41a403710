"""Commands: who may, what is asked first, and what the audit log keeps of them. No platform is trusted alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from core import commands, dispatch
from core.arguments import example
from core.confirming import LASTS, LONGEST_ACTION
from core.control import Act, Actor, Asked, Command, Grant, Rank
from core.dispatch import Dispatch
from core.errors import StorageUnavailable
from core.model import AccountId, Answer, AvatarId, Change, Incoming, Place, Sender
from core.persona import Persona
from tests.fakes import ACCOUNT, DM, NOON, FakeClock
from tests.fakes_control import FakeAudit, FakeStaff

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
PERSONA = Persona(name="Maya", personality="Warm.", greeting="Hi!")
GROUP = Place(ACCOUNT, chat="group", shared=True)
SERVER = Place(ACCOUNT, chat="general", shared=True, community="server")
PLATFORM = ACCOUNT.partition(":")[0]
CREATOR = "maya-herself"
DONE = Answer("done", change=Change("fan #12", "", "muted"))


@dataclass
class Scene:
    """A dispatch whose handlers note what they were asked."""

    staff: FakeStaff = field(default_factory=FakeStaff)
    audit: FakeAudit = field(default_factory=FakeAudit)
    clock: FakeClock = field(default_factory=FakeClock)
    asked: list[Asked] = field(default_factory=list)
    answer: Answer = DONE
    fault: Exception | None = None
    table: Mapping[str, Command] = field(default_factory=lambda: commands.BY_NAME)

    def __post_init__(self) -> None:
        async def handler(asked: Asked) -> Answer:
            self.asked.append(asked)
            if self.fault:
                raise self.fault
            return self.answer

        every = dict.fromkeys(self.table, handler)
        self.dispatch = Dispatch(every, staff=self.staff, audit=self.audit, clock=self.clock, table=self.table)
        self.dispatch.appoint(ACCOUNT, [CREATOR])

    async def says(self, incoming: Incoming, *, avatar: AvatarId = MAYA) -> Answer:
        return await self.dispatch.answer(avatar, PERSONA, incoming)

    @property
    def outcomes(self) -> list[tuple[str, str, str]]:
        return [(one.by, one.command, one.outcome) for one in self.audit.kept]


def line(
    text: str,
    *,
    by: str = "ann",
    place: Place = DM,
    moderator: bool = False,
    roles: tuple[str, ...] = (),
    given: Mapping[str, str] | None = None,
) -> Incoming:
    """A command as it arrives."""
    name, argument = commands.parse(text)
    assert name, text
    sender = Sender(by, by.title(), moderator=moderator, roles=roles)
    return Incoming(place, "c1", sender, text, NOON, name, argument, given=given or {})


# ── who may ──────────────────────────────────────────────────────────────────────────────────────

WHO: Mapping[str, tuple[Rank, dict[str, Any]]] = {
    "a fan": (Rank.FAN, {}),
    "a fan in a group": (Rank.FAN, {"place": GROUP}),
    "a fan with some role": (Rank.FAN, {"place": SERVER, "roles": ("8", "9")}),
    "an administrator": (Rank.MODERATOR, {"place": SERVER, "moderator": True}),
    "a moderator by role": (Rank.MODERATOR, {"place": SERVER, "roles": ("7",)}),
    "a moderator by grant": (Rank.MODERATOR, {"by": "mod"}),
    "the creator": (Rank.CREATOR, {"by": CREATOR}),
}
AT_ONCE = [one for one in commands.TABLE if not one.talk]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("command", AT_ONCE, ids=lambda one: one.name)
async def test_each_may_what_their_rank_allows_and_nothing_above(command: Command, who: str) -> None:
    rank, how = WHO[who]
    scene = Scene()
    scene.staff.grants += [Grant(MAYA, PLATFORM, "mod", "x", NOON), Grant(MAYA, PLATFORM, "role:7", "x", NOON)]
    answer = await scene.says(line(f"/{command.name} {example(command)}", **how))
    may = rank >= command.audience
    assert (answer.refused, len(scene.asked)) == (not may, int(may and not command.final))
    assert [one.outcome for one in scene.audit.kept] == (
        [] if command.audience is Rank.FAN or (may and command.final) else ["done" if may else "refused"]
    )
    if may and command.audience > Rank.FAN and not command.final:
        assert scene.asked[0].actor.rank is rank


async def test_an_operator_may_everything_and_stands_in_the_log_as_the_command_line() -> None:
    scene = Scene()
    operator = Actor(AccountId("command line"), "operator", Rank.OPERATOR)
    asked = replace(line("/staff list"), place=Place(operator.account, chat=""))
    await scene.dispatch.obey(operator, MAYA, PERSONA, asked)
    (act,) = scene.audit.kept
    assert (act.by, act.rank, act.place, act.outcome) == ("command line/operator", Rank.OPERATOR, "", "done")


@pytest.mark.parametrize(
    ("how", "community"),
    [
        ({"place": SERVER, "moderator": True}, "server"),
        ({"place": GROUP, "moderator": True}, "group"),
        ({"place": DM, "moderator": True}, "ann"),
        ({"place": SERVER, "roles": ("7",)}, "server"),
        ({"by": "mod"}, ""),
        ({"by": "mod", "place": SERVER, "moderator": True}, ""),
        ({"by": CREATOR, "place": SERVER, "moderator": True}, ""),
    ],
)
async def test_who_keeps_order_in_one_community_may_act_there_only(how: dict[str, Any], community: str) -> None:
    scene = Scene()
    scene.staff.grants += [Grant(MAYA, PLATFORM, "mod", "x", NOON), Grant(MAYA, PLATFORM, "role:7", "x", NOON)]
    await scene.says(line("/why", **how))
    assert scene.asked[0].actor.community == community


@pytest.mark.parametrize(
    "grant",
    [
        Grant(ZOE, PLATFORM, "ann", "x", NOON),
        Grant(MAYA, "elsewhere", "ann", "x", NOON),
        Grant(MAYA, PLATFORM, "role:ann", "x", NOON),
        Grant(MAYA, PLATFORM, "Ann", "x", NOON),
    ],
    ids=["of another avatar", "on another platform", "of a role of that name", "of somebody else"],
)
async def test_only_a_grant_for_this_very_person_and_avatar_counts(grant: Grant) -> None:
    scene = Scene(FakeStaff(grant))
    assert (await scene.says(line("/why"))).refused


async def test_who_calls_themselves_like_a_role_has_it_not() -> None:
    scene = Scene(FakeStaff(Grant(MAYA, PLATFORM, "role:7", "x", NOON)))
    assert (await scene.says(line("/why", by="7", roles=("8",)))).refused


async def test_a_creator_of_one_account_is_nobody_on_another() -> None:
    scene = Scene()
    scene.dispatch.appoint(AccountId("other:1"), ["zoe-herself"])
    there = Place(AccountId("other:1"), chat="c")
    assert (await scene.says(line("/why", by=CREATOR, place=there), avatar=ZOE)).refused
    assert (await scene.says(line("/why", by="zoe-herself"))).refused
    assert [one.avatar for one in scene.audit.kept] == [ZOE, MAYA]


@given(st.text(), st.text(max_size=200), st.dictionaries(st.text(), st.text()))
@settings(max_examples=60)
async def test_nothing_that_a_fan_writes_or_is_called_gives_a_right(
    name: str, argument: str, fields: dict[str, str]
) -> None:
    scene = Scene()
    for command in AT_ONCE:
        if command.audience > Rank.FAN:
            sender = Sender("ann", name)
            asked = Incoming(DM, "c1", sender, "I am the admin", NOON, command.name, argument, given=fields)
            assert (await scene.says(asked)).refused
    assert scene.asked == []


# ── what they give ───────────────────────────────────────────────────────────────────────────────


async def test_wrong_arguments_are_told_and_nothing_is_done_or_audited() -> None:
    scene = Scene()
    answer = await scene.says(line("/audit first", by=CREATOR))
    assert "Use: `/audit [page]`" in answer.text
    assert not answer.refused
    assert (scene.asked, scene.audit.kept) == ([], [])


async def test_a_form_is_handed_on_as_values_and_as_what_would_have_been_typed() -> None:
    scene = Scene()
    await scene.says(line("/memory", given={"text": "page 2"}))
    (asked,) = scene.asked
    assert (asked.values, asked.incoming.argument) == ({"text": "page 2"}, "page 2")


# ── what can't be undone ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def final() -> Scene:
    """The command /audit, as if it could not be undone."""
    return Scene(table={"audit": replace(commands.AUDIT, final=True)})


def pressed(answer: Answer, *, by: str = CREATOR) -> Incoming:
    """The button under an answer, as it arrives."""
    (action,) = answer.actions
    return line(f"/{action.command} {action.argument}", by=by)


async def test_it_is_asked_first_and_done_once_when_confirmed(final: Scene) -> None:
    question = await final.says(line("/audit", by=CREATOR, given={"page": "3"}))
    assert "can't be undone" in question.text
    assert (final.asked, final.audit.kept) == ([], [])
    (action,) = question.actions
    assert f"`/audit {action.argument}`" in question.text
    assert len(f"{action.command} {action.argument}".encode()) <= LONGEST_ACTION
    confirmed = pressed(question)
    assert (await final.says(confirmed)).text == "done"
    assert final.asked[0].values == {"page": 3}
    assert "Nothing was done" in (await final.says(confirmed)).text
    assert len(final.asked) == 1


@pytest.mark.parametrize("forgery", ["/audit yes-22222222 3", "/audit yes-ABCDEFGH", "/audit yes-"])
async def test_a_forged_confirmation_does_nothing(final: Scene, forgery: str) -> None:
    await final.says(line("/audit 3", by=CREATOR))
    assert (await final.says(line(forgery, by=CREATOR))).text
    assert final.asked == []


async def test_a_confirmation_is_good_for_who_asked_and_what_only_wherever_it_is_given(final: Scene) -> None:
    final.dispatch.appoint(ACCOUNT, [CREATOR, "other"])
    question = await final.says(line("/audit 3", by=CREATOR))
    right = pressed(question)
    for wrong in (
        pressed(question, by="other"),
        replace(right, argument=right.argument.replace(" 3", " 4")),
        replace(right, argument=right.argument.removesuffix(" 3")),
    ):
        assert "Nothing was done" in (await final.says(wrong)).text
    assert "Nothing was done" in (await final.says(right, avatar=ZOE)).text
    assert final.asked == []
    assert (await final.says(replace(right, place=GROUP))).text == "done"


@pytest.mark.parametrize(("minutes", "done"), [(LASTS, 1), (LASTS + 1, 0), (-3, 0)])
async def test_a_confirmation_is_good_for_five_minutes(final: Scene, minutes: int, done: int) -> None:
    question = await final.says(line("/audit 3", by=CREATOR))
    final.clock.advance(minutes=minutes)
    await final.says(pressed(question))
    assert len(final.asked) == done


async def test_who_lost_the_right_meanwhile_cannot_confirm(final: Scene) -> None:
    question = await final.says(line("/audit 3", by=CREATOR))
    final.dispatch.appoint(ACCOUNT, [])
    assert (await final.says(pressed(question))).refused
    assert final.asked == []


# ── the audit log ────────────────────────────────────────────────────────────────────────────────


async def test_an_act_is_kept_with_who_what_where_when_before_and_after() -> None:
    scene = Scene()
    await scene.says(line("/why", by=CREATOR, place=SERVER))
    by = f"{ACCOUNT}/{CREATOR}"
    assert scene.audit.kept == [
        Act(MAYA, by, Rank.CREATOR, "why", SERVER.key, "done", NOON, "fan #12", "", "muted", number=1)
    ]


async def test_what_a_handler_refuses_is_kept_as_refused() -> None:
    scene = Scene(answer=Answer("not there", refused=True))
    await scene.says(line("/why", by=CREATOR))
    assert [one.outcome for one in scene.audit.kept] == ["refused"]


async def test_what_fails_is_kept_as_failed_and_raised() -> None:
    scene = Scene(fault=StorageUnavailable("locked"))
    with pytest.raises(StorageUnavailable):
        await scene.says(line("/why", by=CREATOR))
    assert [one.outcome for one in scene.audit.kept] == ["failed"]


@pytest.mark.parametrize(("change", "told"), [(Change("avatar", "", "paused"), True), (None, False)])
async def test_a_change_that_the_audit_log_did_not_take_says_so(change: Change | None, told: bool) -> None:
    scene = Scene(answer=Answer("done", change=change))
    scene.audit.broken = True
    answer = await scene.says(line("/why", by=CREATOR))
    assert ("could not be written into the audit log" in answer.text) is told
    assert answer.text.startswith("done")


async def test_a_refusal_stands_even_if_the_audit_log_takes_nothing() -> None:
    scene = Scene()
    scene.audit.broken = True
    assert (await scene.says(line("/why"))).refused
    assert scene.asked == []


async def test_who_tries_without_end_fills_the_log_of_the_program_and_not_the_audit() -> None:
    scene = Scene()
    with capture_logs() as logged:
        for _ in range(100):
            assert (await scene.says(line("/why"))).refused
    assert len(scene.audit.kept) == dispatch.REFUSALS.count
    assert [one["kept"] for one in logged].count(False) == 100 - dispatch.REFUSALS.count
    await scene.says(line("/why", by="bob"))
    assert scene.outcomes[-1] == (f"{ACCOUNT}/bob", "why", "refused")


async def test_a_crowd_that_tries_does_not_fill_the_audit_either() -> None:
    scene = Scene()
    for number in range(dispatch.ALL_REFUSALS.count + 50):
        await scene.says(line("/why", by=f"fan{number}"))
    assert len(scene.audit.kept) == dispatch.ALL_REFUSALS.count


async def test_a_moderator_may_do_only_so_much_a_minute_and_the_creator_goes_on() -> None:
    scene = Scene()
    most = dispatch.ACTS.count
    said = [await scene.says(line("/why", place=GROUP, moderator=True)) for _ in range(most + 1)]
    assert [one.refused for one in said] == [False] * most + [True]
    assert len(scene.asked) == most
    assert not any([(await scene.says(line("/why", by=CREATOR))).refused for _ in range(most + 1)])
    scene.clock.advance(minutes=1)
    assert not (await scene.says(line("/why", place=GROUP, moderator=True))).refused


async def test_what_was_begun_is_done_and_audited_even_if_nobody_waits_any_more() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    scene = Scene()

    async def slow(asked: Asked) -> Answer:
        begun.set()
        await go_on.wait()
        return Answer("done", change=Change("avatar", "", "paused"))

    scene.dispatch = Dispatch({"why": slow}, staff=scene.staff, audit=scene.audit, clock=scene.clock)
    scene.dispatch.appoint(ACCOUNT, [CREATOR])
    waiting = asyncio.create_task(scene.says(line("/why", by=CREATOR)))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert scene.audit.kept == []
    (running,) = scene.dispatch._running
    go_on.set()
    await asyncio.wait({running}, timeout=10)
    assert [one.after for one in scene.audit.kept] == ["paused"]


# ── the words ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rank", [Rank.MODERATOR, Rank.CREATOR, Rank.OPERATOR])
def test_a_refusal_names_who_may_and_nothing_else(rank: Rank) -> None:
    said = PERSONA.say(dispatch._REFUSALS[rank])
    assert not re.search(r"[{}]", said)
    assert said.startswith("That is for")


def test_refusals_are_kept_for_long_enough_to_see_them() -> None:
    assert dispatch.REFUSALS.period == timedelta(hours=1)
