"""Where what is remembered may be used, as conditions of statements: nothing is sorted out after it was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from adapters.storage.remembered import fact
from adapters.storage.schema import AnyRow, MessageState, conversation, fan, message
from core.memory import Episode, Fact, FactId, FactKind, Scope
from core.model import Claim, ConversationId, FanId, MessageId

here = conversation.alias("here")  # where it is to be used
source = conversation.alias("source")  # where it comes from
speaker = fan.alias("speaker")  # whose turn it is
owner = fan.alias("owner")  # of whom it is known

this_conversation = sa.and_(here.c.id == sa.bindparam("where"), here.c.avatar_id == sa.bindparam("avatar"))

_dms_of_one_account = sa.and_(
    sa.not_(here.c.shared),
    sa.not_(source.c.shared),
    source.c.avatar_id == here.c.avatar_id,
    source.c.account == here.c.account,
    source.c.business == here.c.business,
)

# ── facts ────────────────────────────────────────────────────────────────────────────────────────

_everywhere = fact.c.scope == Scope.EVERYWHERE

_in_a_dm = sa.and_(
    sa.not_(here.c.shared),
    sa.or_(
        sa.and_(fact.c.scope == Scope.COMMUNITY, fact.c.shared),
        sa.and_(source.c.account == here.c.account, source.c.business == here.c.business),
    ),
)

_in_the_same_place = sa.and_(fact.c.shared, fact.c.conversation_id == here.c.id)

_in_the_same_community = sa.and_(
    here.c.shared,
    fact.c.shared,
    fact.c.scope == Scope.COMMUNITY,
    fact.c.community != "",
    fact.c.community == here.c.community,
)

_own = sa.and_(owner.c.id == speaker.c.id, sa.or_(_everywhere, _in_a_dm, _in_the_same_place, _in_the_same_community))

_linked = sa.and_(owner.c.person == speaker.c.person, owner.c.avatar_id == speaker.c.avatar_id, _everywhere)

fact_columns = (  # as ``read_facts`` reads them, after whose they are
    fact.c.id,
    fact.c.kind,
    fact.c.statement,
    fact.c.said_at,
    fact.c.scope,
    fact.c.subject,
    fact.c.holds_from,
    fact.c.holds_until,
    fact.c.confidence,
    fact.c.message_id,
    fact.c.replaced_by,
)

USABLE = (  # the facts that hold, of these fans, as far as they may be used in this conversation
    sa.select(speaker.c.id.label("fan_id"), *fact_columns)
    .select_from(here)
    .join(speaker, speaker.c.avatar_id == here.c.avatar_id)
    .join(owner, sa.or_(owner.c.id == speaker.c.id, owner.c.person == speaker.c.person))
    .join(fact, fact.c.fan_id == owner.c.id)
    .join(source, source.c.id == fact.c.conversation_id)
    .where(
        this_conversation,
        speaker.c.id.in_(sa.bindparam("fans", expanding=True)),
        fact.c.avatar_id == here.c.avatar_id,
        fact.c.replaced_at.is_(None),
        sa.or_(_own, _linked),
    )
    .order_by(fact.c.id, speaker.c.id)
)


def read_facts(rows: Iterable[AnyRow]) -> list[Fact]:
    """Facts from rows of a fan's id and ``fact_columns``."""
    return [
        Fact(
            id=FactId(row.id),
            fan=FanId(row.fan_id),
            kind=FactKind(row.kind),
            statement=row.statement,
            said_at=row.said_at,
            scope=Scope(row.scope),
            subject=row.subject,
            holds_from=row.holds_from,
            holds_until=row.holds_until,
            confidence=row.confidence,
            source=None if row.message_id is None else MessageId(row.message_id),
            replaced_by=None if row.replaced_by is None else FactId(row.replaced_by),
        )
        for row in rows
    ]


def usable(connection: sa.Connection, avatar: str, where: int, fans: Iterable[FanId]) -> list[Fact]:
    """The facts that hold, of these fans, as far as they may be used in a conversation; oldest first."""
    key = {"avatar": avatar, "where": where, "fans": sorted(set(fans))}
    return read_facts(connection.execute(USABLE, key))


# ── messages ─────────────────────────────────────────────────────────────────────────────────────

_beside = message.alias("beside")  # other messages of the same turn


def _no_reply_to(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Not what the avatar said in a turn with such messages."""
    return sa.or_(message.c.fan_id.is_not(None), ~sa.exists().where(_beside.c.turn_id == message.c.turn_id, which))


memorable = sa.and_(  # said in earnest, not taken back, not let go of, not private
    message.c.avatar_id == sa.bindparam("avatar"),
    message.c.state == sa.literal_column(f"'{MessageState.ANSWERED}'"),
    message.c.command == sa.literal_column("''"),
    message.c.text != "",
    message.c.id >= source.c.fresh_from,
    message.c.private == sa.false(),
    sa.or_(source.c.private_from.is_(None), message.c.id <= source.c.private_from),
    _no_reply_to(_beside.c.private == sa.true()),
)

# Of what conversations messages may be recalled here: this one; and in a DM, the same fan's other DMs.
SOURCES = (
    sa.select(source.c.id, (source.c.id == here.c.id).label("same"))
    .select_from(here)
    .join(
        source,
        sa.or_(
            source.c.id == here.c.id,
            sa.and_(_dms_of_one_account, source.c.fan_id == here.c.fan_id, source.c.fan_id == sa.bindparam("only")),
        ),
    )
    .where(this_conversation)
    .order_by(source.c.id)
)

episode_columns = (  # as ``read_episodes`` reads them
    message.c.id,
    message.c.conversation_id,
    message.c.fan_id,
    fan.c.name,
    message.c.text,
    message.c.sent_at,
    message.c.tokens,
)

EPISODES = (
    sa.select(*episode_columns)
    .select_from(
        message.join(source, source.c.id == message.c.conversation_id).outerjoin(fan, fan.c.id == message.c.fan_id)
    )
    .where(message.c.conversation_id == sa.bindparam("source"), source.c.avatar_id == message.c.avatar_id, memorable)
    .order_by(message.c.id)
)

SPOKEN_HERE = EPISODES.where(message.c.id < source.c.window_start)

_a_stranger = sa.and_(_beside.c.fan_id.is_not(None), _beside.c.fan_id != source.c.fan_id)

SPOKEN_ELSEWHERE = EPISODES.where(
    sa.or_(message.c.fan_id.is_(None), message.c.fan_id == source.c.fan_id), _no_reply_to(_a_stranger)
)


def read_episodes(rows: Iterable[AnyRow]) -> list[Episode]:
    """Episodes from rows of ``episode_columns``."""
    return [
        Episode(
            MessageId(known),
            ConversationId(where),
            None if fan_id is None else FanId(fan_id),
            name or "",
            text,
            sent_at,
            tokens,
        )
        for known, where, fan_id, name, text, sent_at, tokens in rows
    ]


def sources(connection: sa.Connection, avatar: str, where: int, fans: Sequence[FanId]) -> list[AnyRow]:
    """The conversations of which messages may be recalled in a conversation, and whether each is this very one."""
    only = fans[0] if len(set(fans)) == 1 else None
    return list(connection.execute(SOURCES, {"avatar": avatar, "where": where, "only": only}))


def speakers(claim: Claim) -> list[FanId]:
    """The fans who speak in a turn."""
    return [one.fan for one in claim.pending]
