"""A model that only keeps its pace: what it is asked and how long it took for it is noted, nothing is thought.

``python -m tests.bench.pace --first-token 0.3 --rate 50 --tokens 75`` prints its port and serves until terminated. It
does as little as can be done for a token, so that on a small machine it takes little time from the bot: one timer for
all streams, one write a token, answers that are mostly made beforehand. ``tests.worlds.model`` is the one for tests.

POST /v1/chat/completions  streams an answer that holds the last token of the prompt
GET  /v1/models            one model
GET  /v1/took                 {token: [asked, first token written, last token written]} since the last look, in seconds
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.bench import talk

TICK = 0.001  # seconds; tokens that are due within one are written together
HEAD_END = b"\r\n\r\n"


class Pace(NamedTuple):
    """How fast the model is."""

    first_token: float  # seconds; 0: the whole answer is there at once
    rate: float  # tokens per second after that
    tokens: int


class Stream:
    """One answer on its way."""

    def __init__(self, to: asyncio.WriteTransport, pieces: Sequence[bytes], asked: float) -> None:
        self.to, self.pieces = to, pieces
        self.took = [asked, 0.0, 0.0]
        self._sent = 0

    def send(self) -> bool:
        """Write the next piece; whether there are more."""
        self.to.write(self.pieces[self._sent])
        self.took[2] = time.monotonic()
        self.took[1] = self.took[1] or self.took[2]
        self._sent += 1
        return self._sent < len(self.pieces) and not self.to.is_closing()


class Model:
    """All streams, by the tick at which their next token is due."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.took: dict[str, list[float]] = {}
        self._due: dict[int, list[Stream]] = {}
        self._filler = [_piece(piece) for piece in talk.pieces("", pace.tokens)]

    async def run(self) -> None:
        """Keep the pace until cancelled."""
        tick = int(time.monotonic() / TICK)
        while True:
            for due in range(tick, tick := int(time.monotonic() / TICK) + 1):
                for stream in self._due.pop(due, ()):
                    if stream.send():
                        self._wait(stream, due + round(1 / self.pace.rate / TICK))
            await asyncio.sleep(max(0.0, tick * TICK - time.monotonic()))

    def answer(self, to: asyncio.WriteTransport, prompt: str) -> None:
        """Begin to answer."""
        asked = time.monotonic()
        token = talk.tokens(prompt)[-1]
        pieces = list(self._filler)
        pieces[2] = _piece(f" {token}")
        pieces[-1] += _END
        if not self.pace.rate:
            pieces = [b"".join(pieces)]
        pieces[0] = _HEAD + pieces[0]
        stream = Stream(to, pieces, asked)
        self.took[token] = stream.took
        if self.pace.first_token:
            self._wait(stream, int((asked + self.pace.first_token) / TICK) + 1)
        else:
            stream.send()

    def _wait(self, stream: Stream, tick: int) -> None:
        self._due.setdefault(tick, []).append(stream)


class Connection(asyncio.Protocol):
    """As much of HTTP/1.1 as clients of a model speak: requests with a length, one after the other."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._to = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self._read += data
        while (end := self._read.find(HEAD_END)) >= 0:
            head, begin = self._read[:end].lower(), end + len(HEAD_END)
            _, _, length = head.partition(b"content-length:")
            size = begin + int(length.split(b"\r\n", 1)[0] or 0)
            if len(self._read) < size:
                return
            body, self._read = self._read[begin:size], self._read[size:]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, path: str, body: bytes) -> None:
        if path.endswith("/chat/completions"):
            self._model.answer(self._to, json.loads(body)["messages"][-1]["content"])
            return
        payload: object = {"object": "list", "data": [{"id": "pace", "object": "model"}]}
        if path.endswith("/took"):
            payload, self._model.took = self._model.took, {}
        text = json.dumps(payload).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self._to.write(head.encode() + text)


def _chunk(text: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text), text)


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "pace", "choices": [choice]}
    return f"data: {json.dumps(frame)}\n\n".encode()


def _piece(word: str) -> bytes:
    return _chunk(_event({"content": word}))


_USAGE = {"prompt_tokens": 1000, "completion_tokens": 75, "total_tokens": 1075}
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_END = (
    _chunk(_event({}, "stop"))
    + _chunk(b'data: {"choices": [], "usage": %s}\n\n' % json.dumps(_USAGE).encode())
    + _chunk(b"data: [DONE]\n\n")
    + b"0\r\n\r\n"
)


async def serve(pace: Pace) -> None:
    """Serve until terminated."""
    model = Model(pace)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(model), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await model.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A model that only keeps its pace.")
    parser.add_argument("--first-token", type=float, default=0.0, help="seconds")
    parser.add_argument("--rate", type=float, default=0.0, help="tokens per second; 0: all at once")
    parser.add_argument("--tokens", type=int, default=12)
    asked = parser.parse_args()
    asyncio.run(serve(Pace(asked.first_token, asked.rate, asked.tokens)))
