"""The composed avatar answers from its content, becomes what its changed file says, and remembers its fans."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bots import avatars, upkeep
from bots.house import House, house, working
from bots.settings import Settings
from core.learner import Learner
from core.model import Incoming, Place, Sender
from tests.fakes import FakeChannel, FakeClock
from tests.worlds.model import FakeModel, says

PERSONA = """
name = "Ann Berg"
personality = "Bakes."
greeting = "Hej!"
"""


@asynccontextmanager
async def ann(folder: Path, model: FakeModel, persona: str = PERSONA) -> AsyncIterator[tuple[House, FakeChannel]]:
    """Ann, who has published one page on rye, at work."""
    home = folder / "avatars" / "ann"
    (home / "content").mkdir(parents=True, exist_ok=True)
    (home / "avatar.toml").write_text(persona)
    (home / "content.toml").write_text('sources = ["content"]\n')
    page = "---\ntitle: Rye for beginners\nurl: https://ann.example/rye\n---\n\nRye dough wants 85 percent water.\n"
    (home / "content" / "rye.md").write_text(page)
    settings = Settings(
        _env_file=None, data_dir=folder, avatars_dir=folder / "avatars", model={"base_url": model.base_url}
    )
    async with house(settings, "ann") as built, working(built.engine):
        channel = FakeChannel()
        await upkeep.first(built, lambda _: None)
        yield built, channel


async def ask(built: House, channel: FakeChannel, text: str, number: int, chat: str = "bo") -> str:
    place = Place(f"fake:{built.avatar.id}", chat)  # type: ignore[arg-type] # an account's id
    built.engine.connect(place.account, built.avatar, channel)
    await built.engine.answer(Incoming(place, f"m{number}", Sender(chat, chat.title()), text, datetime.now(UTC)))
    return channel.said(chat)[-1]


def prompt(model: FakeModel) -> str:
    return str(model.asked[-1].body["messages"][-1]["content"])


async def test_a_question_is_answered_from_what_was_published_with_its_source(tmp_path: Path):
    async with FakeModel() as model, ann(tmp_path, model) as (built, channel):
        model.next(says("Rye dough wants 85 percent water."))
        said = await ask(built, channel, "how much water does rye dough want?", 1)
        assert "85 percent" in prompt(model)
        assert said.endswith("Sources: [Rye for beginners](https://ann.example/rye)")


async def test_a_changed_file_speaks_from_the_next_turn_on_and_is_a_version(tmp_path: Path):
    async with FakeModel() as model, ann(tmp_path, model) as (built, channel):
        model.next(says("Hej."), says("Hej."))
        await ask(built, channel, "hi", 1)
        changed = PERSONA.replace("Bakes.", "Sails.")
        path = built.making.path
        assert await built.switch(avatars.checked(changed, path), changed) == "version 2 is live"
        await ask(built, channel, "hi again", 2)
        systems = [str(one.body["messages"][0]["content"]) for one in model.asked]
        assert ["Bakes." in systems[0], "Sails." in systems[1]] == [True, True]
        assert [one.number for one in await built.store.personas.history(built.avatar.id)] == [2, 1]


async def test_what_a_fan_said_months_ago_is_learned_and_comes_back_to_that_fan_only(tmp_path: Path):
    async with FakeModel() as model, ann(tmp_path, model) as (built, channel):
        model.next(says("Lovely."), says("Hej."), says("Who?"))
        await ask(built, channel, "I have a dog called Rex", 1)
        later = FakeClock(datetime.now(UTC) + timedelta(hours=1))
        learner = Learner(lessons=built.store.lessons, clock=later)
        learner.teach(built.avatar.id, None, room=4096)
        assert await learner.once() == 1
        await ask(built, channel, "guess who I took for a walk", 2)
        assert "Rex" in prompt(model).partition("guess who")[0].partition("[end of notes]")[0]
        await ask(built, channel, "guess who I took for a walk", 3, chat="cy")
        assert "Rex" not in prompt(model)
