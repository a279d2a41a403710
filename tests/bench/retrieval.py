"""``make bench-retrieval``: what is found, by the product's own path, beside plain full-text search.

Documents are chunked, kept in a real database and searched by ``adapters.library``; of a document's passages the best
one counts. Without folders, the project's own small sets are measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from adapters.library import Library
from adapters.library.ranking import Mix
from adapters.storage import Rules, Storage, open_storage
from bots import models
from bots.settings import load
from core.chunk import chunk
from core.content import Chunk, Document, Question
from core.limits import Limits, Rate
from core.model import AvatarId
from core.ports import Embedder
from core.text import estimate_tokens
from tests.bench import report
from tests.bench.retrieval_sets import LANGUAGES, Questions, Scores, beir, maya, own, plain_fts5, scores

AVATAR = AvatarId("bench")
DEPTH = 50  # passages asked for, so that ten documents come together
BATCH = 200  # documents put at once
UNLIMITED = Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
RULES = Rules(avatar=lambda _account: AVATAR, limits=UNLIMITED, window=1000, estimate=len)


@dataclass(frozen=True, slots=True)
class Measured:
    """One set, all ways of searching it."""

    name: str
    questions: int
    documents: int
    passages: int
    floor: Scores
    words: Scores
    meaning: Scores | None  # None: there is no embedder, or none for this language
    fused: Scores
    p50: float  # milliseconds a question, as the product asks
    p95: float
    ingest: float  # passages a second, without embeddings
    built: float  # seconds until the first answer
    embedding: float | None  # passages a second


async def measure(questions: Questions, embedder: Embedder | None, languages: Collection[str]) -> Measured:
    """Take a set in and search it."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_storage(f"sqlite:///{folder}/bench.db", RULES) as storage:
            passages, ingest = await _ingest(storage, questions.documents)
            plain = Library(storage.content, storage.vectors)
            began = time.perf_counter()
            await plain.find(AVATAR, Question("?"), limit=1)
            built = time.perf_counter() - began
            words, times = await _ask(plain, questions)
            meaning, fused, embedding = None, words, None
            if embedder is not None:
                meaning, fused, times, embedding = await _embedded(storage, questions, embedder, languages)
            return Measured(
                questions.name,
                len(questions.relevant),
                len(questions.documents),
                sum(len(chunks) for _, chunks in passages),
                plain_fts5(questions, passages),
                words,
                meaning,
                fused,
                _percentile(times, 0.5),
                _percentile(times, 0.95),
                ingest,
                built,
                embedding,
            )


async def _ingest(storage: Storage, documents: Sequence[Document]) -> tuple[list[tuple[Document, list[Chunk]]], float]:
    """The documents with their passages, and how many passages are cut and kept in a second."""
    taken: list[tuple[Document, list[Chunk]]] = []
    began = time.perf_counter()
    for start in range(0, len(documents), BATCH):
        batch = [(document, chunk(document, estimate_tokens)) for document in documents[start : start + BATCH]]
        await storage.content.put(AVATAR, "bench", batch, now=datetime.now(UTC))
        taken += batch
    spent = time.perf_counter() - began
    return taken, sum(len(chunks) for _, chunks in taken) / max(spent, 1e-9)


async def _embedded(
    storage: Storage, questions: Questions, embedder: Embedder, languages: Collection[str]
) -> tuple[Scores | None, Scores, list[float], float]:
    """Meaning alone, meaning and words, the milliseconds of the latter, and how many passages are embedded a second."""
    library = Library(storage.content, storage.vectors, embedder, languages=languages)
    began = time.perf_counter()
    done = await library.embed_missing(AVATAR, _progress)
    rate = done / (time.perf_counter() - began)
    alone = Library(storage.content, storage.vectors, embedder, languages=languages, mix=Mix(words=0))
    meaning, _ = await _ask(alone, questions)
    fused, times = await _ask(library, questions)
    return meaning if meaning.ndcg else None, fused, times, rate


async def _ask(library: Library, questions: Questions) -> tuple[Scores, list[float]]:
    """How good the answers are, and how many milliseconds each took."""
    await library.find(AVATAR, Question("?"), limit=1)
    found: dict[str, list[str]] = {}
    times: list[float] = []
    for query, text in questions.queries.items():
        began = time.perf_counter()
        passages = await library.find(AVATAR, Question(text), limit=DEPTH)
        times.append(1000 * (time.perf_counter() - began))
        found[query] = questions.answers(query, ((one.passage.url, one.passage.text) for one in passages))
    return scores(found, questions.relevant), times


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0


def _progress(done: int) -> None:
    if done % 6400 == 0:
        print(f"embedded {done} passages", file=sys.stderr, flush=True)


# ── the report ───────────────────────────────────────────────────────────────────────────────────


def show(measured: Sequence[Measured]) -> None:
    """Print what was measured."""
    out = report.console()
    columns = ("set", "questions", "passages", "plain FTS5", "full text", "embeddings", "fused")
    for title, of in (("nDCG@10", _ndcg), ("recall@5", _recall)):
        rows = [
            (
                one.name,
                str(one.questions),
                str(one.passages),
                of(one.floor),
                of(one.words),
                of(one.meaning),
                of(one.fused),
            )
            for one in measured
        ]
        report.table(out, title, columns, rows)
    speeds = [
        (
            one.name,
            *(f"{value:.1f}" for value in (one.p50, one.p95)),
            f"{one.ingest:.0f}",
            f"{one.built:.2f}",
            _rate(one),
        )
        for one in measured
    ]
    speed = ("set", "question ms p50", "p95", "taken in, passages/s", "index built s", "embedded, passages/s")
    report.table(out, "Speed", speed, speeds)


def _ndcg(one: Scores | None) -> str:
    return f"{one.ndcg:.1f}" if one else "-"


def _recall(one: Scores | None) -> str:
    return f"{one.recall:.1f}" if one else "-"


def _rate(one: Measured) -> str:
    return f"{one.embedding:.0f}" if one.embedding else "-"


def _sets(folders: Sequence[Path]) -> Iterator[Questions]:
    """What to measure, read one after the other."""
    yield from map(beir, folders)
    if not folders:
        yield maya()
        yield from (own(language) for language in LANGUAGES)
        yield from (own(language, reworded=True) for language in LANGUAGES)


async def main(asked: argparse.Namespace) -> int:
    """Measure what was asked for; the exit code."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with models.meaning(load().embeddings) as (found, languages):
        embedder = None if asked.words else found
        if embedder is None:
            print("No embedder is used: full text alone is measured.", file=sys.stderr)
        measured = [await measure(questions, embedder, languages) for questions in _sets(asked.beir)]
    show(measured)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in measured], indent=2))
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.retrieval", description="Measure what is found.")
    parser.add_argument(
        "--beir",
        action="append",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="measure a BEIR folder (corpus.jsonl, queries.jsonl, qrels/test.tsv); may be given again",
    )
    parser.add_argument("--words", action="store_true", help="without embeddings")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file")
    sys.exit(asyncio.run(main(parser.parse_args())))
