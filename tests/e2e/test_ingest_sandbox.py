"""The sandbox with real worker processes: hostile files cost themselves, never the others (B20)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.ingest.reading import Item, Wishes
from adapters.ingest.sandbox import Sandbox
from core.content import Document, Skipped
from tests.worlds.papers import docx, epub, paragraph, pdf
from tests.worlds.web import FakeWeb

pytestmark = pytest.mark.timeout(300)
FEED = "<rss><channel><item><title>t</title><description>Rice.</description></item></channel></rss>"
VILLAIN = "tests.worlds.villain"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 20}">' for n in range(1, 20))
ARTICLE = "<html><body><article><h1>Rye</h1><p>{}</p></article></body></html>".format("Rye is dark and good. " * 20)


@pytest.fixture
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox(deadline=60) as sandbox:
        yield sandbox


@pytest.fixture
async def villains() -> AsyncGenerator[Sandbox]:
    async with Sandbox(deadline=6, memory=400 * 2**20, module=VILLAIN) as sandbox:
        yield sandbox


def item(folder: Path, name: str, content: str | bytes) -> Item:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Item(path, name)


async def read(sandbox: Sandbox, one: Item) -> list[Document | Skipped]:
    return [found async for found in sandbox.read(one, Wishes())]


def children() -> list[str]:
    """The processes that this one has started and not seen end."""
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


async def outcome(sandbox: Sandbox, folder: Path, crime: str) -> str:
    """What the villain's last document says, or why it has none."""
    last = (await read(sandbox, item(folder, "crime", crime)))[-1]
    return last.why if isinstance(last, Skipped) else last.sections[0].text


async def test_files_of_many_kinds_are_read_by_one_worker(sandbox: Sandbox, tmp_path: Path):
    items = [
        item(tmp_path, "a.md", "# Rye\n\nDark."),
        item(tmp_path, "b.html", ARTICLE),
        item(tmp_path, "c.pdf", pdf([["Wheat is light."]])),
        item(tmp_path, "d.srt", "1\n00:00:01,000 --> 00:00:02,000\nSpelt is old.\n"),
        item(tmp_path, "e.docx", docx(paragraph("Barley feeds."))),
        item(tmp_path, "f.epub", epub({"a.xhtml": "<p>Oats soothe.</p>"})),
        item(tmp_path, "g.csv", "question,answer\nWhich?,Millet.\n"),
        item(tmp_path, "h.xml", FEED),
    ]
    texts = [one.sections[0].text for each in items for one in await read(sandbox, each) if isinstance(one, Document)]
    assert [text.split()[0] for text in texts] == [
        "Dark.", "Rye", "Wheat", "Spelt", "Barley", "Oats", "Millet.", "Rice.",
    ]  # fmt: skip


async def test_what_no_reader_knows_is_skipped_on_purpose(sandbox: Sandbox, tmp_path: Path):
    (picture,) = await read(sandbox, item(tmp_path, "x.jpg", b"\xff\xd8\xff"))
    assert picture == Skipped("x.jpg", "a kind of file that is not read (.jpg)")


async def test_a_file_of_no_use_fails_with_what_to_do(sandbox: Sandbox, tmp_path: Path):
    (broken,) = await read(sandbox, item(tmp_path, "x.pdf", b"%PDF-1.4"))
    assert isinstance(broken, Skipped)
    assert broken.failed
    assert "save it anew" in broken.why


@pytest.mark.parametrize(
    ("crime", "why"),
    [
        ("spins", "takes too long"),
        ("sleeps", "takes too long"),
        ("hogs", "too much memory"),
        ("dies", "crashed"),
        ("floods", "crashed"),
        ("babbles", "crashed"),
        ("stumbles", "stumbled"),
    ],
)
async def test_a_crime_costs_its_item_and_no_other(villains: Sandbox, tmp_path: Path, crime: str, why: str):
    begun, failed = await read(villains, item(tmp_path, "bad", crime))
    assert isinstance(begun, Document)
    assert isinstance(failed, Skipped)
    assert (failed.key, failed.failed) == ("bad", True)
    assert why in failed.why
    assert "HOME" not in await outcome(villains, tmp_path, "boasts"), "the next item is read by a fresh worker"


async def test_what_a_library_prints_does_not_pass_for_an_answer(villains: Sandbox, tmp_path: Path):
    assert await outcome(villains, tmp_path, "prints") == "printed"


async def test_nothing_of_our_environment_reaches_a_worker(villains: Sandbox, tmp_path: Path):
    assert set((await outcome(villains, tmp_path, "boasts")).split(", ")) <= {"LC_ALL", "LC_CTYPE"}
    assert len(os.environ) > 2


async def test_a_worker_has_no_network(villains: Sandbox, tmp_path: Path):
    async with FakeWeb() as web:
        assert await outcome(villains, tmp_path, f"connects 127.0.0.1:{web.port}") in {"PermissionError", "OSError"}
        assert web.asked == []


async def test_a_worker_writes_nothing_and_starts_nothing(villains: Sandbox, tmp_path: Path):
    assert "written" not in await outcome(villains, tmp_path, f"writes {tmp_path}/loot")
    assert not (tmp_path / "loot").exists() or (tmp_path / "loot").stat().st_size == 0
    assert await outcome(villains, tmp_path, "spawns") == "PermissionError"


async def test_a_reading_that_is_given_up_leaves_no_process(villains: Sandbox, tmp_path: Path):
    async with aclosing(villains.read(item(tmp_path, "bad", "sleeps"), Wishes())) as found:
        assert isinstance(await anext(found), Document)
        assert len(children()) == 1
    assert children() == []


async def test_several_items_are_read_at_the_same_time(sandbox: Sandbox, tmp_path: Path):
    items = [item(tmp_path, f"{number}.md", f"Note {number}.") for number in range(3)]
    found = await asyncio.gather(*(read(sandbox, one) for one in items))
    assert [one[0].key for one in found] == ["0.md", "1.md", "2.md"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("attributes.html", "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">Rye.</p>"),
        ("deep.html", "<div>" * 100_000 + "Rye."),
        ("open.html", "<a" * 200_000 + "Rye."),
        ("deep.md", ">" * 50_000 + " Rye."),
        ("brackets.md", "[" * 100_000 + "Rye." + "](" * 50_000),
        ("deep.json.txt", "[" * 200_000 + "Rye."),
        ("laughs.xml", f'<!DOCTYPE r [<!ENTITY a0 "ha">{LAUGHS}]><rss><channel><item>&a19;</item></channel></rss>'),
    ],
)
async def test_bombs_end_within_their_limits(tmp_path: Path, name: str, content: str):
    async with Sandbox(deadline=8, memory=600 * 2**20) as sandbox:
        found = await read(sandbox, item(tmp_path, name, content))
        after = await read(sandbox, item(tmp_path, "good.md", "Good."))
    assert found
    assert sum(len(part.text) for one in found if isinstance(one, Document) for part in one.sections) < 2_000_000
    assert isinstance(after[0], Document)


async def test_memory_stays_bounded_with_a_large_file(tmp_path: Path):
    path = tmp_path / "large.txt"
    with path.open("w") as target:
        for number in range(40):
            target.write(f"Paragraph {number} of a long text about bread.\n\n" * 20_000)
    async with Sandbox(deadline=120, memory=300 * 2**20) as sandbox:
        size = 0
        async for one in sandbox.read(Item(path, "large.txt"), Wishes()):
            assert isinstance(one, Document), one
            size += sum(len(part.text) for part in one.sections)
    assert size > 0.9 * path.stat().st_size
