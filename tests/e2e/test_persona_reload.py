"""A saved change of an avatar's files while it runs: real files, and a clockwork that ticks when the test says so."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.storage import Personas
from bots import avatars, reload
from core.avatar import Avatar
from core.errors import ConfigError, StorageUnavailable
from core.model import AvatarId
from core.persona import Persona
from tests.e2e.test_engine import MAYA, world
from tests.fakes import ACCOUNT, incoming

ONE, TWO, THREE, FOUR = (
    f'name = "Maya {word}"\npersonality = "Warm."\ngreeting = "Hej."\n' for word in ("I", "II", "III", "IV")
)
BROKEN = 'name = "Maya\n'
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clockwork:
    """Lets a watch look once each time it is told to."""

    def __init__(self) -> None:
        self._waiting, self._go = asyncio.Event(), asyncio.Event()

    async def tick(self) -> None:
        self._waiting.set()
        await self._go.wait()
        self._go.clear()

    async def looks(self, times: int = 1) -> None:
        """Let it look this often, and return when it waits again."""
        async with asyncio.timeout(20):
            for _ in range(times):
                await self._waiting.wait()
                self._waiting.clear()
                self._go.set()
            await self._waiting.wait()


@dataclass
class Stagehand:
    """An avatar's file being watched."""

    path: Path
    clockwork: Clockwork = field(default_factory=Clockwork)
    live: list[str] = field(default_factory=list)  # names of the personas that went live, in order
    told: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)  # of the next switches

    async def switch(self, persona: Persona, text: str) -> str:
        assert avatars.checked(text, self.path) == persona
        if self.failures:
            raise self.failures.pop()
        self.live.append(persona.name)
        return f"version {len(self.live)} is live"

    async def saved(self, text: str, looks: int = 2) -> None:
        self.path.write_text(text)
        await self.clockwork.looks(looks)


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Stagehand]:
    path = folder / "maya" / "avatar.toml"
    path.parent.mkdir()
    path.write_text(ONE)
    hand = Stagehand(path)
    watch = reload.Watch(path, reload.look(path), hand.switch, hand.told.append, hand.clockwork.tick)
    task = asyncio.create_task(watch.run())
    try:
        yield hand
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_saved_change_goes_live_at_the_second_look(tmp_path: Path):
    async with watched(tmp_path) as hand:
        await hand.saved(TWO, looks=1)
        assert hand.live == []
        await hand.clockwork.looks()
        assert hand.live == ["Maya II"]
        assert hand.told == ["maya: version 1 is live."]


async def test_a_file_saved_without_a_change_is_left_alone(tmp_path: Path):
    async with watched(tmp_path) as hand:
        await hand.saved(ONE, looks=4)
        assert hand.live == hand.told == []


async def test_a_change_as_long_as_before_with_the_same_times_is_noticed(tmp_path: Path):
    async with watched(tmp_path) as hand:
        times = hand.path.stat()
        hand.path.write_text(ONE.replace("Warm", "Cold"))
        os.utime(hand.path, ns=(times.st_atime_ns, times.st_mtime_ns))
        await hand.clockwork.looks(2)
        assert hand.live == ["Maya I"]


async def test_a_broken_file_is_told_once_and_the_avatar_stays_what_it_was(tmp_path: Path):
    async with watched(tmp_path) as hand:
        await hand.saved(BROKEN, looks=6)
        assert hand.live == []
        [told] = hand.told
        assert f"{hand.path}, line 1: is not valid TOML" in told
        assert told.endswith("maya goes on as it was.")
        await hand.saved(TWO)
        assert hand.live == ["Maya II"]


async def test_another_mistake_is_told_again_and_the_old_text_put_back_is_told_too(tmp_path: Path):
    async with watched(tmp_path) as hand:
        for text in (BROKEN, ONE + "greting = 1\n", ONE):
            await hand.saved(text)
        assert hand.live == []
        assert ["line" in told for told in hand.told] == [True, True, False]
        assert hand.told[-1] == "maya: as it was before."


@pytest.mark.parametrize("raw", [b"name = \xff", TWO.encode("utf-16")])
async def test_a_file_that_is_no_text_is_told(tmp_path: Path, raw: bytes):
    async with watched(tmp_path) as hand:
        hand.path.write_bytes(raw)
        await hand.clockwork.looks(3)
        assert "line 1: is not UTF-8 text" in hand.told[0]


async def test_half_a_file_that_grows_from_look_to_look_is_waited_for(tmp_path: Path):
    async with watched(tmp_path) as hand:
        for end in range(10, len(TWO), 10):
            await hand.saved(TWO[:end], looks=1)
        assert hand.told == []
        await hand.saved(TWO)
        assert hand.live == ["Maya II"]


async def test_a_file_replaced_as_editors_do_is_followed(tmp_path: Path):
    async with watched(tmp_path) as hand:
        beside = hand.path.with_name(".avatar.toml.swp")
        beside.write_text(TWO)
        beside.replace(hand.path)
        await hand.clockwork.looks(2)
        hand.path.unlink()
        await hand.clockwork.looks(1)
        await hand.saved(THREE)
        assert hand.live == ["Maya II", "Maya III"]
        assert all("is live" in told for told in hand.told)


