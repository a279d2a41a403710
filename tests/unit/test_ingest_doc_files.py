"""PDF, DOCX, EPUB, tables of questions and answers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.ingest.answers import Answers
from adapters.ingest.packed import Docx, Epub
from adapters.ingest.pdf import Pdf
from adapters.ingest.reading import Item, Reader, Wishes
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput
from tests.worlds.papers import docx, epub, paragraph, pdf, zipped


def read(reader: Reader, folder: Path, name: str, content: str | bytes) -> list[Document | Skipped]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    item = Item(path, name)
    assert reader.recognises(item)
    return list(reader.read(item, Wishes()))


def test_a_pdf_is_read_page_by_page(tmp_path: Path):
    raw = pdf([["Rye bread is dark and keeps", "for a week or lon-", "ger."], ["Wheat is light."]], title="Grains")
    (found,) = read(Pdf(), tmp_path, "x.pdf", raw)
    assert isinstance(found, Document)
    assert found.title == "Grains"
    assert found.published == datetime(2024, 2, 3, 12, tzinfo=UTC)
    assert [(one.page, one.text) for one in found.sections] == [
        (1, "Rye bread is dark and keeps for a week or longer."),
        (2, "Wheat is light."),
    ]


def test_pages_without_text_are_counted(tmp_path: Path):
    found = read(Pdf(), tmp_path, "x.pdf", pdf([["Text."], [], []]))
    assert found[1:] == [Skipped("x.pdf", "pages without text", count=2)]
    (scan,) = read(Pdf(), tmp_path, "scan.pdf", pdf([[], []]))
    assert isinstance(scan, Skipped)
    assert scan.failed
    assert "OCR" in scan.why


def test_a_book_is_told_by_its_pages(tmp_path: Path):
    (found,) = read(Pdf(), tmp_path, "x.pdf", pdf([[f"Page {number}."] for number in range(25)]))
    assert isinstance(found, Document)
    assert found.kind is Kind.BOOK


@pytest.mark.parametrize("raw", [b"%PDF-1.4 nothing more", b"", pdf([["x"]])[:200]])
def test_a_damaged_pdf_says_how_to_mend_it(tmp_path: Path, raw: bytes):
    with pytest.raises(InvalidInput, match="save it anew"):
        read(Pdf(), tmp_path, "x.pdf", raw)


def test_a_docx_is_read_with_headings_and_properties(tmp_path: Path):
    body = paragraph("Rye", "Heading1") + paragraph("Dark.") + paragraph("Feeding", "Heading2") + paragraph("Daily.")
    core = "<dc:title>All about rye</dc:title><dcterms:created>2020-01-02T03:04:05Z</dcterms:created>"
    (found,) = read(Docx(), tmp_path, "x.docx", docx(body, core))
    assert isinstance(found, Document)
    assert (found.title, found.published) == ("All about rye", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert [(one.heading, one.text) for one in found.sections] == [("Rye", "Dark."), ("Rye > Feeding", "Daily.")]


def test_an_epub_is_read_in_the_order_of_its_spine(tmp_path: Path):
    raw = epub({"b.xhtml": "<h1>One</h1><p>First.</p>", "a.xhtml": "<h1>Two</h1><p>Second.</p>"}, title="Loaves")
    (found,) = read(Epub(), tmp_path, "x.epub", raw)
    assert isinstance(found, Document)
    assert (found.kind, found.title, found.language) == (Kind.BOOK, "Loaves", "en-GB")
    assert [(one.heading, one.text) for one in found.sections] == [("One", "First."), ("Two", "Second.")]


def test_missing_chapters_are_counted_and_the_others_read(tmp_path: Path):
    found = read(Epub(), tmp_path, "x.epub", epub({"a.xhtml": "<p>First.</p>", "b.xhtml": None}))
    assert isinstance(found[0], Document)
    assert [(one.failed, one.count) for one in found if isinstance(one, Skipped)] == [(True, 1)]


def test_a_copy_protected_book_is_refused(tmp_path: Path):
    locks = (
        '<encryption><EncryptedData><EncryptionMethod Algorithm="http://www.w3.org/aes"/></EncryptedData></encryption>'
    )
    with pytest.raises(InvalidInput, match="copy-protected"):
        read(Epub(), tmp_path, "x.epub", epub({"a.xhtml": "<p>x</p>"}, extra={"META-INF/encryption.xml": locks}))


def test_entities_in_a_book_are_not_followed(tmp_path: Path):
    (tmp_path / "secret").write_text("TOP SECRET")
    doctype = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{tmp_path}/secret"><!ENTITY y "{"lol" * 10}">]>'
    chapter = f"{doctype}<html><body><p>a &x; b {'&y;' * 50}</p></body></html>"
    raw = epub({"a.xhtml": None}, extra={"OEBPS/a.xhtml": chapter})
    text = str(read(Epub(), tmp_path, "x.epub", raw))
    assert "SECRET" not in text


@pytest.mark.parametrize(("reader", "name"), [(Docx(), "x.docx"), (Epub(), "x.epub")])
@pytest.mark.parametrize("raw", [b"PK\x03\x04 broken", b"no zip", zipped({"a": "b"}), zipped({"../a": "b"})])
def test_a_damaged_zip_is_refused(tmp_path: Path, reader: Reader, name: str, raw: bytes):
    with pytest.raises(InvalidInput):
        read(reader, tmp_path, name, raw)


@pytest.mark.parametrize(
    "table",
    [
        "question,answer\nHow long?,Two days.\n",
        "Frage;Antwort\nHow long?;Two days.\n",
        "ID\tAnswer\tQuestion\n7\tTwo days.\tHow long?\n",
        "质问,质问者\n".replace("质问者", "答案").replace("质问", "問題") + "How long?,Two days.\n",
        "ВОПРОС,Ответ\nHow long?,Two days.\n",
        "\ufeffPregunta,Respuesta\nHow long?,Two days.\n",
        "How long?,Two days.\n",
    ],
)
def test_questions_and_answers_are_found_by_their_columns(tmp_path: Path, table: str):
    (found,) = read(Answers(), tmp_path, "x.csv", table)
    assert isinstance(found, Document)
    assert (found.kind, found.title, found.sections[0].text) == (Kind.ANSWER, "How long?", "Two days.")


def test_further_columns_give_address_date_and_tier(tmp_path: Path):
    (found,) = read(Answers(), tmp_path, "x.csv", "q,a,url,date,tier\nA?,B,https://maya.example/x,2024-01-02,patrons\n")
    assert isinstance(found, Document)
    assert (found.url, found.tier) == ("https://maya.example/x", "patrons")
    assert found.published == datetime(2024, 1, 2, tzinfo=UTC)


def test_a_row_keeps_its_key_when_rows_are_moved(tmp_path: Path):
    first = read(Answers(), tmp_path, "x.csv", "q,a\nA?,1\nB?,2\n")
    moved = read(Answers(), tmp_path, "x.csv", "q,a\nB?,2\nA?,1\n")
    assert {one.key for one in first} == {one.key for one in moved}


def test_incomplete_and_repeated_rows_are_counted(tmp_path: Path):
    found = read(Answers(), tmp_path, "x.csv", "q,a\nA?,1\n,2\nB?\na?,3\n,\n\n")
    assert [(one.failed, one.count) for one in found if isinstance(one, Skipped)] == [(True, 2), (False, 1)]


@pytest.mark.parametrize("raw", ["name,price\nrye,3\n", "", "just words\n", "q,a\n" + "x" * 500_000 + ",y\n"])
def test_another_table_is_refused_with_what_to_do(tmp_path: Path, raw: str):
    with pytest.raises(InvalidInput, match=r"name them question and answer|export it anew"):
        read(Answers(), tmp_path, "x.csv", raw)
