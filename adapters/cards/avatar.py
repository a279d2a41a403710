"""A card as an ``avatar.toml``, and what changed in an ``avatar.toml`` back in the card.

A card is a stranger's text: it enters cleaned and without the power of role marks. What it tells the model to do
(``system_prompt``, ``post_history_instructions``) stands in fields of its own, below the rules, and the import says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from adapters.cards.book import LoreDraft, lore
from adapters.cards.card import V1_FIELDS, Card
from adapters.cards.examples import exchanges, written
from core.errors import ConfigError
from core.macros import Seeds, resolve
from core.persona import Persona, parse
from core.text import NOBODY, clean, clean_name, neutralise

PARAGRAPH, LINE, MOST_EXAMPLES, MOST_GREETINGS = (
    4000,
    300,
    12,
    20,
)  # the persona's own limits; tests hold them against each other
MOST_LISTED = 50  # texts in one list of the card's own part
NOTES = 2000  # characters of the creator's notes that are shown as a comment
SCENARIO = "Scenario: "
EXTENSION = "stagedoor"
KEPT_MACROS = {"system_prompt": "original"}  # the persona's own field takes it
OWN = {
    *("tagline", "picture", "pronouns", "languages", "nicknames", "traits", "interests"),
    *("style", "rules", "avoid", "links", "strictness", "sources", "tiers", "crisis_region", "people", "texts"),
}
STEERING = {"system_prompt": "instructions", "post_history_instructions": "closing"}
USED = {*V1_FIELDS, *STEERING, "alternate_greetings", "character_book", "nickname", "creator_notes", "tags"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What became of a card.

    Attributes:
        toml: The text of the ``avatar.toml``.
        persona: What it says.
        lore: What became of the card's lorebook; None: it has none.
        remarks: What was shortened, left out or made up, a sentence each.
        kept: What Stagedoor does not use and keeps for export, a few words each.
    """

    toml: str
    persona: Persona
    lore: LoreDraft | None
    remarks: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(slots=True)
class _Writing:
    """The file while it is being written."""

    card: Card
    toml: tomlkit.TOMLDocument = field(default_factory=tomlkit.document)
    remarks: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    @property
    def char(self) -> str:
        return clean_name(self.card.text("nickname") or self.card.text("name"))

    def remark(self, text: str) -> None:
        """Say it in the file and to who imports it."""
        self.remarks.append(text)
        self.comment(text)

    def comment(self, text: str) -> None:
        for line in text.split("\n"):
            self.toml.add(tomlkit.comment(line.strip()))

    def plain(self, text: str, name: str, *, limit: int = PARAGRAPH, spoken: bool = False, keep: str = "") -> str:
        """A text of the card without macros and marks, in at most ``limit`` characters."""
        user, users = ("you", "your") if spoken else ("the fan", "the fan's")
        text, unknown = resolve(text, char=self.char, user=user, users=users, seeds=Seeds(place=name), keep=keep)
        self.unknown |= unknown
        whole = neutralise(clean(text, len(text) + limit)).strip()
        short = clean(whole, limit)
        if len(whole) > limit:
            self.remark(f"The card's {name} has {len(whole):,} characters; it was shortened to {limit:,} here.")
        return short

    def add(self, name: str, text: str) -> None:
        self.toml.add(name, tomlkit.string(text, multiline="\n" in text))


def draft(card: Card) -> Draft:
    """Write an ``avatar.toml`` from a card.

    Raises:
        ConfigError: The card's name has no letters, or its ``extensions.stagedoor`` is wrong.
    """
    if clean_name(card.text("name")) == NOBODY:
        raise ConfigError("name: has nothing in it that could be a name")
    work = _Writing(card)
    for part in (_heading, _who, _greetings, _steering, _own, _examples):
        part(work)
    book = lore(card, work.char)
    if work.unknown:
        names = ", ".join(sorted(clean(name, 40) for name in work.unknown)[:10])
        work.remarks.append(f"Macros that are not in the card specification were left out: {names}.")
    if card.newer:
        work.remarks.append(f"The card is of version {clean(card.spec_version, 20)}, newer than what is known here.")
    toml = work.toml.as_string()
    remarks = (*work.remarks, *(book.remarks if book else ()))
    unused = [f"of the lorebook: {_few(book.unused)}"] if book and book.unused else []
    return Draft(toml, parse(toml, f"extensions.{EXTENSION}"), book, remarks, (*_kept(card), *unused))


