"""core.ports.Content and core.ports.Vectors over both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.storage import Content, Storage, open_storage
from core import ports
from core.content import Change, Chunk, Crawl, Document, Kind, Passage, PassageId
from core.model import AvatarId
from tests.contract.conftest import NOON, RULES, Talk

MAYA = AvatarId("maya")
START = PassageId(0)
NEW, CHANGED, SAME = Change.NEW, Change.CHANGED, Change.SAME


def article(key: str, *texts: str, title: str = "") -> tuple[Document, list[Chunk]]:
    """A document with a chunk for each text."""
    document = Document(key, Kind.PAGE, title or key.title(), ())
    return document, [Chunk(text, tokens=len(text.split())) for text in texts]


@pytest.fixture
def content(talk: Talk) -> Content:
    return talk.storage.content


async def put(
    content: Content, *batch: tuple[Document, list[Chunk]], source: str = "blog", avatar: AvatarId = MAYA
) -> list[Change]:
    return list(await content.put(avatar, source, batch, now=NOON))


async def kept(content: Content, avatar: AvatarId = MAYA) -> list[Passage]:
    return list(await content.scan(avatar, after=START, limit=1000))


def ids(passages: Iterable[Passage]) -> dict[str, int]:
    return {each.text: each.id for each in passages}


async def test_they_are_content_and_vectors(talk: Talk) -> None:
    content: ports.Content = talk.storage.content
    vectors: ports.Vectors = talk.storage.vectors
    assert await content.revision(MAYA) == 0
    assert await vectors.missing(MAYA, "m", 10) == []


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_put_is_kept_with_all_that_is_known_of_it(content: Content) -> None:
    document = Document(
        "talk", Kind.VIDEO, "A talk", (), "https://example.org/talk", NOON, "de", own_words=True, tier="gold"
    )
    chunks = [Chunk("Hallo.", 2, "Opening", start=1.5), Chunk("Hello.", 3, "Later", 7, language="en")]
    assert await put(content, (document, chunks)) == [NEW]
    first, second = await kept(content)
    assert first == Passage(
        first.id,
        first.document,
        0,
        Kind.VIDEO,
        "A talk",
        "Hallo.",
        2,
        "https://example.org/talk",
        NOON,
        "de",
        "Opening",
        None,
        1.5,
        "gold",
    )
    assert (second.ordinal, second.language, second.page, second.start) == (1, "en", 7, None)
    assert second.document == first.document


async def test_the_same_again_changes_nothing(content: Content) -> None:
    batch = [article("a", "one", "two"), article("b", "three")]
    assert await put(content, *batch) == [NEW, NEW]
    before, revision = await kept(content), await content.revision(MAYA)
    assert await put(content, *batch) == [SAME, SAME]
    assert (await kept(content), await content.revision(MAYA)) == (before, revision)


async def test_a_changed_document_keeps_the_passages_whose_text_is_the_same(content: Content) -> None:
    await put(content, article("a", "one", "two", "three"), article("b", "one"))
    before = ids(await kept(content))
    assert await put(content, article("a", "new", "three", "one"), article("b", "one")) == [CHANGED, SAME]
    passages = [each for each in await kept(content) if each.title == "A"]
    assert sorted((each.ordinal, each.text) for each in passages) == [(0, "new"), (1, "three"), (2, "one")]
    assert ids(passages)["three"] == before["three"]
    assert ids(passages)["new"] > max(before.values())


async def test_every_field_counts_as_a_change_and_is_brought_up_to_date(content: Content) -> None:
    document, (chunk,) = article("a", "one")
    await put(content, (document, [chunk]))
    for changed in (
        replace(document, title="Other"),
        replace(document, kind=Kind.POST),
        replace(document, url="https://example.org"),
        replace(document, published=NOON),
        replace(document, published=NOON + timedelta(seconds=1)),
        replace(document, language="fr"),
        replace(document, tier="gold"),
        replace(document, own_words=False),
    ):
        assert await put(content, (changed, [chunk])) == [CHANGED]
        (passage,) = await kept(content)
        assert passage.title == changed.title
        assert (passage.kind, passage.url, passage.published) == (changed.kind, changed.url, changed.published)
        assert (passage.language, passage.tier) == (changed.language, changed.tier)
        assert len(await content.own_texts(MAYA, after=START, limit=9)) == int(changed.own_words)
    for other in (
        replace(chunk, heading="Up"),
        replace(chunk, page=3),
        replace(chunk, start=0.25),
        replace(chunk, language="tr"),
        replace(chunk, tokens=9),
    ):
        assert await put(content, (document, [other])) == [CHANGED]
        (passage,) = await kept(content)
        assert (passage.heading, passage.page, passage.start) == (other.heading, other.page, other.start)
        assert (passage.language, passage.tokens) == (other.language, other.tokens)


async def test_what_sections_a_document_was_cut_from_is_no_matter(content: Content) -> None:
    await put(content, article("a", "one"))
    document, chunks = article("a", "one")
    assert await put(content, (replace(document, own_words=True), chunks)) == [SAME]


async def test_two_sources_may_use_the_same_key(content: Content) -> None:
    assert await put(content, article("a", "one"), source="blog") == [NEW]
    assert await put(content, article("a", "two"), source="feed") == [NEW]
    assert [(each.source, each.documents, each.passages) for each in await content.sources(MAYA)] == [
        ("blog", 1, 1),
        ("feed", 1, 1),
    ]


async def test_of_a_key_that_comes_twice_the_later_document_is_kept(content: Content) -> None:
    assert await put(content, article("a", "one"), article("b", "x"), article("a", "two")) == [NEW, NEW, NEW]
    assert sorted(each.text for each in await kept(content)) == ["two", "x"]


async def test_a_document_without_passages_is_kept_and_may_get_some(content: Content) -> None:
    assert await put(content, article("a")) == [NEW]
    assert await put(content, article("a", "one")) == [CHANGED]
    assert await put(content, article("a")) == [CHANGED]
    assert await kept(content) == []
    assert [each.title for each in await content.newest(MAYA, 9)] == ["A"]


async def test_nothing_put_is_no_change(content: Content) -> None:
    assert await put(content) == []
    assert await content.revision(MAYA) == 0


async def test_the_revision_rises_with_every_change_and_only_then(content: Content) -> None:
    seen = [await content.revision(MAYA)]
    for batch in ([article("a", "one")], [article("a", "one")], [article("a", "two"), article("b", "x")]):
        await put(content, *batch)
        seen.append(await content.revision(MAYA))
    assert await content.keep_only(MAYA, "blog", ["a", "b"]) == 0
    seen.append(await content.revision(MAYA))
    assert await content.keep_only(MAYA, "blog", ["a"]) == 1
    seen.append(await content.revision(MAYA))
    assert await content.forget(MAYA, "blog") == 1
    seen.append(await content.revision(MAYA))
    assert await content.forget(MAYA, "blog") == 0
    assert seen == [0, 1, 1, 2, 2, 3, 4]
    assert await content.revision(AvatarId("zoe")) == 0


async def test_what_a_source_no_longer_holds_is_dropped_from_that_source_only(content: Content) -> None:
    await put(content, article("a", "one"), article("b", "two"))
    await put(content, article("a", "three"), source="feed")
    assert await content.keep_only(MAYA, "blog", ["b", "never-seen"]) == 1
    assert sorted(each.text for each in await kept(content)) == ["three", "two"]


async def test_those_who_put_the_same_at_once_agree(talk: Talk, content: Content) -> None:
    batch = [article(str(number), f"text {number}", "more") for number in range(20)]
    changes = await asyncio.gather(*(put(content, *batch) for _ in range(4)))
    assert sorted(changes) == [[NEW] * 20, [SAME] * 20, [SAME] * 20, [SAME] * 20]
    assert len(await kept(content)) == 40


async def test_more_documents_than_fit_into_one_statement_are_put_at_once(content: Content) -> None:
    batch = [article(str(number), f"text {number}") for number in range(1201)]
    assert set(await put(content, *batch)) == {NEW}
    assert set(await put(content, *batch)) == {SAME}
    changed = [article(str(number), f"text {number}", "and more") for number in range(1201)]
    assert set(await put(content, *changed)) == {CHANGED}
    everything = await content.scan(MAYA, after=START, limit=5000)
    assert len(everything) == 2402
    assert len(await content.fetch(MAYA, [each.id for each in everything])) == 2402


TEXTS = st.lists(st.sampled_from(["one", "two", "three", "four"]), max_size=5)


def test_whatever_a_document_becomes_its_passages_are_those_last_put_with_as_many_ids_kept_as_can_be(
    url: str,
) -> None:
    async def edit(storage: Storage, versions: list[list[str]]) -> None:
        await storage.content.forget(MAYA, "blog")
        before: list[Passage] = []
        for texts in versions:
            await put(storage.content, article("a", *texts))
            after = sorted(await kept(storage.content), key=lambda each: each.ordinal)
            assert [each.text for each in after] == texts
            assert [each.ordinal for each in after] == list(range(len(texts)))
            same = {each.id for each in before} & {each.id for each in after}
            was = [each.text for each in before]
            assert len(same) == sum(min(was.count(text), texts.count(text)) for text in set(texts))
            before = after

    with asyncio.Runner() as runner:
        opening = open_storage(url, RULES)
        storage = runner.run(opening.__aenter__())
        try:

            @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            @given(st.lists(TEXTS, max_size=4))
            def whatever(versions: list[list[str]]) -> None:
                runner.run(edit(storage, versions))

            whatever()
        finally:
            runner.run(opening.__aexit__(None, None, None))


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


async def test_all_passages_come_page_by_page_in_the_order_of_their_ids(content: Content) -> None:
    await put(content, article("a", "1", "2", "3"), article("b", "4", "5"))
    seen: list[Passage] = []
    while page := await content.scan(MAYA, after=seen[-1].id if seen else START, limit=2):
        assert len(page) <= 2
        seen += page
    assert [each.text for each in seen] == ["1", "2", "3", "4", "5"]
    assert [each.id for each in seen] == sorted(each.id for each in seen)


async def test_passages_are_fetched_by_id_and_those_that_are_gone_are_left_out(content: Content) -> None:
    await put(content, article("a", "1", "2", "3"))
    first, _, third = await kept(content)
    fetched = await content.fetch(MAYA, [third.id, PassageId(999_999), first.id])
    assert sorted(each.text for each in fetched) == ["1", "3"]
    assert await content.fetch(MAYA, []) == []


async def test_neighbours_stand_around_a_passage_in_their_order(content: Content) -> None:
    await put(content, article("a", *"abcde"), article("b", *"xyz"))
    middle = next(each for each in await kept(content) if each.text == "c")
    for spread, expected in ((0, "c"), (1, "bcd"), (9, "abcde")):
        around = await content.neighbours(MAYA, middle.document, middle.ordinal, spread)
        assert "".join(each.text for each in around) == expected


async def test_the_newest_documents_come_first_and_those_without_a_date_last(content: Content) -> None:
    batch = []
    for key, days in (("old", 30), ("undated", None), ("new", 1), ("also undated", None)):
        document, chunks = article(key, "text")
        published = None if days is None else NOON - timedelta(days=days)
        batch.append((replace(document, published=published), chunks))
    await put(content, *batch)
    assert [each.title for each in await content.newest(MAYA, 3)] == ["New", "Old", "Also Undated"]


async def test_only_the_creators_own_words_show_their_voice(content: Content) -> None:
    theirs, quoted = article("a", "mine", "mine too"), article("b", "a guest's")
    await put(content, theirs, (replace(quoted[0], own_words=False), quoted[1]))
    page = await content.own_texts(MAYA, after=START, limit=1)
    assert [(each.text, each.kind) for each in page] == [("mine", Kind.PAGE)]
    assert [each.text for each in await content.own_texts(MAYA, after=page[-1].id, limit=9)] == ["mine too"]


async def test_each_source_says_how_much_it_holds_and_when_it_changed(content: Content) -> None:
    await content.put(MAYA, "blog", [article("a", "1", "2"), article("b", "3")], now=NOON)
    await content.put(MAYA, "blog", [article("b", "4")], now=NOON + timedelta(days=1))
    await content.put(MAYA, "feed", [article("c")], now=NOON)
    assert [(each.source, each.documents, each.passages, each.changed_at) for each in await content.sources(MAYA)] == [
        ("blog", 2, 3, NOON + timedelta(days=1)),
        ("feed", 1, 0, NOON),
    ]


async def test_what_servers_said_is_remembered_until_the_source_is_forgotten(content: Content) -> None:
    first, second = Crawl('"v1"', "", NOON), Crawl("", "Sun, 01 Nov 2026 12:00:00 GMT", NOON)
    await content.crawled(MAYA, "site", {"https://a": first, "https://b": second})
    await content.crawled(MAYA, "other", {"https://a": second})
    later = Crawl('"v2"', "", NOON + timedelta(hours=1))
    await content.crawled(MAYA, "site", {"https://a": later})
    await content.crawled(MAYA, "site", {})
    assert await content.crawls(MAYA, "site") == {"https://a": later, "https://b": second}
    await content.forget(MAYA, "site")
    assert await content.crawls(MAYA, "site") == {}
    assert await content.crawls(MAYA, "other") == {"https://a": second}


# ── vectors ──────────────────────────────────────────────────────────────────────────────────────


async def embed(talk: Talk, model: str = "m") -> dict[str, bytes]:
    """A vector for every passage that has none."""
    missing = await talk.storage.vectors.missing(MAYA, model, 1000)
    await talk.storage.vectors.add(MAYA, model, {each.id: each.text.encode() for each in missing})
    return {each.text: each.text.encode() for each in missing}


async def vectors(talk: Talk, model: str = "m") -> list[bytes]:
    return list((await talk.storage.vectors.all(MAYA, model, after=START, limit=1000)).values())


async def test_every_passage_misses_a_vector_of_each_model_until_it_has_one(talk: Talk, content: Content) -> None:
    await put(content, article("a", "one", "two"))
    assert await embed(talk) == {"one": b"one", "two": b"two"}
    assert await talk.storage.vectors.missing(MAYA, "m", 9) == []
    assert len(await talk.storage.vectors.missing(MAYA, "other", 9)) == 2
    assert len(await talk.storage.vectors.missing(MAYA, "other", 1)) == 1
    assert await vectors(talk) == [b"one", b"two"]
    assert await vectors(talk, "other") == []


async def test_vectors_come_page_by_page_in_the_order_of_their_passages(talk: Talk, content: Content) -> None:
    await put(content, article("a", *"54321"))
    await embed(talk)
    seen: dict[PassageId, bytes] = {}
    while page := await talk.storage.vectors.all(MAYA, "m", after=max(seen, default=START), limit=2):
        seen |= page
    assert list(seen.values()) == [b"5", b"4", b"3", b"2", b"1"]
    assert list(seen) == sorted(seen)


async def test_a_vector_survives_an_edit_elsewhere_in_its_document(talk: Talk, content: Content) -> None:
    await put(content, article("a", "one", "two", "three"))
    await embed(talk)
    await put(content, article("a", "zero", "one", "three"))
    assert await embed(talk) == {"zero": b"zero"}
    assert sorted(await vectors(talk)) == [b"one", b"three", b"zero"]


async def test_a_vector_is_made_anew_where_heading_or_title_have_changed(talk: Talk, content: Content) -> None:
    document, chunks = article("a", "one", "two")
    await put(content, (document, chunks))
    await embed(talk)
    await put(content, (document, [replace(chunks[0], heading="New"), chunks[1]]))
    assert set(await embed(talk)) == {"one"}
    await put(content, (replace(document, title="New"), [replace(chunks[0], heading="New"), chunks[1]]))
    assert set(await embed(talk)) == {"one", "two"}


async def test_vectors_go_with_their_passages_and_one_that_comes_too_late_is_dropped(
    talk: Talk, content: Content
) -> None:
    await put(content, article("a", "one"), article("b", "two"))
    await embed(talk)
    (gone,) = [each for each in await kept(content) if each.text == "one"]
    await content.keep_only(MAYA, "blog", ["b"])
    assert await vectors(talk) == [b"two"]
    await talk.storage.vectors.add(MAYA, "m", {gone.id: b"late"})
    assert await vectors(talk) == [b"two"]


async def test_a_vector_given_again_is_replaced(talk: Talk, content: Content) -> None:
    await put(content, article("a", "one"))
    (passage,) = await kept(content)
    for vector in (b"first", b"second"):
        await talk.storage.vectors.add(MAYA, "m", {passage.id: vector})
    assert await vectors(talk) == [b"second"]


async def test_what_was_not_read_again_keeps_its_parts(content: Content) -> None:
    long = "https://a.example/long"
    await put(content, *(article(key, key) for key in (long, f"{long}#2", f"{long}#top", "https://a.example/b")))
    assert await content.keep_only(MAYA, "blog", [], whole=[long]) == 2
    assert [one.text for one in await kept(content)] == [long, f"{long}#2"]
