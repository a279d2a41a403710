"""Putting on the shelf what readers found: in batches, only what has changed, and never less than was read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.content import Change, Document, Section, Skipped
from core.errors import StorageUnavailable
from core.model import AvatarId
from core.shelving import BATCH, Shelved, shelve
from tests.fakes import NOON
from tests.fakes_content import FakeContent, document

MAYA = AvatarId("maya")


async def found(*outcomes: Document | Skipped) -> AsyncIterator[Document | Skipped]:
    for one in outcomes:
        yield one


def posts(count: int, text: str = "I bake number {}.") -> list[Document]:
    return [document(text.format(number), key=f"post {number}", title="A post") for number in range(count)]


async def put(content: FakeContent, *outcomes: Document | Skipped) -> Shelved:
    return await shelve(content, MAYA, "blog", found(*outcomes), now=NOON)


def kept(content: FakeContent) -> Sequence[str]:
    return [passage.text for passage in content.passages(MAYA)]


async def test_what_is_new_changed_and_as_before_is_counted_apart():
    content = FakeContent()
    await put(content, *posts(3))
    changed = document("I bake number 1, better.", key="post 1", title="A post")
    first, _, third = posts(3)
    shelved = await put(content, first, changed, third)
    assert dict(shelved.documents) == {Change.SAME: 2, Change.CHANGED: 1}
    assert shelved.keys == {"post 0", "post 1", "post 2"}
    assert "I bake number 1, better." in kept(content)
    assert "I bake number 1." not in kept(content)


async def test_what_readers_left_out_is_reported_and_not_kept():
    content, why = FakeContent(), Skipped("broken.pdf", "is damaged", failed=True)
    shelved = await put(content, *posts(1), why)
    assert shelved.skipped == [why]
    assert shelved.failed
    assert shelved.keys == {"post 0"}


async def test_a_document_without_text_is_left_out_and_said_so():
    shelved = await put(FakeContent(), document("", key="empty", title="Nothing"))
    assert [(one.key, one.failed) for one in shelved.skipped] == [("empty", False)]
    assert shelved.keys == set()


async def test_much_goes_in_batches_and_each_is_told():
    content = FakeContent()
    told: list[int] = []
    many = posts(2 * BATCH + 1)
    await shelve(content, MAYA, "blog", found(*many), now=NOON, progress=lambda one: told.append(one.passages))
    assert content.calls == ["put", "put", "put"]
    assert told == [BATCH, 2 * BATCH, 2 * BATCH + 1]


async def test_who_loses_patience_keeps_what_was_read_until_then():
    content = FakeContent()
    reached = asyncio.Event()

    async def endless() -> AsyncIterator[Document | Skipped]:
        for one in posts(3):
            yield one
        reached.set()
        await asyncio.Event().wait()

    work = asyncio.create_task(shelve(content, MAYA, "blog", endless(), now=NOON))
    async with asyncio.timeout(20):
        await reached.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert len(kept(content)) == 3


async def test_a_database_that_fails_midway_costs_no_batch_before():
    content = FakeContent()

    async def failing() -> AsyncIterator[Document | Skipped]:
        for one in posts(BATCH):
            yield one
        content.faults["put"] = StorageUnavailable("full")
        yield document("one more", key="more")

    with pytest.raises(StorageUnavailable):
        await shelve(content, MAYA, "blog", failing(), now=NOON)
    assert len(kept(content)) == BATCH


async def test_another_avatars_shelf_stays_empty():
    content = FakeContent()
    await put(content, *posts(2))
    assert content.passages(AvatarId("ann")) == []


outcomes = st.lists(
    st.one_of(
        st.builds(
            lambda key, texts: Document(key, document("x").kind, "A title", tuple(Section(text) for text in texts)),
            st.sampled_from("abcdef"),
            st.lists(st.text(max_size=80), max_size=3),
        ),
        st.builds(Skipped, st.sampled_from("uvw"), st.just("why"), st.booleans()),
    ),
    max_size=12,
)


@given(outcomes)
async def test_every_outcome_is_accounted_for_and_a_second_time_changes_nothing(found_: list[Document | Skipped]):
    content = FakeContent()
    shelved = await put(content, *found_)
    assert sum(shelved.documents.values()) + len(shelved.skipped) == len(found_)
    newest = {one.key: one for one in found_ if isinstance(one, Document)}.values()
    await put(content, *newest)
    revision = await content.revision(MAYA)
    again = await put(content, *newest)
    assert set(again.documents) <= {Change.SAME}
    assert await content.revision(MAYA) == revision
