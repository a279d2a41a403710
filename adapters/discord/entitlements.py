"""What fans have bought in the app's shop. Discord tells of it as it happens, with every interaction, and when asked.

Asked is after each connection, for what has happened in between. Test purchases count like real ones. What was bought
once may be bought again when it is used up, and so that is told to Discord when what it gives is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import aiohttp
import discord
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from adapters.discord.api import ApiClient
from core.errors import StorageUnavailable
from core.model import AccountId
from core.payments import Holding, Holdings

log = structlog.get_logger()

TOLD_FOR = 3600.0  # seconds
_SUBSCRIPTIONS = {discord.EntitlementType.premium_subscription, discord.EntitlementType.application_subscription}


class Entitlements:
    """Brings in what people have bought, one after the other, as it came.

    Args:
        account: Whose shop.
        holdings: Where it goes; None: nothing is sold.
    """

    def __init__(self, account: AccountId, holdings: Holdings | None) -> None:
        self._account, self._holdings = account, holdings
        self._order = asyncio.Lock()
        self._told: dict[int, tuple[object, float]] = {}  # what was brought in last of each, and when

    async def take(self, entitlements: Iterable[discord.Entitlement], *, name: str = "") -> None:
        """Bring in what Discord tells; what is not new costs nothing for a while.

        Then it is brought in again: a fan may have been forgotten who has paid all the same.

        Args:
            entitlements: As they are now.
            name: Of the person whose they are, where that is known.
        """
        if self._holdings is not None:
            for one in entitlements:
                async with self._order:
                    await self._bring(self._holdings, one, name)

    async def catch_up(self, client: ApiClient) -> None:
        """Ask Discord for all that was ever bought of what gives something."""
        if self._holdings is None or not (products := self._holdings.products(self._account)):
            return
        async with self._order:  # what happens meanwhile is newer than what is told now
            try:
                found = await client.bought(products)
            except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
                log.warning("discord.entitlements.unknown", account=self._account, reason=type(exc).__name__)
                return
            for one in found:
                await self._bring(self._holdings, one, "")

    async def _bring(self, holdings: Holdings, one: discord.Entitlement, name: str) -> None:
        state, now = (one.ends_at, one.deleted, one.consumed), asyncio.get_running_loop().time()
        before, at = self._told.get(one.id, (None, now))
        if one.user_id is None or (before == state and now < at + TOLD_FOR):  # a server's belongs to nobody in it
            return
        holding = to_holding(one, name)
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(StorageUnavailable), wait=wait_random_exponential(max=15)
        )
        lasts: bool = await retrying(holdings.hold, self._account, holding)
        self._told[one.id] = state, now
        if holding.once and not (lasts or one.consumed or one.deleted):
            await self._use_up(one)

    async def _use_up(self, one: discord.Entitlement) -> None:
        try:
            await one.consume()
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:  # it can't be, or next time
            log.info("discord.entitlement.not_consumed", entitlement=one.id, reason=type(exc).__name__)


def to_holding(one: discord.Entitlement, name: str = "") -> Holding:
    """An entitlement in the core's words; what was deleted or used up has ended."""
    since = one.starts_at or discord.utils.snowflake_time(one.id)
    over = one.deleted or one.consumed
    return Holding(
        id=str(one.id),
        product=str(one.sku_id),
        person=str(one.user_id),
        since=since,
        until=since if over else one.ends_at,
        once=one.type not in _SUBSCRIPTIONS,
        name=name,
    )
