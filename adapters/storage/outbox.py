"""What is to be said in a place that no message there asked for, until a turn says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.desk import UNSAID, post
from adapters.storage.places import place_key
from adapters.storage.schema import AnyRow, Moment, Upsert, conversation
from core.model import Action, AvatarId, Place, Post


class Outbox:
    """See ``core.ports.Outbox``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def post(self, avatar: AvatarId, post: Post, *, now: datetime) -> bool:
        """See ``core.ports.Outbox``."""
        return await self._database.write(lambda connection: put(connection, avatar, [post], now) > 0)


# ── posting ──────────────────────────────────────────────────────────────────────────────────────


def _enter(insert: Any) -> sa.Executable:
    new = insert(conversation)
    due = conversation.c.due_at
    return (  # type: ignore[no-any-return]
        new.values(
            avatar_id=sa.bindparam("avatar"),
            account=sa.bindparam("account"),
            chat=sa.bindparam("chat"),
            thread=sa.bindparam("thread"),
            business=sa.bindparam("business"),
            shared=sa.bindparam("shared"),
            community=sa.bindparam("community"),
            waiting_since=sa.bindparam("now"),
            due_at=sa.bindparam("now"),
            created_at=sa.bindparam("now"),
        )
        .on_conflict_do_update(
            index_elements=["avatar_id", "account", "chat", "thread", "business"],
            set_={
                "waiting_since": sa.func.coalesce(conversation.c.waiting_since, new.excluded.waiting_since),
                "due_at": sa.case((due < new.excluded.due_at, due), else_=new.excluded.due_at),
            },
        )
        .returning(conversation.c.id)
    )


_ENTER = Upsert(_enter)

_POST = Upsert(
    lambda insert: insert(post).on_conflict_do_nothing(index_elements=["avatar_id", "key"]).returning(post.c.id)
)


def put(connection: sa.Connection, avatar: str, posts: Sequence[Post], now: datetime) -> int:
    """Have something said, within a transaction that does more; how many of the posts are new."""
    return sum(_put(connection, avatar, one, now) for one in posts)


def _put(connection: sa.Connection, avatar: str, one: Post, now: datetime) -> bool:
    where = connection.execute(
        _ENTER.on(connection),
        {**place_key(avatar, one.place), "shared": one.place.shared, "community": one.place.community, "now": now},
    ).scalar_one()
    row = {
        "avatar_id": avatar,
        "conversation_id": where,
        "text": one.text,
        "remembered": one.remembered,
        "by": one.by,
        "actions": kept_actions(one.actions),
        "key": one.key or None,
        "about_id": one.about,
        "fan_id": one.fan,
        "created_at": now,
    }
    return connection.execute(_POST.on(connection), row).scalar_one_or_none() is not None


# ── saying ───────────────────────────────────────────────────────────────────────────────────────

_columns = (post.c.text, post.c.remembered, post.c.by, post.c.actions)

_TAKE = (
    sa.update(post)
    .where(post.c.id == sa.bindparam("which"), post.c.avatar_id == sa.bindparam("avatar"))
    .values(turn_id=sa.bindparam("turn"))
    .returning(*_columns)
)

_OF_TURN = sa.select(*_columns).where(
    post.c.turn_id == sa.bindparam("turn"), post.c.avatar_id == sa.bindparam("avatar")
)


def begin(connection: sa.Connection, avatar: str, which: int, turn: int, place: Place) -> Post:
    """Give a post to the turn that is to say it."""
    row = connection.execute(_TAKE, {"avatar": avatar, "which": which, "turn": turn}).one_or_none()
    assert row is not None  # it was read in this transaction, in a conversation that is ours
    return _read(place, row)


def said_by(connection: sa.Connection, avatar: str, turn: int, place: Place) -> Post | None:
    """The post that a turn is to say; None: the turn is about messages."""
    row = connection.execute(_OF_TURN, {"avatar": avatar, "turn": turn}).one_or_none()
    return None if row is None else _read(place, row)


def _read(place: Place, row: AnyRow) -> Post:
    return Post(place, row.text, row.remembered, row.by, read_actions(row.actions))


def kept_actions(actions: Sequence[Action]) -> list[list[str]]:
    """Buttons as JSON can hold them."""
    return [[one.label, one.command, one.argument, one.style] for one in actions]


def read_actions(kept: Sequence[Sequence[Any]] | None) -> tuple[Action, ...]:
    """Buttons as they were kept."""
    return tuple(Action(*one) for one in kept or ())


# ── what others have to do for posts ─────────────────────────────────────────────────────────────

_STILL_DUE = (
    sa.update(conversation)
    .where(
        conversation.c.id == sa.bindparam("where"),
        conversation.c.avatar_id == sa.bindparam("avatar"),
        sa.exists().where(post.c.conversation_id == conversation.c.id, UNSAID),
    )
    .values(
        waiting_since=sa.func.coalesce(conversation.c.waiting_since, sa.bindparam("now", type_=Moment)),
        due_at=sa.func.coalesce(conversation.c.due_at, sa.bindparam("now", type_=Moment)),
    )
)


def still_due(connection: sa.Connection, key: dict[str, Any], now: datetime) -> None:
    """Whoever has set a conversation's due time by its messages alone has to say this, too."""
    connection.execute(_STILL_DUE, {**key, "now": now})
