"""The export of a Substack publication: ``posts.csv`` and one HTML file a post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from adapters.ingest.archive import Archive, glimpse, open_archive
from adapters.ingest.exports.gathering import WORDLESS, Gathering
from adapters.ingest.exports.posts import LONGEST_TITLE, moment, web
from adapters.ingest.exports.records import rows
from adapters.ingest.markup import blocks, parsed
from adapters.ingest.outline import Block, documents, sections
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput
from core.text import clean

LIST = "posts.csv"
TEXT = re.compile(r"posts/\d+(?:\.[^/]*)?\.html")
READERS_LISTS = re.compile(r"(?:^|/)(?:email_list|subscribers)[^/]*\.csv$")
TIERS = {"everyone": "", "only_free": "subscriber", "only_paid": "subscriber", "founding": "founding"}
KINDS = {"newsletter": Kind.PAGE, "podcast": Kind.VIDEO, "video": Kind.VIDEO, "": Kind.PAGE}
LARGEST_POST = 16 * 1024 * 1024  # bytes


class SubstackExport:
    """Published posts; those behind the paywall are for subscribers only."""

    name = "Substack export"

    def recognises(self, item: Item) -> bool:
        """By ``posts.csv`` with ``posts/*.html`` beside it."""
        names = glimpse(item.path)
        return LIST in names and any(TEXT.fullmatch(name) for name in names)

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  needs no wishes
        """Yield the posts; see ``Reader``."""
        with open_archive(item.path) as archive:
            if LIST not in archive.names:
                raise InvalidInput("holds no posts.csv; export the publication from Substack again")
            gathering = Gathering()
            gathering.leave_files(archive.names, READERS_LISTS, "lists of your readers are never read")
            texts = {PurePosixPath(name).stem: name for name in archive.names if TEXT.fullmatch(name)}
            posts = _Posts(archive, texts, web(item.url).rstrip("/"), gathering)
            try:
                with archive.open(LIST) as source:
                    for row in rows(source):
                        yield from gathering.taken(posts.documents(row))
            except InvalidInput as exc:
                gathering.leave(LIST, f"{LIST}: {exc}", failed=True)
            yield from gathering.rest()


class _Posts:
    def __init__(self, archive: Archive, texts: Mapping[str, str], address: str, gathering: Gathering) -> None:
        self._archive, self._texts, self._address, self._gathering = archive, texts, address, gathering

    def documents(self, row: Mapping[str, str]) -> Iterator[Document]:
        name = row.get("post_id", "")
        why = _against(row)
        if why:
            self._gathering.leave(name, why)
            return
        if name not in self._texts:
            self._gathering.leave(name, "posts whose text is missing from the export", failed=True)
            return
        try:
            page = self._archive.whole(self._texts[name], LARGEST_POST)
        except InvalidInput as exc:
            self._gathering.leave(name, str(exc), failed=True)
            return
        for found in self._parts(row, page):
            if isinstance(found, Document):
                yield found
            else:
                self._gathering.leave(name, WORDLESS)

    def _parts(self, row: Mapping[str, str], page: bytes) -> Iterator[Document | Skipped]:
        number, _, slug = row["post_id"].partition(".")
        title = clean(row.get("title", ""), 4 * LONGEST_TITLE)
        subtitle = clean(row.get("subtitle", ""), 8 * LONGEST_TITLE)
        head = Document(
            f"substack/{number}",
            KINDS[row.get("type", "")],
            title or slug.replace("-", " ").capitalize() or number,
            (),
            url=f"{self._address}/p/{slug}" if self._address and slug else "",
            published=moment(row.get("post_date", "")),
            tier=TIERS[row["audience"]],
        )
        lead = [Block(subtitle)] if subtitle else []
        text = blocks(parsed(page.decode("utf-8", "replace")))
        yield from documents(head, sections([*lead, *text], title=title))


def _against(row: Mapping[str, str]) -> str:
    """Why this post is not taken."""
    if row.get("is_published", "").casefold() != "true":
        return "drafts"
    if row.get("type", "") not in KINDS:
        return "threads and other things that are no posts"
    if row.get("audience") not in TIERS:
        return "posts for an audience that is not known here"
    return ""
