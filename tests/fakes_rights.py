"""Hand-written doubles of the ports that the fan's rights are served with, over one set of lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.memory import Episode, Fact, FactId, FactKind, Forgotten, Scope
from core.model import AccountId, AvatarId, ConversationId, FanId, MessageId, Place, TurnId
from core.wish import Rights
from tests.fakes import NOON


class FakeKept:
    """What is kept of fans, with every port of the fan's rights over it."""

    def __init__(self) -> None:
        self.people: dict[str, FanId] = {"ann": FanId(1), "bob": FanId(2)}
        self.known: list[Fact] = []
        self.messages: list[Episode] = []
        self.private: set[Place] = set()
        self.opened: set[FanId] = set()
        self.forgotten: list[dict[str, Any]] = []
        self.swept = 0
        self.codes: dict[str, FanId] = {}
        self.pairs: set[FanId] = set()

    def rights(self, secret: bytes = b"secret") -> Rights:
        """All of it, as the core is given it."""
        return Rights(self, self, self, self, self, secret)

    def knows(self, statement: str, *, fan: int = 1, at: datetime = NOON, **values: Any) -> Fact:
        """Know one more fact."""
        number = FactId(len(self.known) + 11)
        fact = Fact(number, FanId(fan), FactKind.PREFERENCE, statement, at, Scope.HERE)
        self.known.append(replace(fact, **values))
        return self.known[-1]

    def heard(self, text: str, *, fan: int = 1, at: datetime = NOON) -> None:
        """Keep one more message."""
        number = MessageId(len(self.messages) + 1)
        self.messages.append(Episode(number, ConversationId(1), FanId(fan), "Ann", text, at, tokens=1))

    # ── Notes ────────────────────────────────────────────────────────────────────────────────────

    async def facts(self, avatar: AvatarId, fan: FanId, *, after: FactId, limit: int) -> Sequence[Fact]:
        return [one for one in self.known if one.fan == fan and one.id > after and one.replaced_by is None][:limit]

    async def add(
        self,
        avatar: AvatarId,
        fan: FanId,
        place: Place,
        statement: str,
        *,
        now: datetime,
        kind: FactKind = FactKind.PREFERENCE,
        scope: Scope = Scope.HERE,
    ) -> Fact | None:
        return self.knows(statement, fan=fan, at=now, kind=kind, scope=scope)

    async def correct(
        self, avatar: AvatarId, fan: FanId, fact: FactId, statement: str, *, now: datetime
    ) -> Fact | None:
        old = self._own(fan, fact)
        if old is None:
            return None
        new = self.knows(statement, fan=fan, at=now)
        self.known[self.known.index(old)] = replace(old, replaced_by=new.id)
        return new

    async def share(self, avatar: AvatarId, fan: FanId, fact: FactId, scope: Scope) -> Fact | None:
        old = self._own(fan, fact)
        if old is None:
            return None
        self.known[self.known.index(old)] = new = replace(old, scope=scope)
        return new

    async def drop(self, avatar: AvatarId, fan: FanId, fact: FactId) -> bool:
        old = self._own(fan, fact)
        if old is not None:
            self.known.remove(old)
        return old is not None

    async def is_open(self, avatar: AvatarId, fan: FanId) -> bool:
        return fan in self.opened

    async def open(self, avatar: AvatarId, fan: FanId, *, on: bool, now: datetime) -> None:
        (self.opened.add if on else self.opened.discard)(fan)

    def _own(self, fan: FanId, fact: FactId) -> Fact | None:
        return next((one for one in self.known if one.fan == fan and one.id == fact and not one.replaced_by), None)

    # ── Forgetting ───────────────────────────────────────────────────────────────────────────────

    async def forget(
        self,
        avatar: AvatarId,
        fan: FanId,
        *,
        now: datetime,
        since: datetime | None = None,
        messages: Collection[MessageId] = (),
        facts: Collection[FactId] = (),
        spare: TurnId | None = None,
    ) -> Forgotten:
        self.forgotten.append({"fan": fan, "since": since, "messages": [*messages], "facts": [*facts]})
        return Forgotten(len(messages), len(messages), len(facts))

    async def forget_everything(
        self, avatar: AvatarId, fan: FanId, *, now: datetime, spare: TurnId | None = None
    ) -> Forgotten:
        self.forgotten.append({"fan": fan, "everything": True})
        return Forgotten(2, 1, 1)

    async def sweep(self, avatar: AvatarId, *, now: datetime) -> None:
        self.swept += 1

    async def forget_older(self, avatar: AvatarId, before: datetime, *, now: datetime) -> int:
        raise AssertionError("no fan asks for that")

    # ── Privacy ──────────────────────────────────────────────────────────────────────────────────

    async def is_on(self, avatar: AvatarId, place: Place) -> bool:
        return place in self.private

    async def set(self, avatar: AvatarId, place: Place, *, on: bool, now: datetime) -> None:
        (self.private.add if on else self.private.discard)(place)

    # ── Fans ─────────────────────────────────────────────────────────────────────────────────────

    async def find(self, avatar: AvatarId, account: AccountId, user: str) -> FanId | None:
        return self.people.get(user)

    async def said(self, avatar: AvatarId, fan: FanId, *, after: MessageId, limit: int) -> Sequence[Episode]:
        return [one for one in self.messages if one.fan == fan and one.id > after][:limit]

    async def export(self, avatar: AvatarId, fan: FanId) -> Mapping[str, Any]:
        rows = [
            {"by_you": True, "text": one.text, "sent_at": one.sent_at.isoformat()}
            for one in self.messages
            if one.fan == fan
        ]
        return {"about": {"platform": "fake"}, "messages": rows}

    # ── Links ────────────────────────────────────────────────────────────────────────────────────

    async def code(self, avatar: AvatarId, fan: FanId, *, now: datetime) -> str | None:
        self.codes["ABCDE-FGHJK"] = fan
        return "ABCDE-FGHJK"

    async def redeem(self, avatar: AvatarId, fan: FanId, code: str, *, now: datetime) -> bool:
        other = self.codes.pop(code, None)
        if other is None:
            return False
        self.pairs |= {fan, other}
        return True

    async def unlink(self, avatar: AvatarId, fan: FanId) -> bool:
        known = fan in self.pairs
        self.pairs.discard(fan)
        return known

    async def linked(self, avatar: AvatarId, fan: FanId) -> Sequence[FanId]:
        return sorted(self.pairs - {fan}) if fan in self.pairs else []
