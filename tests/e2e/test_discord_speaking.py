"""The real discord.py on a small Discord over sockets: sending, editing, limits, faults and interactions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from adapters.discord import DiscordAccount
from adapters.discord.channel import DiscordChannel
from core.errors import ChannelRejected, ChannelUnavailable, FanUnreachable, NotFound
from core.model import Action, Outgoing, Place
from core.ports import Channel as Voice
from tests.worlds.discord import FakeDiscord, Fan
from tests.worlds.discord_intake import NotingIntake, running
from tests.worlds.discord_rest import Fault, rate_limited
from tests.worlds.discord_things import EPHEMERAL, Channel

NOBODY: dict[str, Any] = {"parse": []}


@dataclass
class Scene:
    """A bot that is online, and a fan who has said hello to it in a DM."""

    world: FakeDiscord
    intake: NotingIntake
    account: DiscordAccount
    ann: Fan
    general: Channel

    @property
    def voice(self) -> Voice:
        return self.account.channel

    @property
    def place(self) -> Place:
        return self.intake.accepted[0].place

    @property
    def path(self) -> str:
        return f"/channels/{self.ann.dms.id}/messages"

    def said(self) -> list[str]:
        return self.ann.dms.texts(self.world.bot)


@pytest.fixture
async def scene() -> AsyncGenerator[Scene]:
    async with FakeDiscord() as world:
        intake, ann, general = NotingIntake(), world.user("Ann"), world.text_channel(world.guild())
        async with running(world, intake) as account:
            await ann.dm("hello")
            await world.until(lambda: intake.accepted)
            yield Scene(world, intake, account, ann, general)


async def test_the_same_key_twice_shows_one_message(scene: Scene) -> None:
    receipts = [await scene.voice.send(scene.place, Outgoing("hi", "sd7")) for _ in range(2)]

    assert receipts[0] == receipts[1]
    assert scene.said() == ["hi"]


async def test_a_resend_after_a_restart_shows_one_message(scene: Scene) -> None:
    await scene.voice.send(scene.place, Outgoing("hi", "sd7"))

    async with running(scene.world, NotingIntake()) as after:
        await scene.world.until(lambda: len(scene.world.gateway.identified) == 2)
        await after.channel.send(scene.place, Outgoing("hi", "sd7"))

    assert scene.said() == ["hi"]


async def test_a_resend_whose_first_attempt_was_only_a_preview_gets_the_full_text(scene: Scene) -> None:
    await scene.voice.send(scene.place, Outgoing("The recipe beg", "sd7"))

    receipt = await scene.voice.send(scene.place, Outgoing("The recipe begins with butter.", "sd7"))

    assert scene.said() == ["The recipe begins with butter."]
    assert str(scene.ann.dms.messages[-1].id) == receipt
    assert scene.ann.dms.messages[-1].flags == 4  # link previews stay off


async def test_a_key_whose_message_was_deleted_is_refused(scene: Scene) -> None:
    await scene.voice.send(scene.place, Outgoing("hi", "sd7"))
    await scene.world.remove(scene.ann.dms.messages[-1])

    with pytest.raises(ChannelRejected):
        await scene.voice.send(scene.place, Outgoing("hi", "sd7"))


@pytest.mark.parametrize("after", [False, True], ids=["before it was applied", "after it was applied"])
async def test_a_connection_reset_can_be_repeated_and_shows_one_message(scene: Scene, *, after: bool) -> None:
    scene.world.rest.faults.append(Fault("POST", scene.path, after=after))

    with pytest.raises(ChannelUnavailable):
        await scene.voice.send(scene.place, Outgoing("hi", "sd7"))
    await scene.voice.send(scene.place, Outgoing("hi", "sd7"))

    assert scene.said() == ["hi"]


async def test_a_502_is_waited_out_inside_the_call(scene: Scene) -> None:
    scene.world.rest.faults.append(Fault("POST", scene.path, 502, after=True))

    await scene.voice.send(scene.place, Outgoing("hi", "sd7"))

    assert scene.said() == ["hi"]
    assert len(scene.world.calls("POST", scene.path)) == 2


async def test_a_503_is_unavailable(scene: Scene) -> None:
    scene.world.rest.faults.append(Fault("POST", scene.path, 503))

    with pytest.raises(ChannelUnavailable):
        await scene.voice.send(scene.place, Outgoing("hi", "sd7"))


async def test_a_429_is_waited_out_and_order_is_kept(scene: Scene) -> None:
    scene.world.rest.faults.append(rate_limited("POST", scene.path, 0.05))

    for number in range(5):
        await scene.voice.send(scene.place, Outgoing(f"part {number}", f"sd{number}"))

    assert scene.said() == [f"part {number}" for number in range(5)]
    first, second = (call.at for call in scene.world.calls("POST", scene.path)[:2])
    assert second - first >= 0.05


async def test_a_channels_budget_told_in_headers_is_kept_without_running_into_429(scene: Scene) -> None:
    scene.world.rest.per_channel = (2, 0.1)

    for number in range(7):
        await scene.voice.send(scene.place, Outgoing(f"part {number}", f"sd{number}"))

    assert scene.said() == [f"part {number}" for number in range(7)]
    assert len(scene.world.calls("POST", scene.path)) == 7


class Noticing(logging.Handler):
    """Lets a world's conditions look at what discord.py has logged."""

    def __init__(self, world: FakeDiscord) -> None:
        super().__init__()
        self.world, self.lines = world, list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.world.notify()


