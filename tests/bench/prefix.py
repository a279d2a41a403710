"""How much of each prompt the model has read before: one long conversation with the real llama.cpp server.

The avatar is the sample one, the model the built-in one with the context that it has in the product, so the window is
trimmed on the way. What was cached is what the server reports, as it is stored with each turn.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from pathlib import Path

from adapters.llm.embedded import CONTEXT, EmbeddedModel
from adapters.llm.openai import client
from bots import logs
from bots.models import DEMO_TEMPERATURE
from tests.bench.figures import Reused
from tests.bench.storage import product

TURNS = 40
MAX_TOKENS = 64  # of one reply: enough for a few sentences, and soon done
TALK = (
    "Hi! I tried to bake a sourdough loaf at the weekend and it came out flat. What should I look at first?",
    "I fed the starter in the evening and mixed the dough in the morning. Could that be too long a wait?",
    "My kitchen has about eighteen degrees in winter. Does that change how long the dough has to rest?",
    "And how do I see that it is ready for the oven? I never know whether to wait another hour or not.",
    "What do you think of rye flour? My grandmother used it for everything, even for pancakes on Sundays.",
    "I have an old oven without steam. Is there a trick to get a good crust all the same?",
    "My daughter wants to help. Which cake would you make with a child of six, and what can she do herself?",
    "We have far too many apples in the garden this year. What would you bake with them besides a pie?",
)


async def converse() -> list[Reused]:
    """Hold the conversation and tell what was reused in each turn."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        async with (
            client() as http,
            EmbeddedModel(http, logfile=home / "model.log") as model,
            product(home, model, context=CONTEXT, max_tokens=MAX_TOKENS, temperature=DEMO_TEMPERATURE) as ask,
        ):
            for number in range(TURNS):
                await ask(1, number, f"{TALK[number % len(TALK)]} (Question {number + 1}.)")
        with sqlite3.connect(home / "stagedoor.db") as database:
            return [Reused(*row) for row in database.execute(_USAGE)]


_USAGE = "SELECT prompt_tokens, cached_tokens FROM turn WHERE outcome = 'answered' ORDER BY id"


if __name__ == "__main__":
    logs.configure("warning", "console", ())
    print(json.dumps(asyncio.run(converse())))
