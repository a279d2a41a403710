"""The gateway of a small Discord: sessions over websockets, with heartbeats, replay and every way to lose them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.worlds.discord_things import Payload

HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 1, 2, 6, 7, 9, 10, 11
MESSAGE_CONTENT = 1 << 15  # intent

Render = Callable[[int], Payload]  # the payload for a session with these intents


@dataclass(eq=False)
class Session:
    """What Discord remembers of one IDENTIFY, so that a RESUME can go on."""

    intents: int
    id: str = field(default_factory=lambda: uuid4().hex)
    events: list[Payload] = field(default_factory=list)  # all that were dispatched, numbered from 1
    socket: web.WebSocketResponse | None = None
    transport: asyncio.BaseTransport | None = None


class Gateway:
    """Takes connections and hands out events.

    Attributes:
        refuses: Close code for every IDENTIFY, such as 4004; None lets them in.
        content_granted: Whether the message-content intent may be asked for; asking without closes with 4014.
        overlap: How many events before the client's position a RESUME repeats.
        identified: The intents of every IDENTIFY, in order.
        resumed: How many RESUMEs went through.
    """

    def __init__(
        self, token: str, ready: Callable[[], Payload], welcome: Callable[[], list[tuple[str, Render]]]
    ) -> None:
        self._token, self._ready, self._welcome = token, ready, welcome
        self.url = ""  # set once it is known
        self.refuses: int | None = None
        self.content_granted = True
        self.overlap = 0
        self.identified: list[int] = []
        self.resumed = 0
        self.changed: Callable[[], None] = lambda: None
        self._sessions: dict[str, Session] = {}

    @property
    def connected(self) -> bool:
        """Whether a bot is online."""
        return any(session.socket is not None for session in self._sessions.values())

    async def dispatch(self, event: str, render: Render) -> None:
        """Send an event to every session; one that is offline gets it when it resumes."""
        for session in list(self._sessions.values()):
            await self._emit(session, event, render(session.intents))

    async def drop(self) -> None:
        """Cut the TCP connections without a word; the sessions can be resumed."""
        for session in self._sessions.values():
            if session.socket is not None and isinstance(session.transport, asyncio.Transport):
                session.transport.abort()
            session.socket = None

    async def ask_to_reconnect(self) -> None:
        """Send RECONNECT, as Discord does before it restarts a gateway."""
        for session in self._sessions.values():
            if session.socket is not None:
                await session.socket.send_json({"op": RECONNECT, "d": None})

    async def close(self, code: int) -> None:
        """Close every connection with this code; the sessions can be resumed."""
        for session in self._sessions.values():
            socket, session.socket = session.socket, None
            if socket is not None:
                await socket.close(code=code)

    async def lose_sessions(self) -> None:
        """Close every connection and forget the sessions: RESUME is answered with INVALID_SESSION.

        discord.py then waits 5 s before it identifies, as Discord demands between two IDENTIFYs.
        """
        await self.close(4000)
        self._sessions = {}

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One websocket connection, from HELLO to its end."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": 41_250}})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                message = json.loads(frame.data)
                await self._take(socket, request.transport, message["op"], message["d"])
        for session in self._sessions.values():
            if session.socket is socket:
                session.socket = None
        self.changed()
        return socket

    async def _take(
        self, socket: web.WebSocketResponse, transport: asyncio.BaseTransport | None, op: int, body: Any
    ) -> None:
        if op == HEARTBEAT:
            await socket.send_json({"op": ACK, "d": None})
        elif op == IDENTIFY:
            await self._identify(Session(0, socket=socket, transport=transport), body)
        elif op == RESUME:
            await self._resume(socket, transport, body)
        self.changed()

    async def _identify(self, session: Session, body: Payload) -> None:
        self.identified.append(body["intents"])
        code = self.refuses
        if body["token"] != self._token:
            code = 4004
        elif body["intents"] & MESSAGE_CONTENT and not self.content_granted:
            code = 4014
        if code is not None:
            assert session.socket is not None
            await session.socket.close(code=code)
            return
        session.intents = body["intents"]
        self._sessions[session.id] = session
        ready = self._ready() | {"session_id": session.id, "resume_gateway_url": self.url}
        await self._emit(session, "READY", ready)
        for event, render in self._welcome():
            await self._emit(session, event, render(session.intents))

    async def _resume(
        self, socket: web.WebSocketResponse, transport: asyncio.BaseTransport | None, body: Payload
    ) -> None:
        session = self._sessions.get(body["session_id"])
        if session is None:
            await socket.send_json({"op": INVALID_SESSION, "d": False})
            return
        session.socket, session.transport = socket, transport
        for event in session.events[max(0, body["seq"] - self.overlap) :]:
            await socket.send_json(event)
        self.resumed += 1
        await self._emit(session, "RESUMED", {})

    async def _emit(self, session: Session, event: str, payload: Payload) -> None:
        envelope = {"op": 0, "t": event, "s": len(session.events) + 1, "d": payload}
        session.events.append(envelope)
        if session.socket is not None and not session.socket.closed:
            await session.socket.send_json(envelope)
