"""What the creator has published is read while the avatar runs: by a process of its own, so that no fan waits."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from bots import sources
from bots.house import House
from bots.settings import Settings
from core.errors import ConfigError, StorageUnavailable

log = structlog.get_logger()

LOOK_EVERY = 900.0  # seconds between two looks whether a source is due
STAGEDOOR = "from bots.cli import main; main()"


async def first(built: House, say: Callable[[str], None]) -> None:
    """Read an avatar's content before its first conversation; later changes are read meanwhile."""
    wanted = sources.load(built.making.path.parent)
    if wanted is None or not wanted.sources or await built.store.content.revision(built.avatar.id):
        return
    say(f"Reading what {built.avatar.persona.name} has published ...")
    say(await _read(built))


async def _pause() -> None:
    await asyncio.sleep(LOOK_EVERY)


async def keep_current(built: House, say: Callable[[str], None], tick: Callable[[], Awaitable[None]] = _pause) -> None:
    """Read an avatar's content anew whenever that is due, until cancelled.

    Args:
        built: The avatar with its database.
        say: Tells whoever started the program something.
        tick: Waits until it is time to look again whether it is due.
    """
    while True:
        try:
            wanted = sources.load(built.making.path.parent)
            if wanted is not None and wanted.every and await _due(built, timedelta(hours=wanted.every)):
                await _read(built)
        except (ConfigError, StorageUnavailable) as exc:
            log.warning("content.not_read", avatar=built.avatar.id, reason=str(exc))
            if isinstance(exc, ConfigError):
                say(str(exc))
        await tick()


async def _due(built: House, every: timedelta) -> bool:
    last = (await built.store.content.crawls(built.avatar.id, sources.ALL)).get(sources.ALL)
    return last is None or datetime.now(UTC) - last.fetched_at >= every


async def _read(built: House) -> str:
    """Run ``stagedoor content sync``; what it said."""
    command = (sys.executable, "-c", STAGEDOOR, "content", "sync", built.making.name)
    child = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=_environment(built.making.settings)
    )
    try:
        said, complaint = await child.communicate()
    finally:
        if child.returncode is None:  # this is being cancelled; what it has read so far is kept
            child.kill()
            await child.wait()
    if child.returncode:
        log.warning("content.failed", avatar=built.avatar.id, code=child.returncode)
    else:
        log.info("content.read", avatar=built.avatar.id)
    return "\n".join(part for raw in (said, complaint) if (part := raw.decode(errors="replace").strip()))


def _environment(settings: Settings) -> Mapping[str, str]:
    """Ours, and where this avatar's things are: the settings need not come from the environment."""
    found = {
        **os.environ,
        "STAGEDOOR_DATA_DIR": str(settings.data_dir.resolve()),
        "STAGEDOOR_AVATARS_DIR": str(settings.avatars_dir.resolve()),
    }
    if settings.database_url is not None:
        found["STAGEDOOR_DATABASE_URL"] = settings.database_url.get_secret_value()
    return found
