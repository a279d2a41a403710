"""Deciding, within the transaction that claims a conversation, which of its messages are answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import sqlalchemy as sa

from adapters.storage.allowances import Scene, Settlement, Told, Waiting, lifts, settle
from adapters.storage.buckets import keep, read, scene
from adapters.storage.desk import post
from adapters.storage.ledger import stands
from adapters.storage.memberships import tiers
from adapters.storage.rules import Rules
from adapters.storage.schema import AnyRow
from core.budgets import Standing
from core.model import AvatarId, Claim, Controls, Place
from core.tiers import ROLES

_GIVEN = sa.select(post.c.key).where(
    post.c.avatar_id == sa.bindparam("avatar"), post.c.key.in_(sa.bindparam("keys", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Limiter:
    """What decides in one conversation, at one moment."""

    connection: sa.Connection
    rules: Rules
    controls: Controls
    scene: Scene
    standing: Standing  # with the budget
    now: datetime

    @classmethod
    def at(
        cls,
        connection: sa.Connection,
        rules: Rules,
        controls: Controls,
        *,
        avatar: str,
        conversation: int,
        place: Place,
        by_person: bool,
        now: datetime,
    ) -> Self:
        """Look what holds; a person who answers in the avatar's place costs nothing.

        Args:
            connection: Within the transaction.
            rules: What whoever runs the program has set.
            controls: What creator and moderators have set.
            avatar: Whose conversation.
            conversation: Which.
            place: Where it is.
            by_person: A person answers in it.
            now: When.
        """
        standing = stands(connection, avatar, controls, now)
        closed_until = None if by_person else standing.lifts_at
        here = scene(
            rules.limits,
            controls,
            avatar=avatar,
            conversation=conversation,
            place=place,
            closed_until=closed_until,
            urgent=rules.urgent,
        )
        return cls(connection, rules, controls, here, standing, now)

    def settle(self, rows: Sequence[AnyRow]) -> Settlement:
        """Decide on messages that wait, and keep what they have spent.

        Whoever may be in danger is answered whatever the limits say (``allowances.URGENT``): that answer costs nothing.
        """
        waiting = [self._waiting(row) for row in rows]
        settled = settle(waiting, self.scene, read(self.connection, self.scene, waiting), self.now)
        keep(self.connection, settled.changed)
        return settled

    def told(self, rows: Iterable[AnyRow]) -> dict[int, Told]:
        """What those are to be told whose messages were refused before, as things stand."""
        waiting = [self._waiting(row) for row in rows]
        kept = read(self.connection, self.scene, waiting) if waiting else {}
        return {one.id: lifts(one, self.scene, kept, self.now) for one in waiting}

    def noted(self, claim: Claim) -> Claim:
        """The claim with how the avatar stands with its budget."""
        if self.standing == Standing():
            return claim
        warnings = {one.key: one.text for one in self.standing.nearing}
        key = {"avatar": self.scene.avatar, "keys": list(warnings)}
        given = {row.key for row in self.connection.execute(_GIVEN, key)} if warnings else set()
        left = {name: text for name, text in warnings.items() if name not in given}
        return replace(claim, budget=self.standing.share, warnings=left)

    def tiers(self, row: AnyRow) -> frozenset[str]:
        """The circles that the fan of a message is in."""
        if not (row.granted or row.roles):
            return frozenset()
        return tiers(row, ROLES.of(self.controls), self.rules.tiers(AvatarId(self.scene.avatar)))

    def _waiting(self, row: AnyRow) -> Waiting:
        return Waiting(row.id, row.fan_id, command=bool(row.command), tiers=self.tiers(row), text=row.text)