async def test_a_global_429_holds_up_every_call_and_drops_none(scene: Scene) -> None:
    bob, noticing, http = scene.world.user("Bob"), Noticing(scene.world), logging.getLogger("discord.http")
    http.addHandler(noticing)
    scene.world.rest.faults.append(rate_limited("POST", scene.path, 0.2, everywhere=True))

    first = asyncio.create_task(scene.voice.send(scene.place, Outgoing("hi Ann", "sd1")))
    await scene.world.until(lambda: any("Global rate limit" in line for line in noticing.lines))
    await scene.voice.send(Place(scene.place.account, str(bob.dms.id)), Outgoing("hi Bob", "sd2"))
    await first
    http.removeHandler(noticing)

    assert (scene.said(), bob.dms.texts(scene.world.bot)) == (["hi Ann"], ["hi Bob"])
    spoiled, *others = (call.at for call in scene.world.calls("POST", "/channels/"))
    assert all(at - spoiled >= 0.2 for at in others)


async def test_a_very_long_pause_is_handed_to_the_caller(scene: Scene) -> None:
    scene.world.rest.faults.append(rate_limited("POST", scene.path, 120.0))

    with pytest.raises(ChannelUnavailable) as unavailable:
        await scene.voice.send(scene.place, Outgoing("hi", "sd7"))

    assert unavailable.value.retry_after == 120.0


async def test_a_fan_who_closed_their_dms_is_unreachable(scene: Scene) -> None:
    scene.ann.takes_dms = False

    with pytest.raises(FanUnreachable):
        await scene.voice.send(scene.place, Outgoing("hi", "sd7"))

    assert len(scene.world.calls("POST", scene.path)) == 1


async def test_a_channel_where_it_may_not_write_refuses(scene: Scene) -> None:
    scene.general.refuses = 50013

    with pytest.raises(ChannelRejected) as refused:
        await scene.voice.send(Place(scene.place.account, str(scene.general.id)), Outgoing("hi", "sd7"))

    assert not isinstance(refused.value, FanUnreachable)


async def test_a_text_of_2000_astral_characters_fits_and_one_more_is_refused(scene: Scene) -> None:
    limit = scene.voice.abilities(scene.place).text_limit

    await scene.voice.send(scene.place, Outgoing("🧁" * limit, "sd1"))
    with pytest.raises(ChannelRejected):
        await scene.voice.send(scene.place, Outgoing("🧁" * (limit + 1), "sd2"))

    assert scene.said() == ["🧁" * 2000]


async def test_no_send_and_no_edit_pings_anybody(scene: Scene) -> None:
    hello = scene.ann.dms.messages[0]

    receipt = await scene.voice.send(scene.place, Outgoing("@everyone <@&1>", "sd1", str(hello.id)))
    await scene.voice.edit(scene.place, receipt, "@everyone again")
    await scene.voice.send(scene.place, Outgoing("and the rest", "sd1"))

    posts, patches = scene.world.calls("POST", scene.path), scene.world.calls("PATCH", scene.path)
    assert len(posts) == 2
    assert len(patches) == 2
    assert all(
        call.body["allowed_mentions"] | {"replied_user": False} == NOBODY | {"replied_user": False} for call in posts
    )
    assert all(call.body["allowed_mentions"] == NOBODY for call in patches)


