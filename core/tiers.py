"""Circles of fans: which of them a fan is in, by what was granted and by the roles that a platform tells of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.control import Setting

ROLES: Setting[Mapping[str, str]] = Setting("tier roles", dict[str, str], {})  # a circle's name by a role's id


GRANT = "grant"  # the source of what the creator gave by hand


@dataclass(frozen=True, slots=True)
class Membership:
    """A circle that a fan is in."""

    tier: str  # its name
    source: str  # by what: ``GRANT``, "stars", an entitlement's id
    until: datetime | None = None  # None: until it is taken back


def circles(held: Iterable[str], order: Sequence[str]) -> frozenset[str]:
    """The circles that somebody is in who was given these: a higher one includes all below.

    Args:
        held: Names of circles; one that the persona does not name is a circle by itself.
        order: The persona's, lowest first.
    """
    names = set(held)
    highest = max((order.index(name) for name in names if name in order), default=-1)
    return frozenset(names.union(order[: highest + 1]))


def by_roles(roles: Iterable[str], given: Mapping[str, str]) -> set[str]:
    """The circles that these roles give, by what ``ROLES`` says."""
    return {given[role] for role in roles if role in given}
