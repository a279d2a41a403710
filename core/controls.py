"""The ports of the control room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from core.control import Act, Grant
from core.model import AccountId, AvatarId, Claim, Controls, FanId, Place
from core.moderation import Barred, Case, Exchange, Person, Reported, Sanction


class Switchboard(Protocol):
    """Keeps what was set for avatars and their places. Each method is one transaction.

    Raises ``StorageUnavailable``.
    """

    async def controls(self, avatar: AvatarId) -> Controls:
        """All that is set for an avatar, as it is now."""

    async def set(self, avatar: AvatarId, name: str, value: Any, *, where: str = "") -> Any:
        """Set something, for the avatar as a whole or where ``Controls.keys`` says; None: not set any more.

        Returns:
            What was set before; None: nothing.
        """


class Staff(Protocol):
    """Keeps who was made a moderator of an avatar. Each method is one transaction. Raises ``StorageUnavailable``."""

    async def granted(self, avatar: AvatarId, platform: str, persons: Collection[str]) -> frozenset[str]:
        """Which of these were made moderators of this avatar; see ``Grant.person``."""

    async def grant(self, grant: Grant) -> bool:
        """Make somebody a moderator; False if they are one already."""

    async def revoke(self, avatar: AvatarId, platform: str, person: str) -> bool:
        """Take that back; False if there is nothing to take back."""

    async def all(self, avatar: AvatarId) -> Sequence[Grant]:
        """All who are, those made last first."""


class Audit(Protocol):
    """Keeps every privileged act for good: nothing in it is ever changed or deleted. Raises ``StorageUnavailable``."""

    async def note(self, act: Act) -> None:
        """Add an act."""

    async def acts(self, avatar: AvatarId, *, below: int | None = None, limit: int) -> Sequence[Act]:
        """Acts, newest first, a page at a time: those with a smaller number than ``below``."""


class Directory(Protocol):
    """Finds the fan whom a command is about. Raises ``StorageUnavailable``."""

    async def locate(
        self, avatar: AvatarId, account: AccountId, text: str, *, place: Place, about: str = ""
    ) -> FanId | None:
        """The fan of this avatar who is named; None: nobody whom it knows.

        Args:
            avatar: Whose fan.
            account: Where the command was given: mentions and ids are those of its platform.
            text: A mention, the platform's id, "#12" as the avatar numbers its fans, or "telegram:123" for another
                platform's.
            place: Where the command was given.
            about: Where ``text`` is empty: the platform's id of a message there. Its author is meant or, if the avatar
                wrote it, whoever it answered last in it.
        """

    async def person(self, avatar: AvatarId, fan: FanId, *, within: str = "") -> Person | None:
        """How the platform knows a fan of this avatar; None: there is no such fan.

        ``within``: only if they have written in this community (``core.moderation.community_of``).
        """

    async def dm(self, avatar: AvatarId, account: AccountId, fan: FanId) -> Place | None:
        """The private chat of a fan with this account; None: there is none, or they have left or blocked it."""


class Sanctions(Protocol):
    """Keeps who is not answered, and silences. Each method is one transaction. Raises ``StorageUnavailable``."""

    async def impose(self, case: Case, kind: Barred) -> Case:
        """From now on the person of the case is not answered in its community until then; the case with its number.

        What they wrote that waits is refused, and turns under way that answer them may not speak any more; what others
        had said in these waits again.
        """

    async def lift(self, case: Case, kinds: Collection[Barred]) -> Case | None:
        """Take back what holds against the person in the case's community, or everywhere; None: nothing of it does."""

    async def standing(self, avatar: AvatarId, whom: Person, *, now: datetime) -> Sequence[Sanction]:
        """What holds against a person, in whatever community."""

    async def silence(self, avatar: AvatarId, name: str, value: Any, *, where: str, now: datetime) -> Any:
        """As ``Switchboard.set``; and the turns under way there may not speak any more, nor be begun again."""


class Doors(Protocol):
    """What a turn has to look up before it is decided who is answered. Raises ``StorageUnavailable``."""

    async def answered(self, claim: Claim) -> Mapping[FanId, datetime]:
        """When those who wait in this claim were last answered in its conversation; who never was is missing."""

    async def may_tell(self, claim: Claim, fan: FanId | None, name: str, *, until: datetime, now: datetime) -> bool:
        """Whether a fan (None: everybody there) may be told something now; then it is noted as told until then.

        The same turn may tell it again: it may have been broken off.
        """

    async def undelivered(self, avatar: AvatarId, place: Place, *, since: datetime) -> int:
        """How many replies in a place the platform has refused since then, its own moderation included."""


class Cases(Protocol):
    """Keeps each avatar's moderation log. Each method is one transaction. Raises ``StorageUnavailable``."""

    async def add(self, case: Case) -> Case:
        """Keep a case; the case with its number."""

    async def report(self, case: Case, message: str, *, place: Place, most: int, since: datetime) -> Reported:
        """Keep a report about the reply that the platform shows as this message there.

        One for each reply and fan, and at the most so many of one fan since then.
        """

    async def page(
        self, avatar: AvatarId, *, whom: Person | None = None, within: str | None = None, below: int, limit: int
    ) -> Sequence[Case]:
        """Cases, newest first, a page at a time: those with a smaller number than ``below``.

        Args:
            avatar: Whose.
            whom: About whom only.
            within: Of this community only; None: of all, and of those outside of any.
            below: A number; 0: from the newest.
            limit: At the most so many.
        """

    async def close(self, avatar: AvatarId, number: int, *, by: str, outcome: str, now: datetime) -> Case | None:
        """Note how a case came out; the case, or None if there is none that is open."""

    async def exchange(self, case: Case) -> Exchange | None:
        """What a report is about, as far as it is still kept."""
