"""A fake Telegram: the Bot API over HTTP on loopback, and the people on the other side of it.

    async with FakeTelegram("123:secret…") as world:
        account = TelegramAccount(world.token, base_url=world.base_url, …)
        ann = world.user("Ann")
        reply = await world.reply_to(ann.says("hi"))

It keeps updates until they are confirmed, holds polls open, delivers to webhooks, checks texts and
entities as Telegram does, and fails on demand (``world.fail``). Everything that a fan sees over time,
drafts and edits included, stays readable in the chats. As a program of its own it serves a benchmark:
``python -m tests.worlds.telegram --port 0`` (see ``telegram_control``).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from tests.worlds.telegram_control import Control
from tests.worlds.telegram_methods import Methods, nested
from tests.worlds.telegram_money import Purse
from tests.worlds.telegram_people import OWNER_ID, Group, Person
from tests.worlds.telegram_state import ApiError, Chat, Message, Payload, Press, Updates, WebhookState, now

TOKEN = "7000000001:fake-token-for-tests-AAAAAAAAAAAAAA"


@dataclass(slots=True)
class Call:
    """One request that the bot made."""

    method: str
    params: Payload
    at: float  # monotonic seconds
    status: int = 0  # of the answer; 0 while there is none


@dataclass(slots=True)
class Fault:
    """What goes wrong with a call, instead of its answer."""

    status: int = 0
    description: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    html: bool = False  # an answer of some proxy before Telegram
    hang: bool = False  # no answer until the client goes away
    cut: bool = False  # the connection is closed without an answer
    applied: bool = False  # the call was carried out all the same


def flood(seconds: int) -> Fault:
    """429 with ``retry_after``."""
    return Fault(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def refusal(status: int, description: str) -> Fault:
    """Any refusal, in Telegram's words."""
    return Fault(status, description)


def bad_gateway(status: int = 502) -> Fault:
    """A page of HTML from a proxy."""
    return Fault(status, html=True)


def hang(*, applied: bool = False) -> Fault:
    """Silence."""
    return Fault(hang=True, applied=applied)


def cut(*, applied: bool) -> Fault:
    """The connection breaks, before or after the call was carried out."""
    return Fault(cut=True, applied=applied)


@dataclass(slots=True)
class _Planned:
    method: str
    chat: int | None
    fault: Fault
    left: int


