"""The account's health, over REST only: the doctor must not push a running bot off the gateway."""

from __future__ import annotations

import aiohttp
import discord

from adapters.discord.api import ApiClient
from core.model import Finding

_PORTAL = "https://discord.com/developers/applications"
_FEW_STARTS = 50  # of the 1,000 that Discord grants a day
_RIGHTS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    read_message_history=True,
)


async def examine(token: str, api_url: str | None) -> list[Finding]:
    """Ask Discord about this token: one finding for each thing that has to be right."""
    async with ApiClient(intents=discord.Intents(guilds=True), api_url=api_url) as client:
        try:
            await client.login(token)
            _, _, starts = await client.http.get_bot_gateway()
        except discord.LoginFailure:
            mend = f"copy it anew from the Bot page at {_PORTAL} into STAGEDOOR_DISCORD__TOKEN"
            return [Finding("discord token", "fail", "Discord refuses the token", mend)]
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            mend = "check the network and STAGEDOOR_DISCORD__API_URL, then try again"
            return [Finding("discord", "fail", f"Discord is not reachable ({type(exc).__name__})", mend)]
        return [_name(client), _content(client), _starts(starts["remaining"], starts["total"]), _servers(client)]


def _name(client: discord.Client) -> Finding:
    return Finding("discord token", "pass", f"valid for {client.user}")


def _content(client: discord.Client) -> Finding:
    flags = client.application_flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding("discord message content", "pass", "granted")
    return Finding(
        "discord message content",
        "warn",
        "not granted: in servers the avatar sees only messages that mention it; DMs are whole",
        f"switch on Message Content Intent on the Bot page at {_PORTAL}",
    )


def _starts(remaining: int, total: int) -> Finding:
    detail = f"{remaining} of {total} starts left today"
    if remaining >= _FEW_STARTS:
        return Finding("discord gateway", "pass", detail)
    mend = "find out why the bot restarts so often: at 0 Discord resets the token"
    return Finding("discord gateway", "warn" if remaining else "fail", detail, mend)


def _servers(client: discord.Client) -> Finding:
    application = client.application
    assert application is not None  # login has fetched it
    invite = discord.utils.oauth_url(application.id, permissions=_RIGHTS, scopes=("bot", "applications.commands"))
    if application.approximate_guild_count:
        return Finding("discord servers", "pass", f"in {application.approximate_guild_count}")
    return Finding("discord servers", "warn", "in no server, so no fan can find it", f"invite it: {invite}")