async def test_a_reply_to_a_deleted_message_is_sent_without_the_reference(scene: Scene) -> None:
    hello = scene.ann.dms.messages[0]
    await scene.world.remove(hello)

    await scene.voice.send(scene.place, Outgoing("hi", "sd7", str(hello.id)))

    assert scene.said() == ["hi"]
    assert scene.ann.dms.messages[-1].reply_to is None


async def test_a_reply_without_the_right_to_read_history_is_sent_without_the_reference(scene: Scene) -> None:
    scene.ann.dms.history_readable = False

    await scene.voice.send(scene.place, Outgoing("hi", "sd7", str(scene.ann.dms.messages[0].id)))

    assert scene.said() == ["hi"]


CLOSE = Action("Close", "case close", "12", "danger")


async def test_buttons_stand_under_a_message_and_stay_when_its_text_is_replaced(scene: Scene) -> None:
    receipt = await scene.voice.send(scene.place, Outgoing("A report", "sd7", actions=(CLOSE,)))
    message = scene.ann.dms.messages[-1]
    assert [(one["label"], one["custom_id"], one["style"]) for one in message.buttons] == [
        ("Close", "do:case close 12", 4)
    ]

    await scene.voice.edit(scene.place, receipt, "A report, with more")

    assert message.content == "A report, with more"
    assert len(message.buttons) == 1


async def test_a_resend_with_buttons_shows_one_message_that_has_them(scene: Scene) -> None:
    for _ in range(2):
        await scene.voice.send(scene.place, Outgoing("A report", "sd7", actions=(CLOSE,)))
    await scene.voice.send(scene.place, Outgoing("The beginning", "sd8"))
    await scene.voice.send(scene.place, Outgoing("The beginning", "sd8", actions=(CLOSE,)))

    assert scene.said() == ["A report", "The beginning"]
    assert [len(message.buttons) for message in scene.ann.dms.messages[-2:]] == [1, 1]
    assert all(call.body["nonce"] in {"sd7", "sd8"} for call in scene.world.calls("POST", scene.path))


async def test_sent_buttons_leave_nothing_behind_in_the_client(scene: Scene) -> None:
    await scene.voice.send(scene.place, Outgoing("A report", "sd7", actions=(CLOSE,)))

    assert isinstance(scene.voice, DiscordChannel)
    assert scene.voice.client is not None
    assert scene.voice.client.persistent_views == []
    assert scene.voice.client._connection._view_store._synced_message_views == {}


@pytest.mark.parametrize(("call", "code"), [("send", 200000), ("edit", 200000), ("thread", 200001)])
async def test_what_the_servers_automod_blocks_is_refused_with_words_for_it_and_not_tried_again(
    scene: Scene, call: str, code: int
) -> None:
    place = replace(scene.place, chat=str(scene.general.id), shared=True, community="1")
    receipt = await scene.voice.send(place, Outgoing("fine", "sd1"))
    method = "PATCH" if call == "edit" else "POST"
    path = rf"/channels/{scene.general.id}/(messages|threads).*"
    scene.world.rest.faults.append(Fault(method, path, 400, body={"code": code, "message": "blocked"}, times=9))
    before = len(scene.world.rest.calls)

    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "send": lambda: scene.voice.send(place, Outgoing("blocked", "sd2")),
        "edit": lambda: scene.voice.edit(place, receipt, "blocked"),
        "thread": lambda: scene.voice.open_thread(place, "blocked"),
    }
    with pytest.raises(ChannelRejected, match="AutoMod"):
        await calls[call]()

    assert len(scene.world.rest.calls) == before + 1


async def test_a_thread_is_opened_in_a_channel_and_a_dm_is_its_own_place(scene: Scene) -> None:
    place = replace(scene.place, chat=str(scene.general.id), shared=True, community="1")

    thread = await scene.voice.open_thread(place, "Ann · c12" * 20)
    await scene.voice.send(thread, Outgoing("hello", "sd1"))

    opened = scene.world.channels[int(thread.chat)]
    assert (opened.parent, len(opened.name)) == (scene.general, 100)
    assert opened.texts(scene.world.bot) == ["hello"]
    assert thread == replace(place, chat=str(opened.id))
    assert await scene.voice.open_thread(scene.place, "Ann") == scene.place


async def test_where_the_core_hears_everything_it_is_brought_everything_threads_included(scene: Scene) -> None:
    scene.intake.heard.add(str(scene.general.id))
    thread = await scene.voice.open_thread(
        replace(scene.place, chat=str(scene.general.id), shared=True, community="1"), "talk"
    )
    inside = scene.world.channels[int(thread.chat)]

    await scene.ann.write(scene.general, "for all")
    await scene.ann.write(inside, "for the thread")
    await scene.world.until(lambda: len(scene.intake.accepted) == 3)

    assert scene.intake.texts == ["hello", "for all", "for the thread"]


