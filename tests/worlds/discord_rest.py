"""The REST API of a small Discord: what a bot that writes needs, over HTTP, with limits and faults."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.worlds.discord_checks import Refusal, check_form, check_pressed, check_text, checked_components
from tests.worlds.discord_things import DM, EPHEMERAL, REPLY, TEXT, Channel, Interaction, Message, Payload

if TYPE_CHECKING:
    from tests.worlds.discord import FakeDiscord

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

API = "/api/v10"
NONCE_WINDOW = 300.0  # seconds: "a few minutes"
ACKNOWLEDGE_WITHIN = 3.0  # seconds
MESSAGE, UPDATE_LATER, MODAL = 4, 6, 9  # types of an interaction's response


@dataclass(frozen=True)
class Call:
    """One REST call as it came in."""

    method: str
    path: str  # without the API's prefix
    body: Any
    authorized: bool
    at: float  # monotonic seconds


@dataclass
class Fault:
    """What goes wrong with the next calls that match.

    Attributes:
        method: Of the calls meant.
        path: A regular expression that the whole path without the API's prefix must match.
        status: Answered instead of the real thing; 0 resets the connection.
        after: Whether the call is applied before it goes wrong.
        body: The answer's JSON.
        headers: Further headers of the answer.
        times: How many calls it spoils.
    """

    method: str
    path: str
    status: int = 0
    after: bool = False
    body: Payload = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


def rate_limited(method: str, path: str, retry_after: float, *, everywhere: bool = False, times: int = 1) -> Fault:
    """A 429 that asks for a pause of ``retry_after`` seconds, on this route or for the whole bot."""
    headers = {"Via": "1.1 google", "Retry-After": str(retry_after)}
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": everywhere}
    return Fault(method, path, 429, body=body, headers=headers, times=times)


class Rest:
    """Answers a bot's calls.

    Attributes:
        calls: Every call so far, refused and spoiled ones included.
        faults: What goes wrong; each is used up from the front.
        per_channel: (calls, seconds) allowed on a channel's messages, told in headers; None is no limit.
        commands: The registered commands.
    """

    def __init__(self, world: FakeDiscord) -> None:
        self._world = world
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.per_channel: tuple[int, float] | None = None
        self.commands: list[Payload] = []
        self.starts_left = 1000
        self._nonces: dict[str, tuple[Message, float]] = {}
        self._spent: defaultdict[str, deque[float]] = defaultdict(deque)

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[self._middleware])
        one = "/channels/{channel}/messages/{message}"
        original = "/webhooks/{application}/{token}"
        for method, path, handler in (
            ("GET", "/users/@me", self._me),
            ("POST", "/users/@me/channels", self._open_dm),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway/bot", self._gateway),
            ("GET", "/channels/{channel}", self._channel),
            ("GET", "/channels/{channel}/messages", self._history),
            ("POST", "/channels/{channel}/messages", self._send),
            ("GET", one, self._message),
            ("PATCH", one, self._edit),
            ("DELETE", one, self._delete),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("POST", "/channels/{channel}/threads", self._open_thread),
            ("GET", "/applications/{application}/commands", self._commands),
            ("PUT", "/applications/{application}/commands", self._set_commands),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback),
            ("PATCH", original + "/messages/@original", self._edit_original),
            ("POST", original, self._follow_up),
        ):
            app.router.add_route(method, API + path, handler)
        app.router.add_get("/gateway/", self._world.gateway.handle)
        return app

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/gateway/":
            return await handler(request)
        path = request.path.removeprefix(API)
        body = await request.json() if request.can_read_body else None
        authorized = request.headers.get("Authorization") == f"Bot {self._world.token}"
        self.calls.append(Call(request.method, path, body, authorized, time.monotonic()))
        fault = self._fault(request.method, path)
        try:
            if fault is None or fault.after:
                response = await self._answer(request, path, handler, authorized=authorized)
            if fault is None:
                return response
        finally:
            self._world.notify()
        if fault.status == 0:
            _reset(request)
        return _json(fault.body, fault.status, fault.headers)

    async def _answer(
        self, request: web.Request, path: str, handler: Handler, *, authorized: bool
    ) -> web.StreamResponse:
        limits = self._limits(request.method, path)
        if limits.get("X-RateLimit-Remaining") == "-1":
            wait = float(limits["X-RateLimit-Reset-After"])
            spoiled = rate_limited(request.method, path, wait)
            return _json(spoiled.body, 429, spoiled.headers | limits | {"X-RateLimit-Remaining": "0"})
        if not authorized and not path.startswith(("/interactions/", "/webhooks/")):
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        try:
            response = await handler(request)
        except Refusal as exc:
            response = _json({"message": str(exc), "code": exc.code}, exc.status)
        response.headers.update(limits)
        return response

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and re.fullmatch(fault.path, path):
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                return fault
        return None

    def _limits(self, method: str, path: str) -> dict[str, str]:
        """Spend one call of the channel's budget; remaining is -1 when there was none left."""
        match = re.fullmatch(r"/channels/(\d+)/messages(/\d+)?", path)
        if self.per_channel is None or match is None or method not in {"POST", "PATCH"}:
            return {}
        limit, seconds = self.per_channel
        now, spent = time.monotonic(), self._spent[f"{method} {match[1]}"]
        while spent and spent[0] <= now - seconds:
            spent.popleft()
        remaining = limit - len(spent) - 1
        if remaining >= 0:
            spent.append(now)
        return {
            "X-RateLimit-Bucket": f"{method}-messages",
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset-After": str(spent[0] + seconds - now),
        }

    # ── who am I ─────────────────────────────────────────────────────────────────────────────────

    async def _me(self, _: web.Request) -> web.Response:
        return _json(self._world.bot.payload())

    async def _application(self, _: web.Request) -> web.Response:
        world = self._world
        return _json(
            {
                "id": str(world.application_id),
                "name": world.bot.name,
                "description": "",
                "icon": None,
                "bot_public": True,
                "bot_require_code_grant": False,
                "owner": world.bot.payload(),
                "verify_key": "",
                "flags": (1 << 19) * world.gateway.content_granted,
                "approximate_guild_count": len(world.guilds),
            }
        )

    async def _gateway(self, _: web.Request) -> web.Response:
        starts = {"total": 1000, "remaining": self.starts_left, "reset_after": 0, "max_concurrency": 1}
        return _json({"url": self._world.gateway.url, "shards": 1, "session_start_limit": starts})

    # ── channels and messages ────────────────────────────────────────────────────────────────────

    async def _open_dm(self, request: web.Request) -> web.Response:
        recipient = int((await request.json())["recipient_id"])
        user = next(user for user in self._world.users if user.id == recipient)
        return _json(self._world.dm_of(user).payload())

    async def _channel(self, request: web.Request) -> web.Response:
        return _json(self._find(request).payload())

    async def _history(self, request: web.Request) -> web.Response:
        channel = self._find(request)
        limit, after = int(request.query.get("limit", "50")), int(request.query.get("after", "0"))
        before = int(request.query.get("before", str(1 << 63)))
        between = [message for message in channel.messages if after < message.id < before]
        page = between[:limit] if "after" in request.query else between[-limit:]
        return _json([message.payload() for message in reversed(page)])

    async def _message(self, request: web.Request) -> web.Response:
        return _json(self._find_message(request).payload())

    async def _send(self, request: web.Request) -> web.Response:
        channel, body = self._find(request), await request.json()
        check_text(body.get("content"))
        if (known := self._known(body)) is not None:
            return _json(known.payload())
        self._check_rights(channel, body)
        message = Message(channel, self._world.bot, body["content"].strip(), nonce=body.get("nonce"))
        message.flags, message.components = body.get("flags", 0), checked_components(body)
        if (reference := body.get("message_reference")) is not None:
            message.reply_to = channel.find(int(reference["message_id"]))
            message.type = REPLY
            if message.reply_to is None and reference.get("fail_if_not_exists", True):
                raise Refusal(400, 50035, "Invalid Form Body: Unknown message")
        if message.nonce is not None and body.get("enforce_nonce"):
            self._nonces[message.nonce] = (message, time.monotonic())
        await self._world.publish(message)
        return _json(message.payload())

    def _known(self, body: Payload) -> Message | None:
        """The message that was sent with this nonce a moment ago."""
        nonce = body.get("nonce")
        if nonce is not None and len(str(nonce)) > 25:
            raise Refusal(400, 50035, "Invalid Form Body: nonce must be 25 or fewer in length")
        message, at = self._nonces.get(nonce or "", (None, 0.0))
        if message is None or not body.get("enforce_nonce") or time.monotonic() - at > NONCE_WINDOW:
            return None
        if message not in message.channel.messages:
            raise Refusal(404, 10008, "Unknown Message")
        return message

    def _check_rights(self, channel: Channel, body: Payload) -> None:
        if channel.type == DM and channel.fan and not channel.fan.takes_dms:
            raise Refusal(403, 50007, "Cannot send messages to this user")
        if channel.refuses is not None:
            raise Refusal(403, channel.refuses, "Missing Permissions")
        if body.get("message_reference") and not channel.history_readable:
            raise Refusal(403, 160002, "Cannot reply without permission to read message history")

    async def _edit(self, request: web.Request) -> web.Response:
        message, body = self._find_message(request), await request.json()
        check_text(body.get("content"))
        message.flags = body.get("flags", message.flags)
        message.components = checked_components(body, message.components)
        await self._world.rewrite(message, body["content"].strip())
        return _json(message.payload())

    async def _delete(self, request: web.Request) -> web.Response:
        await self._world.remove(self._find_message(request))
        return web.Response(status=204)

    async def _typing(self, request: web.Request) -> web.Response:
        self._find(request).typing += 1
        return web.Response(status=204)

    async def _open_thread(self, request: web.Request) -> web.Response:
        parent, body = self._find(request), await request.json()
        if parent.type != TEXT:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        if not 1 <= len(body["name"]) <= 100:
            raise Refusal(400, 50035, "Invalid Form Body: name")
        return _json((await self._world.open_thread(parent, body["name"])).payload())

    # ── commands and interactions ────────────────────────────────────────────────────────────────

    async def _commands(self, _: web.Request) -> web.Response:
        return _json(self.commands)

    async def _set_commands(self, request: web.Request) -> web.Response:
        application = str(self._world.application_id)
        commands = enumerate(await request.json(), start=1)
        self.commands = [
            {"description": "", **_kept(command), "id": str(number), "application_id": application, "version": "1"}
            for number, command in commands
        ]
        for command in self.commands:
            if (rights := command.get("default_member_permissions")) is not None:
                command["default_member_permissions"] = str(rights)
        return _json(self.commands)

    async def _callback(self, request: web.Request) -> web.Response:
        interaction, body = self._interaction(request), await request.json()
        if interaction.acknowledged:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        if time.time() - ((interaction.id >> 22) / 1000 + 1_420_070_400) > ACKNOWLEDGE_WITHIN:
            raise Refusal(404, 10062, "Unknown interaction")
        interaction.acknowledged = True
        interaction.flags = (body.get("data") or {}).get("flags", 0)
        if body["type"] == MESSAGE:
            self._say(interaction, body["data"], interaction.flags)
        if body["type"] == UPDATE_LATER:
            check_pressed(interaction)
            interaction.updates = interaction.pressed
        if body["type"] == MODAL:
            check_form(body["data"])
            interaction.form = body["data"]
        resource = {"id": str(interaction.id), "type": 2, "response_message_loading": body["type"] == 5}
        return _json({"interaction": resource, "resource": {"type": body["type"]}})

    async def _edit_original(self, request: web.Request) -> web.Response:
        interaction, body = self._interaction(request), await request.json()
        if not interaction.acknowledged:
            raise Refusal(404, 10015, "Unknown Webhook")
        original = interaction.updates or (interaction.answers[0] if interaction.answers else None)
        if original is None:
            check_text(body.get("content"))
            return _json(self._say(interaction, body, interaction.flags).payload())
        if "content" in body:
            check_text(body["content"])
            original.content = body["content"]
        original.components = checked_components(body, original.components)
        return _json(original.payload())

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction, body = self._interaction(request), await request.json()
        check_text(body["content"])
        if not interaction.acknowledged:
            raise Refusal(404, 10015, "Unknown Webhook")
        return _json(self._say(interaction, body, body.get("flags", 0)).payload())

    def _say(self, interaction: Interaction, body: Payload, flags: int) -> Message:
        message = Message(interaction.channel, self._world.bot, body["content"], flags=flags, webhook=True)
        message.components = checked_components(body)
        interaction.answers.append(message)
        if not flags & EPHEMERAL:
            interaction.channel.messages.append(message)
        return message

    def _interaction(self, request: web.Request) -> Interaction:
        token = request.match_info["token"]
        try:
            return next(interaction for interaction in self._world.interactions if interaction.token == token)
        except StopIteration:
            raise Refusal(404, 10062, "Unknown interaction") from None

    def _find(self, request: web.Request) -> Channel:
        channel = self._world.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise Refusal(404, 10003, "Unknown Channel")
        return channel

    def _find_message(self, request: web.Request) -> Message:
        message = self._find(request).find(int(request.match_info["message"]))
        if message is None:
            raise Refusal(404, 10008, "Unknown Message")
        return message


def _kept(command: Payload) -> Payload:
    """A command or an option as Discord tells it again: without what is empty or false, with the names of languages."""
    options = [_kept(option) for option in command.get("options") or ()]
    kept = {key: value for key, value in command.items() if value is not False and value not in (None, [])}
    return kept | {"name_localizations": None} | ({"options": options} if options else {})


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON under exactly the content type that discord.py looks for: aiohttp's own would add a charset."""
    content_type = {"Content-Type": "application/json"}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=content_type | (headers or {}))


def _reset(request: web.Request) -> None:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
