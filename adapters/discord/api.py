"""discord.py's client, able to reach Discord through a REST proxy without changing the library for the whole process.

discord.py keeps the address of the API in a class attribute that every client of the process shares. Here each client
puts its own address into its routes at the two places where requests leave the library: its HTTP client and, for
interactions, the webhook adapter, which discord.py looks up in a context variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context
from yarl import URL

_PAGE = 100  # entitlements
LONGEST_WAIT = 60.0  # seconds of a rate limit that are waited out inside a call; more is the caller's to plan


class ApiClient(discord.Client):
    """A client that pings nobody, remembers no members, and talks to the API at ``api_url``.

    Args:
        intents: What to ask the gateway for.
        api_url: Stands for ``https://discord.com/api/v10``, version included; None is Discord itself.
    """

    def __init__(self, *, intents: discord.Intents, api_url: str | None) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # an avatar that writes needs no voice
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=LONGEST_WAIT,
        )
        self._api_url = api_url.rstrip("/") if api_url else None
        if self._api_url:
            self.http = self._connection.http = _ProxiedHTTP(self.loop, self._api_url)

    async def setup_hook(self) -> None:
        """Send what answers interactions to the same API; holds for this task and those that it starts."""
        if self._api_url:
            async_context.set(_ProxiedWebhooks(self._api_url))

    async def bought(self, products: Sequence[str]) -> list[discord.Entitlement]:
        """All that was ever bought of these, what was taken back included: discord.py 2.7 itself leaves that out."""
        found: list[discord.Entitlement] = []
        while True:
            page = await self.http.get_entitlements(
                self.application_id or 0,
                sku_ids=[int(product) for product in products],
                after=found[-1].id if found else 0,
                limit=_PAGE,
                exclude_deleted=False,
            )
            found += [discord.Entitlement(self._connection, one) for one in page]
            if len(page) < _PAGE:
                return found


class _ProxiedHTTP(HTTPClient):
    def __init__(self, loop: Any, api_url: str) -> None:
        super().__init__(loop, max_ratelimit_timeout=LONGEST_WAIT)
        self._api_url = api_url

    async def request(self, route: Route, **kwargs: Any) -> Any:
        return await super().request(_redirected(route, self._api_url), **kwargs)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """Connect to the gateway that the API names, where discord.py would take Discord's own."""
        target = URL(url)
        if target.host == DiscordWebSocket.DEFAULT_GATEWAY.host:
            _, gateway, _ = await self.get_bot_gateway()
            target = URL(gateway).with_query(target.query)
        return await super().ws_connect(str(target), compress=compress)


class _ProxiedWebhooks(AsyncWebhookAdapter):
    def __init__(self, api_url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # discord.py leaves it unannotated
        self._api_url = api_url

    async def request(self, route: Route, session: aiohttp.ClientSession, **kwargs: Any) -> Any:
        return await super().request(_redirected(route, self._api_url), session, **kwargs)


def _redirected(route: Route, api_url: str) -> Route:
    route.url = route.url.replace(Route.BASE, api_url, 1)
    return route
