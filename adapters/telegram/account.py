"""One bot on Telegram: its connection, what arrives on it, and its channel."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import structlog
from telegram import Bot, User
from telegram.constants import UpdateType
from telegram.error import BadRequest, InvalidToken

from adapters.telegram import checkup, logs, menus
from adapters.telegram.at_once import AtOnce
from adapters.telegram.business import Connections
from adapters.telegram.channel import TelegramChannel
from adapters.telegram.presses import Presses
from adapters.telegram.reception import Desk, Reception
from adapters.telegram.till import StarRegister, StarTill
from adapters.telegram.translate import Identity
from adapters.telegram.wire import AiohttpRequest, Flooded, ready
from core.errors import ConfigError
from core.model import AccountId, Finding
from core.payments import Till
from core.ports import Channel, Intake

if TYPE_CHECKING:
    from telegram.ext import Updater

log = structlog.get_logger()

SETTING = "STAGEDOOR_TELEGRAM__TOKEN"
OFFICIAL = "https://api.telegram.org"
NOW = partial(datetime.now, UTC)  # the machine's clock
_TOKEN = re.compile(r"(\d{1,20}):[A-Za-z0-9_-]{10,}", re.ASCII)
_POLL_TIMEOUT = 50  # seconds for which Telegram holds a poll open
_POLL_SLACK = 10  # seconds more until the connection counts as dead
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds between two attempts; doubled with each, and spread a little
_ALLOWED = (
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.BUSINESS_MESSAGE,
    UpdateType.EDITED_BUSINESS_MESSAGE,
    UpdateType.DELETED_BUSINESS_MESSAGES,
    UpdateType.BUSINESS_CONNECTION,
    UpdateType.CALLBACK_QUERY,
)
_PAYING = (*_ALLOWED, UpdateType.PRE_CHECKOUT_QUERY)  # what was paid comes as a message


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram delivers updates, instead of being polled for them."""

    url: str  # public address, https; its path is also the path listened on
    secret: str  # 1 to 256 of A-Za-z0-9_-; Telegram sends it along and everything without it is refused
    host: str = "127.0.0.1"  # where to listen, behind a proxy that speaks TLS
    port: int = 8443


class TelegramAccount:
    """One bot.

    Args:
        token: As @BotFather gave it.
        names: What people in a group may call the avatar.
        base_url: Root of a self-hosted Bot API server ("http://localhost:8081"); Telegram's own if None.
        webhook: Set to be called by Telegram; None to poll.
        creators: Ids of those whose avatar it is: their chat with the bot has a menu of everything.
        till: Keeps the books, where payments are taken.
        monotonic: Seconds that never run backwards, for waiting as long as Telegram asks.
        clock: Wall time.

    Raises:
        ConfigError: The token is none.
    """

    def __init__(
        self,
        token: str,
        *,
        names: Sequence[str] = (),
        base_url: str | None = None,
        webhook: Webhook | None = None,
        creators: Sequence[str] = (),
        till: Till | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = NOW,
    ) -> None:
        self.id = AccountId(f"telegram:{_bot_id(token)}")
        logs.take_over()
        self._names = tuple(names)
        self._webhook = webhook
        self._creators, self.till = tuple(creators), till
        self._monotonic, self._clock = monotonic, clock
        root = (base_url or OFFICIAL).rstrip("/")
        self._polls = AiohttpRequest()
        self._calls = AiohttpRequest()
        self._bot = _Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )
        self._connections = Connections(self._bot)
        self.channel: Channel = TelegramChannel(self._bot, self._connections, monotonic=monotonic)
        self.register = StarRegister(self._bot)

    async def run(self, intake: Intake) -> None:
        """Tell the core of everything that arrives, before Telegram hears that it was received; until cancelled.

        Trouble with the network or with Telegram is logged and tried again, at the start too. The
        connections of ``channel`` close with this, so finish sending before cancelling.

        Raises:
            ConfigError: Telegram refused the token or the webhook, or its port is taken.
        """
        try:
            me = await self._identify()
            await menus.offer(self._bot, self._creators)
            log.info("telegram.account.ready", account=self.id, webhook=self._webhook is not None)
            desk = self._desk(intake, me)
            async with self._catching_up(desk.till):
                reception = Reception(me, self._bot, desk, clock=self._clock)
                try:
                    await (self._poll(reception) if self._webhook is None else self._listen(reception, self._webhook))
                finally:
                    await reception.close()
        except InvalidToken:
            _refuse_token()
        finally:
            await self.aclose()

    def _desk(self, intake: Intake, me: Identity) -> Desk:
        """To whom arrivals are told."""
        link = f"https://t.me/{me.username}?start=hello"
        at_once = AtOnce(
            intake,
            self._bot,
            self.channel,
            register=self.register,
            link=link,
            creators=self._creators,
            monotonic=self._monotonic,
        )
        presses = Presses(at_once, self._bot, link=link, clock=self._clock)
        till = None if self.till is None else StarTill(self.id, self._bot, self.channel, self.till)
        return Desk(intake, at_once, presses, self._connections, till)

    @asynccontextmanager
    async def _catching_up(self, till: StarTill | None) -> AsyncIterator[None]:
        """Meanwhile, book what was paid while nobody listened."""
        task = asyncio.create_task(_patiently(till.catch_up, "telegram.till.retry")) if till is not None else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def check(self) -> list[Finding]:
        """Look at the account without changing it; not while it runs."""
        try:
            return await checkup.findings(self._bot, webhook=self._webhook.url if self._webhook else "")
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. A later call opens new ones."""
        await self._polls.shutdown()
        await self._calls.shutdown()

    @property
    def _allowed(self) -> Sequence[str]:
        """The kinds of updates that Telegram is to send."""
        return _ALLOWED if self.till is None else _PAYING

    async def _identify(self) -> Identity:
        user: User = await _patiently(self._bot.get_me, "telegram.start.retry")
        return Identity(self.id, user.id, user.username or "", self._names)

    async def _poll(self, reception: Reception) -> None:
        """Ask for updates, one batch after the other.

        The offset moves when a batch is stored, and is kept in memory only: Telegram keeps what was not
        confirmed, and restarts its numbering after a quiet week.
        """
        await _patiently(self._bot.delete_webhook, "telegram.start.retry")
        offset = 0
        while True:
            offset = await _patiently(partial(self._take_batch, offset, reception), "telegram.poll.retry")

    async def _take_batch(self, offset: int, reception: Reception) -> int:
        batch = await self._updates(offset)
        await reception.take(batch)
        return batch[-1]["update_id"] + 1 if batch else offset

    async def _updates(self, offset: int) -> list[dict[str, Any]]:
        """One long poll, as plain payloads: one that cannot be read must not hold up the others."""
        asked = ready({"offset": offset, "timeout": _POLL_TIMEOUT, "allowed_updates": self._allowed})
        silence = _POLL_TIMEOUT + _POLL_SLACK
        answer = await self._polls.post(f"{self._bot.base_url}/getUpdates", asked, read_timeout=silence)
        assert isinstance(answer, list)
        return answer

    async def _listen(self, reception: Reception, webhook: Webhook) -> None:
        """Let Telegram call us. The web server for it takes megabytes, which polling has no need of."""
        from telegram.ext import Updater  # noqa: PLC0415 - see above

        _probe(webhook)
        updater = Updater(self._bot, update_queue=reception)
        try:
            await _patiently(updater.initialize, "telegram.start.retry")
            await _patiently(partial(_open, updater, webhook, self._allowed), "telegram.start.retry")
            await asyncio.Event().wait()
        finally:
            if updater.running:
                await updater.stop()
            await updater.shutdown()


def _bot_id(token: str) -> str:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise ConfigError(
            f"{SETTING} is not a bot token (digits, a colon, letters): copy it again from @BotFather, or ask it "
            "for a new one with /token"
        )
    return match[1]


class _Bot(Bot):
    """PTB's own ``repr`` shows the token, and tracebacks show reprs."""

    def __repr__(self) -> str:
        return f"Bot({self.token.partition(':')[0]})"


