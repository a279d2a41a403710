"""What fans hold from a platform's own shop, and the circles that it gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.avatar import Avatar
from core.model import AccountId
from core.payments import Holding, Members
from core.persona import Tier
from core.ports import Clock

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shelf:
    """The port ``Holdings``.

    Args:
        members: Who is in which circle.
        speaker: The avatar that speaks as an account, as it is now.
        clock: Wall time.
    """

    members: Members
    speaker: Callable[[AccountId], Avatar]
    clock: Clock

    def products(self, account: AccountId) -> Sequence[str]:
        """See ``core.payments.Holdings``."""
        return [tier.discord_sku for tier in self.speaker(account).persona.tiers if tier.discord_sku]

    async def hold(self, account: AccountId, holding: Holding) -> bool:
        """See ``core.payments.Holdings``."""
        avatar = self.speaker(account)
        tier = next((one for one in avatar.persona.tiers if one.discord_sku == holding.product), None)
        if tier is None:
            log.info("holdings.unknown", avatar=avatar.id, product=holding.product)
            return True  # somebody else's to use up
        until = ends(tier, holding)
        await self.members.admit(
            avatar.id, account, holding, tier=tier.name, source=f"holding {holding.id}", until=until
        )
        return until is None or until > self.clock.now()


def ends(tier: Tier, holding: Holding) -> datetime | None:
    """When what somebody holds gives a circle no more; None: not yet known."""
    days = tier.days if holding.once else None
    used_up = holding.since + timedelta(days=days) if days else None
    return min((moment for moment in (used_up, holding.until) if moment is not None), default=None)
