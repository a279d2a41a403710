"""Embeddings over HTTP, on a transport that only pretends."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest

from adapters.llm.embeddings import BATCH, OpenAIEmbedder
from adapters.llm.endpoint import Endpoint
from core.errors import ConfigError, ModelRejected, ModelUnavailable

Answer = Callable[[dict[str, Any]], httpx.Response]


class Server:
    """Answers as told, the last answer for ever; keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(self.asked[-1])

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def good(body: dict[str, Any]) -> httpx.Response:
    """A vector that tells the place of each text, listed backwards."""
    listed = [{"index": place, "embedding": [3.0 * (place + 1), 4.0]} for place in range(len(body["input"]))]
    return httpx.Response(200, json={"object": "list", "data": listed[::-1]})


def status(code: int, **headers: str) -> Answer:
    return lambda _body: httpx.Response(code, headers=headers, json={"error": {"message": "no"}})


def body(payload: object) -> Answer:
    return lambda _body: httpx.Response(200, json=payload)


@pytest.fixture
async def embedders() -> AsyncGenerator[Callable[..., OpenAIEmbedder]]:
    clients: list[httpx.AsyncClient] = []

    def made(server: Server, **more: str) -> OpenAIEmbedder:
        clients.append(httpx.AsyncClient(transport=httpx.MockTransport(server)))
        endpoint = Endpoint("http://embed/v1", name="bge-m3", retries=2)
        return OpenAIEmbedder(endpoint, clients[-1], sleep=server.wait, spread=lambda: 1.0, **more)

    yield made
    for client in clients:
        await client.aclose()


Embedders = Callable[..., OpenAIEmbedder]


async def test_vectors_come_in_the_order_of_the_texts_and_of_unit_length(embedders: Embedders) -> None:
    vectors = await embedders(Server(good)).embed(["a", "b"], query=False)
    assert [round(x, 3) for x in vectors[0]] == [0.6, 0.8]
    assert [round(x, 3) for x in vectors[1]] == [0.832, 0.555]


async def test_many_texts_go_in_batches(embedders: Embedders) -> None:
    server = Server(good)
    texts = [str(number) for number in range(2 * BATCH + 1)]
    assert len(await embedders(server).embed(texts, query=False)) == len(texts)
    assert [text for asked in server.asked for text in asked["input"]] == texts
    assert {asked["model"] for asked in server.asked} == {"bge-m3"}


async def test_questions_and_passages_get_what_the_model_wants_before_them(embedders: Embedders) -> None:
    server = Server(good)
    embedder = embedders(server, before_query="query: ", before_passage="passage: ")
    await embedder.embed(["why"], query=True)
    await embedder.embed(["because"], query=False)
    assert [asked["input"] for asked in server.asked] == [["query: why"], ["passage: because"]]
    assert embedder.name != embedders(server).name


async def test_a_passing_fault_is_retried_and_waits_as_told(embedders: Embedders) -> None:
    server = Server(status(503), status(429, **{"retry-after": "3"}), good)
    assert len(await embedders(server).embed(["a"], query=True)) == 1
    assert server.waits == [0.5, 4.0]


async def test_faults_that_stay_are_unavailable(embedders: Embedders) -> None:
    server = Server(status(503))
    with pytest.raises(ModelUnavailable):
        await embedders(server).embed(["a"], query=True)
    assert len(server.asked) == 3


async def test_a_refusal_is_not_retried(embedders: Embedders) -> None:
    server = Server(status(401))
    with pytest.raises(ModelRejected):
        await embedders(server).embed(["a"], query=True)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        {"data": None},
        {"data": []},
        {"data": ["x"]},
        {"data": [{"embedding": []}]},
        {"data": [{"embedding": ["x"]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": [1.0]}]},
    ],
)
async def test_what_is_no_embedding_is_unavailable(embedders: Embedders, payload: object) -> None:
    with pytest.raises(ModelUnavailable):
        await embedders(Server(body(payload))).embed(["a"], query=True)


async def test_nothing_to_embed_asks_nobody(embedders: Embedders) -> None:
    server = Server(good)
    assert await embedders(server).embed([], query=True) == []
    assert server.asked == []


async def test_an_endpoint_without_a_model_is_a_mistake() -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ConfigError, match="name of the model"):
            OpenAIEmbedder(Endpoint("http://embed/v1"), client)
