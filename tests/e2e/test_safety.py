"""Safety through the whole turn, on a real database, with classifiers over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.llm.openai import client
from adapters.moderation import Address, LlamaGuard, ModerationEndpoint
from adapters.storage.desk import post
from bots.guards import screening
from bots.settings import GuardSettings, SafetySettings
from core import care, takeover
from core.errors import ConfigError, ModelRejected, ModelUnavailable
from core.honesty import REST
from core.limits import Limits, Rate
from core.model import ChatMessage, Incoming, Place, Sender
from tests.fakes import ACCOUNT, NOON
from tests.redteam.attempts import Attempt
from tests.redteam.stage import MAYA, RedTeam, stage
from tests.worlds.classifier import SILENCE, FakeClassifier

HELLO = [ChatMessage("user", "hello")]
TALK = [*HELLO, ChatMessage("assistant", "hi"), ChatMessage("user", "bye")]


@pytest.fixture
async def classifier() -> AsyncIterator[FakeClassifier]:
    async with FakeClassifier() as served:
        yield served


@asynccontextmanager
async def guarded(folder: Path, classifier: FakeClassifier, **settings: Any) -> AsyncIterator[RedTeam]:
    guard = GuardSettings(base_url=classifier.base_url, timeout=5, **settings)
    async with screening(SafetySettings(guard=guard)) as opened, stage(folder, screening=opened) as team:
        classifier.asked.clear()
        yield team


# ── classifiers ──────────────────────────────────────────────────────────────────────────────────


async def test_llama_guard_is_asked_with_the_conversation_as_messages(classifier: FakeClassifier):
    async with client() as http:
        guard = LlamaGuard(Address(classifier.base_url, "key", "llama-guard-4"), http)
        classifier.next("\n\nunsafe\nS1,S10")
        assert await guard.judge(TALK) == {"S1", "S10"}
    ((route, body, headers),) = classifier.asked
    assert (route, body["model"], body["temperature"], body["stream"]) == ("chat", "llama-guard-4", 0, False)
    assert body["messages"] == [{"role": one.role, "content": one.content} for one in TALK]
    assert headers["Authorization"] == "Bearer key"


async def test_a_moderation_endpoint_is_asked_about_the_last_message_alone(classifier: FakeClassifier):
    async with client() as http:
        endpoint = ModerationEndpoint(Address(classifier.base_url), http)
        classifier.next(
            {"results": [{"flagged": True, "categories": {"hate": False, "self-harm": True}}]},
            {"results": [{"flagged": True}]},
            {"results": [{"flagged": False, "categories": {"hate": False}}]},
        )
        assert await endpoint.judge(TALK) == {"self-harm"}
        assert await endpoint.judge(TALK) == {"flagged"}
        assert not await endpoint.judge(TALK)
    assert {body["input"] for _, body, _ in classifier.asked} == {"bye"}


@pytest.mark.parametrize("kind", [LlamaGuard, ModerationEndpoint])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (503, ModelUnavailable),
        (429, ModelUnavailable),
        (401, ModelRejected),
        (b"not json", ModelUnavailable),
        (b"[]", ModelUnavailable),
        (b"{}", ModelUnavailable),
        (b'{"results": [], "choices": []}', ModelUnavailable),
        (b'{"results": ["x"], "choices": [{"message": null}]}', ModelUnavailable),
        (b"[" * 100_000, ModelUnavailable),
        (b" " * (2 << 20), ModelUnavailable),
        (SILENCE, ModelUnavailable),
    ],
)
async def test_whatever_else_comes_back_is_no_verdict(
    classifier: FakeClassifier, kind: type[Any], answer: object, error: type[Exception]
):
    async with client() as http:
        moderator = kind(Address(classifier.base_url, "sekret", timeout=0.5), http)
        classifier.next(answer)
        with pytest.raises(error) as caught:
            await moderator.judge(HELLO)
    assert "sekret" not in str(caught.value)


async def test_a_classifier_that_is_not_there_is_unavailable():
    async with client() as http:
        with pytest.raises(ModelUnavailable):
            await LlamaGuard(Address("http://127.0.0.1:9/v1", timeout=5), http).judge(HELLO)


@pytest.mark.parametrize("base_url", ["ftp://host/v1", "host", "http://"])
def test_an_address_that_is_none_is_a_configuration_error(base_url: str):
    with pytest.raises(ConfigError):
        Address(base_url)


async def test_what_a_fan_writes_is_judged_before_the_model_answers(tmp_path: Path, classifier: FakeClassifier):
    async with guarded(tmp_path, classifier) as team:
        classifier.next("unsafe\nS9")
        played = await team.play(Attempt(says=("something bad",), model="With pleasure."))
    assert played.shown == ["I am an AI.\n\nBread?"]
    assert played.prompts == [] or "With pleasure." not in str(played.seen)


async def test_what_the_model_writes_is_judged_before_anybody_sees_it(tmp_path: Path, classifier: FakeClassifier):
    async with guarded(tmp_path, classifier) as team:
        classifier.next("safe", "unsafe\nS10")
        played = await team.play(Attempt(says=("hello",), model="Something hateful, at length."))
    assert played.shown == ["I am an AI.\n\nBread?"]
    assert all("hateful" not in text for text in played.seen)
    assert classifier.asked[-1][1]["messages"][-1] == {"role": "assistant", "content": "Something hateful, at length."}


async def test_what_is_safe_is_said(tmp_path: Path, classifier: FakeClassifier):
    async with guarded(tmp_path, classifier) as team:
        played = await team.play(Attempt(says=("hello",), model="Hello there."))
    assert played.shown == ["I am an AI.\n\nHello there."]


async def test_categories_that_do_not_count_block_nothing(tmp_path: Path, classifier: FakeClassifier):
    async with guarded(tmp_path, classifier, categories=("S1",)) as team:
        classifier.next("unsafe\nS6", "unsafe\nS8")
        played = await team.play(Attempt(says=("hello",), model="Hello there."))
    assert "Hello there." in played.shown[0]


async def test_a_classifier_that_finds_suicide_brings_the_helplines(tmp_path: Path, classifier: FakeClassifier):
    async with guarded(tmp_path, classifier) as team:
        classifier.next("unsafe\nS11")
        played = await team.play(Attempt(says=("the sky is so heavy and I am done carrying it",), model="Cheer up!"))
        counted = await team.store.wellbeing.crises(MAYA, NOON.year)
    assert "findahelpline.com" in played.shown[0]
    assert [(one.kind, one.count) for one in counted] == [("suicide", 1)]


@pytest.mark.parametrize(("closed", "said"), [((), "Hello there."), (("S4",), "Bread?")])
@pytest.mark.parametrize("fault", [503, "what?", SILENCE])
async def test_without_a_verdict_it_fails_open_or_closed_as_the_creator_chose(
    tmp_path: Path, classifier: FakeClassifier, closed: tuple[str, ...], said: str, fault: object
):
    guard = GuardSettings(base_url=classifier.base_url, fail_closed=closed, timeout=0.3)
    async with screening(SafetySettings(guard=guard)) as opened, stage(tmp_path, screening=opened) as team:
        classifier.next(fault, fault)
        played = await team.play(Attempt(says=("hello",), model="Hello there."))
    assert said in played.shown[0]


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


async def write(team: RedTeam, fan: str, text: str, number: int, *, language: str = "") -> str:
    """A message, answered; the newest that is visible in the fan's chat."""
    place = Place(ACCOUNT, chat=fan)
    now = team.clock.now()
    await team.engine.answer(Incoming(place, f"{fan}-{number}", Sender(fan, "Ann", language), text, now))
    return team.channel.said(fan)[-1]