class FakeTelegram:
    """One bot's Telegram.

    Args:
        token: The only token that is accepted.
        privacy: Whether the bot is in privacy mode (it then sees only what is addressed to it).
        webhook_retry: Seconds between two attempts at a webhook that did not answer 2xx.
        port: Where to listen; 0 is any free port.
    """

    def __init__(
        self, token: str = TOKEN, *, privacy: bool = False, webhook_retry: float = 0.02, port: int = 0
    ) -> None:
        self.token = token
        self.privacy = privacy
        self.me: Payload = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Maya",
            "username": "maya_bot",
        }
        self.updates = Updates()
        self.webhook = WebhookState()
        self.menus: dict[str, list[Payload]] = {}  # commands by the type of their scope
        self.people: list[Payload] = []
        self.documents: dict[str, bytes] = {}  # files that the bot has sent, by their names
        self.chats: dict[tuple[int, str], Chat] = {}
        self.connections: dict[str, Payload] = {}
        self.presses: dict[str, Press] = {}
        self.purse = Purse(self)
        self.calls: list[Call] = []
        self.open_requests = 0  # being answered or held open
        self.base_url = ""
        self.message_ids = itertools.count(1)
        self._person_ids = itertools.count(1001)
        self._group_ids = itertools.count(1)
        self._webhook_retry = webhook_retry
        self._port = port
        self._methods = Methods(self)
        self._control = Control(self)
        self._planned: list[_Planned] = []
        self._waiters: set[asyncio.Event] = set()
        self._delivery: asyncio.Task[None] | None = None
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        server = web.Server(self._answer, access_log=None, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{self._port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_delivery()
        if self._runner:
            await self._runner.cleanup()

    # ── who is there ─────────────────────────────────────────────────────────────────────────────

    def user(self, name: str, *, language: str = "en", started: bool = True) -> Person:
        """A new person with a private chat with the bot."""
        return Person(self, next(self._person_ids), name, language, started=started)

    def group(self, title: str, *, forum: bool = False, supergroup: bool = True) -> Group:
        """A new group with the bot in it."""
        number = next(self._group_ids)
        return Group(self, -1_000_000_000_000 - number if supergroup else -number, title, forum=forum)

    def connect(self, which: str = "bc1", *, owner: Person | None = None, **rights: bool) -> Payload:
        """The business account of this connection, made if there is none; the bot may reply unless told otherwise."""
        if which not in self.connections:
            who = owner.payload if owner else {"id": OWNER_ID, "is_bot": False, "first_name": "Maya"}
            self.connections[which] = {
                "id": which,
                "user": who,
                "user_chat_id": who["id"],
                "date": now(),
                "is_enabled": True,
                "rights": {"can_reply": True, **rights},
            }
        return self.connections[which]

    def change_connection(self, which: str = "bc1", *, enabled: bool = True, **rights: bool) -> None:
        """The owner changes what the bot may do, or ends it."""
        connection = self.connect(which)
        connection |= {"is_enabled": enabled, "rights": {"can_reply": True, **rights}}
        self.updates.add("business_connection", {**connection})

    def press(self) -> Press:
        """A press to be answered."""
        press = Press(str(next(self.message_ids)), time.monotonic())
        self.presses[press.id] = press
        return press

    # ── what happened ────────────────────────────────────────────────────────────────────────────

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        return [call for call in self.calls if call.method.lower() == method.lower()]

    async def until(self, condition: Callable[[], bool], *, deadline: float = 5.0) -> None:
        """Wait until a condition on this world holds; it is looked at whenever something changes.

        Raises:
            TimeoutError: It did not come to hold.
        """
        changed = asyncio.Event()
        self._waiters.add(changed)
        try:
            async with asyncio.timeout(deadline):
                while not condition():
                    changed.clear()
                    await changed.wait()
        finally:
            self._waiters.discard(changed)

    async def reply_to(self, message: Message, *, deadline: float = 5.0) -> Message:
        """The bot's first message after this one in the same chat and topic, once it is there."""

        def replies() -> Iterator[Message]:
            later = (said for said in message.chat.said if said.at >= message.at and said.id > message.id)
            return (said for said in later if said.thread == message.thread)

        await self.until(lambda: next(replies(), None) is not None, deadline=deadline)
        return next(replies())

    def changed(self) -> None:
        """Let those who wait look again."""
        for waiter in self._waiters:
            waiter.set()

    # ── faults ───────────────────────────────────────────────────────────────────────────────────

    def fail(self, method: str, fault: Fault, *, chat: Person | Group | None = None, times: int = 1) -> None:
        """Let the next calls of a method fail, in one chat or in any."""
        self._planned.append(_Planned(method.lower(), chat.id if chat else None, fault, times))

    def heal(self) -> None:
        """Let everything work again."""
        self._planned.clear()

    def _fault(self, method: str, params: Payload) -> Fault | None:
        for planned in self._planned:
            if planned.method != method.lower() or planned.chat not in {None, params.get("chat_id")}:
                continue
            planned.left -= 1
            if planned.left == 0:
                self._planned.remove(planned)
            return planned.fault
        return None

    # ── changes, for the methods and the people ──────────────────────────────────────────────────

    def post(self, chat: Chat, sender: Payload, extra: Payload, *, by_bot: bool = False) -> Message:
        """Put a message into a chat."""
        message_id = next(chat.ids)
        payload = {"message_id": message_id, "from": sender, "chat": chat.payload, "date": now(), **extra}
        if chat.business:
            payload["business_connection_id"] = chat.business
        message = Message(chat, message_id, by_bot, payload, time.monotonic())
        chat.messages[message_id] = message
        self.show(message)
        return message

    def show(self, message: Message) -> None:
        """Note how a message looks from now on."""
        message.shown.append((time.monotonic(), message.text))
        self._control.note(message)
        self.changed()

    def deliver_to(self, url: str, secret: str) -> None:
        """Deliver updates to a webhook from now on; to none if the address is empty."""
        if self._delivery:
            self._delivery.cancel()
            self._delivery = None
        self.webhook = WebhookState(url, secret)
        if url:
            self._delivery = asyncio.create_task(self._deliver())

    async def _deliver(self) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.secret} if self.webhook.secret else {}
        async with aiohttp.ClientSession(headers=headers) as session:
            while True:
                update = await self.updates.wait()
                try:
                    async with session.post(self.webhook.url, json=update) as response:
                        problem = "" if response.ok else f"Wrong response from the webhook: {response.status}"
                except aiohttp.ClientError as exc:
                    problem = f"Connection failed: {type(exc).__name__}"
                if problem:
                    self.webhook.last_error, self.webhook.last_error_at = problem, now()
                    self.changed()
                    await asyncio.sleep(self._webhook_retry)
                    continue
                self.updates.confirm(update["update_id"] + 1)
                self.changed()

    async def _stop_delivery(self) -> None:
        if self._delivery:
            self._delivery.cancel()
            await asyncio.gather(self._delivery, return_exceptions=True)

    # ── HTTP ─────────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith("/control/"):
            return await self._control.answer(request)
        bot, _, method = request.path.strip("/").partition("/")
        if bot != f"bot{self.token}":
            return _json({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        call = Call(method, nested(await _params(request)), time.monotonic())
        self.calls.append(call)
        self.open_requests += 1
        self.changed()
        try:
            response = await self._carry_out(call, request)
            call.status = response.status
        finally:
            self.open_requests -= 1
            self.changed()
        return response

    async def _carry_out(self, call: Call, request: web.BaseRequest) -> web.Response:
        fault = self._fault(call.method, call.params)
        if fault and not fault.applied:
            return await _fail(fault, request)
        try:
            result = await self._methods.call(call.method, call.params)
        except ApiError as exc:
            return _refuse(exc.code, exc.description, exc.parameters)
        if fault:
            return await _fail(fault, request)
        return _json({"ok": True, "result": result})


async def _params(request: web.BaseRequest) -> Payload:
    params: Payload = dict(request.query)
    kind = request.content_type
    if kind == "application/json":
        params |= await request.json() or {}
    elif kind == "application/x-www-form-urlencoded":
        params |= dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    elif kind == "multipart/form-data":
        params |= dict(await request.post())
    return params


async def _fail(fault: Fault, request: web.BaseRequest) -> web.Response:
    if fault.hang:
        await asyncio.Event().wait()
    if fault.cut:
        assert request.transport is not None
        request.transport.abort()
        raise asyncio.CancelledError
    if fault.html:
        page = f"<html><head><title>{fault.status}</title></head><body><h1>nginx</h1></body></html>"
        return web.Response(status=fault.status, text=page, content_type="text/html")
    return _refuse(fault.status, fault.description, fault.parameters)


def _refuse(code: int, description: str, parameters: dict[str, int]) -> web.Response:
    body: Payload = {"ok": False, "error_code": code, "description": description}
    if parameters:
        body["parameters"] = parameters
    return _json(body, code)


def _json(body: Any, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


async def _serve(port: int) -> None:
    async with FakeTelegram(port=port) as world:
        print(json.dumps({"base_url": world.base_url, "token": world.token}), flush=True)  # noqa: T201 - its handshake
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A fake Telegram Bot API on loopback.")
    parser.add_argument("--port", type=int, default=0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
