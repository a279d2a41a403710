"""``make bench-memory``: what evidence is recalled, by the product's own path, in long conversations.

Each conversation is talked through on a real database; then every question is asked at its end. Without a file, made-up
conversations in six languages are measured: ``CONVERSATIONS=file.json`` names one in LoCoMo's published form.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np

from adapters.library.recall import Recall
from adapters.llm import minilm
from adapters.llm.embeddings import OpenAIEmbedder
from adapters.llm.endpoint import Endpoint, client
from adapters.storage import Rules, Storage, open_storage
from core import recalling
from core.limits import Limits, Rate
from core.model import AccountId, AvatarId, Claim, Incoming, MessageId, Outcome, Place, Reply, Sender
from core.ports import Embedder
from core.text import estimate_tokens
from tests.bench import report
from tests.bench.memory_sets import Talk, locomo
from tests.bench.memory_talks import LANGUAGES, made

AVATAR = AvatarId("bench")
PLACE = Place(AccountId("bench:1"), "talk", shared=True)  # both speakers are people: each message stays one of its own
DEPTHS = (5, 10, 20)
ROOM = 1000  # tokens
DRAWS = 1000  # of the bootstrap
RULES = Rules(
    avatar=lambda _account: AVATAR,
    limits=Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1))),
    window=0,
    estimate=estimate_tokens,
)


@dataclass(slots=True)
class Found:
    """What came of one question."""

    kind: str
    recalls: Mapping[int, float]  # of the evidence, at each depth
    within: float  # of the evidence, in the recollection that fits the room
    tokens: int  # of its notes, as estimated
    milliseconds: float
    processor: float  # milliseconds of it that this process was at work, in all its threads


@dataclass(slots=True)
class Row:
    """One kind of question."""

    kind: str
    questions: int
    recalls: Mapping[int, tuple[float, float, float]]  # percent, with the ends of its 95% interval
    within: float
    tokens: float


@dataclass(slots=True)
class Measured:
    """One way of recalling over one set."""

    way: str
    rows: list[Row] = field(default_factory=list)
    p50: float = 0.0
    p95: float = 0.0
    processor_p50: float = 0.0
    processor_p95: float = 0.0


async def ask(talks: Iterable[Talk], embedder: Embedder | None, languages: frozenset[str]) -> list[Found]:
    """Talk every conversation through, then ask all its questions."""
    found: list[Found] = []
    for talk in talks:
        with tempfile.TemporaryDirectory() as folder:
            async with open_storage(f"sqlite:///{folder}/bench.db", RULES) as storage:
                claim, keys = await play(storage, talk)
                recall = Recall(storage.memory, storage.message_vectors, embedder, languages=languages)
                await recall.ranked(claim, "?", limit=1, now=talk.now)
                await recall.settled()
                found += [one async for one in _answers(recall, claim, keys, talk)]
                await recall.close()
        print(f"{talk.name}: {len(talk.turns)} turns, {len(talk.questions)} questions", file=sys.stderr, flush=True)
    return found


async def play(storage: Storage, talk: Talk) -> tuple[Claim, Mapping[MessageId, str]]:
    """Say everything, and begin the turn in which it is asked; what each message is called in the set."""
    keys: dict[MessageId, str] = {}
    for turn in talk.turns:
        incoming = Incoming(PLACE, turn.key, Sender(turn.speaker, turn.speaker), turn.text, turn.sent_at)
        news = await storage.inbox.accept(incoming, now=turn.sent_at)
        if news is None or news.message is None:
            continue
        keys[news.message] = turn.key
        if (claim := await storage.turns.claim(news.conversation, "bench", now=turn.sent_at)) is not None:
            await storage.turns.store(claim, Reply("", Outcome.IGNORED), ())
            await storage.turns.finish(claim, now=turn.sent_at)
    question = Incoming(PLACE, "question", Sender(talk.fan, talk.fan), "?", talk.now)
    news = await storage.inbox.accept(question, now=talk.now)
    claim = await storage.turns.claim(news.conversation, "bench", now=talk.now) if news else None
    if claim is None:
        raise RuntimeError("the conversation cannot be claimed")
    return claim, keys


async def _answers(recall: Recall, claim: Claim, keys: Mapping[MessageId, str], talk: Talk) -> AsyncIterator[Found]:
    for asked in talk.questions:
        began, worked = time.perf_counter(), time.process_time()
        recollection = await recall.recall(claim, asked.text, room=ROOM, now=talk.now)
        took, worked = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)
        best = [keys[one.id] for one in await recall.ranked(claim, asked.text, limit=max(DEPTHS), now=talk.now)]
        recalls = {depth: len(asked.evidence & set(best[:depth])) / len(asked.evidence) for depth in DEPTHS}
        within = len(asked.evidence & {keys[one.id] for one in recollection.episodes}) / len(asked.evidence)
        tokens = estimate_tokens(recalling.notes(recollection, {}, talk.now))
        yield Found(asked.kind, recalls, within, tokens, took, worked)


# ── figures ──────────────────────────────────────────────────────────────────────────────────────


def summed_up(way: str, found: Sequence[Found]) -> Measured:
    """Means with their intervals, for each kind of question and for all but the adversarial ones."""
    kinds = sorted({one.kind for one in found})
    groups = {kind: [one for one in found if one.kind == kind] for kind in kinds}
    groups["all"] = [one for one in found if one.kind != "adversarial"]
    times, worked = [one.milliseconds for one in found], [one.processor for one in found]
    return Measured(
        way,
        [_row(kind, group) for kind, group in groups.items() if group],
        *(float(np.percentile(each, part)) for each in (times, worked) for part in (50, 95)),
    )


def _row(kind: str, found: Sequence[Found]) -> Row:
    return Row(
        kind,
        len(found),
        {depth: interval([one.recalls[depth] for one in found]) for depth in DEPTHS},
        100 * sum(one.within for one in found) / len(found),
        sum(one.tokens for one in found) / len(found),
    )


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean in percent, and between what it lies with 95%: questions drawn again and again."""
    drawn = np.random.default_rng(7).choice(np.asarray(values), size=(DRAWS, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return 100 * float(np.mean(values)), 100 * float(low), 100 * float(high)


def show(measured: Sequence[Measured]) -> None:
    """Print what was measured."""
    out = report.console()
    columns = ("question", "number", *(f"recall@{depth} (95%)" for depth in DEPTHS), "within the room", "tokens")
    for one in measured:
        rows = [
            (
                row.kind,
                str(row.questions),
                *(f"{mean:.1f} ({low:.0f}-{high:.0f})" for mean, low, high in row.recalls.values()),
                f"{row.within:.1f}",
                f"{row.tokens:.0f}",
            )
            for row in one.rows
        ]
        took = f"{one.p50:.1f} ms a recall (p95 {one.p95:.1f})"
        worked = f"{one.processor_p50:.1f} ms of processor time (p95 {one.processor_p95:.1f})"
        report.table(out, f"{one.way}: {took}, {worked}", columns, rows)


def _talks(asked: argparse.Namespace) -> Iterator[Talk]:
    for file in asked.conversations:
        yield from locomo(file, captions=asked.captions)
    if not asked.conversations:
        for language in asked.language or LANGUAGES:
            yield from (made(language, seed, asked.sessions) for seed in range(asked.seeds))


async def main(asked: argparse.Namespace) -> int:
    """Measure what was asked for; the exit code."""
    measured = [summed_up("full text alone", await ask(_talks(asked), None, frozenset()))]
    if minilm.installed() and not asked.words:
        found = await ask(_talks(asked), minilm.MiniLM(), minilm.LANGUAGES)
        measured.append(summed_up("with the bundled embedder", found))
    if asked.embeddings:
        endpoint = Endpoint(asked.embeddings, name=asked.model)
        async with client() as http:
            found = await ask(_talks(asked), OpenAIEmbedder(endpoint, http), frozenset())
            measured.append(summed_up(f"with {asked.model}", found))
    show(measured)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in measured], indent=2))
    return 0


def _named(argument: str) -> Path:
    """A file, also as CONVERSATIONS=file."""
    return Path(argument.removeprefix("CONVERSATIONS="))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description="Measure what is recalled.")
    parser.add_argument("conversations", nargs="*", type=_named, help="JSON files in LoCoMo's published form")
    parser.add_argument("--captions", action="store_true", help="take captions of shared pictures for words")
    parser.add_argument("--words", action="store_true", help="without embeddings")
    parser.add_argument("--embeddings", metavar="URL", help="an OpenAI-compatible endpoint for embeddings")
    parser.add_argument("--model", default="", help="the embedding model's name there")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="of the made-up conversations")
    parser.add_argument("--seeds", type=int, default=3, help="made-up conversations in each language")
    parser.add_argument("--sessions", type=int, default=200, help="in each of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file")
    sys.exit(asyncio.run(main(parser.parse_args())))
