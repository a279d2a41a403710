"""The composition: which parts make a running avatar, and in which order they start and stop."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import structlog
from rich.console import Console

from adapters import terminal
from bots import retention, upkeep
from bots.accounts import Account, Selling, Shelved, speakers
from bots.clock import SystemClock
from bots.house import House, cancel, house, houses, read, working
from bots.settings import Settings
from core import commands
from core.engine import Engine
from core.errors import ConfigError, Unavailable
from core.holdings import Shelf
from core.model import AccountId
from core.ports import Intake

log = structlog.get_logger()


@asynccontextmanager
async def connected(platforms: Sequence[Account], intake: Intake) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run the accounts; at the end, disconnect them."""
    tasks = [asyncio.create_task(account.run(intake), name=account.id) for account in platforms]
    try:
        yield tasks
    finally:
        await cancel(tasks)


async def run(settings: Settings) -> None:
    """Run every configured account, and the terminal, until told to stop or until there is nothing left to do.

    Stopping goes from the inside out: turns under way are finished while their accounts are still connected.
    """
    stop = asked_to_stop()
    written = {name: read(settings, name) for name in settings.avatars}
    platforms = speakers(settings, {name: one.persona.names for name, one in written.items()})
    keyboard = terminal_is_there()
    speaks = {one.account.id: one.avatar for one in platforms}
    async with houses(settings, written, speaks) as built:
        if not platforms and not keyboard:
            raise ConfigError(
                "There is nothing to run: standard input is closed and no platform is configured. "
                "Set STAGEDOOR_TELEGRAM__TOKEN or STAGEDOOR_DISCORD__TOKEN, or start it in a terminal."
            )
        first = built[0]
        by_id = {one.avatar.id: one.avatar for one in built}
        for speaker in platforms:
            account, avatar = speaker.account, by_id[speaker.avatar]
            first.engine.connect(account.id, avatar, account.channel, creators=speaker.creators)
            if isinstance(account, Selling):
                account.till = first.sells
                first.sells.open(account.id, partial(first.engine.speaker, account.id), account.register)
            if isinstance(account, Shelved):
                account.holdings = Shelf(first.store.memberships, first.engine.speaker, SystemClock())
                account.circles = partial(_circles, first.engine, account.id)
        say(first.making.chosen.notice)
        for one in built:
            where = ", ".join(account_id for account_id, who in speaks.items() if who == one.avatar.id)
            if where:
                say(f"{one.avatar.persona.name}'s avatar speaks on {where}. Ctrl-C ends it.")
            await upkeep.first(one, say)
        settle_memory()
        connections = connected([one.account for one in platforms], first.engine)
        async with tended(*built), connections as running, working(first.engine, first.learner):
            talk = [asyncio.create_task(converse(first, Console()))] if keyboard else []
            try:
                await until_done(running, talk, stop)
            finally:
                await cancel(talk)


def _circles(engine: Engine, account: AccountId) -> Sequence[str]:
    """The names of the circles of fans of whoever speaks as an account."""
    return engine.speaker(account).persona.circles


def settle_memory() -> None:
    """Keep the garbage collector from walking, again and again, all that start-up has made and nobody will free.

    A full collection of it stops everything for some 50 ms. What start-up needed for itself alone is given back.
    """
    gc.collect()
    gc.freeze()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc's; what it holds back for later, we don't need
        trim(0)


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
async def tended(*houses: House) -> AsyncIterator[None]:
    """Meanwhile, take over what changes in avatars' files and in what creators have published, and forget."""
    tasks = []
    for one in houses:
        keep_days = one.making.settings.memory.keep_days
        forgetting = retention.keep_to(one.store.forgetting, one.avatar.id, keep_days, SystemClock())
        tasks += [
            asyncio.create_task(one.watch(say).run(), name="watch"),
            asyncio.create_task(upkeep.keep_current(one, say), name="content"),
            asyncio.create_task(forgetting, name="retention"),
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
