"""Versions of a persona over both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.storage import Version
from core.errors import NotFound
from core.model import AvatarId
from tests.contract.conftest import NOON, Talk

MAYA = AvatarId("maya")


async def test_each_change_is_a_version_and_the_same_text_again_is_none(talk: Talk) -> None:
    personas = talk.storage.personas
    numbers = [
        await personas.record(MAYA, text, f"as {text}", now=NOON + timedelta(days=day))
        for day, text in enumerate(["a", "a", "b", "a", "a"])
    ]
    assert numbers == [1, 1, 2, 3, 3]
    first = Version(1, "a", "as a", NOON)
    assert await personas.get(MAYA, 1) == first
    assert await personas.history(MAYA) == [
        Version(3, "a", "as a", NOON + timedelta(days=3)),
        Version(2, "b", "as b", NOON + timedelta(days=2)),
        first,
    ]


async def test_a_version_that_never_was_is_said_to_be_none(talk: Talk) -> None:
    with pytest.raises(NotFound, match="no version 7 of maya"):
        await talk.storage.personas.get(MAYA, 7)
    assert await talk.storage.personas.history(MAYA) == []


async def test_those_who_record_the_same_at_once_make_one_version(talk: Talk) -> None:
    same = (talk.storage.personas.record(MAYA, "a", "", now=NOON) for _ in range(8))
    assert set(await asyncio.gather(*same)) == {1}
    others = (talk.storage.personas.record(MAYA, str(number), "", now=NOON) for number in range(8))
    assert sorted(await asyncio.gather(*others)) == list(range(2, 10))
