"""The accounts that one process runs: which bots, and as which avatars they speak."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import structlog

from bots.settings import HostedDiscord, HostedTelegram, Settings
from core.errors import ConfigError
from core.model import AccountId, AvatarId, Finding
from core.payments import Holdings, Register, Till
from core.ports import Channel, Intake

log = structlog.get_logger()


class Account(Protocol):
    """One bot identity on a platform."""

    id: AccountId
    channel: Channel

    async def run(self, intake: Intake) -> None:
        """Receive until cancelled; ConfigError when the platform refuses the account."""

    async def check(self) -> list[Finding]:
        """What a health check finds, without running."""


@runtime_checkable
class Selling(Protocol):
    """An account on a platform that takes payments."""

    till: Till | None
    register: Register


@runtime_checkable
class Shelved(Protocol):
    """An account on a platform with a shop of its own, where circles' names are offered while they are typed."""

    id: AccountId
    holdings: Holdings | None
    circles: Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Speaker:
    """An account and whose it is."""

    account: Account
    avatar: AvatarId
    creators: tuple[str, ...]  # the platform's ids of those whose avatar it is


def speakers(settings: Settings, names: Mapping[str, Sequence[str]]) -> list[Speaker]:
    """Every account that is configured. One that is wrong stops nobody but itself, as long as others are right.

    Args:
        settings: Where they are configured.
        names: What each avatar is called.

    Raises:
        ConfigError: The only one is wrong, or two of them are the same bot.
    """
    plans: tuple[HostedTelegram | HostedDiscord, ...] = (*settings.telegrams, *settings.discords)
    found: list[Speaker] = []
    for plan in plans:
        avatar = plan.avatar
        try:
            made = _telegram(plan, names[avatar]) if isinstance(plan, HostedTelegram) else _discord(plan)
        except ConfigError as exc:
            if len(plans) == 1:
                raise
            log.error("accounts.wrong", avatar=avatar, reason=str(exc))
            continue
        if (other := next((one for one in found if one.account.id == made.account.id), None)) is not None:
            raise ConfigError(
                f"{made.account.id} is configured twice, for {other.avatar} and for {avatar}. Each bot speaks as one "
                "avatar: make a second bot, or remove one of the two."
            )
        found.append(made)
    return found


def _telegram(one: HostedTelegram, names: Sequence[str]) -> Speaker:
    """Its library is large, and only loaded where it is used."""
    from adapters.telegram import TelegramAccount, Webhook  # noqa: PLC0415 - see above

    assert one.token is not None
    webhook = None
    if one.webhook_url is not None:
        if one.webhook_secret is None:
            raise ConfigError(
                "STAGEDOOR_TELEGRAM__WEBHOOK_URL is set without STAGEDOOR_TELEGRAM__WEBHOOK_SECRET: "
                "anybody could pose as Telegram. Set it to a long random text of A-Z a-z 0-9 _ -."
            )
        secret = one.webhook_secret.get_secret_value()
        webhook = Webhook(str(one.webhook_url), secret, one.webhook_listen, one.webhook_port)
    base_url = str(one.base_url).rstrip("/") if one.base_url else None
    account = TelegramAccount(
        one.token.get_secret_value(), names=names, base_url=base_url, webhook=webhook, creators=one.creators
    )
    return Speaker(account, AvatarId(one.avatar), one.creators)


def _discord(one: HostedDiscord) -> Speaker:
    """As for Telegram."""
    from adapters.discord import DiscordAccount  # noqa: PLC0415 - see above

    assert one.token is not None
    api_url = str(one.api_url).rstrip("/") if one.api_url else None
    account = DiscordAccount(one.token.get_secret_value(), api_url=api_url, channels=one.channels)
    return Speaker(account, AvatarId(one.avatar), one.creators)
