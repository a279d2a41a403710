"""What the store has to keep to; the composition fills it in from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.storage.switchboard import Snapshots
from core import crisis
from core.budgets import Prices
from core.limits import Limits
from core.model import AccountId, AvatarId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings of the inbox, the turns and the leases."""

    avatar: Callable[[AccountId], AvatarId]  # who speaks as this account
    limits: Limits  # those that hold where a creator has set no others
    window: int  # tokens of what was said before that a turn is given at most
    estimate: Callable[[str], int]  # tokens of a text
    quiet: timedelta = timedelta(0)  # after a message, how long to wait for more before it is answered
    quiet_cap: timedelta = timedelta(seconds=10)  # the longest such wait in all
    lease: timedelta = timedelta(seconds=60)  # how long a claim holds without being renewed
    prices: Prices = field(default_factory=Prices)  # of the model that writes
    tiers: Callable[[AvatarId], Sequence[str]] = lambda _avatar: ()  # an avatar's circles of fans, lowest first
    urgent: Callable[[str], bool] = lambda text: crisis.look(text) is not None  # answered beyond limits, a few times
    snapshots: Snapshots = field(default_factory=Snapshots)  # of what was set for avatars