async def test_a_crisis_is_answered_whatever_the_limits_say(tmp_path: Path):
    limits = Limits(Rate(1, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
    async with stage(tmp_path, limits=limits) as team:
        team.model.words = "Hello!"
        await write(team, "ann", "hi", 1)
        refused = await write(team, "ann", "hi again", 2)
        helped = await write(team, "ann", "I want to die", 3)
    assert "Hello!" not in refused
    assert "findahelpline.com" in helped


async def test_after_a_crisis_the_model_is_told_to_be_gentle_and_a_day_later_no_more(tmp_path: Path):
    async with stage(tmp_path) as team:
        team.model.words = "I'm here."
        await write(team, "ann", "I want to die", 1)
        asked = len(team.model.prompts)
        await write(team, "ann", "thanks, I called them", 2)
        team.clock.advance(hours=25)
        await write(team, "ann", "good morning", 3)
    gentle, later = (prompt.messages[-1].content for prompt in team.model.prompts[asked:])
    assert "this fan was in distress" in gentle
    assert "this fan was in distress" not in later


async def test_the_desk_hears_of_a_crisis_if_the_creator_wishes_and_not_of_whom(tmp_path: Path):
    desk = Place(ACCOUNT, chat="desk", shared=True)
    async with stage(tmp_path) as team:
        await team.store.switchboard.set(MAYA, takeover.DESK.name, takeover.DESK.kept(desk))
        await write(team, "ann", "I want to die", 1)
        assert await posted(team) == []
        await team.store.switchboard.set(MAYA, care.NOTICE.name, care.NOTICE.kept(True))
        await write(team, "ben", "I want to die", 1)
        (told,) = await posted(team)
    assert "suicide" in told
    assert "ben" not in told.lower()


async def posted(team: RedTeam) -> list[str]:
    """What is to be said unasked."""
    return await team.store.database.read(
        lambda connection: [text for (text,) in connection.execute(sa.select(post.c.text))]
    )


async def test_in_a_long_talk_fans_are_told_again_and_to_rest(tmp_path: Path):
    async with stage(tmp_path) as team:
        team.model.words = "Go on."
        shown = []
        for number in range(10):
            shown.append(await write(team, "ann", "and then?", number, language="de"))
            team.clock.advance(minutes=25)
    told = [place for place, text in enumerate(shown) if "I am an AI." in text]
    assert told == [0, 8]
    assert REST["de"] in shown[8]
    assert REST["de"] not in shown[0]


async def test_minors_are_told_every_hour(tmp_path: Path):
    async with stage(tmp_path) as team:
        team.model.words = "Go on."
        await write(team, "ann", "I'm 14", 0)
        shown = []
        for number in range(1, 7):
            team.clock.advance(minutes=25)
            shown.append(await write(team, "ann", "and then?", number))
    assert [place for place, text in enumerate(shown, 1) if REST["en"] in text] == [3, 6]
