"""From what a creator has published to an avatar: read it, measure the voice, draft the persona for review."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.ingest.exports.telegram import CONSENT, NO_CONSENT
from bots import avatars, content, models, sources, voice
from bots.content import Read, Tell
from bots.draft import draft
from bots.house import library, visiting
from bots.settings import Settings
from core.errors import ConfigError, ModelUnavailable
from core.model import AvatarId
from core.text import clean_name

LONGEST_SLUG = 40  # characters
LEAST_CONTEXT = 1024  # tokens, where no model reads
BEFORE = "avatar.draft.before.toml"  # the draft that lay there, which its creator may have worked on
NO_MODEL = "There is no model fit for reading. To have one read, set STAGEDOOR_MODEL__BASE_URL and do this again."


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
    remarks: tuple[str, ...]


def slug(name: str) -> str:
    """A folder's name from a person's, in whatever script; empty if nothing of it is a letter or digit."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    lower = unicodedata.normalize("NFKC", plain).lower()
    return re.sub(r"\W+", "-", lower).strip("-_")[:LONGEST_SLUG].rstrip("-_")


async def read(settings: Settings, wanted: Wanted, tell: Tell) -> list[Read]:
    """Read the sources, those named before included. Again with the same name, only what is new is taken.

    Raises:
        ConfigError: The name is of no use, a file has errors or cannot be written.
        StorageUnavailable: What was read until then is kept.
    """
    folder = _folder(wanted.avatar, settings.avatars_dir)
    relative = tuple(_from(folder, one) for one in wanted.sources)
    listed = sources.add(folder, sources=relative, creator=wanted.creator, consent=wanted.consent)
    async with visiting(settings) as store, library(settings, store) as found:
        return await content.refresh(store, found, AvatarId(wanted.avatar), folder, listed, tell=tell)


def unconsented(read: Sequence[Read]) -> list[str]:
    """The sources that wait for a consent."""
    return [one.source for one in read if any(each.why == NO_CONSENT for each in one.skipped)]


def consented(wanted: Wanted) -> Wanted:
    """The same, with the consent that was missing."""
    return replace(wanted, sources=(), consent=(CONSENT,))


async def write(settings: Settings, wanted: Wanted, reading: Callable[[int, int], None]) -> Built:
    """Measure the voice, draft the persona, and write both down. A published avatar stays as it is.

    Args:
        settings: Where things are kept, and which model reads.
        wanted: What the creator asked for.
        reading: Told how many batches, of how many, the model has read.

    Raises:
        ConfigError: A file cannot be written.
        StorageUnavailable: Nothing was written.
    """
    folder, avatar = _folder(wanted.avatar, settings.avatars_dir), AvatarId(wanted.avatar)
    async with visiting(settings) as store, _model(settings, wanted) as chosen:
        heard = voice.listen(await voice.gather(store.content, avatar))
        made = await draft(
            clean_name(wanted.name),
            avatar,
            store.content,
            heard,
            chosen.model if chosen else None,
            tagline=wanted.tagline,
            room=chosen.context if chosen else LEAST_CONTEXT,
            progress=reading,
        )
    remarks = made.remarks if chosen or not wanted.model else (*made.remarks, NO_MODEL)
    voice.save(heard, folder)
    path = folder / (avatars.DRAFT if (folder / avatars.FILE).exists() else avatars.FILE)
    if path.exists() and (text := avatars.read(path)) != made.toml:
        avatars.write(folder / BEFORE, text)
        remarks = (*remarks, f"The draft that was there is kept as {BEFORE}.")
    avatars.write(path, made.toml)
    return Built(wanted.avatar, str(path), path.name == avatars.DRAFT, remarks)


@asynccontextmanager
async def _model(settings: Settings, wanted: Wanted) -> AsyncIterator[models.Chosen | None]:
    """The model that reads; None where none is wanted, or none is fit for it."""
    async with AsyncExitStack() as stack:
        chosen = None
        if wanted.model:
            try:
                chosen = await stack.enter_async_context(models.choose(settings))
            except (ConfigError, ModelUnavailable):  # not even the demo model is there
                chosen = None
        yield None if chosen is None or chosen.demo else chosen


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
    if sources.on_the_web(source):
        return source
    path, home = Path(source).expanduser().resolve(), folder.resolve()
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)
