"""What the store has to keep to; the composition fills it in from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from core.limits import Limits
from core.model import AccountId, AvatarId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings of the inbox, the turns and the leases."""

    avatar: Callable[[AccountId], AvatarId]  # who speaks as this account
    limits: Limits  # of one fan
    window: int  # tokens of what was said before that a turn is given at most
    estimate: Callable[[str], int]  # tokens of a text
    quiet: timedelta = timedelta(0)  # after a message, how long to wait for more before it is answered
    quiet_cap: timedelta = timedelta(seconds=10)  # the longest such wait in all
    lease: timedelta = timedelta(seconds=60)  # how long a claim holds without being renewed
