"""Hand-written doubles of the ports of staff and audit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from core.control import Act, Grant
from core.errors import StorageUnavailable
from core.model import AccountId, AvatarId, FanId, Place
from core.moderation import Person


class FakeStaff:
    """Who was made a moderator, in a list."""

    def __init__(self, *grants: Grant) -> None:
        self.grants = [*grants]

    async def granted(self, avatar: AvatarId, platform: str, persons: Collection[str]) -> frozenset[str]:
        mine = {one.person for one in self.grants if (one.avatar, one.platform) == (avatar, platform)}
        return frozenset(mine & {*persons})

    async def grant(self, grant: Grant) -> bool:
        new = not await self.granted(grant.avatar, grant.platform, [grant.person])
        if new:
            self.grants.append(grant)
        return new

    async def revoke(self, avatar: AvatarId, platform: str, person: str) -> bool:
        left = [one for one in self.grants if (one.avatar, one.platform, one.person) != (avatar, platform, person)]
        gone = len(left) < len(self.grants)
        self.grants = left
        return gone

    async def all(self, avatar: AvatarId) -> Sequence[Grant]:
        return [one for one in reversed(self.grants) if one.avatar == avatar]


class FakeAudit:
    """The audit log, in a list; ``broken``: the database does not answer."""

    def __init__(self) -> None:
        self.kept: list[Act] = []
        self.broken = False

    async def note(self, act: Act) -> None:
        if self.broken:
            raise StorageUnavailable("locked")
        self.kept.append(replace(act, number=len(self.kept) + 1))

    async def acts(self, avatar: AvatarId, *, below: int | None = None, limit: int) -> Sequence[Act]:
        mine = [one for one in reversed(self.kept) if one.avatar == avatar and (below is None or one.number < below)]
        return mine[:limit]


class FakeDirectory:
    """Knows the fans that it is told of, each avatar's own."""

    def __init__(self) -> None:
        self.fans: dict[tuple[AvatarId, FanId], Person] = {}
        self.wrote: dict[str, FanId] = {}  # who wrote which message

    async def locate(
        self, avatar: AvatarId, account: AccountId, text: str, *, place: Place, about: str = ""
    ) -> FanId | None:
        platform = account.partition(":")[0]
        for (of, fan), person in self.fans.items():
            named = text in {f"#{fan}", person.user} and (text.startswith("#") or person.platform == platform)
            if of == avatar and (named if text else self.wrote.get(about) == fan):
                return fan
        return None

    async def person(self, avatar: AvatarId, fan: FanId, *, within: str = "") -> Person | None:
        return self.fans.get((avatar, fan))

    async def dm(self, avatar: AvatarId, account: AccountId, fan: FanId) -> Place | None:
        raise AssertionError("nobody is written to")