async def test_a_file_that_is_gone_is_told_once_and_followed_when_it_is_back(tmp_path: Path):
    async with watched(tmp_path) as hand:
        hand.path.unlink()
        await hand.clockwork.looks(5)
        assert [told.partition(" is gone")[0] for told in hand.told] == [str(hand.path)]
        await hand.saved(TWO)
        assert hand.live == ["Maya II"]


async def test_a_change_of_the_lorebook_alone_switches_too_and_its_mistakes_are_told(tmp_path: Path):
    async with watched(tmp_path) as hand:
        book = hand.path.with_name("lorebook.toml")
        book.write_text("broken")
        hand.failures.append(ConfigError("lorebook.toml, line 1: no"))
        await hand.clockwork.looks(3)
        assert hand.live == []
        assert hand.told == ["lorebook.toml, line 1: no\nmaya goes on as it was."]
        book.write_text("")
        await hand.clockwork.looks(2)
        assert hand.live == ["Maya I"]


async def test_while_the_database_does_not_answer_the_switch_is_tried_again(tmp_path: Path):
    async with watched(tmp_path) as hand:
        hand.failures += [StorageUnavailable("locked"), StorageUnavailable("locked")]
        await hand.saved(TWO, looks=3)
        assert hand.live == hand.told == []
        await hand.clockwork.looks(1)
        assert hand.live == ["Maya II"]


async def test_a_missing_picture_is_a_mistake_like_any_other(tmp_path: Path):
    async with watched(tmp_path) as hand:
        await hand.saved(TWO + 'picture = "me.png"\n')
        assert "there is no file me.png beside it" in hand.told[0]


async def test_left_to_itself_it_looks_often_enough(tmp_path: Path):
    path = tmp_path / "maya" / "avatar.toml"
    path.parent.mkdir()
    path.write_text(ONE)
    live = asyncio.Event()

    async def switch(persona: Persona, text: str) -> str:
        live.set()
        return "version 1 is live"

    watch = asyncio.create_task(reload.Watch(path, reload.look(path), switch, lambda _: None).run())
    path.write_text(TWO)
    async with asyncio.timeout(20):
        await live.wait()
    watch.cancel()
    assert 2 * reload.TICK <= 1


STEPS = st.lists(
    st.one_of(
        st.sampled_from([ONE, TWO, THREE, BROKEN, "", TWO[:20], "\ufeff" + FOUR.replace("\n", "\r\n")]), st.none()
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(STEPS, st.lists(st.integers(0, 3), min_size=12, max_size=12))
async def test_however_a_file_is_saved_only_sound_texts_go_live_and_the_last_one_does(
    steps: list[str | None], looks: list[int]
):
    with tempfile.TemporaryDirectory() as folder:
        async with watched(Path(folder)) as hand:
            for text, often in zip(steps, looks, strict=False):
                if text is None:
                    hand.path.unlink(missing_ok=True)
                else:
                    hand.path.write_bytes(text.encode())
                await hand.clockwork.looks(often)
            await hand.saved(THREE, looks=3)
            assert hand.live[-1:] == ["Maya III"]
            assert all(earlier != later for earlier, later in zip(hand.live, hand.live[1:], strict=False))


async def test_the_running_avatar_is_switched_between_turns_and_the_version_is_kept(tmp_path: Path):
    """A turn under way ends as it was begun; the next one, in the same conversation, is the new version's."""
    async with world(tmp_path) as w:
        versions = Personas(w.store.database)
        path = tmp_path / "maya" / "avatar.toml"
        path.parent.mkdir()
        path.write_text(ONE)
        clockwork, told = Clockwork(), list[str]()

        async def switch(persona: Persona, text: str) -> str:
            avatar = Avatar.prepare(MAYA, persona, w.model, context=4096, max_tokens=100, temperature=0.7, secrets=())
            w.engine.connect(ACCOUNT, avatar, w.channel)
            number = await versions.record(AvatarId("maya"), text, "saved by hand", now=NOON)
            return f"version {number} is live"

        await switch(avatars.checked(ONE, path), ONE)
        watch = asyncio.create_task(reload.Watch(path, reload.look(path), switch, told.append, clockwork.tick).run())
        w.model.gate.clear()
        first = asyncio.create_task(w.engine.answer(incoming("one", message="m1")))
        await w.model.until_asked(1)
        path.write_text(TWO)
        await clockwork.looks(2)
        assert told == ["maya: version 2 is live."]
        w.model.gate.set()
        await first
        await w.engine.answer(incoming("two", message="m2"))
        watch.cancel()
        begun = [prompt.messages[0].content.split("'s avatar")[0] for prompt in w.model.prompts]
        assert begun == ["You speak as Maya I", "You speak as Maya II"]
        assert [text.splitlines()[-1] for text in w.channel.said()] == ["re: one", "re: two"]
        assert [version.toml for version in await versions.history(AvatarId("maya"))] == [TWO, ONE]
