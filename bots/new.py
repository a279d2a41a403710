"""From what a creator has published to an avatar: read it, measure the voice, draft the persona for review."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adapters.ingest.exports.telegram import CONSENT, NO_CONSENT
from adapters.storage import Storage
from bots import avatars, content, models, sources, voice
from bots.content import Read, Tell
from bots.draft import draft
from bots.house import visiting
from bots.settings import Settings
from bots.sources import WEB, Sources
from core.errors import ConfigError
from core.model import AvatarId
from core.ports import ChatModel
from core.text import clean_name

LONGEST_SLUG = 40  # characters
LEAST_CONTEXT = 1024  # tokens, where no model reads


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the creator asked for."""

    name: str  # theirs, as fans know it
    avatar: str  # the folder's name
    sources: tuple[str, ...]
    tagline: str = ""
    creator: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()
    model: bool = True  # let it read for traits and topics


@dataclass(frozen=True, slots=True)
class Built:
    """What there is now."""

    avatar: str
    file: str
    is_draft: bool  # there was an avatar before: this lies beside it until it is published
    read: tuple[Read, ...]
    remarks: tuple[str, ...]


def slug(name: str) -> str:
    """A folder's name from a person's, in whatever script; empty if nothing of it is a letter or digit."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    lower = unicodedata.normalize("NFKC", plain).lower()
    return re.sub(r"\W+", "-", lower).strip("-_")[:LONGEST_SLUG].rstrip("-_")


@dataclass(frozen=True, slots=True)
class Talk:
    """How the creator hears of the work, and is asked."""

    tell: Tell  # how far reading is
    reading: Callable[[int, int], None]  # how many batches, of how many, the model has read
    agrees: Callable[[str], bool]  # a question of consent


async def build(settings: Settings, wanted: Wanted, talk: Talk) -> Built:
    """Read the sources and write the avatar's files. Again with the same name, only what is new is read.

    Raises:
        ConfigError: The name is of no use, a file has errors or cannot be written.
        StorageUnavailable: What was read until then is kept.
    """
    folder = _folder(wanted.avatar, settings.avatars_dir)
    relative = tuple(_from(folder, one) for one in wanted.sources)
    listed = sources.add(folder, sources=relative, creator=wanted.creator, consent=wanted.consent)
    async with visiting(settings) as store:
        building = _Building(store, wanted, folder, talk)
        read = await building.read(listed)
        if wanted.model and await store.content.revision(building.id):
            async with models.choose(settings) as chosen:
                path, remarks = await building.write(None if chosen.demo else chosen.model, chosen.context)
        else:
            path, remarks = await building.write(None, LEAST_CONTEXT)
    return Built(wanted.avatar, str(path), path.name == avatars.DRAFT, tuple(read), remarks)


@dataclass(frozen=True, slots=True)
class _Building:
    """One avatar being built."""

    store: Storage
    wanted: Wanted
    folder: Path
    talk: Talk

    @property
    def id(self) -> AvatarId:
        return AvatarId(self.wanted.avatar)

    async def read(self, listed: Sources) -> list[Read]:
        """Read everything; what waits for a consent is read after it was given."""
        read = await self._synced(listed)
        waiting = [one for one in read if any(each.why == NO_CONSENT for each in one.skipped)]
        if not waiting or not self.talk.agrees(f"{', '.join(one.source for one in waiting)}: {NO_CONSENT}."):
            return read
        return await self._synced(sources.add(self.folder, sources=(), creator=(), consent=(CONSENT,)))

    async def _synced(self, listed: Sources) -> list[Read]:
        return await content.sync(self.store.content, self.id, self.folder, listed, tell=self.talk.tell)

    async def write(self, model: ChatModel | None, context: int) -> tuple[Path, tuple[str, ...]]:
        """Measure the voice, draft the persona, and keep both; where the draft is, and what to tell of it."""
        heard = voice.listen(await voice.gather(self.store.content, self.id))
        voice.save(heard, self.folder)
        made = await draft(
            clean_name(self.wanted.name),
            self.id,
            self.store.content,
            heard,
            model,
            tagline=self.wanted.tagline,
            room=context,
            progress=self.talk.reading,
        )
        path = self.folder / (avatars.DRAFT if (self.folder / avatars.FILE).exists() else avatars.FILE)
        avatars.write(path, made.toml)
        return path, made.remarks


def _folder(name: str, own: Path) -> Path:
    if not avatars.NAME.fullmatch(name):
        raise ConfigError(f"{name!r}: letters, digits, '-', '_' and '.', at most 64, beginning with a letter.")
    folder = own / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"{folder} cannot be made: {exc.strerror}. Set STAGEDOOR_AVATARS_DIR to another.") from exc
    return folder


def _from(folder: Path, source: str) -> str:
    """A source as it is written down: what lies in the avatar's folder moves with it."""
    if source.lower().startswith(WEB):
        return source
    path, home = Path(source).expanduser().resolve(), folder.resolve()
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)
