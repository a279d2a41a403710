"""From names and contents to what a creator has on their disk: a folder, a zip, a tar, a single file."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.ingest.exports import READERS
from adapters.ingest.reading import Item, Reader, Wishes
from core.content import Document, Skipped

Files = Mapping[str, bytes]


def dumped(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def tarred(files: Files, mode: str = "w:gz") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def unpacked(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def stored(content: bytes, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def reader_of(path: Path) -> Reader | None:
    """The first reader of exports that takes it for its own."""
    return next((reader for reader in READERS if reader.recognises(Item(path, path.name))), None)


def read(
    path: Path, *creator: str, consent: frozenset[str] = frozenset(), url: str = ""
) -> tuple[list[Document], dict[str, int]]:
    """What the reader that recognises a path takes, and what it leaves: reason and count."""
    reader = reader_of(path)
    assert reader is not None, f"nobody recognises {path}"
    found = list(reader.read(Item(path, path.name, url), Wishes(creator, consent)))
    documents = [one for one in found if isinstance(one, Document)]
    left = [one for one in found if isinstance(one, Skipped)]
    assert len({one.why for one in left}) == len(left), "one line a reason"
    assert len({one.key for one in documents}) == len(documents), "one key a document"
    assert all(one.published is None or one.published.utcoffset() is not None for one in documents)
    return documents, {one.why: one.count for one in left}


def text(document: Document) -> str:
    return "\n\n".join(section.text for section in document.sections)
