"""Finding servers on this machine, and examining an endpoint."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator

import pytest

from adapters.llm.discovery import check, find
from adapters.llm.openai import Client, Endpoint, client
from tests.worlds.model import MODEL, FakeModel, status


@pytest.fixture
async def http() -> AsyncGenerator[Client]:
    async with client() as http:
        yield http


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


async def levels(endpoint: Endpoint, http: Client) -> dict[str, str]:
    return {finding.check: finding.level for finding in await check(endpoint, http)}


async def test_servers_with_a_chat_model_are_found_in_order_and_the_others_passed_over(http: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with (
            FakeModel(models=("nomic-embed-text",)) as embedding,
            FakeModel(models=("text-embedding-3", "llama-3.2")) as second,
            FakeModel(models=("qwen",)) as third,
            FakeModel(key="secret") as locked,
        ):
            fakes = (embedding, second, locked, third)
            ports = [closed_port(), silent.getsockname()[1], *(fake.port for fake in fakes)]
            found = await find(http, ports)
    assert [endpoint.name for endpoint in found] == ["llama-3.2", "qwen"]
    assert [endpoint.base_url for endpoint in found] == [second.base_url, third.base_url]


async def test_nothing_running_is_nothing_found(http: Client) -> None:
    assert list(await find(http, [closed_port()])) == []


async def test_a_sound_endpoint_passes(http: Client) -> None:
    async with FakeModel(key="k") as fake:
        found = await levels(Endpoint(fake.base_url, api_key="k", name=MODEL), http)
    assert found == dict.fromkeys(("model endpoint", "model name", "model key", "model answer"), "pass")


async def test_without_a_name_the_first_listed_is_tried(http: Client) -> None:
    async with FakeModel(models=("bge-m3", "llama")) as fake:
        findings = await check(Endpoint(fake.base_url), http)
        assert fake.asked[0].body["model"] == "llama"
    assert {finding.level for finding in findings} == {"pass"}


async def test_an_unreachable_endpoint_fails_with_a_mend(http: Client) -> None:
    (finding,) = await check(Endpoint(f"http://127.0.0.1:{closed_port()}/v1"), http)
    assert (finding.check, finding.level) == ("model endpoint", "fail")
    assert "STAGEDOOR_MODEL__BASE_URL" in finding.mend


async def test_a_wrong_key_fails_without_being_shown(http: Client) -> None:
    async with FakeModel(key="right") as fake:
        findings = await check(Endpoint(fake.base_url, api_key="wr0ng-key"), http)
    assert (findings[-1].check, findings[-1].level) == ("model key", "fail")
    assert "STAGEDOOR_MODEL__API_KEY" in findings[-1].mend
    assert "wr0ng-key" not in str(findings)


async def test_a_name_that_is_not_listed_is_a_warning_that_names_those_that_are(http: Client) -> None:
    async with FakeModel() as fake:
        findings = await check(Endpoint(fake.base_url, name="typo"), http)
    (name,) = [finding for finding in findings if finding.check == "model name"]
    assert name.level == "warn"
    assert MODEL in name.mend


async def test_an_endpoint_with_no_model_loaded_fails(http: Client) -> None:
    async with FakeModel(models=()) as fake:
        assert (await levels(Endpoint(fake.base_url), http))["model name"] == "fail"


async def test_an_answer_that_does_not_come_fails(http: Client) -> None:
    async with FakeModel() as fake:
        fake.next(status(500))
        assert (await levels(Endpoint(fake.base_url), http))["model answer"] == "fail"
        fake.next(status(401))
        assert (await levels(Endpoint(fake.base_url), http))["model key"] == "fail"


async def test_a_server_without_a_list_of_models_is_still_tried(http: Client) -> None:
    async with FakeModel(models=None) as fake:
        found = await levels(Endpoint(fake.base_url, name=MODEL), http)
    assert (found["model name"], found["model answer"]) == ("warn", "pass")
