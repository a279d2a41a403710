"""Sets to measure retrieval by: BEIR folders, and the project's own small ones."""

from __future__ import annotations

import csv
import json
import math
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.ingest.reading import Item, Wishes
from adapters.ingest.registry import reader_for
from core.content import Chunk, Document, Kind, Section

OWN = Path(__file__).parent.parent / "sets"
MAYA = Path(__file__).parent.parent.parent / "bots" / "maya" / "content"
LANGUAGES = ("ar", "de", "en", "es", "hi", "ru", "tr", "zh")


@dataclass(frozen=True, slots=True)
class Questions:
    """A set: documents, questions by id, and how relevant which answer is to which question.

    An answer is a document's key, or for a set with ``evidence`` the question's own id: any passage that holds one of
    these texts answers it.
    """

    name: str
    documents: Sequence[Document]
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]
    evidence: Mapping[str, Sequence[str]] | None = None

    def answers(self, query: str, found: Iterable[tuple[str, str]]) -> list[str]:
        """What was found, as (document's key, passage's text), best first, as answers; each only once."""
        if self.evidence is None:  # a question that is itself a document of the set must not find itself
            return [key for key in dict.fromkeys(key for key, _ in found) if key != query]
        wanted = self.evidence[query]
        shown = (" ".join(text.split()) for _, text in found)
        return list(
            dict.fromkeys(
                query if any(one in text for one in wanted) else str(place) for place, text in enumerate(shown)
            )
        )


def beir(folder: Path) -> Questions:
    """Read corpus.jsonl, queries.jsonl and qrels/test.tsv; only questions that something is relevant to."""
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row and row[-1].strip().isdigit() and int(row[-1]) > 0:
                relevant[row[0]][row[-2]] = int(row[-1])
    documents = [_document(one["_id"], one.get("title") or "", one["text"]) for one in _lines(folder / "corpus.jsonl")]
    queries = {one["_id"]: one["text"] for one in _lines(folder / "queries.jsonl") if one["_id"] in relevant}
    return Questions(folder.name, documents, queries, {query: relevant[query] for query in queries})


def own(language: str, *, reworded: bool = False) -> Questions:
    """Thirty questions with their passages, which are one another's distractors.

    Args:
        language: One of ``LANGUAGES``.
        reworded: Ask in words that the passages hardly use.
    """
    entries = json.loads((OWN / f"{language}.json").read_text(encoding="utf-8"))
    documents = [_document(f"p{number}", title, text) for number, (_, _, title, text) in enumerate(entries)]
    queries = {f"q{number}": entry[int(reworded)] for number, entry in enumerate(entries)}
    relevant = {f"q{number}": {f"p{number}": 1} for number in range(len(entries))}
    return Questions(f"{language}, reworded" if reworded else language, documents, queries, relevant)


def maya() -> Questions:
    """The sample avatar's content, read by the product's readers, and questions that fans may ask about it."""
    entries = json.loads((OWN / "maya.json").read_text(encoding="utf-8"))
    queries = {f"q{number}": entry["question"] for number, entry in enumerate(entries)}
    evidence = {f"q{number}": entry["found_by"] for number, entry in enumerate(entries)}
    return Questions("maya", list(_read(MAYA)), queries, {query: {query: 1} for query in queries}, evidence)


def _document(key: str, title: str, text: str) -> Document:
    return Document(key, Kind.PAGE, title, (Section(text),), url=key)


def _read(folder: Path) -> Iterator[Document]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        item = Item(path, str(path.relative_to(folder)))
        if reader := reader_for(item):
            found = reader.read(item, Wishes(creator=("Maya",)))
            yield from (one for one in found if isinstance(one, Document))


def _lines(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


# ── scores ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over all questions, in percent."""

    recall: float  # at 5
    ndcg: float  # at 10


def scores(found: Mapping[str, Sequence[str]], relevant: Mapping[str, Mapping[str, int]]) -> Scores:
    """How well the documents found for each question, best first, match what is relevant to it."""
    recalls = [_recall(found.get(query, ()), wanted, 5) for query, wanted in relevant.items()]
    gains = [_ndcg(found.get(query, ()), wanted, 10) for query, wanted in relevant.items()]
    count = max(len(recalls), 1)
    return Scores(100 * sum(recalls) / count, 100 * sum(gains) / count)


def _recall(found: Sequence[str], wanted: Mapping[str, int], depth: int) -> float:
    return len(set(found[:depth]) & wanted.keys()) / len(wanted)


def _ndcg(found: Sequence[str], wanted: Mapping[str, int], depth: int) -> float:
    gain = sum(wanted.get(one, 0) / math.log2(place + 2) for place, one in enumerate(found[:depth]))
    ideal = sorted(wanted.values(), reverse=True)[:depth]
    return gain / sum(one / math.log2(place + 2) for place, one in enumerate(ideal))


# ── the floor ────────────────────────────────────────────────────────────────────────────────────


def plain_fts5(questions: Questions, passages: Sequence[tuple[Document, Sequence[Chunk]]]) -> Scores:
    """What SQLite's full-text search finds as it comes: its own tokenizer, its own bm25, any of the words.

    It searches whole documents, or passages where passages are what answers.
    """
    whole = [(one.key, one.title, "\n\n".join(section.text for section in one.sections)) for one, _ in passages]
    cut = [(one.key, one.title, chunk.text) for one, chunks in passages for chunk in chunks]
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE piece USING fts5(id UNINDEXED, title, text)")
    connection.executemany("INSERT INTO piece VALUES (?, ?, ?)", whole if questions.evidence is None else cut)
    found = {query: questions.answers(query, _match(connection, text)) for query, text in questions.queries.items()}
    connection.close()
    return scores(found, questions.relevant)


def _match(connection: sqlite3.Connection, text: str) -> list[tuple[str, str]]:
    words = [word.replace('"', "") for word in text.split() if re.search(r"\w", word)]
    asked = " OR ".join(f'"{word}"' for word in words)
    query = "SELECT id, text FROM piece WHERE piece MATCH ? ORDER BY rank LIMIT 20"
    return connection.execute(query, (asked,)).fetchall() if asked else []
