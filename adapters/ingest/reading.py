"""What a reader is: it turns one file or unpacked export into documents. Readers run inside the sandbox only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.content import Document, Skipped


@dataclass(frozen=True, slots=True)
class Item:
    """Something to read: a file, or the folder of an export."""

    path: Path
    key: str  # its name within the source: a relative path, or the address it was fetched from
    url: str = ""  # where fans can see it, if that is known
    media_type: str = ""  # as the web server said, without parameters


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the creator said about their sources."""

    creator: tuple[
        str, ...
    ] = ()  # names, handles and ids under which the creator writes; compared without case and "@"
    consent: frozenset[str] = field(
        default_factory=frozenset
    )  # exports whose platform's terms were asked about: "telegram"


class Reader(Protocol):
    """Reads one kind of file or export, streaming: memory does not grow with the size of the input."""

    name: str  # for reports: "Instagram export"

    def recognises(self, item: Item) -> bool:
        """Whether this is its kind, by names and the first bytes; never reads much, never raises for odd content."""

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:
        """Yield what was published, and what was left out and why.

        What is broken inside is a ``Skipped`` with ``failed``; the rest still comes.

        Raises:
            InvalidInput: The whole is of no use; the text says what is wrong with it and how to mend it.
        """
