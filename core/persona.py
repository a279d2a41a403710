"""Who an avatar is: the creator's ``avatar.toml``, validated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, TypeAdapter
from pydantic import ValidationError as WrongUrl

from core import toml

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tabs and ends of lines
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
TIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")

# ISO 3166-1, the officially assigned codes of two letters.
COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)


def _printable(text: str) -> str:
    if CONTROLS.search(text):
        raise ValueError("has control characters in it. Remove what stands as \\u00.. there.")
    return text


def _picture(text: str) -> str:
    """A web address, or a path that stays beside the file, on every system."""
    if not text:
        return text
    if ":" in text:
        try:
            url = TypeAdapter(HttpUrl).validate_python(text)
        except WrongUrl:
            url = None
        if url is None or url.scheme != "https":
            raise ValueError("must be the name of a picture beside this file, or an address that begins with https://.")
        return text
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text:
        raise ValueError('must stay beside this file. Put the picture there and write its name: "portrait.png".')
    if path.suffix.lower() not in PICTURES:
        raise ValueError(f"must be a picture: {', '.join(PICTURES)}.")
    return text


def _tier(name: str) -> str:
    if not TIER.fullmatch(name):
        raise ValueError(
            "must be a short word of small letters, digits, '-' and '_', at most 40: supporters, inner-circle."
        )
    return name


def _country(code: str) -> str:
    if code and code not in COUNTRIES.split():
        raise ValueError("must be a country's ISO code of two capitals, such as SE, US or GB.")
    return code


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_printable)
]
Paragraph = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_printable)
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Style(_Part):
    """How the creator writes."""

    length: Line = "one to three short sentences, more only when a question needs it"
    emoji: Line = "rarely"
    formality: Line = "casual"
    catchphrases: tuple[Line, ...] = ()
    never_says: tuple[Line, ...] = ()


class Link(_Part):
    """Something the avatar may point to."""

    title: Line
    url: HttpUrl
    when: Line = Field(description="When to mention it: 'someone asks for a recipe'.")


class Example(_Part):
    """One exchange that shows the voice."""

    fan: Paragraph
    avatar: Paragraph


class Avoided(_Part):
    """A topic to keep away from."""

    topic: Line
    say: Line = Field(description="What the avatar says instead.")


class Tier(_Part):
    """A circle of fans. Content published to a tier is answered from for its fans only."""

    name: Annotated[Line, AfterValidator(_tier)]
    description: Line | None = None
    comes_from: Line | None = Field(default=None, description="Where its fans come from: 'Patreon, from 5 euros'.")
    stars: int | None = Field(default=None, ge=1, le=10_000, description="What it costs on Telegram, in Stars.")
    discord_sku: Annotated[str, StringConstraints(pattern=r"^[0-9]{15,20}$")] | None = Field(
        default=None, description="Its product in the Discord app's shop: the SKU's id."
    )
    days: int | None = Field(
        default=None, ge=1, le=3650, description="How long that gives it, once; left out: a month, renewing by itself."
    )


class Texts(_Part):
    """What the avatar says in fixed situations, in the creator's voice. ``{name}`` is the creator's name."""

    disclosure: Line = "I'm an AI stand-in for {name}, not {name} in person."
    unreadable: Line = "I can only read text for now. Tell me in words?"
    limit: Line = "That's all I can answer for the moment. Let's go on in {wait}!"
    busy: Line = "So many of you are writing that I have to catch my breath. Let's go on in {wait}!"
    paused: Line = "I'm taking a break here. Try me again later!"
    quiet: Line = "I'm off until {until}. Write to me then!"
    no_dms: Line = "I don't answer private messages. Talk to me where we met!"
    unavailable: Line = "My AI brain is not reachable right now. Please try again in a while."
    interrupted: Line = "I was cut off there. Ask me again and I'll try once more."
    deflect: Line = "I'd rather talk about something else."
    no_answer: Line = "{name} hasn't published anything about that, as far as I know, so I won't make it up."
    sources: Line = "Sources"
    nothing_to_show: Line = "That answer didn't rest on anything published."
    suggestions: Line = "You might like:"
    nothing_new: Line = "You've seen all I have to suggest. Ask me about something!"


def _distinct(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    if twice := [name for name, count in Counter(tier.name for tier in tiers).items() if count > 1]:
        raise ValueError(f"has more than one tier named '{twice[0]}'. Rename one of them.")
    return tiers


class Persona(_Part):
    """A creator's avatar as the creator describes it."""

    name: Line
    tagline: Line = ""
    picture: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_picture)] = Field(
        default="", description="A picture beside the file, or its https address."
    )
    pronouns: Line = "they/them"
    languages: Annotated[tuple[Line, ...], Field(min_length=1)] = ("en",)
    nicknames: tuple[Line, ...] = Field(default=(), description="Other names that fans call the creator in groups.")
    personality: Paragraph
    background: Paragraph | None = None
    traits: tuple[Line, ...] = ()
    interests: tuple[Line, ...] = ()
    style: Style = Style()
    rules: Annotated[tuple[Line, ...], Field(max_length=12)] = ()
    avoid: Annotated[tuple[Avoided, ...], Field(max_length=20)] = ()
    people: Annotated[tuple[Line, ...], Field(max_length=20)] = Field(
        default=(), description="Words that a fan writes about what is for a person, not for the avatar: refund."
    )
    links: tuple[Link, ...] = ()
    greeting: Paragraph
    greetings: Annotated[tuple[Paragraph, ...], Field(max_length=20)] = Field(
        default=(), description="Other greetings: each fan gets one of them all."
    )
    examples: Annotated[tuple[Example, ...], Field(max_length=12)] = ()
    instructions: Paragraph | None = Field(
        default=None, description="Stands first in the prompt, in place of our own opening line: {{original}}."
    )
    closing: Paragraph | None = Field(default=None, description="Said to the model right before it answers.")
    strictness: Literal["strict", "balanced", "free"] = Field(
        default="balanced",
        description="strict: only what was published, nearly word for word; free: whatever fits the voice.",
    )
    sources: Literal["always", "asked", "never"] = Field(
        default="always", description="When links to what an answer rests on stand under it."
    )
    tiers: Annotated[tuple[Tier, ...], Field(max_length=12), AfterValidator(_distinct)] = ()
    crisis_region: Annotated[str, StringConstraints(max_length=2), AfterValidator(_country)] = Field(
        default="", description="The country whose helplines are named to a fan in a crisis, as its ISO code."
    )
    texts: Texts = Texts()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that fans may call the avatar: the whole name, the first name and the nicknames."""
        return tuple(dict.fromkeys((self.name, self.name.split()[0], *self.nicknames)))

    @property
    def circles(self) -> tuple[str, ...]:
        """The names of the circles of fans, lowest first."""
        return tuple(tier.name for tier in self.tiers)

    @property
    def sayable(self) -> Sequence[str]:
        """What the model is told and may say word for word all the same."""
        return (
            *self.style.catchphrases,
            *(f"{link.title}: {link.url}" for link in self.links),
            *(self.say(one.say) for one in self.avoid),
            self.say(self.texts.no_answer),
        )

    def say(self, text: str, **values: str) -> str:
        """One of the fixed texts with its placeholders filled; unknown braces stay as they are."""
        for key, value in {"name": self.name, **values}.items():
            text = text.replace("{" + key + "}", value)
        return text

    def greeted(self, seed: int) -> str:
        """The greeting for one fan, the same for the same seed."""
        choices = (self.greeting, *self.greetings)
        return self.say(choices[seed % len(choices)])


def parse(text: str, source: str) -> Persona:
    """Read a persona from the text of an ``avatar.toml``.

    Args:
        text: The file's text.
        source: What to call the file in errors.

    Raises:
        ConfigError: Naming the file, and for each error its line, its field and what would mend it.
    """
    return toml.read(text, source, Persona)
