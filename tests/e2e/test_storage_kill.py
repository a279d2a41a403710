"""What a killed process had acknowledged is there when the next one starts."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from adapters.storage import open_storage
from adapters.storage.schema import message, turn
from tests.contract.conftest import ACCOUNT, NOON, RULES, Talk

WRITER = """
import asyncio, sys
from adapters.storage import open_storage
from core.model import Place
from tests.contract.conftest import ACCOUNT, RULES, Talk

async def fan(storage, chat):
    talk = Talk(storage)
    place = Place(ACCOUNT, chat)
    number = 0
    while True:
        number += 1
        known_as = f"{chat}-{number}"
        where = await talk.says(f"hi {number}", place=place, message=known_as, fan=chat)
        print(known_as, flush=True)
        if number % 3 == 0:
            claim = await talk.claims(where)
            for delivery in await talk.stores(claim, "hello"):
                print(f"stored {claim.turn}", flush=True)

async def main():
    async with open_storage(sys.argv[1], RULES) as storage:
        await asyncio.gather(*(fan(storage, f"chat{n}") for n in range(30)))

asyncio.run(main())
"""


@pytest.mark.parametrize("seed", range(3))
async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, seed: int) -> None:
    url = f"sqlite:///{tmp_path / 'stagedoor.db'}"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    acknowledged: list[str] = []
    enough = random.Random(seed).randint(50, 600)
    try:
        while len(acknowledged) < enough:
            line = await asyncio.wait_for(child.stdout.readline(), 30)
            assert line, "the writer ended by itself"
            acknowledged.append(line.decode().strip())
    finally:
        child.kill()
        rest = await child.stdout.read()
        await child.wait()
    whole, _, _ = rest.decode().rpartition("\n")  # the last line may have been cut off by the kill
    acknowledged += whole.split("\n") if whole else []
    accepted = {line for line in acknowledged if not line.startswith("stored")}
    stored = {int(line.split()[1]) for line in acknowledged if line.startswith("stored")}
    async with open_storage(url, RULES) as storage:
        talk = Talk(storage, now=NOON)
        assert accepted <= {row["platform_message"] for row in await talk.rows(message)}
        assert stored <= {row["id"] for row in await talk.rows(turn) if row["state"] != "open"}
        due = await storage.leases.due([ACCOUNT], now=talk.now)  # and nobody's lease has to run out first
        assert len(due) == 30
        for where in due:
            claim = await talk.claims(where, "next")
            assert (claim.reply is None) == (claim.turn not in stored) or claim.reply == "hello"
