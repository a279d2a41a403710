"""The product in a process of its own that kills itself, as by ``kill -9``, at one exact step.

``python -m tests.worlds.doomed`` with a JSON object as its argument (see ``Plan``); without a step it simply runs until
SIGTERM. Only the ports are wrapped; everything behind them is the product: SQLite, platform library, HTTP, engine.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from adapters.bus.local import LocalBus
from adapters.discord import DiscordAccount
from adapters.llm.openai import Endpoint, OpenAIModel, client
from adapters.storage import Rules, open_storage
from adapters.telegram import TelegramAccount
from bots import avatars
from bots.accounts import Account
from bots.app import connected
from bots.clock import SystemClock
from bots.duties import dispatch, reception
from bots.house import working
from core.avatar import Avatar, message_tokens
from core.briefing import Mind
from core.engine import Engine
from core.limits import Limits, Rate
from core.model import AvatarId
from core.shop import Shop
from tests.fakes import FakeLibrary, FakeRecaller, FakeReceipts


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run and where to die."""

    folder: str  # for the database
    platform: str  # "telegram" or "discord"
    token: str
    platform_url: str
    model_url: str
    step: str = ""  # "turns.store": die right after this call of a port has done its work; "": live on
    before: bool = False  # die right before instead
    count: int = 1  # at which call of that step


class Doomed:
    """Passes every call on to a port, and kills the process at the planned one."""

    def __init__(self, port: object, name: str, plan: Plan) -> None:
        self._port, self._name, self._plan = port, name, plan
        self._calls = 0

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)
        return call if f"{self._name}.{method}" != self._plan.step else self._fatal(call)

    def _fatal(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def fatal(*args: Any, **kwargs: Any) -> Any:
            self._calls += 1
            last = self._calls == self._plan.count
            if last and self._plan.before:
                os.kill(os.getpid(), signal.SIGKILL)
            result = await call(*args, **kwargs)
            if last:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return fatal


async def run(plan: Plan) -> None:
    """Compose the product as ``bots.app`` does, around the doomed ports, and run it until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    name = AvatarId("maya")
    persona = avatars.load(name, Path(plan.folder))
    unlimited = Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
    rules = Rules(avatar=lambda _: name, limits=unlimited, window=2000, estimate=message_tokens)
    async with client() as http, open_storage(f"sqlite:///{plan.folder}/stagedoor.db", rules) as store:
        model = OpenAIModel(Endpoint(plan.model_url, name="llama"), http)
        avatar = Avatar.prepare(name, persona, model, context=8192, max_tokens=400, temperature=0.7, secrets=())
        engine = Engine(
            inbox=cast("Any", Doomed(store.inbox, "inbox", plan)),
            turns=cast("Any", Doomed(store.turns, "turns", plan)),
            leases=store.leases,
            mind=Mind(FakeLibrary(), FakeReceipts(), FakeRecaller()),
            dispatch=dispatch(store),
            doors=store.doors,
            reception=reception(store),
            bus=LocalBus(),
            clock=SystemClock(),
        )
        account: Account
        if plan.platform == "telegram":
            account = TelegramAccount(plan.token, base_url=plan.platform_url)
            books, members = Doomed(store.payments, "payments", plan), Doomed(store.memberships, "memberships", plan)
            account.till = sells = Shop(cast("Any", books), cast("Any", members), store.sanctions, SystemClock())
            sells.open(account.id, lambda: avatar, account.register)
        else:
            account = DiscordAccount(plan.token, api_url=plan.platform_url)
        engine.connect(account.id, avatar, cast("Any", Doomed(account.channel, "channel", plan)))
        async with connected([account], engine), working(engine):
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(run(Plan(**json.loads(sys.argv[1]))))
