"""One reading of an export: what is left out is counted by reason, and a broken file does not stop the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from adapters.ingest.archive import Archive
from adapters.ingest.containers import shown
from core.content import Document, Skipped
from core.errors import InvalidInput

PRIVATE = "private messages are never read"
WORDLESS = "no words of yours in it: only pictures, files or links"
NOT_PUBLIC = "not public"
MOST_REASONS = 100
NOTHING = "holds nothing that was published; see whether it is the right file, and whole"
FURTHER = "further files could not be read"


class Gathering:
    """What became of the parts of an export. Reasons are for the creator: "a repost, not your own words"."""

    def __init__(self) -> None:
        self._left: dict[tuple[str, bool], tuple[str, int]] = {}
        self._taken = 0

    def leave(self, key: str, why: str, *, count: int = 1, failed: bool = False) -> None:
        """Note that something was left out; alike reasons add up."""
        if count == 0:
            return
        if (why, failed) not in self._left and len(self._left) >= MOST_REASONS:
            why = FURTHER
        first, before = self._left.get((why, failed), (key, 0))
        self._left[why, failed] = (first, before + count)

    def leave_files(self, names: Iterable[str], pattern: re.Pattern[str], why: str) -> None:
        """Note that all files of such names are left out, unopened."""
        found = [name for name in names if pattern.search(name)]
        if found:
            self.leave(found[0], why, count=len(found))

    def files(
        self, archive: Archive, names: Iterable[str], read: Callable[[IO[bytes]], Iterator[Document]]
    ) -> Iterator[Document]:
        """The documents of several files; of one that breaks, those before the damage."""
        for name in names:
            try:
                with archive.open(name) as source:
                    yield from self.taken(read(source))
            except InvalidInput as exc:
                self.leave(name, _told(name, exc), failed=True)

    def taken(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Pass documents through and count them."""
        for document in documents:
            self._taken += 1
            yield document

    def rest(self) -> Iterator[Skipped]:
        """What was left out.

        Raises:
            InvalidInput: Nothing was taken, and nothing left out on purpose.
        """
        reasons = list(self._left)
        if not self._taken and all(failed for _, failed in reasons):
            raise InvalidInput(reasons[0][0] if reasons else NOTHING)
        for (why, failed), (key, count) in self._left.items():
            yield Skipped(key, why, failed=failed, count=count)


def _told(name: str, exc: InvalidInput) -> str:
    return str(exc) if str(exc).startswith(shown(name)) else f"{shown(name)}: {exc}"
