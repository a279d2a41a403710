"""What an avatar was, is and is to be: its versions in the database, the published file, the draft beside it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.storage import Personas, Version
from bots import avatars
from core.errors import ConfigError
from core.model import AvatarId

BY_HAND = "saved by hand"  # note of a version that no command has made
DRAFT, PUBLISHED = "draft", "published"  # names of what has no number


@dataclass(frozen=True, slots=True)
class Live:
    """What a command made of an avatar."""

    avatar: str
    version: int
    file: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Where versions of one avatar are worked on.

    Methods raise ConfigError where there is nothing that could be done, and StorageUnavailable. What a method is about
    to replace is kept as a version first, so that nothing is ever lost.
    """

    name: str
    own: Path
    versions: Personas

    async def publish(self, note: str, *, now: datetime) -> Live:
        """Make the draft what is published. From then on there is no draft."""
        draft = avatars.file_of(self.name, self.own, draft=True)
        path = avatars.own_file(self.name, self.own)
        text = avatars.read(draft)
        avatars.checked(text, draft)
        number = await self._keep(path, text, note, now)
        try:
            draft.replace(path.resolve())
        except OSError as exc:
            raise ConfigError(f"{path} cannot be written: {exc.strerror}. Make its folder writable.") from exc
        return Live(self.name, number, str(path))

    async def roll_back(self, number: int, *, now: datetime) -> Live:
        """Publish the text of an earlier version again, as a new one."""
        path = avatars.own_file(self.name, self.own)
        version = await self._version(number)
        try:
            avatars.checked(version.toml, path)
        except ConfigError as exc:
            raise ConfigError(f"Version {number} of {self.name} cannot be published today. {exc}") from exc
        number = await self._keep(path, version.toml, f"version {number} again", now)
        avatars.write(path, version.toml)
        return Live(self.name, number, str(path))

    async def _keep(self, path: Path, text: str, note: str, now: datetime) -> int:
        """Record what stands in a file, and then what is to stand there; the latter's number.

        It is recorded before it is written: who watches the file then finds it known.
        """
        avatar = AvatarId(self.name)
        if (standing := _standing(path)) is not None:
            await self.versions.record(avatar, standing, BY_HAND, now=now)
        return await self.versions.record(avatar, text, note, now=now)

    async def history(self) -> Sequence[Version]:
        """All versions, newest first."""
        avatars.file_of(self.name, self.own)
        return await self.versions.history(AvatarId(self.name))

    async def diff(self, *names: str) -> str:
        """How two versions differ, as a unified diff; empty if they don't.

        Args:
            names: Numbers of versions, "draft" or "published". Of two, how the second differs from the first; of one,
                from what was before it; without any, what the newest version changed.
        """
        *earlier, after = names or (await self._newest(),)
        new = await self._text(after)
        before = earlier[0] if earlier else await self._before(after)
        old = await self._text(before) if before != "0" else ""
        labels = (f"{self.name} {before}", f"{self.name} {after}")
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), *labels, lineterm="")
        return "".join(f"{line}\n" for line in lines)

    async def _before(self, name: str) -> str:
        if name.isdecimal():
            return str(int(name) - 1)
        return PUBLISHED if name == DRAFT else await self._newest()

    async def _newest(self) -> str:
        newest = next(iter(await self.history()), None)
        if newest is None:
            raise ConfigError(f"{self.name} has no versions yet. The first one is kept when it runs or is published.")
        return str(newest.number)

    async def _text(self, name: str) -> str:
        if name.isdecimal():
            return (await self._version(int(name))).toml
        if name in {DRAFT, PUBLISHED}:
            return avatars.read(avatars.file_of(self.name, self.own, draft=name == DRAFT))
        raise ConfigError(f"{name!r} is no version. Give a number of `avatar history`, '{DRAFT}' or '{PUBLISHED}'.")

    async def _version(self, number: int) -> Version:
        version = next((one for one in await self.history() if one.number == number), None)
        if version is None:
            raise ConfigError(f"There is no version {number} of {self.name}. See: stagedoor avatar history {self.name}")
        return version


def _standing(path: Path) -> str | None:
    """What stands in a file, or None if there is none."""
    return avatars.read(path) if path.is_file() else None
