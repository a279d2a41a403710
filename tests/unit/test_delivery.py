"""Previews and final delivery, on a hand-written channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from core.delivery import Preview, deliver
from core.errors import ChannelRejected, ChannelUnavailable, DeliveryAmbiguous, FanUnreachable
from core.model import Abilities, Delivery, DeliveryId, DeliveryState, Outcome, Reply
from tests.fakes import NOON, FakeChannel, FakeTurns, claim, pending

CLAIM = claim(pending("hi"))
DRAFTS = Abilities(100, drafts=True, edits=True, preview_interval=0.0, typing_lasts=0.0)
EDITS = Abilities(100, edits=True, preview_interval=0.0, typing_lasts=0.0)


def halves(text: str) -> Sequence[str]:
    """Parts of at most ten characters."""
    return [text[at : at + 10] for at in range(0, len(text), 10)]


async def offered(preview: Preview, channel: FakeChannel, text: str) -> None:
    """Offer a text and return when its call has ended."""
    preview.offer(lambda: text)
    if not preview.shown:
        await channel.until_called("draft" if channel.able.drafts else "send")
    await preview.settle()


async def show(channel: FakeChannel, turns: FakeTurns, *texts: str) -> Preview:
    """Offer these texts, each after the call for the one before has ended."""
    async with Preview(CLAIM, channel, turns, halves) as preview:
        for text in texts:
            await offered(preview, channel, text)
    return preview


async def finish(channel: FakeChannel, turns: FakeTurns, text: str) -> None:
    """Store the final text and bring it to the fan."""
    rows = await turns.store(CLAIM, Reply(text, Outcome.ANSWERED), halves(text))
    last = await deliver(CLAIM, rows, channel, turns, None)
    await turns.finish(CLAIM, last, now=NOON)


async def test_where_there_are_drafts_a_preview_leaves_no_message_and_no_row():
    channel, turns = FakeChannel(DRAFTS), FakeTurns()
    preview = await show(channel, turns, "Hel", "Hello")
    assert preview.shown
    assert channel.drafts == ["Hel", "Hello"]
    assert not channel.visible
    assert not turns.rows


async def test_where_there_are_edits_one_message_grows():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    await show(channel, turns, "Hel", "Hello")
    await finish(channel, turns, "Hello you")
    assert channel.said() == ["Hello you"]
    assert [method for method, _ in channel.calls] == ["send", "edit", "edit"]


async def test_a_preview_is_noted_before_it_is_sent():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    turns.lost = True  # the conversation was taken away meanwhile
    async with Preview(CLAIM, channel, turns, halves) as preview:
        preview.offer(lambda: "Hel")
        await turns.asked.wait()
    assert channel.calls == []


async def test_a_reply_that_outgrows_one_message_goes_on_in_the_next():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    await show(channel, turns, "0123456", "0123456789abc")
    await finish(channel, turns, "0123456789abcdef")
    assert channel.said() == ["0123456789", "abcdef"]


async def test_a_preview_already_equal_to_the_final_text_costs_no_further_call():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    await show(channel, turns, "Hello")
    await finish(channel, turns, "Hello")
    assert [method for method, _ in channel.calls] == ["send"]


async def test_a_failing_preview_harms_nothing():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    channel.faults["send"].append(ChannelUnavailable("flood", retry_after=0.0))
    await show(channel, turns, "Hel")
    await finish(channel, turns, "Hello")
    assert channel.said() == ["Hello"]


async def test_leaving_waits_for_the_call_under_way():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    async with Preview(CLAIM, channel, turns, halves) as preview:
        preview.offer(lambda: "Hello")
        await channel.until_called("send")
    assert turns.rows[0].receipt is not None


async def test_a_preview_that_the_platform_refuses_is_the_only_one_and_the_reply_is_tried_once():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    channel.faults["send"].extend(ChannelRejected("blocked") for _ in range(2))
    await show(channel, turns, "Hel", "Hello", "Hello y")
    await finish(channel, turns, "Hello you")
    assert channel.said() == []
    assert [text for _, text in channel.calls] == ["Hel", "Hello you"]
    assert turns.log == ["store", "failed", "finish"]


async def test_a_reply_that_is_complete_at_once_needs_no_preview_and_nobody_makes_its_text():
    channel, turns = FakeChannel(DRAFTS), FakeTurns()
    texts = iter(["Hello"])
    async with Preview(CLAIM, channel, turns, halves) as preview:
        preview.offer(lambda: next(texts))
    assert not preview.shown
    assert channel.calls == []
    assert list(texts) == ["Hello"]


async def test_a_preview_shows_what_there_is_to_say_by_then():
    channel, turns = FakeChannel(DRAFTS), FakeTurns()
    said = "Hel"
    async with Preview(CLAIM, channel, turns, halves) as preview:
        preview.offer(lambda: said)
        said = "Hello"
        await channel.until_called("draft")
    assert channel.drafts == ["Hello"]


async def test_nothing_counts_as_shown_while_there_is_nothing_to_say_yet():
    channel, turns = FakeChannel(DRAFTS), FakeTurns()
    asked = asyncio.Event()

    def nothing_yet() -> str:
        asked.set()
        return ""

    async with Preview(CLAIM, channel, turns, halves) as preview:
        preview.offer(nothing_yet)
        await asked.wait()
        assert not preview.shown
        await offered(preview, channel, "Hello")
    assert channel.drafts == ["Hello"]


async def test_typing_shows_only_until_something_is_visible():
    channel, turns = FakeChannel(Abilities(100, drafts=True, typing_lasts=5.0)), FakeTurns()
    async with Preview(CLAIM, channel, turns, halves) as preview:
        await channel.until_called("typing")
        preview.offer(lambda: "Hello")
        await channel.until_called("draft")
    assert [method for method, _ in channel.calls] == ["typing", "draft"]


async def test_a_preview_waits_as_long_as_the_platform_asks():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    channel.faults["edit"].append(ChannelUnavailable("flood", retry_after=60.0))
    async with Preview(CLAIM, channel, turns, halves) as preview:
        await offered(preview, channel, "H")
        await offered(preview, channel, "He")
        await offered(preview, channel, "Hel")
    assert [method for method, _ in channel.calls] == ["send", "edit"]
    await finish(channel, turns, "Hello")
    assert channel.said() == ["Hello"]


async def test_parts_go_out_in_order_each_with_its_receipt():
    channel, turns = FakeChannel(), FakeTurns()
    await finish(channel, turns, "0123456789abcdefghij!")
    assert channel.said() == ["0123456789", "abcdefghij", "!"]
    assert [row.receipt for row in turns.rows.values()] == ["ann/1", "ann/2", "ann/3"]


async def test_a_passing_fault_is_waited_out():
    channel, turns = FakeChannel(), FakeTurns()
    channel.faults["send"].extend(
        [ChannelUnavailable("flood", retry_after=0.0), ChannelUnavailable("502", retry_after=0.0)]
    )
    await finish(channel, turns, "Hello")
    assert channel.said() == ["Hello"]


async def test_an_ambiguous_send_is_recorded_and_not_repeated():
    channel, turns = FakeChannel(), FakeTurns()
    channel.faults["send"].append(DeliveryAmbiguous("read timeout"))
    await finish(channel, turns, "Hello")
    assert turns.rows[0].state is DeliveryState.AMBIGUOUS
    assert len(channel.calls) == 1


async def test_a_refused_part_does_not_keep_the_next_one_back():
    channel, turns = FakeChannel(), FakeTurns()
    channel.faults["send"].append(ChannelRejected("bad request"))
    await finish(channel, turns, "0123456789abc")
    assert [row.state for row in turns.rows.values()] == [DeliveryState.FAILED, DeliveryState.SENT]


async def test_an_unreachable_fan_ends_the_delivery_and_nothing_stays_pending():
    channel, turns = FakeChannel(), FakeTurns()
    channel.faults["send"].append(FanUnreachable("blocked"))
    with pytest.raises(FanUnreachable):
        await finish(channel, turns, "0123456789abc")
    assert [row.state for row in turns.rows.values()] == [DeliveryState.FAILED, DeliveryState.FAILED]


async def test_a_pause_longer_than_the_time_to_live_expires_the_part():
    channel, turns = FakeChannel(), FakeTurns()
    channel.faults["send"].append(ChannelUnavailable("flood", retry_after=86_400.0))
    await finish(channel, turns, "Hello")
    assert turns.rows[0].state is DeliveryState.EXPIRED


async def test_a_preview_that_was_deleted_is_replaced_by_the_reply():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    await show(channel, turns, "Hel")
    channel.visible.clear()
    await finish(channel, turns, "Hello")
    assert channel.said() == ["Hello"]


async def test_what_was_sent_before_a_crash_is_not_sent_again():
    channel, turns = FakeChannel(), FakeTurns()
    rows = [
        Delivery(DeliveryId(1), 0, "one", "k1", DeliveryState.SENT, "ann/1"),
        Delivery(DeliveryId(2), 1, "two", "k2"),
    ]
    turns.rows = dict(enumerate(rows))
    await deliver(CLAIM, rows, channel, turns, None)
    assert channel.calls == [("send", "two")]


async def test_a_preview_edit_that_failed_is_made_good_by_the_final_one():
    channel, turns = FakeChannel(EDITS), FakeTurns()
    channel.faults["edit"].append(ChannelUnavailable("flood", retry_after=0.0))
    await show(channel, turns, "Hel", "Hello")
    await finish(channel, turns, "Hello")
    assert channel.said() == ["Hello"]
