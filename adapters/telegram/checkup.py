"""What can be wrong with a Telegram account, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from telegram import Bot, WebhookInfo
from telegram.error import Conflict, InvalidToken, TelegramError

from core.model import Finding

_PROBE_TIMEOUT = 2  # seconds: long enough for another poller to come back and be noticed


async def findings(bot: Bot, *, webhook: str) -> list[Finding]:
    """Ask Telegram about a bot; at the first thing that makes the rest pointless it stops.

    Args:
        bot: Makes the calls.
        webhook: The address that should be set, empty where the bot polls.
    """
    found = []
    try:
        async for finding in _look(bot, webhook):
            found.append(finding)  # noqa: PERF401 - what was found before an error is kept
    except InvalidToken:
        mend = "ask @BotFather for a new token with /token and set STAGEDOOR_TELEGRAM__TOKEN"
        found.append(Finding("telegram token", "fail", "Telegram refuses the token", mend))
    except TelegramError as exc:
        mend = "check the connection and STAGEDOOR_TELEGRAM__BASE_URL, then try again"
        found.append(Finding("telegram connection", "fail", f"no usable answer ({type(exc).__name__})", mend))
    return found


async def _look(bot: Bot, webhook: str) -> AsyncIterator[Finding]:
    me = await bot.get_me()
    yield Finding("telegram token", "pass", f"@{me.username}")
    yield _privacy(sees_all=bool(me.can_read_all_group_messages), joins=bool(me.can_join_groups))
    state = await bot.get_webhook_info()
    yield _webhook(state, webhook)
    if state.last_error_date:
        yield Finding(
            "telegram webhook errors",
            "warn",
            f"{state.last_error_date:%Y-%m-%d %H:%M} UTC: {state.last_error_message}",
            "see that the address answers from outside, with a valid certificate",
        )
    if not webhook and not state.url:
        yield await _other_poller(bot)


def _privacy(*, sees_all: bool, joins: bool) -> Finding:
    check = "telegram groups"
    if not joins:
        return Finding(check, "warn", "cannot be added to groups", "@BotFather, /setjoingroups, Enable")
    if sees_all:
        return Finding(check, "pass", "sees all messages in its groups")
    return Finding(
        check,
        "warn",
        "privacy mode is on: in groups it sees mentions, replies and commands, not its name alone",
        "@BotFather, /setprivacy, Disable, then add it to the group again (or make it an admin)",
    )


def _webhook(state: WebhookInfo, wanted: str) -> Finding:
    check = "telegram webhook"
    waiting = f"{state.pending_update_count} updates waiting"
    if state.url == wanted:
        return Finding(check, "pass", f"as configured, {waiting}" if wanted else f"none, polling, {waiting}")
    if not wanted:
        detail = "a webhook is set, but this bot is configured to poll"
        return Finding(check, "warn", detail, "starting removes it; if another program uses it, give each its own bot")
    detail = "another webhook is set" if state.url else f"not set yet, {waiting}"
    return Finding(check, "warn", detail, "starting sets it")


async def _other_poller(bot: Bot) -> Finding:
    """Two programs that poll for one bot cut each other off. Nothing is confirmed by looking."""
    check = "telegram polling"
    try:
        await bot.get_updates(limit=1, timeout=_PROBE_TIMEOUT)
    except Conflict:
        detail = "another program polls for this bot (Stagedoor itself, if it is running now)"
        return Finding(check, "warn", detail, "stop the other one, or give each its own bot")
    return Finding(check, "pass", "no other program polls for this bot")
