"""The composition: which parts make a running avatar, and in which order they start and stop."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import structlog
from rich.console import Console

from adapters import terminal
from bots import retention, upkeep
from bots.house import House, SystemClock, cancel, house, working
from bots.settings import Settings
from core import commands
from core.errors import ConfigError, Unavailable
from core.model import AccountId, Finding
from core.ports import Channel, Intake

log = structlog.get_logger()


class Account(Protocol):
    """One bot identity on a platform."""

    id: AccountId
    channel: Channel

    async def run(self, intake: Intake) -> None:
        """Receive until cancelled; ConfigError when the platform refuses the account."""

    async def check(self) -> list[Finding]:
        """What a health check finds, without running."""


@asynccontextmanager
async def connected(platforms: Sequence[Account], intake: Intake) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run the accounts; at the end, disconnect them."""
    tasks = [asyncio.create_task(account.run(intake), name=account.id) for account in platforms]
    try:
        yield tasks
    finally:
        await cancel(tasks)


def accounts(settings: Settings, names: Sequence[str]) -> list[Account]:
    """The platform accounts that are configured. Their libraries are large and only loaded where they are used."""
    found: list[Account] = []
    if (token := settings.telegram.token) is not None:
        from adapters.telegram import TelegramAccount, Webhook  # noqa: PLC0415 - see above

        telegram = settings.telegram
        webhook = None
        if telegram.webhook_url is not None:
            if telegram.webhook_secret is None:
                raise ConfigError(
                    "STAGEDOOR_TELEGRAM__WEBHOOK_URL is set without STAGEDOOR_TELEGRAM__WEBHOOK_SECRET: "
                    "anybody could pose as Telegram. Set it to a long random text of A-Z a-z 0-9 _ -."
                )
            secret = telegram.webhook_secret.get_secret_value()
            webhook = Webhook(str(telegram.webhook_url), secret, telegram.webhook_listen, telegram.webhook_port)
        base_url = str(telegram.base_url).rstrip("/") if telegram.base_url else None
        found.append(TelegramAccount(token.get_secret_value(), names=names, base_url=base_url, webhook=webhook))
    if (token := settings.discord.token) is not None:
        from adapters.discord import DiscordAccount  # noqa: PLC0415 - see above

        api_url = str(settings.discord.api_url).rstrip("/") if settings.discord.api_url else None
        found.append(
            DiscordAccount(
                token.get_secret_value(),
                api_url=api_url,
                channels=settings.discord.channels,
            )
        )
    return found


def creators(settings: Settings, account: AccountId) -> Sequence[str]:
    """Who may put right what this account says, by their ids on its platform."""
    platform, _, _ = account.partition(":")
    return settings.discord.creators if platform == "discord" else settings.telegram.creators


async def run(settings: Settings) -> None:
    """Run every configured account, and the terminal, until told to stop or until there is nothing left to do.

    Stopping goes from the inside out: turns under way are finished while their accounts are still connected.
    """
    stop = asked_to_stop()
    async with house(settings, settings.avatar) as built:
        platforms = accounts(settings, built.avatar.persona.names)
        keyboard = terminal_is_there()
        if not platforms and not keyboard:
            raise ConfigError(
                "There is nothing to run: standard input is closed and no platform is configured. "
                "Set STAGEDOOR_TELEGRAM__TOKEN or STAGEDOOR_DISCORD__TOKEN, or start it in a terminal."
            )
        for account in platforms:
            built.engine.connect(account.id, built.avatar, account.channel, creators=creators(settings, account.id))
        say(built.making.chosen.notice)
        if platforms:
            where = ", ".join(account.id for account in platforms)
            say(f"{built.avatar.persona.name}'s avatar speaks on {where}. Ctrl-C ends it.")
        await upkeep.first(built, say)
        settle_memory()
        async with tended(built), connected(platforms, built.engine) as running, working(built.engine, built.learner):
            talk = [asyncio.create_task(converse(built, Console()))] if keyboard else []
            try:
                await until_done(running, talk, stop)
            finally:
                await cancel(talk)


def settle_memory() -> None:
    """Keep the garbage collector from walking, again and again, all that start-up has made and nobody will free.

    A full collection of it stops everything for some 50 ms.
    """
    gc.collect()
    gc.freeze()