def _heading(work: _Writing) -> None:
    work.comment(
        f"Written from a character card ({work.card.version.upper()}). The untouched card lies beside this file."
    )
    notes = neutralise(clean(work.card.text("creator_notes"), NOTES))
    if notes:
        work.comment(f"Notes of the card's creator, for you and not for the model:\n{notes}")
    tags = [tag for one in work.card.fields.get("tags") or () if (tag := clean(one, 40).replace("\n", " "))]
    if tags:
        listed = tomlkit.item(tags[:30]).as_string()
        work.comment(f"The card's tags. What the avatar likes to talk about could go here:\ninterests = {listed}")


def _who(work: _Writing) -> None:
    card, name = work.card, clean_name(work.card.text("name"))
    work.add("name", name)
    if card.text("nickname") and work.char not in {NOBODY, name}:
        work.toml.add("nicknames", [work.char])
    story = work.plain(card.text("description"), "description")
    personality = work.plain(card.text("personality"), "personality")
    if not personality:
        personality, story = story, ""
    if not personality:
        work.remark("The card says nothing of the personality. Write some.")
        personality = "As in the greeting and in the examples."
    work.add("personality", personality)
    scenario = work.plain(card.text("scenario"), "scenario", limit=PARAGRAPH // 4)
    ending = f"{SCENARIO}{scenario}" if scenario else ""
    room = PARAGRAPH - len(ending) - 2
    if len(story) > room:
        work.remark("Description and scenario together are too long; the description was shortened.")
    background = "\n\n".join(filter(None, (clean(story, room), ending)))
    if background:
        work.add("background", background)


def _greetings(work: _Writing) -> None:
    written = [work.card.text("first_mes"), *(work.card.fields.get("alternate_greetings") or ())]
    greetings = [text for one in written if one.strip() and (text := work.plain(one, "greeting", spoken=True))]
    if not greetings:
        work.remark("The card has no greeting. Write one in the avatar's voice.")
        greetings = ["Hello! What's on your mind?"]
    first, *others = greetings
    if len(others) > MOST_GREETINGS:
        work.remark(f"The card has {len(others)} other greetings; the first {MOST_GREETINGS} were taken.")
    work.add("greeting", first)
    if others:
        work.toml.add("greetings", others[:MOST_GREETINGS])


def _steering(work: _Writing) -> None:
    """What the card tells the model to do."""
    for name, own in STEERING.items():
        text = work.plain(work.card.text(name), name, keep=KEPT_MACROS.get(name, ""))
        if text:
            work.remark(f"The card's {name} steers the model: it is '{own}' here. Read it.")
            work.add(own, text)


def _examples(work: _Writing) -> None:
    found = exchanges(work.card.text("mes_example"), (work.card.text("name"), work.card.text("nickname")))
    if found.odd:
        work.remark(f"{found.odd} of the card's example messages are no answer to a fan and were left out.")
    if len(found.pairs) > MOST_EXAMPLES:
        work.remark(f"The card has {len(found.pairs)} example exchanges; the first {MOST_EXAMPLES} were taken.")
    rows = AoT([])
    for fan, avatar in found.pairs[:MOST_EXAMPLES]:
        said = (work.plain(fan, "example", spoken=True), work.plain(avatar, "example", spoken=True))
        if all(said):
            row = tomlkit.table()
            for name, text in zip(("fan", "avatar"), said, strict=True):
                row.add(name, tomlkit.string(text, multiline="\n" in text))
            rows.append(row)
    if rows:
        work.toml.add("examples", rows)


def _own(work: _Writing) -> None:
    """What Stagedoor itself has put into a card: fields for which cards have no place."""
    extension = (work.card.fields.get("extensions") or {}).get(EXTENSION)
    if not isinstance(extension, dict) or not OWN & extension.keys():
        return
    own = {name: _cleaned(extension[name]) for name in sorted(OWN & extension.keys())}
    for name in sorted(own, key=lambda name: isinstance(tomlkit.item(own[name]), Table | AoT)):  # tables come last
        work.toml[name] = own[name]
    work.remarks.append("Its part for Stagedoor (rules, style, links and the like) was taken over: read it.")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return neutralise(clean(value, LINE))
    if isinstance(value, dict):
        return {str(name): _cleaned(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part) for part in value[:MOST_LISTED]]
    raise ConfigError(f"extensions.{EXTENSION}: may hold texts, lists and objects only")


def _kept(card: Card) -> Iterable[str]:
    """What of the card is not used."""
    for name, value in card.fields.items():
        if name == "extensions" and isinstance(value, dict):
            others = [clean(key, 40) for key in value if key != EXTENSION]
            yield from [f"extensions ({', '.join(others)})"] if others else []
        elif value and name not in USED:
            yield _described(name, value)
    beside = [clean(name, 40) for name, value in card.beside.items() if value and name not in card.fields]
    yield from [f"beside the card: {', '.join(beside)}"] if beside else []


def _described(name: str, value: Any) -> str:
    return f"{clean(name, 40)} ({len(value)})" if isinstance(value, list) else clean(name, 40)


def _few(names: Iterable[str]) -> str:
    return ", ".join([clean(name, 40).replace("\n", " ") for name in names][:20])


def updated(card: Card, before: Persona | None, now: Persona) -> Card:
    """The card with what its creator has changed since.

    Args:
        card: The card as it was imported, or a blank one.
        before: What the import made of it; None: nothing was imported, so everything is new.
        now: What the ``avatar.toml`` says today.
    """
    old = before.model_dump(mode="json") if before else {}
    new = now.model_dump(mode="json")
    changed = {name for name, value in new.items() if value != old.get(name)}
    fields = _described_anew(card, changed, now)
    if "name" in changed:
        fields["name"] = now.name
    fields |= {name: getattr(now, own) or "" for name, own in STEERING.items() if own in changed}
    alone = not card.text("first_mes").strip()  # then the first of the other greetings was taken
    if "greeting" in changed or (alone and "greetings" in changed):
        fields["first_mes"] = now.greeting
    if "greetings" in changed or (alone and "greeting" in changed and now.greetings):
        fields["alternate_greetings"] = [*now.greetings]
    if "examples" in changed:
        fields["mes_example"] = written((one.fan, one.avatar) for one in now.examples)
    if "nicknames" in changed and card.text("nickname"):
        fields["nickname"] = next(iter(now.nicknames), "")
    if OWN & changed:
        fields["extensions"] = _extended(card, now)
    return card.changed(fields)


def _described_anew(card: Card, changed: set[str], now: Persona) -> dict[str, Any]:
    """Personality, description and scenario as they are now, where the import had taken them from."""
    fields: dict[str, Any] = {}
    if not {"personality", "background"} & changed:
        return fields
    if not card.text("personality").strip():
        fields |= {"personality": card.text("description"), "description": ""}
    if "personality" in changed:
        fields["personality"] = now.personality
    if "background" in changed:
        before, mark, after = (now.background or "").rpartition(SCENARIO)
        story, scenario = (before, after) if mark else (after, "")
        fields |= {"description": story.strip(), "scenario": scenario}
    return fields


def _extended(card: Card, now: Persona) -> Mapping[str, Any]:
    """The card's extensions with ours as it is now."""
    extensions = card.fields.get("extensions") or {}
    ours = extensions.get(EXTENSION)
    others = {name: value for name, value in ours.items() if name not in OWN} if isinstance(ours, dict) else {}
    own = now.model_dump(mode="json", include=OWN, exclude_defaults=True)
    return {**extensions, EXTENSION: {**others, **own}} if others or own else extensions