def _probe(webhook: Webhook) -> None:
    """See that the port is free before Telegram is told of it."""
    try:
        socket.create_server((webhook.host, webhook.port)).close()
    except OSError as exc:
        where = f"{webhook.host}:{webhook.port}"
        raise ConfigError(
            f"cannot listen on {where} for Telegram's webhook: {exc.strerror}; set STAGEDOOR_TELEGRAM__WEBHOOK_PORT"
        ) from exc


async def _open(updater: Updater, webhook: Webhook, allowed: Sequence[str]) -> None:
    try:
        await updater.start_webhook(
            listen=webhook.host,
            port=webhook.port,
            url_path=urlsplit(webhook.url).path,
            webhook_url=webhook.url,
            secret_token=webhook.secret,
            allowed_updates=allowed,
            drop_pending_updates=False,
        )
    except BadRequest as exc:
        raise ConfigError(f"Telegram refuses STAGEDOOR_TELEGRAM__WEBHOOK_URL ({webhook.url}): {exc.message}") from exc


async def _patiently(call: Callable[[], Awaitable[Any]], event: str) -> Any:
    """Make a call until it succeeds; only what is configured wrongly, or being cancelled, ends it."""
    for attempt in itertools.count(1):
        try:
            return await call()
        except (InvalidToken, ConfigError):
            raise
        except Exception as exc:  # noqa: BLE001 - whatever it is, Telegram has to be heard again
            wait = _wait(exc, attempt)
            log.warning(event, error=type(exc).__name__, attempt=attempt, wait=round(wait, 1))
        await asyncio.sleep(wait)
    return None


def _wait(exc: Exception, attempt: int) -> float:
    """Seconds until the next attempt: as Telegram asks, else longer each time."""
    if isinstance(exc, Flooded):
        return exc.retry_after
    spread = random.uniform(0, _FIRST_WAIT)  # noqa: S311 - nothing secret is drawn
    doublings = min(attempt - 1, 10)
    return min(_FIRST_WAIT * float(2**doublings), _LONGEST_WAIT) + spread


def _refuse_token() -> NoReturn:
    """PTB's own text holds the token: it is not chained."""
    raise ConfigError(
        f"Telegram refuses {SETTING}: ask @BotFather for a new token with /token, or check which bot it belongs to"
    ) from None
