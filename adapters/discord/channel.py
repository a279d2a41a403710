"""Speaking on Discord. Only ids are needed, so nothing has to be in the client's cache.

Discord remembers the nonce of a message for a few minutes and answers a repeated one with the message that exists.
Every send carries its delivery's key as nonce and can therefore be repeated: no failure of a send is ambiguous here.
After those few minutes a repetition of a send whose answer was lost would show a second message.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Literal

import aiohttp
import discord
import structlog

from adapters.discord import buttons
from core.errors import ChannelRejected, ChannelUnavailable, FanUnreachable, NotFound
from core.model import Abilities, Action, Outgoing, Place

log = structlog.get_logger()

TEXT_LIMIT = 2000  # code points, as the API counts (discord/discord-api-docs issue 1315)
SILENT = discord.AllowedMentions.none()

_ABILITIES = Abilities(
    text_limit=TEXT_LIMIT,
    edits=True,
    preview_interval=1.2,  # Discord takes five edits in five seconds per channel
    typing_lasts=10.0,
    actions=True,
)
_IN_SERVERS = replace(_ABILITIES, threads=True)
_LONGEST_TITLE = 100  # of a thread, in characters
_ARCHIVED_AFTER: Literal[1440] = 1440  # minutes without a message; writing brings a thread back
_CLOSED_TO_US = {50007, 50278}  # the fan's DMs are closed, or no server is shared any more
_BLOCKED = {200000, 200001}  # by the server's AutoMod: a message, a title
_NO_HISTORY = 160002  # a reply needs the right to read the channel's history


class DiscordChannel:
    """One bot's voice. Says ``ChannelUnavailable`` while ``client`` is None: not logged in (yet, or any more)."""

    def __init__(self) -> None:
        self.client: discord.Client | None = None

    def abilities(self, place: Place) -> Abilities:
        """The same in all of Discord, but that only servers have threads."""
        return _IN_SERVERS if place.community else _ABILITIES

    async def typing(self, place: Place) -> None:
        """Show the typing sign, which lasts ten seconds."""
        with self._speaking(place) as channel:
            await channel.typing()

    async def send(self, place: Place, outgoing: Outgoing) -> str:
        """Send one message; links show no preview, so that no address in a reply is fetched unasked.

        Where an earlier attempt with this key is visible with another text (a preview), that message gets this text.
        """
        with self._speaking(place) as channel:
            message = await _post(channel, outgoing)
            unfinished = bool(outgoing.actions) and not message.components
            if unfinished or message.content.strip() != outgoing.text.strip():
                await _rewrite(channel, message.id, outgoing.text, outgoing.actions)
        return str(message.id)

    async def edit(self, place: Place, receipt: str, text: str) -> None:
        """Replace the text of a message; its buttons stay."""
        with self._speaking(place) as channel:
            try:
                await _rewrite(channel, int(receipt), text)
            except discord.NotFound as exc:
                raise NotFound(f"Discord message {receipt} is gone") from exc

    async def open_thread(self, place: Place, title: str) -> Place:
        """Open a thread in the channel; a DM has none, nor has a thread."""
        if not place.community:
            return place
        with self._speaking(place):
            assert self.client is not None  # ``_speaking`` looked
            opened = await self.client.http.start_thread_without_message(
                int(place.chat),
                name=title[:_LONGEST_TITLE],
                type=discord.ChannelType.public_thread.value,
                auto_archive_duration=_ARCHIVED_AFTER,
            )
        return replace(place, chat=str(opened["id"]))

    async def draft(self, place: Place, key: int, text: str) -> None:
        """Discord has no drafts: see ``abilities``."""
        del place, key, text
        raise ChannelRejected("Discord has no drafts")

    @contextmanager
    def _speaking(self, place: Place) -> Generator[discord.PartialMessageable]:
        """The place to speak in, with Discord's refusals in the core's words."""
        client = self.client
        if client is None:
            raise ChannelUnavailable("the bot is not logged in to Discord", retry_after=1.0)
        try:
            yield client.get_partial_messageable(int(place.chat))
        except discord.RateLimited as exc:
            raise ChannelUnavailable("Discord asks for a long pause", retry_after=exc.retry_after) from exc
        except discord.HTTPException as exc:
            raise _translated(exc) from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise ChannelUnavailable(f"Discord is not reachable ({type(exc).__name__})") from exc
        except RuntimeError as exc:  # how aiohttp says that its session was closed meanwhile
            if client.is_closed():
                raise ChannelUnavailable("the bot has left Discord", retry_after=1.0) from exc
            raise


async def _post(channel: discord.PartialMessageable, outgoing: Outgoing) -> discord.Message:
    reference = outgoing.reply_to and discord.MessageReference(
        message_id=int(outgoing.reply_to), channel_id=channel.id, fail_if_not_exists=False
    )

    async def post(reference: discord.MessageReference | None) -> discord.Message:
        return await channel.send(
            outgoing.text,
            nonce=outgoing.key,
            allowed_mentions=SILENT,
            mention_author=False,
            suppress_embeds=True,
            reference=reference,  # type: ignore[arg-type]  # discord.py's overloads leave out None, its code takes it
            view=buttons.view(outgoing.actions),  # type: ignore[arg-type]  # the same
        )

    try:
        return await post(reference or None)
    except discord.HTTPException as exc:
        if not reference or exc.code != _NO_HISTORY:
            raise
        log.info("discord.send.without_reference", chat=channel.id)
        return await post(None)


async def _rewrite(
    channel: discord.PartialMessageable, message: int, text: str, actions: Sequence[Action] = ()
) -> None:
    """Replace a text; mentions are silenced again, since Discord does not remember the first send's wish.

    Through the partial message, because the whole one would also ask for link previews again.
    """
    view = buttons.view(actions) or discord.utils.MISSING  # what is not told stays as it is
    await channel.get_partial_message(message).edit(content=text, allowed_mentions=SILENT, view=view)


def _translated(exc: discord.HTTPException) -> ChannelUnavailable | ChannelRejected:
    """discord.py has waited and retried already: a 429 or 5xx that arrives here has outlasted five attempts."""
    reason = f"Discord answered {exc.status} (code {exc.code})"
    if exc.code in _CLOSED_TO_US:
        return FanUnreachable(reason)
    if exc.code in _BLOCKED:
        return ChannelRejected(f"The server's AutoMod blocked this (code {exc.code}); its rules are in Server Settings")
    # a refused token is the account's trouble: once it is mended, the message still wants to be sent
    if exc.status == HTTPStatus.UNAUTHORIZED or exc.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ChannelUnavailable(reason)
    if exc.status == HTTPStatus.TOO_MANY_REQUESTS:
        return ChannelUnavailable(reason, retry_after=_retry_after(exc))
    return ChannelRejected(reason)


def _retry_after(exc: discord.HTTPException) -> float | None:
    try:
        return float(exc.response.headers.get("Retry-After", ""))
    except ValueError:
        return None