async def test_an_edit_of_a_deleted_message_is_not_found(scene: Scene) -> None:
    receipt = await scene.voice.send(scene.place, Outgoing("hi", "sd7"))
    await scene.voice.edit(scene.place, receipt, "hi there")
    await scene.voice.edit(scene.place, receipt, "hi there")
    assert scene.said() == ["hi there"]

    await scene.world.remove(scene.ann.dms.messages[-1])
    with pytest.raises(NotFound):
        await scene.voice.edit(scene.place, receipt, "gone")


async def test_typing_is_one_call(scene: Scene) -> None:
    await scene.voice.typing(scene.place)

    assert scene.ann.dms.typing == 1


async def test_edits_and_deletions_are_passed_on_but_link_previews_are_not(scene: Scene) -> None:
    message = scene.ann.dms.messages[0]

    await scene.world.unfurl(message)
    await scene.world.rewrite(message, "hello!")
    await scene.world.remove(message)
    await scene.world.until(lambda: scene.intake.retracted)

    assert scene.intake.revised == [(scene.place, str(message.id), "hello!")]
    assert scene.intake.retracted == [(scene.place, str(message.id))]


async def test_a_bulk_deletion_is_passed_on_message_by_message(scene: Scene) -> None:
    messages = [await scene.ann.write(scene.general, f"{scene.world.bot.mention} {number}") for number in range(3)]

    await scene.world.remove(*messages)
    await scene.world.until(lambda: len(scene.intake.retracted) == 3)

    assert [message for _, message in scene.intake.retracted] == [str(message.id) for message in messages]


async def test_an_interaction_is_acknowledged_before_the_answer_is_ready(scene: Scene) -> None:
    scene.intake.gate.clear()

    interaction = await scene.ann.slash(scene.general, "help", locale="de")
    await scene.world.until(lambda: scene.intake.commanded)
    assert interaction.acknowledged
    assert not interaction.answers
    scene.intake.gate.set()
    await scene.world.until(lambda: interaction.answers)

    assert interaction.answers[0].content == scene.intake.answer
    assert interaction.flags & EPHEMERAL
    assert scene.intake.commanded[0].sender.language == "de"
    assert all(call.body.get("allowed_mentions", NOBODY) == NOBODY for call in scene.world.calls("PATCH", "/webhooks/"))


async def test_a_command_from_somebody_elses_dm_is_not_private(scene: Scene) -> None:
    others = scene.world._add(Channel(type=1, fan=scene.world.user("Bob")))

    await scene.ann.slash(others, "privacy", context=2)
    await scene.ann.slash(scene.ann.dms, "privacy", context=1)
    await scene.world.until(lambda: len(scene.intake.commanded) == 2)

    assert [entry.place.shared for entry in scene.intake.commanded] == [True, False]


async def test_a_failing_command_says_sorry_to_who_gave_it(scene: Scene) -> None:
    scene.intake.fault = RuntimeError("a bug")

    interaction = await scene.ann.slash(scene.general, "reset")
    await scene.world.until(lambda: interaction.answers)

    assert interaction.answers[0].content.startswith("Sorry")
    assert interaction.answers[0].flags & EPHEMERAL


async def test_a_command_that_it_does_not_know_any_more_says_sorry(scene: Scene) -> None:
    scene.world.rest.commands.append({"id": "99", "name": "waltz"})

    interaction = await scene.ann.slash(scene.general, "waltz")
    await scene.world.until(lambda: interaction.answers)

    assert interaction.answers[0].content.startswith("Sorry")
    assert not scene.intake.commanded


async def test_an_interaction_delivered_twice_is_answered_once(scene: Scene) -> None:
    interaction = await scene.ann.slash(scene.ann.dms, "help")
    await scene.world.until(lambda: interaction.answers)

    await scene.world.interact(interaction)
    callbacks = f"/interactions/{interaction.id}/"
    await scene.world.until(lambda: len(scene.world.calls("POST", callbacks)) == 2)
    await scene.ann.dm("and on it goes")
    await scene.world.until(lambda: len(scene.intake.accepted) == 2)

    assert len(scene.intake.commanded) == 1
    assert interaction.answers[0].content == scene.intake.answer