async def until_done(
    platforms: Sequence[asyncio.Task[None]], talk: Sequence[asyncio.Task[None]], stop: asyncio.Event
) -> None:
    """Wait for the wish to stop, or until nothing runs any more. One account's failure does not end the others.

    Raises:
        ConfigError: No account could run, and there was no conversation in the terminal either.
    """
    stopping = asyncio.create_task(stop.wait())
    running = {*platforms, *talk}
    failure: BaseException | None = None
    while running and not stop.is_set():
        done, _ = await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        running -= done
        for task in done - {stopping}:
            if (failed := task.exception()) is not None:
                failure = failed
                log.error("app.account.stopped", account=task.get_name(), reason=str(failed))
                say(f"{task.get_name()} has stopped: {failed}")
    stopping.cancel()
    if failure is not None and not talk and not stop.is_set():
        raise failure


def asked_to_stop() -> asyncio.Event:
    """Set by SIGINT and SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def terminal_is_there() -> bool:
    """Whether somebody or something is at standard input: a terminal, a pipe or a file, but not /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):  # closed, or replaced by something that is no file
        return False
    return sys.stdin.isatty() or stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def say(line: str) -> None:
    """Tell whoever started the program something, beside the conversation."""
    console = Console(stderr=True)
    if line:
        console.print(line, style="dim", markup=False, highlight=False, soft_wrap=not console.is_terminal)


async def converse(built: House, console: Console, fan: str = "you") -> None:
    """The conversation in the terminal, until its input ends."""
    keyboard = terminal.Terminal(console, built.avatar.id, name=built.avatar.persona.name, fan=fan)
    built.engine.connect(keyboard.place.account, built.avatar, keyboard, creators=(fan,))
    await keyboard.converse(built.engine, terminal.stdin_lines())


@asynccontextmanager
async def tended(built: House) -> AsyncIterator[None]:
    """Meanwhile, take over what changes in the avatar's files and in what the creator has published, and forget."""
    keep_days = built.making.settings.memory.keep_days
    tasks = [
        asyncio.create_task(built.watch(say).run(), name="watch"),
        asyncio.create_task(upkeep.keep_current(built, say), name="content"),
        asyncio.create_task(
            retention.keep_to(built.store.forgetting, built.avatar.id, keep_days, SystemClock()), name="retention"
        ),
    ]
    try:
        yield
    finally:
        await cancel(tasks)


async def chat(
    settings: Settings, *, avatar: str, fan: str, message: str | None, as_json: bool, draft: bool = False
) -> None:
    """Talk to one avatar from the terminal, or ask it one thing.

    Raises:
        Unavailable: The message was kept, but there is no answer yet.
    """
    stop = asked_to_stop()
    async with house(settings, avatar, draft=draft) as built:
        say(built.making.chosen.notice)
        await upkeep.first(built, say)
        async with working(built.engine, built.learner), tended(built):
            if message is None:
                talk = asyncio.create_task(converse(built, Console(), fan))
            else:
                talk = asyncio.create_task(ask(built, fan, message, as_json=as_json))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({talk, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if talk.done():
                talk.result()
            await cancel([talk])


async def ask(built: House, fan: str, message: str, *, as_json: bool) -> None:
    """Ask one thing and print the reply, as text or as JSON with its receipt."""
    console = Console(quiet=True, force_terminal=False) if as_json else Console()
    keyboard = terminal.Terminal(console, built.avatar.id, name=built.avatar.persona.name, fan=fan)
    built.engine.connect(keyboard.place.account, built.avatar, keyboard, creators=(fan,))
    await keyboard.ask(built.engine, message)
    if not keyboard.replies:
        raise Unavailable(
            "There is no answer: either a limit is reached (STAGEDOOR_LIMITS__PER_MINUTE, __PER_DAY), "
            "or the message is kept and will be answered at the next start."
        )
    if as_json:
        at_once = commands.parse(message)[0] in commands.AT_ONCE  # no turn, and so no receipt
        receipt = {"reply": keyboard.replies[0]} if at_once else await built.store.receipt(keyboard.place)
        reply = {"avatar": built.avatar.id, "fan": fan, "message": message, **receipt}
        sys.stdout.write(json.dumps(reply, ensure_ascii=False) + "\n")
