"""Questions and answers in a table: CSV or TSV."""

# ruff: noqa: RUF001  the wide and look-alike signs are meant

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from adapters.ingest.decoding import SAMPLE, encoding_of
from adapters.ingest.naming import ends_with, moment
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Section, Skipped
from core.errors import InvalidInput


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COLUMNS: Mapping[str, frozenset[str]] = {
    "question": _words(
        "question questions q prompt ask frage fragen pregunta preguntas pergunta perguntas domanda domande"
        " vraag vragen fråga frågor spørsmål spørgsmål kysymys pytanie pytania otázka kérdés soru sorular"
        " вопрос вопросы питання سؤال السؤال سوال प्रश्न सवाल 问题 問題 提问 質問 질문 câu_hỏi pertanyaan คำถาม"
        " ερώτηση שאלה"
    ),
    "answer": _words(
        "answer answers a reply response antwort antworten respuesta respuestas resposta respostas réponse réponses"
        " reponse risposta risposte antwoord svar vastaus odpowiedź odpowiedzi odpověď válasz cevap cevaplar yanıt"
        " ответ ответы відповідь جواب الجواب الإجابة إجابة پاسخ उत्तर जवाब 答案 回答 解答 答え 답변 대답"
        " câu_trả_lời jawaban คำตอบ απάντηση תשובה"
    ),
    "url": _words("url link address source adresse quelle enlace lien fonte ссылка 链接 リンク"),
    "date": _words("date datum fecha data published updated дата 日期 日付 tarih"),
    "tier": _words("tier audience stufe nivel"),
    "language": _words("language lang sprache idioma langue lingua язык 语言 言語 dil"),
}
LABELS = re.compile(r"[\s_]+")
DELIMITERS = ",;\t|"
LONGEST_FIELD = 400_000  # characters
ENDS_A_QUESTION = ("?", "？", "؟", ";")


class Answers:
    """A table with a column of questions and one of answers, their names in any of some thirty languages."""

    name = "questions and answers"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, or by what the web server said."""
        return item.media_type in {"text/csv", "text/tab-separated-values"} or ends_with(item, ".csv", ".tsv", ".tab")

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield one document for each row."""
        try:
            yield from self._rows(item)
        except csv.Error as exc:
            raise InvalidInput(f"is no table in CSV ({exc}): export it anew as CSV in UTF-8") from exc
        except OSError as exc:
            raise InvalidInput("cannot be opened") from exc

    def _rows(self, item: Item) -> Iterator[Document | Skipped]:
        with item.path.open("rb") as source:
            sample = source.read(SAMPLE)
        encoding = encoding_of(sample)
        csv.field_size_limit(LONGEST_FIELD)
        with item.path.open(encoding=encoding, errors="replace", newline="") as text:
            rows = csv.reader((line.replace("\0", "") for line in text), delimiter=_delimiter(sample, encoding))
            first = next((row for row in rows if any(cell.strip() for cell in row)), [])
            places, rest = _places(first), chain([] if _names(first) else [first], rows)
            seen: set[str] = set()
            incomplete = twice = 0
            for row in rest:
                cells = {name: row[at].strip() for name, at in places.items() if at < len(row)}
                if not cells.get("question") or not cells.get("answer"):
                    incomplete += any(cell.strip() for cell in row)
                    continue
                key = hashlib.sha256(cells["question"].casefold().encode("utf-8", "replace")).hexdigest()[:16]
                twice += key in seen
                if key not in seen:
                    yield _document(item, key, cells)
                seen.add(key)
        if incomplete:
            yield Skipped(item.key, "rows without a question or without an answer", failed=True, count=incomplete)
        if twice:
            yield Skipped(item.key, "rows that ask the same as one before", count=twice)


def _delimiter(sample: bytes, encoding: str) -> str:
    """The sign that occurs most often in the first line."""
    line = next(iter(sample.decode(encoding, "replace").splitlines()), "")
    return max(DELIMITERS, key=line.count)


def _places(first: Sequence[str]) -> Mapping[str, int]:
    """Which column is what, by the names in the first row; without names, a question and an answer side by side."""
    named = _names(first)
    if {"question", "answer"} <= named.keys():
        return named
    if not named and len(first) >= 2 and first[0].strip().endswith(ENDS_A_QUESTION):  # noqa: PLR2004  two columns
        return {"question": 0, "answer": 1}
    raise InvalidInput("has no columns of questions and answers: name them question and answer in the first row")


def _names(first: Sequence[str]) -> Mapping[str, int]:
    labels = [LABELS.sub("_", cell.strip().strip("\ufeff").casefold()) for cell in first]
    return {
        name: next(place for place, label in enumerate(labels) if label in known)
        for name, known in COLUMNS.items()
        if any(label in known for label in labels)
    }


def _document(item: Item, key: str, cells: Mapping[str, str]) -> Document:
    question, url = cells["question"], cells.get("url", "")
    return Document(
        f"{item.key}#{key}",
        Kind.ANSWER,
        question,
        (Section(cells["answer"]),),
        url if url.startswith("http") else item.url,
        moment(cells.get("date", "")),
        cells.get("language", ""),
        tier=cells.get("tier", ""),
    )
