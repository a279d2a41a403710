"""A health check of everything that an avatar needs, each finding with its mend."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from adapters import storage
from adapters.llm import discovery, embedded
from adapters.llm.openai import client
from bots import accounts, avatars, house, models
from bots.settings import Settings
from core.errors import ConfigError, StagedoorError
from core.model import Finding

MOST_DRIFT = timedelta(seconds=30)  # beyond this, lifetimes of tokens and limits come out wrong
DISK_FAIL, DISK_WARN = 100 * 2**20, 2**30  # bytes free


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing found here stops the rest from being looked at."""
    findings = [_avatar(settings), _disk(settings)]
    findings.append(await _database(settings))
    findings += await _model(settings)
    findings.append(await _clock(settings))
    findings += await _accounts(settings)
    return findings


def _avatar(settings: Settings) -> Finding:
    try:
        persona = avatars.load(settings.avatar, settings.avatars_dir)
    except ConfigError as exc:
        return Finding("avatar", "fail", str(exc), "Mend the file, or set STAGEDOOR_AVATAR to another avatar.")
    return Finding("avatar", "pass", f"{settings.avatar}: {persona.name}")


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GiB free in {folder}"
    if free >= DISK_WARN:
        return Finding("disk", "pass", detail)
    mend = "Make room, or set STAGEDOOR_DATA_DIR to another disk."
    return Finding("disk", "fail" if free < DISK_FAIL else "warn", detail, mend)


async def _database(settings: Settings) -> Finding:
    try:
        url = house.database_url(settings)
        async with storage.open_database(url) as database:
            started = time.perf_counter()
            await database.write(lambda _connection: None)
            took = (time.perf_counter() - started) * 1000
    except StagedoorError as exc:
        if "is in use" in str(exc):
            return Finding("database", "warn", str(exc), "That is fine while the avatar runs.")
        return Finding("database", "fail", str(exc), "Check STAGEDOOR_DATABASE_URL and STAGEDOOR_DATA_DIR.")
    return Finding("database", "pass", f"{url.partition(':')[0]}, an empty transaction took {took:.1f} ms")


async def _model(settings: Settings) -> list[Finding]:
    async with client() as http:
        configured = models.endpoints(settings.model)
        if configured:
            return [finding for one in configured for finding in await discovery.check(one, http)]
        running = await discovery.find(http)
    if running:
        offers = ", ".join(f"{one.name} at {one.base_url}" for one in running)
        mend = f"To choose it for good: STAGEDOOR_MODEL__BASE_URL={running[0].base_url}"
        return [Finding("model", "pass", f"found running here: {offers}; the first is used", mend)]
    if embedded.installed():
        return [Finding("model", "warn", "no endpoint is configured; the built-in demo model is used", models.DEMO)]
    mend = "Set STAGEDOOR_MODEL__BASE_URL, or install the demo model: make install"
    return [Finding("model", "fail", "no endpoint is configured or running, and no demo model is installed", mend)]


async def _clock(settings: Settings) -> Finding:
    """Compare with the clock of the first server that we talk to anyway."""
    urls = [str(url) for url in (settings.model.base_url, settings.telegram.base_url, settings.discord.api_url) if url]
    if settings.telegram.token is not None:
        urls.append("https://api.telegram.org")
    if settings.discord.token is not None:
        urls.append("https://discord.com")
    async with client() as http:
        for url in urls:
            theirs = await _date(http, url)
            if theirs is not None:
                drift = abs(datetime.now(UTC) - theirs)
                detail = f"{drift.total_seconds():.0f} s off {httpx.URL(url).host}"
                if drift > MOST_DRIFT:
                    return Finding("clock", "warn", detail, "Set the clock, best by NTP: timedatectl set-ntp true")
                return Finding("clock", "pass", detail)
    return Finding("clock", "pass", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, with no server to compare it with")


async def _date(http: httpx.AsyncClient, url: str) -> datetime | None:
    """The time at a server, or None if it cannot be had."""
    try:
        answer = await http.head(url, timeout=5.0)
        return parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return None


async def _accounts(settings: Settings) -> list[Finding]:
    try:
        names = {name: avatars.load(name, settings.avatars_dir).names for name in settings.avatars}
        found = accounts.speakers(settings, names)
    except ConfigError as exc:
        return [Finding("accounts", "fail", str(exc))]
    if not found:
        mend = "Set STAGEDOOR_TELEGRAM__TOKEN or STAGEDOOR_DISCORD__TOKEN; the README says how to get them."
        return [Finding("accounts", "warn", "no platform is configured: the avatar speaks in the terminal only", mend)]
    return [finding for one in found for finding in await one.account.check()]
