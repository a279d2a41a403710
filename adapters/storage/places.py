"""Places, as statements name them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from adapters.storage.schema import conversation
from core.model import AccountId, Place

this_place = sa.and_(
    conversation.c.avatar_id == sa.bindparam("avatar"),
    conversation.c.account == sa.bindparam("account"),
    conversation.c.chat == sa.bindparam("chat"),
    conversation.c.thread == sa.bindparam("thread"),
    conversation.c.business == sa.bindparam("business"),
)


def place_key(avatar: str, place: Place) -> dict[str, Any]:
    """The parameters of ``this_place``."""
    return {
        "avatar": avatar,
        "account": place.account,
        "chat": place.chat,
        "thread": place.thread,
        "business": place.business,
    }


in_community = sa.or_(  # as core.moderation.community_of names them; every place is in the empty one
    sa.bindparam("within", type_=sa.Text) == "",
    conversation.c.community == sa.bindparam("within"),
    sa.and_(conversation.c.shared, conversation.c.chat == sa.bindparam("within")),
)

place_columns = (  # as ``read_place`` reads them
    conversation.c.account,
    conversation.c.chat,
    conversation.c.thread,
    conversation.c.business,
    conversation.c.shared,
)


def read_place(account: str, chat: str, thread: str, business: str, shared: bool) -> Place:  # noqa: FBT001 - as the columns come
    """The place in a row."""
    return Place(AccountId(account), chat, thread, business, shared=bool(shared))
