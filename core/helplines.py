"""Whom to call in a crisis: helplines and emergency numbers by country.

Only numbers that are public services or long-standing charities stand here, as they publish them themselves. A wrong
number is worse than none: where nothing is certain, a country has its emergency number alone, and everybody is shown
the international directory besides.
"""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DIRECTORY = "https://findahelpline.com"
EMERGENCY_ANYWHERE = "112 / 911"


@dataclass(frozen=True, slots=True)
class Help:
    """Where to call in one country."""

    country: str  # ISO 3166-1
    emergency: str
    lines: tuple[str, ...] = ()  # each a name, where it says more than the number, and the number

    def __str__(self) -> str:
        flag = "".join(chr(ord(letter) + 0x1F1E6 - ord("A")) for letter in self.country)
        return f"{flag} {' · '.join((*self.lines, self.emergency))}"


_TABLE = (
    Help("US", "911", ("988 Lifeline: **988** (call or text)",)),
    Help("CA", "911", ("**988** (call or text / appel ou texto)",)),
    Help("GB", "999", ("Samaritans: **116 123**",)),
    Help("IE", "112", ("Samaritans: **116 123**",)),
    Help("AU", "000", ("Lifeline: **13 11 14**",)),
    Help("NZ", "111", ("**1737** (call or text)",)),
    Help("ZA", "112", ("SADAG: **0800 567 567**",)),
    Help("SG", "995", ("SOS: **1767**",)),
    Help("DE", "112", ("TelefonSeelsorge: **0800 111 0 111**", "**116 123**")),
    Help("AT", "112", ("Telefonseelsorge: **142**",)),
    Help("CH", "112", ("Die Dargebotene Hand / La Main Tendue: **143**",)),
    Help("LU", "112", ("SOS Détresse: **45 45 45**",)),
    Help("FR", "112", ("**3114**",)),
    Help("BE", "112", ("Zelfmoordlijn: **1813**", "Centre de Prévention du Suicide: **0800 32 123**")),
    Help("NL", "112", ("113 Zelfmoordpreventie: **113**, **0800-0113**",)),
    Help("ES", "112", ("**024**",)),
    Help("MX", "911", ("Línea de la Vida: **800 911 2000**",)),
    Help("PT", "112"),
    Help("BR", "192", ("CVV: **188**",)),
    Help("IT", "112", ("Telefono Amico: **02 2327 2327**",)),
    Help("PL", "112", ("**116 123**", "Centrum Wsparcia: **800 70 2222**")),
    Help("SE", "112", ("Självmordslinjen: **90101**",)),
    Help("NO", "113", ("Mental Helse: **116 123**",)),
    Help("DK", "112", ("Livslinien: **70 201 201**",)),
    Help("FI", "112", ("Kriisipuhelin: **09 2525 0111**",)),
    Help("CZ", "112", ("Linka první psychické pomoci: **116 123**",)),
    Help("HU", "112", ("**116-123**",)),
    Help("UA", "112", ("Lifeline Ukraine: **7333**",)),
    Help("RU", "112"),
    Help("TR", "112"),
    Help("JP", "119", ("いのちの電話: **0120-783-556**", "よりそいホットライン: **0120-279-338**")),
    Help("KR", "119", ("자살예방 상담전화: **109**",)),
    Help("CN", "120", ("心理援助热线：**12356**",)),
    Help("TW", "119", ("安心專線：**1925**",)),
    Help("HK", "999", ("情緒通：**18111**",)),
    Help("IN", "112", ("Tele-MANAS: **14416**",)),
)
BY_COUNTRY = {help_.country: help_ for help_ in _TABLE}

HOMES = {"ja": "JP", "ko": "KR", "it": "IT", "pl": "PL", "hi": "IN"}
"""Languages that are spoken in one country above all."""

SPOKEN = {  # elsewhere the language alone does not tell: the largest countries, most speakers first
    "en": ("US", "CA", "GB", "IE", "AU", "NZ"),
    "de": ("DE", "AT", "CH"),
    "fr": ("FR", "CA", "BE", "CH"),
    "es": ("ES", "MX", "US"),
    "pt": ("BR", "PT"),
    "nl": ("NL", "BE"),
    "zh": ("CN", "TW", "HK"),
}
_SCRIPTS = {"HANT": "TW", "HANS": "CN"}  # the script narrows Chinese down


def near(language: str, region: str = "") -> Sequence[Help]:
    """Where a fan can call, as far as one can tell.

    Args:
        language: The IETF tag of the fan's language, as the platform gives it; may be empty.
        region: The country that the creator has set, as its ISO code; may be empty.

    Returns:
        One country where that is clear: of the tag's own region, of a language with one home, or of ``region``. Else
        the countries in which the language is spoken; nothing for a language that says nothing.
    """
    tongue, *subtags = language.replace("_", "-").split("-")
    for subtag in (one.upper() for one in subtags):
        country = _SCRIPTS.get(subtag, subtag)
        if country in BY_COUNTRY:
            return (BY_COUNTRY[country],)
    home = HOMES.get(tongue.lower()) or region
    if home in BY_COUNTRY:
        return (BY_COUNTRY[home],)
    return tuple(BY_COUNTRY[country] for country in SPOKEN.get(tongue.lower(), ()))
