"""Addresses that a feed or a sitemap points to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from adapters.ingest.reading import Item


@dataclass(frozen=True, slots=True)
class Link:
    """One address to fetch."""

    url: str
    listing: bool = False  # it is itself a list of addresses: a sitemap named by a sitemap index


@runtime_checkable
class Listing(Protocol):
    """A reader whose files point to pages that should be read as well."""

    partial: bool  # it lists only the newest: what it does not name may still be there

    def recognises(self, item: Item) -> bool:
        """As a ``Reader`` does."""

    def links(self, item: Item) -> Iterator[Link]:
        """Yield the addresses, without repeats, in the file's order.

        Raises:
            InvalidInput: The file is of no use.
        """


def site(url: str) -> str:
    """The site that an address belongs to: its host without ``www.``; empty if it is no web address."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return ""
    return host.removeprefix("www.") if parts.scheme.lower() in {"http", "https"} else ""


def same_site(url: str, home: str) -> bool:
    """Whether an address lies on this site or below it (``blog.maya.example`` below ``maya.example``)."""
    there, here = site(url), site(home)
    return bool(here) and (there == here or there.endswith(f".{here}"))
