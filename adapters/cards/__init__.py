"""Character cards, versions 1 to 3, in PNG, APNG, JSON and CHARX files.

Sources: "Character Card V2" with its description of V1 (malfoyslastname, github.com/malfoyslastname/
character-card-spec-v2) and "Character Card V3" (kwaroran, github.com/kwaroran/character-card-spec-v3).
"""

from adapters.cards.avatar import Draft, draft, updated
from adapters.cards.book import LoreDraft, with_lore
from adapters.cards.card import Card, blank
from adapters.cards.file import CardFile, Container, Format, read, written

__all__ = [
    "Card",
    "CardFile",
    "Container",
    "Draft",
    "Format",
    "LoreDraft",
    "blank",
    "draft",
    "read",
    "updated",
    "with_lore",
    "written",
]
