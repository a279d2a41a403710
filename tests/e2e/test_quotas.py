"""Limits, budgets and circles of fans, set by commands and kept by the engine, on a real SQLite file."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.storage import open_storage
from adapters.storage.metering import bucket
from core.budgets import CENT
from core.control import Rank
from core.model import Answer, Place, Sender, Usage
from core.takeover import DESK
from tests.contract.conftest import NOON, Talk, limited
from tests.e2e.test_engine import MAYA, World, world
from tests.fakes import DM, incoming

CREATOR = "maya-herself"
LOBBY = Place(DM.account, chat="lobby", shared=True, community="server")
BACKSTAGE = Place(DM.account, chat="backstage", shared=True, community="server")


@pytest.fixture
async def w(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, creators=(CREATOR,)) as built:
        yield built


async def asked(w: World, name: str, argument: str = "", *, by: str = CREATOR, place: Place = LOBBY) -> Answer:
    base = incoming(f"/{name}", message=f"c {name} {argument}", place=place, fan=by, command=name)
    return await w.engine.command(replace(base, argument=argument, sender=Sender(by, by.title())))


async def writes(w: World, text: str, *, place: Place = DM, fan: str = "ann") -> str:
    """What is said last in the place once this was answered."""
    await w.engine.answer(incoming(text, message=f"{fan} {text}", place=place, fan=fan))
    said = w.channel.said(place.chat)
    return said[-1] if said else ""


async def spend(w: World, tokens: int) -> None:
    await w.store.ledger.charge(MAYA, "learning", "llama", Usage(tokens), now=w.clock.now())


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_limit_that_the_creator_sets_holds_from_the_next_message_on(w: World) -> None:
    assert await writes(w, "one") == "I am an AI.\n\nre: one"
    answer = await asked(w, "limits set", "fan messages 2 1m")
    assert answer.text == "From the next message on, one fan: 2 messages in 1 minute."
    assert answer.change is not None
    assert (answer.change.before, answer.change.after) == ("", "one fan: 2 messages in 1 minute")
    assert [await writes(w, text) for text in ("two", "three", "four")] == ["re: two", "re: three", "Wait 30 seconds."]
    assert await writes(w, "five") == "Wait 30 seconds."
    assert len(w.channel.said()) == 4
    await asked(w, "limits set", "fan messages 0 1m")
    w.clock.advance(seconds=61)
    assert await writes(w, "six") == "re: six"


async def test_when_everybody_writes_at_once_the_notice_says_so(w: World) -> None:
    await asked(w, "limits set", "place messages 1 1h")
    await writes(w, "one", place=LOBBY)
    assert "So many of you are writing" in await writes(w, "two", place=LOBBY, fan="bob")
    assert "in 1 hour" in w.channel.said("lobby")[-1]


async def test_what_is_set_is_shown_with_what_is_left(w: World) -> None:
    await asked(w, "limits set", "avatar messages 5 1h")
    await asked(w, "limits set", "avatar money 250 1d")
    await asked(w, "limits set", "place messages 1 1h")
    await writes(w, "one", place=LOBBY)
    shown = (await asked(w, "limits show")).text.splitlines()
    assert shown == [
        "- all who write to this avatar: 5 messages in 1 hour: 4 messages left",
        "- all who write to this avatar: 2.50 of money in 1 day: 2.50 of money left",
        "- one server, group or private chat: 1 message in 1 hour: used up, again in 1 hour",
    ]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("system messages 5 1m", "whoever runs this machine"),
        ("fan messages 5 1m nobody", "There is no circle of that name"),
        ("place messages 5 1m member", "for one fan only"),
        ("fan messages 5 60w", "between one second and a year"),
        ("fan messages many 1m", "a whole number"),
        ("everybody messages 5 1m", "one of fan"),
    ],
)
async def test_what_cannot_be_set_is_refused_in_words(w: World, argument: str, said: str) -> None:
    assert said in (await asked(w, "limits set", argument)).text
    assert (await w.store.switchboard.controls(MAYA)).values == {}


@pytest.mark.parametrize("name", ["limits set", "budget", "usage", "fan tier", "fan role"])
async def test_fans_may_not(w: World, name: str) -> None:
    answer = await asked(w, name, "fan messages 900 1m", by="ann")
    assert answer.refused
    (act,) = await w.store.audit.acts(MAYA, limit=9)
    assert (act.command, act.outcome, act.rank) == (name, "refused", Rank.FAN)


# ── budgets ──────────────────────────────────────────────────────────────────────────────────────


async def test_at_eighty_percent_the_desk_is_told_once_a_period(w: World) -> None:
    await w.store.switchboard.set(MAYA, DESK.name, DESK.kept(BACKSTAGE))
    await asked(w, "budget", "day tokens 1000")
    await spend(w, 790)
    await writes(w, "one")
    assert w.channel.said("backstage") == []
    await spend(w, 40)
    for text in ("two", "three"):
        await writes(w, text)
    (told,) = await w.channel.until_said(1, "backstage")
    assert "83 % of what I may spend this day" in told
    w.clock.advance(hours=24)
    await spend(w, 850)
    await writes(w, "four")
    assert len(await w.channel.until_said(2, "backstage")) == 2
    assert [prompt.max_tokens for prompt in w.model.prompts] == [100] * 4


async def test_at_ninety_percent_replies_get_shorter(w: World) -> None:
    await asked(w, "budget", "month tokens 1000")
    await spend(w, 899)
    await writes(w, "one")
    await spend(w, 10)
    await writes(w, "two")
    assert [prompt.max_tokens for prompt in w.model.prompts] == [100, 50]


async def test_at_its_end_each_fan_is_told_once_when_it_goes_on(w: World) -> None:
    await asked(w, "budget", "day tokens 1000")
    await spend(w, 1000)
    assert "Let's go on in 12 hours!" in await writes(w, "one")
    assert "Let's go on in 12 hours!" in await writes(w, "one", place=LOBBY, fan="bob")
    await writes(w, "two")
    assert len(w.channel.said()) == 1
    assert w.model.prompts == []
    w.clock.advance(hours=12)
    assert (await writes(w, "three")).endswith("re: three")


async def test_usage_shows_what_was_spent_and_what_is_left(w: World) -> None:
    await asked(w, "budget", "day tokens 1000")
    await writes(w, "one")
    await w.store.ledger.charge(MAYA, "learning", "llama", Usage(96, 0, estimated=True), now=w.clock.now())
    answer = await asked(w, "usage")
    assert answer.text.splitlines() == [
        "**Today**: 2 calls, 100 tokens, 50 % of the calls estimated",
        "**This month**: 2 calls, 100 tokens, 50 % of the calls estimated",
        "- learning, llama: 1 call, 96 tokens, 100 % of the calls estimated",
        "- reply, fake: 1 call, 4 tokens",
        "**Budget of the day**: 1,000 tokens, 10 % spent, 900 tokens left",
    ]


async def test_a_budget_of_nought_is_none(w: World) -> None:
    await asked(w, "budget", "day tokens 10")
    await spend(w, 10)
    assert "no budget" in (await asked(w, "budget", "day tokens 0")).text
    assert (await writes(w, "one")).endswith("re: one")


async def test_money_without_prices_is_said_to_be_unknown(w: World) -> None:
    answer = await asked(w, "budget", "month money 500")
    assert "STAGEDOOR_MODEL__PRICE_PROMPT" in answer.text
    assert answer.change is not None
    assert answer.change.after == f"{500 * CENT / 1e6:.2f} of money"


# ── a kill ───────────────────────────────────────────────────────────────────────────────────────

SPENDER = """
import asyncio, sys
from adapters.storage import open_storage
from tests.contract.conftest import NOON, Talk, limited

async def main():
    async with open_storage(sys.argv[1], limited(minute=0, day=20)) as storage:
        talk = Talk(storage)
        for number in range(20):
            talk.later(60)
            claim = await talk.claims(await talk.says(str(number)))
            print(len(claim.pending), flush=True)
            await talk.answers(claim, "ok")
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_kill_9_keeps_what_was_spent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'stagedoor.db'}"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", SPENDER, url, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    try:
        for _ in range(15):
            assert await asyncio.wait_for(child.stdout.readline(), 60)
    finally:
        child.send_signal(signal.SIGKILL)
        await child.wait()
    async with open_storage(url, limited(minute=0, day=20)) as storage:
        (row,) = await Talk(storage).rows(bucket)
        assert row["tat"] >= NOON + 15 * timedelta(days=1) / 20
