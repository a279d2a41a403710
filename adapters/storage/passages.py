"""Passages as they are read: always with what is said of their document, and within one avatar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

from adapters.storage.schema import AnyRow, document, passage
from core.content import DocumentId, Kind, Passage, PassageId

T = TypeVar("T")

_MOST_VALUES = 500  # in one list of a statement; databases have a limit, and their plans suffer before

of_avatar = passage.c.avatar_id == sa.bindparam("avatar")

PASSAGES = (
    sa.select(
        passage.c.id,
        passage.c.document_id,
        passage.c.ordinal,
        passage.c.text,
        passage.c.tokens,
        passage.c.heading,
        passage.c.page,
        passage.c.start,
        passage.c.language,
        document.c.kind,
        document.c.title,
        document.c.url,
        document.c.published,
        document.c.language.label("of_document"),
        document.c.tier,
    )
    .join(document, sa.and_(document.c.avatar_id == passage.c.avatar_id, document.c.id == passage.c.document_id))
    .where(of_avatar)
)

_KINDS = {kind.value: kind for kind in Kind}  # a quarter of the time that calling the enumeration takes


def read_passages(rows: Iterable[AnyRow]) -> list[Passage]:
    """The rows of ``PASSAGES``; a passage that says nothing of its language has its document's."""
    return [
        Passage(
            PassageId(known),
            DocumentId(of),
            ordinal,
            _KINDS[kind],
            title,
            text,
            tokens,
            url,
            published,
            language or of_document,
            heading,
            page,
            start,
            tier,
        )
        for (
            known,
            of,
            ordinal,
            text,
            tokens,
            heading,
            page,
            start,
            language,
            kind,
            title,
            url,
            published,
            of_document,
            tier,
        ) in rows
    ]


def in_pages(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values, no more at a time than fit into one statement."""
    return (values[start : start + _MOST_VALUES] for start in range(0, len(values), _MOST_VALUES))
