"""Bringing a reply to the fan: previews while it is being written, then every part, each with its receipt."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from math import inf
from types import TracebackType
from typing import Self

import structlog

from core.errors import (
    ChannelRejected,
    ChannelUnavailable,
    DeliveryAmbiguous,
    FanUnreachable,
    NotFound,
    StagedoorError,
)
from core.model import Claim, Delivery, DeliveryState, Outgoing, Receipt
from core.ports import Channel, Turns

log = structlog.get_logger()

TYPING_GRACE = 0.4  # seconds: a reply that begins sooner needs no typing sign (and no call for it)
PREVIEW_GRACE = 0.01  # seconds: a reply that is complete sooner needs no preview (and no call for it)
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds between tries while a platform is not reachable
TIME_TO_LIVE = 600.0  # seconds for which a part is tried; later it would only confuse

Split = Callable[[str], Sequence[str]]


class Preview:
    """Shows a reply while it is being written; one call at a time, and a failing one costs only the preview.

    On channels with drafts the preview is no message: it leaves nothing behind. Elsewhere it is the first part of
    the reply itself, noted in the database before it is sent, and edited as it grows. Before anything is there to be
    shown, the typing sign is kept alive. Use as a context manager: leaving it waits for the call under way.

    Args:
        claim: The turn.
        channel: Where to show it.
        turns: Where visible parts are noted.
        split: Cuts a text into parts that the channel takes.
        reply_to: The message that the reply refers to, if any.
        shown: Called once, right before anything can become visible.
    """

    def __init__(
        self,
        claim: Claim,
        channel: Channel,
        turns: Turns,
        split: Split,
        *,
        reply_to: str | None = None,
        shown: Callable[[], None] = lambda: None,
    ) -> None:
        self.shown = False  # something may be visible to the fan
        self._on_shown = shown
        self._claim, self._channel, self._turns, self._split = claim, channel, turns, split
        self._reply_to = reply_to
        self._place = claim.place
        self._abilities = channel.abilities(claim.place)
        self._now = asyncio.get_running_loop().time
        self._next = 0.0
        self._call: asyncio.Task[None] | None = None
        self._typing: asyncio.Task[None] | None = None
        self._visible: list[Delivery] = list(claim.deliveries)

    async def __aenter__(self) -> Self:
        if self._abilities.typing_lasts:
            self._typing = asyncio.create_task(self._keep_typing())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._typing is not None:
            self._typing.cancel()
        await self.settle()

    async def settle(self) -> None:
        """Wait for the call under way, if there is one; one that has not begun yet is not needed any more."""
        call, self._call = self._call, None
        if call is None:
            return
        if not self.shown:
            call.cancel()
        await asyncio.wait({call})
        if not call.cancelled():
            call.result()

    def offer(self, text: Callable[[], str]) -> None:
        """Show what this gives if it is time; returns at once. It is asked when the text is sent, if at all."""
        possible = self._abilities.drafts or self._abilities.edits
        if possible and self._call is None and self._now() >= self._next:
            self._call = asyncio.create_task(self._attempt(text))

    async def _attempt(self, offered: Callable[[], str]) -> None:
        show = self._draft if self._abilities.drafts else self._grow
        try:
            if not self.shown:
                await asyncio.sleep(PREVIEW_GRACE)
            if not (text := offered()):
                return
            self._next = self._now() + self._abilities.preview_interval
            if not self.shown:
                self.shown = True
                self._on_shown()
                if self._typing is not None:
                    self._typing.cancel()
            await show(text)
        except StagedoorError as exc:
            log.info("delivery.preview.skipped", turn=self._claim.turn, reason=type(exc).__name__)
            wait = exc.retry_after or 0.0 if isinstance(exc, ChannelUnavailable) else 0.0
            refused = isinstance(exc, ChannelRejected)  # the whole reply may be taken all the same, but once is enough
            self._next = inf if refused else max(self._next, self._now() + wait)
        finally:
            self._call = None

    async def _draft(self, text: str) -> None:
        await self._channel.draft(self._place, self._claim.turn, self._split(text)[-1])

    async def _grow(self, text: str) -> None:
        """Bring the visible messages up to this text: finished parts first, the growing one last."""
        for part, piece in enumerate(self._split(text)):
            known = self._visible[part] if part < len(self._visible) else None
            if known is not None and known.state is DeliveryState.SENT and known.text == piece:
                continue
            delivery = await self._turns.show(self._claim, part, piece)
            if delivery is None:
                return
            self._visible[part:] = [delivery]
            receipt = delivery.receipt
            if receipt is not None:
                await self._channel.edit(self._place, receipt, piece)
            else:
                reply_to = self._reply_to if part == 0 else None
                receipt = await self._channel.send(self._place, Outgoing(piece, delivery.key, reply_to))
            await self._turns.record(Receipt(delivery.id, DeliveryState.SENT, receipt))
            self._visible[part] = replace(delivery, state=DeliveryState.SENT, receipt=receipt)

    async def _keep_typing(self) -> None:
        await asyncio.sleep(TYPING_GRACE)
        while True:
            with contextlib.suppress(StagedoorError):  # a missing typing sign harms nobody
                await self._channel.typing(self._place)
            await asyncio.sleep(max(self._abilities.typing_lasts - 0.5, 0.5))


async def deliver(
    claim: Claim, deliveries: Sequence[Delivery], channel: Channel, turns: Turns, reply_to: str | None
) -> Receipt | None:
    """Bring every part of a stored reply to the fan, in order, and record what became of each.

    Waits out what passes (rate limits, outages) for up to ``TIME_TO_LIVE`` seconds; a part that the platform refuses
    is recorded and the next one tried. Leave is asked before each part and, after each wait, anew: once somebody else
    speaks in this conversation, nothing more is sent.

    Returns:
        What became of the last part, not recorded yet: the end of the turn records it in the same transaction.

    Raises:
        FanUnreachable: Nothing more can be sent to this place; the rest is recorded as failed.
    """
    last: Receipt | None = None
    pending = [delivery for delivery in deliveries if delivery.state is DeliveryState.PENDING]
    for number, delivery in enumerate(pending):
        if not delivery.begun and not await turns.may_speak(claim, delivery, last):
            return None
        try:
            last = await _bring(claim, delivery, channel, turns, reply_to if delivery.part == 0 else None)
        except FanUnreachable:
            for left in pending[number:]:
                await turns.record(Receipt(left.id, DeliveryState.FAILED, left.receipt))
            raise
        if last is None:
            return None
    return last


async def _bring(
    claim: Claim, delivery: Delivery, channel: Channel, turns: Turns, reply_to: str | None
) -> Receipt | None:
    """Send one part, or give what is already visible its final text; None where leave for it was taken back."""
    place = claim.place

    async def send() -> str:
        return await channel.send(place, Outgoing(delivery.text, delivery.key, reply_to, delivery.actions))

    async def edit() -> str:
        assert delivery.receipt is not None
        try:
            await channel.edit(place, delivery.receipt, delivery.text)
        except NotFound:  # the preview was deleted meanwhile: the reply is still owed
            return await send()
        return delivery.receipt

    async def attempt() -> str:
        try:
            return await (edit if delivery.receipt else send)()
        except ChannelUnavailable:  # nothing was sent: whoever takes the conversation over now need not wait
            await turns.record(Receipt(delivery.id, DeliveryState.PENDING, delivery.receipt))
            raise

    try:
        receipt = await _insist(attempt, lambda: turns.may_speak(claim, delivery))
        return None if receipt is None else Receipt(delivery.id, DeliveryState.SENT, receipt)
    except DeliveryAmbiguous:
        log.warning("delivery.ambiguous", delivery=delivery.id)
        return Receipt(delivery.id, DeliveryState.AMBIGUOUS, delivery.receipt)
    except FanUnreachable:
        raise
    except ChannelRejected as exc:
        log.error("delivery.refused", delivery=delivery.id, reason=str(exc))
        return Receipt(delivery.id, DeliveryState.FAILED, delivery.receipt)
    except ChannelUnavailable:
        log.error("delivery.expired", delivery=delivery.id)
        return Receipt(delivery.id, DeliveryState.EXPIRED, delivery.receipt)


async def _insist(call: Callable[[], Awaitable[str]], leave: Callable[[], Awaitable[bool]]) -> str | None:
    """Repeat a call until it goes through; a platform's own wish for a pause is kept to. None: no leave any more."""
    now = asyncio.get_running_loop().time
    give_up, wait = now() + TIME_TO_LIVE, FIRST_WAIT
    while True:
        try:
            return await call()
        except ChannelUnavailable as exc:
            pause = wait if exc.retry_after is None else exc.retry_after
            if now() + pause > give_up:
                raise
        await asyncio.sleep(pause)
        if not await leave():
            return None
        wait = min(wait * 2, LONGEST_WAIT)
