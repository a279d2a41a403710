"""What fans wrote in DMs while the bot was away.

The gateway replays what was missed during a short loss of the connection; after a longer one, and after a restart, it
starts anew, and what was written in between is found only in the channels' histories. Asked are the DMs that the core
knows; a fan whose very first message fell into the gap cannot be found, because bots cannot list their DMs. Servers
are left out: there, an answer hours later to something long talked over is worse than none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import aiohttp
import discord
import structlog

from core.model import AccountId
from core.ports import Intake

log = structlog.get_logger()

LOOK_BACK = timedelta(hours=24)  # nobody waits any longer for an answer to something older
AT_ONCE = 8  # histories read concurrently; Discord allows 50 requests a second in all

Take = Callable[[discord.Message], Awaitable[None]]


class CatchUp:
    """Brings in missed DMs, oldest first, and holds back the live messages of a DM until its past is in.

    Without the holding back, a crash in between would lose the past: the live message would count as the last seen.

    Args:
        account: Whose DMs.
        intake: Knows how far each DM was seen.
        take: Handles one message of the past like a live one; must not wait for ``reached``.
    """

    def __init__(self, account: AccountId, intake: Intake, take: Take) -> None:
        self._account, self._intake, self._take = account, intake, take
        self._listed = asyncio.Event()
        self._behind: dict[str, asyncio.Event] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self, client: discord.Client) -> None:
        """Catch up with every DM, the latest active first; a DM that cannot be read is logged and left."""
        self._listed.clear()
        try:
            seen = await self._intake.last_seen(self._account)
            self._behind = {chat: asyncio.Event() for chat in seen}
        finally:  # whatever happens, nothing live is held back for ever
            self._listed.set()
        order = sorted(seen.items(), key=lambda item: int(item[1]), reverse=True)
        async with asyncio.TaskGroup() as group:
            for chat, message in order:
                group.create_task(self._read(client, chat, int(message), self._behind[chat]))

    async def reached(self, chat: str) -> None:
        """Return once everything missed in this DM was taken."""
        await self._listed.wait()
        if chat in self._behind:
            await self._behind[chat].wait()

    async def _read(self, client: discord.Client, chat: str, seen: int, done: asyncio.Event) -> None:
        try:
            async with self._slots:
                missed = 0
                async for message in _since(client, int(chat), seen):
                    await self._take(message)
                    missed += 1
            if missed:
                log.info("discord.catchup.read", account=self._account, chat=chat, messages=missed)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            log.warning("discord.catchup.failed", account=self._account, chat=chat, reason=type(exc).__name__)
        except RuntimeError:  # how aiohttp says that its session was closed meanwhile
            if not client.is_closed():
                raise
        finally:
            done.set()


def _since(client: discord.Client, channel: int, seen: int) -> AsyncIterator[discord.Message]:
    oldest = discord.utils.time_snowflake(discord.utils.utcnow() - LOOK_BACK)
    after = discord.Object(max(seen, oldest))
    return client.get_partial_messageable(channel).history(limit=None, after=after, oldest_first=True)
