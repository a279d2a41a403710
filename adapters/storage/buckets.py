"""Buckets of the limits: read and kept within the transaction that spends from them.

On PostgreSQL whoever reads holds them, in one order, until the end of the transaction: two processes spend one after
the other. SQLite has one writer at a time anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.allowances import Bucket, Draw, Key, Scene, Waiting
from adapters.storage.metering import bucket
from adapters.storage.schema import Upsert
from core.limits import LIMITS, Limits, charge, standing
from core.model import Claim, Controls, Place

_SIZES = (1, 2, 4, 8, 16, 32)  # subjects asked for at once; the last one is repeated to fill up


def _of(size: int) -> sa.Select[Any]:
    """The buckets of so many subjects: a statement of a fixed form is prepared once for all."""
    subjects = [sa.bindparam(f"subject{number}", type_=sa.Text) for number in range(size)]
    return (
        sa.select(bucket.c.avatar_id, bucket.c.subject, bucket.c.name, bucket.c.tat, bucket.c.noticed_until)
        .where(
            bucket.c.avatar_id.in_([sa.bindparam("avatar"), sa.literal_column("''")]), bucket.c.subject.in_(subjects)
        )
        .order_by(bucket.c.subject, bucket.c.name, bucket.c.avatar_id)
    )


_LOOK = {size: _of(size) for size in _SIZES}
_HOLD = {size: statement.with_for_update(key_share=True) for size, statement in _LOOK.items()}  # SQLite leaves it out

_ADD = Upsert(lambda insert: insert(bucket).on_conflict_do_nothing(index_elements=["avatar_id", "subject", "name"]))


def _keep(insert: Any) -> sa.Executable:
    new = insert(bucket)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "subject", "name"],
        set_={"tat": new.excluded.tat, "noticed_until": new.excluded.noticed_until},
    )


_KEEP = Upsert(_keep)


def scene(
    limits: Limits,
    controls: Controls,
    *,
    avatar: str,
    conversation: int,
    place: Place,
    closed_until: datetime | None = None,
    urgent: Callable[[str], bool] = lambda _text: False,
) -> Scene:
    """What holds for those who talk in a place.

    Args:
        limits: What whoever runs the program has set.
        controls: What the creator has set.
        avatar: With whom.
        conversation: In which.
        place: Where it is held.
        closed_until: The avatar's budget is used up until then; None: it is not.
        urgent: What is answered beyond every limit, a few times.
    """
    shared = (
        f"{place.account}#{place.community}" if place.community else f"{place.account}/{place.business}/{place.chat}/"
    )
    found = (*standing(limits), *LIMITS.of(controls))
    return Scene(avatar, place.account, conversation, shared if place.shared else "", found, closed_until, urgent)


def read(connection: sa.Connection, scene: Scene, waiting: Collection[Waiting]) -> dict[Key, Bucket]:
    """What is kept of the buckets that these messages may draw on; nobody else spends from them in the meantime."""
    subjects = sorted(scene.subjects({one.fan for one in waiting}))
    if not subjects:
        return {}
    found = _found(connection, scene.avatar, subjects, _HOLD)
    if connection.dialect.name == "postgresql":  # what does not exist cannot be held
        drawn = {draw.bucket for one in waiting for draw in scene.draws(one)}
        if missing := sorted(drawn - found.keys()):
            connection.execute(_ADD.on(connection), [_named(key) for key in missing])
            found = _found(connection, scene.avatar, subjects, _HOLD)
    return found


def look(connection: sa.Connection, scene: Scene, fan: int) -> dict[Key, Bucket]:
    """The same for one who only wants to know."""
    return _found(connection, scene.avatar, sorted(scene.subjects([fan])), _LOOK)


def _found(
    connection: sa.Connection, avatar: str, subjects: Sequence[str], statements: Mapping[int, sa.Select[Any]]
) -> dict[Key, Bucket]:
    found: dict[Key, Bucket] = {}
    for start in range(0, len(subjects), _SIZES[-1]):
        page = subjects[start : start + _SIZES[-1]]
        size = next(size for size in _SIZES if size >= len(page))
        padded = [*page, *[page[-1]] * (size - len(page))]
        key = {"avatar": avatar, **{f"subject{number}": subject for number, subject in enumerate(padded)}}
        for of, subject, name, tat, noticed in connection.execute(statements[size], key):
            found[Key(of, subject, name)] = Bucket(tat, noticed)
    return found


def held(connection: sa.Connection, key: Key) -> Bucket:
    """What is kept of one bucket, for those who hold something else against each other."""
    return _found(connection, key.avatar, [key.subject], _HOLD).get(key, Bucket())


def keep(connection: sa.Connection, changed: Mapping[Key, Bucket]) -> None:
    """Keep what has changed."""
    rows = [{**_named(key), **kept._asdict()} for key, kept in sorted(changed.items())]
    if rows:
        connection.execute(_KEEP.on(connection), rows)


def _named(key: Key) -> dict[str, str]:
    return {"avatar_id": key.avatar, "subject": key.subject, "name": key.name}


# ── what is known only afterwards ────────────────────────────────────────────────────────────────


def charge_reply(
    connection: sa.Connection, limits: Limits, claim: Claim, used: Mapping[str, int], now: datetime
) -> None:
    """Charge what a reply has taken: the fans whom it answers share it, everybody's buckets bear all of it.

    Args:
        connection: Within the transaction that stores the reply.
        limits: What whoever runs the program has set.
        claim: The turn's.
        used: Units by meter.
        now: When.
    """
    if all(one.meter == "messages" for one in (*standing(limits), *LIMITS.of(claim.controls))):
        return
    fans = {one.fan: one.tiers for one in claim.pending if not one.command}
    here = scene(limits, claim.controls, avatar=claim.avatar, conversation=claim.conversation, place=claim.place)
    asking = [Waiting(0, fan, command=False, tiers=tiers) for fan, tiers in fans.items()]
    charges = _charges(here, asking, used)
    if not charges:
        return
    kept = read(connection, here, asking)
    keep(
        connection,
        {
            key: (known := kept.get(key, Bucket()))._replace(tat=charge(draw.limit.rate, known.tat, now, amount))
            for key, (draw, amount) in charges.items()
        },
    )


def _charges(here: Scene, asking: list[Waiting], used: Mapping[str, int]) -> dict[Key, tuple[Draw, int]]:
    """What each bucket is charged with."""
    charges: dict[Key, tuple[Draw, int]] = {}
    for number, fan in enumerate(asking):
        for draw in here.draws(fan):
            whole = used.get(draw.limit.meter, 0)
            part = whole * (number + 1) // len(asking) - whole * number // len(asking)
            if amount := part if draw.limit.scope == "fan" else whole:
                charges[draw.bucket] = draw, amount
    return charges
