"""What a ``Library`` promises, over the fake content and over each real database."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.library import Library
from adapters.storage import Rules, open_storage
from core.content import Found, Kind, Question
from core.errors import ModelUnavailable, StorageUnavailable
from core.model import AvatarId
from core.ports import Content, Vectors
from tests.fakes import NOON
from tests.fakes_content import FakeContent, FakeEmbedder, FakeVectors, document, publish

MAYA, OTHER = AvatarId("maya"), AvatarId("other")
STARTER = document("I feed my sourdough starter every morning with flour and water.", title="Starter")
CRUST = document("Steam in the oven makes a crisp crust on every loaf.", title="Crust")
SLUGS = document("Copper tape keeps slugs away from the lettuce.", title="Slugs")


@dataclass
class World:
    """Where content is kept, and libraries over it."""

    content: Content
    vectors: Vectors
    libraries: list[Library]
    now: float = 0.0

    def library(self, embedder: FakeEmbedder | None = None, **more: object) -> Library:
        made = Library(self.content, self.vectors, embedder, monotonic=lambda: self.now, **more)  # type: ignore[arg-type]
        self.libraries.append(made)
        return made


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, rules: Rules) -> AsyncIterator[World]:
    if request.param == "fake":
        content = FakeContent()
        made = World(content, FakeVectors(content), [])
        yield made
    else:
        url = await asyncio.to_thread(_url, request)
        async with open_storage(url, rules) as storage:
            made = World(storage.content, storage.vectors, [])
            yield made
    for library in made.libraries:
        await library.close()


def _url(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres").fresh())
    return f"sqlite:///{request.getfixturevalue('tmp_path') / 'content.db'}"


async def ask(library: Library, text: str, **more: object) -> list[Found]:
    return list(await library.find(MAYA, Question(text, **more), limit=5))  # type: ignore[arg-type] # of a Question


async def texts(library: Library, text: str, **more: object) -> list[str]:
    return [found.passage.text for found in await ask(library, text, **more)]


async def until(world: World, holds: Callable[[list[str]], bool], library: Library, text: str) -> list[str]:
    """Ask until the answer is as wanted, as a fan might some seconds later."""
    async with asyncio.timeout(30):
        while True:
            world.now += 5
            if holds(found := await texts(library, text)):
                return found
            await asyncio.sleep(0.01)


async def test_the_passage_that_answers_comes_first_and_says_how_well_it_fits(world: World) -> None:
    await publish(world.content, MAYA, STARTER, CRUST, SLUGS)
    found = await ask(world.library(), "How often do you feed the starter?")
    assert found[0].passage.text == STARTER.sections[0].text
    assert found[0].coverage > 0.5
    assert found[0].similarity is None
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


async def test_nothing_published_finds_nothing(world: World) -> None:
    assert await ask(world.library(), "Anything at all?") == []


async def test_what_fits_nothing_finds_nothing(world: World) -> None:
    await publish(world.content, MAYA, STARTER, CRUST, SLUGS)
    library = world.library()
    assert await ask(library, "Quantum chromodynamics lectures?") == []
    assert await ask(library, "") == []
    assert await ask(library, "?! 💡") == []


async def test_another_avatars_passages_never_appear(world: World) -> None:
    await publish(world.content, OTHER, STARTER)
    await publish(world.content, MAYA, SLUGS)
    library = world.library()
    assert await ask(library, "How often do you feed the sourdough starter?") == []
    others = await library.find(OTHER, Question("sourdough starter"), limit=5)
    assert [one.passage.title for one in others] == ["Starter"]


async def test_only_a_fans_tiers_are_answered_from(world: World) -> None:
    secret = document("The sourdough starter of the members is called Gunnar.", tier="members")
    await publish(world.content, MAYA, STARTER, secret, SLUGS)
    library = world.library()
    assert secret.sections[0].text not in await texts(library, "sourdough starter called Gunnar")
    assert secret.sections[0].text in await texts(
        library, "sourdough starter called Gunnar", tiers=frozenset({"members"})
    )


async def test_what_was_published_since_is_found_and_what_is_gone_is_not(world: World) -> None:
    await publish(world.content, MAYA, STARTER, CRUST)
    library = world.library()
    assert await texts(library, "slugs") == []
    await publish(world.content, MAYA, SLUGS)
    assert await until(world, bool, library, "slugs") == [SLUGS.sections[0].text]
    await world.content.keep_only(MAYA, "site", {STARTER.key, CRUST.key})
    assert await until(world, lambda found: not found, library, "slugs") == []
    assert len(await texts(library, "feed the starter, crisp crust")) == 2


async def test_an_edited_passage_is_found_by_its_new_words_only(world: World) -> None:
    await publish(world.content, MAYA, document("The oven is set to fifty degrees.", key="oven"), SLUGS)
    library = world.library()
    assert await texts(library, "fifty degrees") != []
    await publish(world.content, MAYA, document("The furnace is set to ninety.", key="oven"), SLUGS)
    assert await until(world, bool, library, "furnace ninety") == ["The furnace is set to ninety."]
    assert await texts(library, "fifty degrees") == []


async def test_a_correction_outranks_the_rest_where_it_is_about_the_question(world: World) -> None:
    correction = document("No, the starter gets rye.", title="What do you feed the starter?", kind=Kind.CORRECTION)
    more = [document(f"Feed the starter, feed it, feed the starter {word}.") for word in ("warm", "cold", "late")]
    await publish(world.content, MAYA, STARTER, correction, SLUGS, *more)
    library = world.library()
    assert (await texts(library, "What do you feed your starter?"))[0] == "No, the starter gets rye."
    assert (await texts(library, "Does copper tape help against slugs at the starter line?"))[0] == SLUGS.sections[
        0
    ].text


async def test_near_duplicates_are_shown_once(world: World) -> None:
    text = " ".join(f"word{number}" for number in range(80))
    copies = [document(f"{text} and {end}", key=end) for end in ("one", "two", "three")]
    await publish(world.content, MAYA, *copies, STARTER)
    assert len(await ask(world.library(), "word1 word2 word3")) == 1


async def test_of_two_like_passages_the_newer_comes_first(world: World) -> None:
    old = document("My oven is a gas oven from my aunt.", published=NOON - timedelta(days=2500))
    new = document("My oven is a brick oven in a yard.", published=NOON - timedelta(days=10))
    await publish(world.content, MAYA, old, new, SLUGS)
    assert (await texts(world.library(), "oven", now=NOON))[0] == new.sections[0].text


async def test_a_follow_up_is_understood_from_the_talk_before(world: World) -> None:
    long_starter = document("The starter takes a long week until it is ready.", title="Making a starter")
    await publish(world.content, MAYA, long_starter, document("A long hike needs good shoes."), CRUST)
    library = world.library()
    talk = "How do I make my own starter?"
    assert (await texts(library, "And how long?", context=talk))[0] == long_starter.sections[0].text


async def test_a_question_that_says_enough_does_not_listen_to_the_talk_before(world: World) -> None:
    await publish(world.content, MAYA, STARTER, CRUST, SLUGS)
    library = world.library()
    question = "How does copper tape keep slugs off the lettuce?"
    alone = await ask(library, question)
    assert await ask(library, question, context="sourdough starter flour water crust") == alone


async def test_meaning_finds_what_words_do_not(world: World) -> None:
    embedder = FakeEmbedder("bread loaf crust bake", "garden slugs lettuce plants")
    await publish(world.content, MAYA, *[document(f"Photo number {n} of the sea.") for n in range(20)], CRUST, SLUGS)
    library = world.library(embedder)
    assert await library.embed_missing(MAYA) == 22
    found = await ask(library, "who eats my plants?")
    assert found[0].passage.text == SLUGS.sections[0].text
    assert found[0].similarity is not None
    assert found[0].similarity > 0.5


async def test_without_its_embedder_words_decide(world: World) -> None:
    embedder = FakeEmbedder("bread loaf crust bake", "garden slugs lettuce plants")
    await publish(world.content, MAYA, STARTER, CRUST, SLUGS)
    library = world.library(embedder)
    await library.embed_missing(MAYA)
    embedder.faults = [ModelUnavailable("down")]
    found = await ask(library, "copper tape against slugs")
    assert found[0].passage.text == SLUGS.sections[0].text
    assert found[0].similarity is None


async def test_vectors_made_in_batches_are_told_and_kept_and_not_made_twice(world: World) -> None:
    embedder = FakeEmbedder("bread", "garden")
    await publish(world.content, MAYA, *[document(f"Photo number {number}") for number in range(150)])
    library = world.library(embedder)
    progress: list[int] = []
    assert await library.embed_missing(MAYA, progress.append) == 150
    assert progress[-1] == 150
    assert len(progress) > 1
    assert await library.embed_missing(MAYA) == 0
    assert len(embedder.asked) == 150


async def test_an_embedder_that_fails_midway_keeps_what_was_done(world: World) -> None:
    embedder = FakeEmbedder("bread", "garden")
    await publish(world.content, MAYA, *[document(f"Photo number {number}") for number in range(150)])
    library = world.library(embedder)

    def fail(_done: int) -> None:
        embedder.faults = [ModelUnavailable("down")]

    with pytest.raises(ModelUnavailable):
        await library.embed_missing(MAYA, fail)
    embedder.faults = []
    assert 0 < await library.embed_missing(MAYA) < 150


async def test_passages_in_a_language_that_the_embedder_does_not_know_get_no_vector(world: World) -> None:
    embedder = FakeEmbedder("bread", "garden")
    german = document("Der Teig klebt an den Händen, und das ist in Ordnung.")
    await publish(world.content, MAYA, STARTER, german)
    library = world.library(embedder, languages={"en"})
    assert await library.embed_missing(MAYA) == 2
    assert embedder.asked == [f"Starter\n{STARTER.sections[0].text}"]
    assert await library.embed_missing(MAYA) == 0
    assert (await texts(library, "Klebt der Teig an deinen Händen?"))[0] == german.sections[0].text


async def test_many_may_ask_at_once_while_it_is_built(world: World) -> None:
    await publish(world.content, MAYA, STARTER, CRUST, SLUGS)
    library = world.library()
    answers = await asyncio.gather(*(texts(library, "slugs") for _ in range(20)))
    assert all(answer == [SLUGS.sections[0].text] for answer in answers)


async def test_a_database_that_is_away_is_told_until_there_is_a_shelf_and_not_thereafter() -> None:
    content = FakeContent()
    await publish(content, MAYA, SLUGS)
    world = World(content, FakeVectors(content), [])
    library = world.library()
    for method in ("revision", "scan"):
        content.faults = {method: StorageUnavailable("locked")}
        with pytest.raises(StorageUnavailable):
            await ask(library, "slugs")
    content.faults = {}
    assert await texts(library, "slugs") != []
    content.faults = {"revision": StorageUnavailable("locked")}
    world.now += 5
    assert await texts(library, "slugs") != []


async def test_numpy_is_not_loaded_for_an_avatar_without_content() -> None:
    code = (
        "import asyncio, sys; from adapters.library import Library; from core.content import Question\n"
        "from tests.fakes_content import FakeContent, FakeVectors\n"
        "content = FakeContent()\n"
        "asyncio.run(Library(content, FakeVectors(content)).find('maya', Question('x'), limit=3))\n"
        "sys.exit('numpy' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0
