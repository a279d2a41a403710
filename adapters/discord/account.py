"""One bot account on Discord, from its token to its last goodbye."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection

import aiohttp
import discord
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from adapters.discord.channel import DiscordChannel
from adapters.discord.client import AvatarClient
from adapters.discord.doctor import examine
from adapters.discord.slash import Circles
from adapters.discord.translate import Listener
from core.errors import ConfigError
from core.model import AccountId, Finding
from core.payments import Holdings
from core.ports import Channel, Intake

log = structlog.get_logger()

_REFUSED = (
    "Discord refuses STAGEDOOR_DISCORD__TOKEN. Copy the token anew from the Bot page of your application at "
    "https://discord.com/developers/applications (Reset Token shows a new one once)."
)
_MALFORMED = (
    "STAGEDOOR_DISCORD__TOKEN is not a bot token (three parts with dots between). It is on the Bot page of your "
    "application at https://discord.com/developers/applications; client id, public key and client secret won't do."
)
_PASSING = (OSError, aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound, discord.RateLimited)


class DiscordAccount:
    """Listens and speaks for one avatar.

    Args:
        token: The bot's token.
        api_url: Address of a REST proxy that stands for ``https://discord.com/api/v10``.
        channels: Ids of server channels in which everything is meant for the avatar, threads included.

    Attributes:
        holdings: Where what fans buy in the app's shop goes; set before it runs.
        circles: The names of the avatar's circles of fans, as they are now; set before it runs.

    Raises:
        ConfigError: The token or a channel id has the wrong form.
    """

    def __init__(
        self,
        token: str,
        *,
        api_url: str | None = None,
        channels: Collection[str] = (),
    ) -> None:
        me = bot_id(token)
        self.id = AccountId(f"discord:{me}")
        self._token, self._api_url = token.strip(), api_url
        self._listener = Listener(self.id, me, _channel_ids(channels))
        self.holdings: Holdings | None = None
        self.circles: Circles = tuple
        self._voice = DiscordChannel()
        self.channel: Channel = self._voice  # unavailable until ``run`` has logged in

    async def run(self, intake: Intake) -> None:
        """Stay on Discord until cancelled, whatever the network does, and bring in everything that is said.

        The channel falls silent with this, so finish sending before cancelling.

        Raises:
            ConfigError: Discord refuses the token or this kind of bot; trying again would not help.
        """
        try:
            await self._stay(intake, content=True)
        except discord.PrivilegedIntentsRequired:
            log.warning(
                "discord.intents.no_message_content",
                account=self.id,
                missing="in servers only messages that mention the avatar or reply to it with a ping; DMs are whole",
                mend="switch on Message Content Intent on the Bot page of the application at discord.com/developers",
            )
            await self._stay(intake, content=False)

    async def check(self) -> list[Finding]:
        """Look at token, intents, gateway budget and servers, without going online."""
        return await examine(self._token, self._api_url)

    async def _stay(self, intake: Intake, *, content: bool) -> None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_PASSING), wait=wait_random_exponential(max=60), before_sleep=self._note
        )
        try:
            await retrying(self._connect, intake, content=content)
        except discord.LoginFailure as exc:
            raise ConfigError(_REFUSED) from exc
        except discord.ConnectionClosed as exc:
            raise ConfigError(_refusal(exc.code)) from exc

    async def _connect(self, intake: Intake, *, content: bool) -> None:
        async with AvatarClient(
            self._listener,
            intake,
            content=content,
            api_url=self._api_url,
            holdings=self.holdings,
            circles=self.circles,
        ) as client:
            await client.login(self._token)
            self._voice.client = client
            try:
                await client.connect()
            except AttributeError as exc:
                # discord.py 2.7 trips over the websocket that it does not have yet when the first connection fails
                if client.ws is not None:
                    raise
                raise discord.GatewayNotFound from exc
            finally:
                self._voice.client = None

    def _note(self, state: RetryCallState) -> None:
        reason = state.outcome and state.outcome.exception()
        pause = state.next_action.sleep if state.next_action else 0.0
        log.warning("discord.unreachable", account=self.id, reason=type(reason).__name__, retry_in=round(pause, 1))


def bot_id(token: str) -> int:
    """The bot's user id, which a token carries in its first part.

    Raises:
        ConfigError: This is no bot token.
    """
    first, *others = token.strip().split(".")
    try:
        digits = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise ConfigError(_MALFORMED) from None
    if len(others) != 2 or not all(others) or not digits.isdecimal():  # noqa: PLR2004  # a token has three parts
        raise ConfigError(_MALFORMED)
    return int(digits)


def _channel_ids(channels: Collection[str]) -> frozenset[int]:
    wrong = [channel for channel in channels if not (channel.isascii() and channel.isdecimal())]
    if wrong:
        raise ConfigError(
            f"STAGEDOOR_DISCORD__CHANNELS wants channel ids (numbers), not {wrong[0]!r}. Switch on Developer Mode in "
            "Discord's advanced settings, then right-click the channel: Copy Channel ID."
        )
    return frozenset(int(channel) for channel in channels)


def _refusal(code: int) -> str:
    if code == 4004:  # noqa: PLR2004  # Discord's number for a refused token
        return _REFUSED
    if code == 4011:  # noqa: PLR2004  # Discord's number for "sharding required"
        return "This bot is in too many servers for one connection (Discord closed it with 4011); remove it from some."
    return f"Discord refuses this bot's connection (gateway close code {code}), and trying again would not help."
