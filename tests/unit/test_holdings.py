"""Until when something that was bought in a platform's own shop gives its circle."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.holdings import ends
from core.payments import Holding
from core.persona import Tier
from tests.fakes import NOON

SKU = "100000000000000001"
MONTH, LATER = timedelta(days=30), NOON + timedelta(days=3)
DAYS, ENDLESS = Tier(name="guests", discord_sku=SKU, days=30), Tier(name="guests", discord_sku=SKU)


@pytest.mark.parametrize(
    ("tier", "once", "told", "until"),
    [
        (ENDLESS, False, None, None),
        (ENDLESS, False, LATER, LATER),
        (ENDLESS, True, None, None),
        (DAYS, True, None, NOON + MONTH),
        (DAYS, True, LATER, LATER),
        (DAYS, True, NOON, NOON),
        (DAYS, False, None, None),
    ],
    ids=["subscription", "ends", "for good", "some days", "less", "taken back", "days are for what is bought once"],
)
def test_it_ends_when_the_platform_says_or_its_days_are_over(
    tier: Tier, *, once: bool, told: datetime | None, until: datetime | None
) -> None:
    assert ends(tier, Holding("7", SKU, "ann", NOON, until=told, once=once)) == until
