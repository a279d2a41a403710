"""What is remembered of fans, as far as a turn may know of it."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.passages import in_pages
from adapters.storage.remembered import summary
from adapters.storage.schema import conversation, message
from adapters.storage.scopes import SPOKEN_ELSEWHERE, SPOKEN_HERE, read_episodes, sources, speakers, usable
from core.memory import Episode, Fact, Summary
from core.model import Claim, ConversationId, MessageId


class Memory:
    """See ``core.memories.Memory``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def facts(self, claim: Claim) -> Sequence[Fact]:
        """See ``core.memories.Memory``. Oldest first; those of a linked fan come as this fan's."""
        return await self._database.read(
            lambda connection: usable(connection, claim.avatar, claim.conversation, speakers(claim))
        )

    async def episodes(self, claim: Claim, *, after: MessageId, limit: int) -> Sequence[Episode]:
        """See ``core.memories.Memory``."""
        return await self._database.read(lambda connection: _episodes(connection, claim, after, limit))

    async def fetch(self, claim: Claim, messages: Collection[MessageId]) -> Sequence[Episode]:
        """See ``core.memories.Memory``."""
        return await self._database.read(lambda connection: _fetch(connection, claim, messages))

    async def summary(self, conversation: ConversationId) -> Summary | None:
        """See ``core.memories.Memory``."""
        return await self._database.read(lambda connection: read_summary(connection, conversation))


# ── episodes ─────────────────────────────────────────────────────────────────────────────────────


def _page(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.where(message.c.id > sa.bindparam("after")).limit(sa.bindparam("most"))


_HERE, _ELSEWHERE = _page(SPOKEN_HERE), _page(SPOKEN_ELSEWHERE)


def _episodes(connection: sa.Connection, claim: Claim, after: int, limit: int) -> list[Episode]:
    """One query for each conversation, each along its index: a fan has few."""
    pages = [
        read_episodes(
            connection.execute(
                _HERE if row.same else _ELSEWHERE,
                {"avatar": claim.avatar, "source": row.id, "after": after, "most": limit},
            )
        )
        for row in sources(connection, claim.avatar, claim.conversation, speakers(claim))
    ]
    return list(islice(heapq.merge(*pages, key=attrgetter("id")), limit))


_THESE = message.c.id.in_(sa.bindparam("which", expanding=True))

_THESE_HERE, _THESE_ELSEWHERE = SPOKEN_HERE.where(_THESE), SPOKEN_ELSEWHERE.where(_THESE)


def _fetch(connection: sa.Connection, claim: Claim, messages: Collection[MessageId]) -> list[Episode]:
    return [
        each
        for row in sources(connection, claim.avatar, claim.conversation, speakers(claim))
        for page in in_pages(sorted(messages))
        for each in read_episodes(
            connection.execute(
                _THESE_HERE if row.same else _THESE_ELSEWHERE,
                {"avatar": claim.avatar, "source": row.id, "which": page},
            )
        )
    ]


# ── summaries ────────────────────────────────────────────────────────────────────────────────────

_SUMMARY = (
    sa.select(summary.c.text, summary.c.upto, summary.c.made_at)
    .join(
        conversation,
        sa.and_(conversation.c.id == summary.c.conversation_id, conversation.c.avatar_id == summary.c.avatar_id),
    )
    .where(summary.c.conversation_id == sa.bindparam("where"))
)


def read_summary(connection: sa.Connection, where: int) -> Summary | None:
    """The running summary of a conversation."""
    row = connection.execute(_SUMMARY, {"where": where}).one_or_none()
    return None if row is None else Summary(row.text, MessageId(row.upto), row.made_at)
