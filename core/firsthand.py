"""What people say of themselves in so many words: "my name is Ann", "ich wohne in Bonn", "soy vegana".

Cheap and exact: only a sentence that says just that is taken, so that nothing has to be guessed. For any model, and
where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from core.dates import named
from core.memory import FactKind
from core.prose import CLAUSE_END, SENTENCE_END, words

MOST_WORDS = 5  # of a name, a place, a work


@dataclass(frozen=True, slots=True)
class Said:
    """Something that the author of a text said of themselves."""

    kind: FactKind
    statement: str  # "lives in Bonn", in the author's language
    clause: str  # in which it was said
    sentence: str  # of that clause


_NAME = (
    r"(?P<x>(?-i:[^\W\d_a-z])[\w'-]*(?: (?-i:[^\W\d_a-z])[\w'-]*){0,2}|"
    r"(?!not|no|nicht|kein|geheim|secret|private|irrelevant)[^\W\d_]{2,15})"
)
_PLACE = r"(?P<x>(?-i:[^\W\d_a-z])[\w'-]*(?:[ -](?-i:[^\W\d_a-z])[\w'-]*){0,3})"
_CALLED = r"(?P<y>(?-i:[^\W\d_a-z])[\w'-]*)"
_THING = r"(?P<x>[\w' -]{2,60})"
_TITLE = r"(?P<y>[\w' -]{2,60})"

# slot: (kind, pattern, statement); of what has a slot of its own, only the newest holds
Table = Mapping[str, tuple[FactKind, str, str]]

ENGLISH: Table = {
    "name": (FactKind.IDENTITY, rf"my name(?:'s| is) {_NAME}", "is called {x}"),
    "called": (FactKind.IDENTITY, rf"(?:please |you can |just )*call me {_CALLED}", "wants to be called {y}"),
    "home": (
        FactKind.IDENTITY,
        rf"i(?:'m| am)? (?:now )?(?:live|living)(?: now)? in {_PLACE}(?: now)?",
        "lives in {x}",
    ),
    "moved": (FactKind.IDENTITY, rf"i(?:'ve| have)? (?:just )?moved to {_PLACE}", "lives in {x}"),
    "work": (FactKind.IDENTITY, rf"i(?:'m| am)? (?:now )?work(?:ing)? as an? {_THING}", "works as {x}"),
    "diet": (FactKind.PREFERENCE, r"i(?:'m| am) (?:an? )?(?P<x>vegetarian|vegan)(?: now)?", "is {x}"),
    "undiet": (
        FactKind.PREFERENCE,
        r"i(?:'m| am) (?:no longer (?:an? )?(?P<x>vegetarian|vegan)|not (?:an? )?(?P<y>vegetarian|vegan) any ?more)",
        "is no longer {x}{y}",
    ),
    "nodiet": (FactKind.PREFERENCE, r"i(?:'m| am) not (?:an? )?(?P<x>vegetarian|vegan)", "is not {x}"),
    "allergy": (FactKind.BOUNDARY, rf"i(?:'m| am) allergic to {_THING}", "is allergic to {x}"),
    "pet": (
        FactKind.RELATIONSHIP,
        rf"i have an? (?P<x>dog|cat|rabbit|horse|parrot|hamster|bird) (?:called|named) {_CALLED}",
        "has a {x} called {y}",
    ),
    "pet2": (
        FactKind.RELATIONSHIP,
        rf"my (?P<x>dog|cat|rabbit|horse|parrot|hamster|bird)(?:'s name is| is called) {_CALLED}",
        "has a {x} called {y}",
    ),
    "family": (
        FactKind.RELATIONSHIP,
        rf"my (?P<x>sister|brother|wife|husband|son|daughter|mother|father|partner)(?:'s name is| is called) {_CALLED}",
        "has a {x} called {y}",
    ),
    "birthday": (FactKind.IDENTITY, r"my birthday(?:'s| is) (?:on )?(?P<x>[\w .]{4,20})", "has their birthday on {x}"),
    "favourite": (FactKind.PREFERENCE, rf"my favou?rite (?P<x>[\w-]+(?: [\w-]+)?) is {_TITLE}", "favourite {x}: {y}"),
}
GERMAN: Table = {
    "name": (FactKind.IDENTITY, rf"(?:ich heiße|ich heisse|mein name ist) {_NAME}", "heißt {x}"),
    "home": (FactKind.IDENTITY, rf"ich (?:wohne|lebe)(?: jetzt)? in {_PLACE}", "wohnt in {x}"),
    "moved": (FactKind.IDENTITY, rf"ich bin (?:gerade )?nach {_PLACE} gezogen", "wohnt in {x}"),
    "work": (FactKind.IDENTITY, rf"ich arbeite(?: jetzt)? als {_THING}", "arbeitet als {x}"),
    "diet": (
        FactKind.PREFERENCE,
        r"ich bin (?:jetzt )?(?P<x>vegetarierin|vegetarier|veganerin|veganer|vegan)",
        "ist {x}",
    ),
    "undiet": (
        FactKind.PREFERENCE,
        r"ich bin (?:nicht mehr|kein|keine) (?P<x>vegetarierin|vegetarier|veganerin|veganer|vegan)(?: mehr)?",
        "ist nicht mehr {x}",
    ),
    "allergy": (FactKind.BOUNDARY, rf"ich bin allergisch (?:gegen|auf) {_THING}", "ist allergisch gegen {x}"),
    "pet": (
        FactKind.RELATIONSHIP,
        rf"ich habe (?:einen|eine|ein) (?P<x>hund|katze|kater|hasen|pferd) (?:namens|mit namen) {_CALLED}",
        "Haustier: {x} namens {y}",
    ),
    "pet2": (
        FactKind.RELATIONSHIP,
        rf"meine? (?P<x>hund|katze|kater|hase|pferd) hei(?:ß|ss)t {_CALLED}",
        "Haustier: {x} namens {y}",
    ),
}
SPANISH: Table = {
    "name": (FactKind.IDENTITY, rf"(?:me llamo|mi nombre es) {_NAME}", "se llama {x}"),
    "home": (FactKind.IDENTITY, rf"(?:yo )?(?:ahora )?vivo(?: ahora)? en {_PLACE}", "vive en {x}"),
    "work": (FactKind.IDENTITY, rf"trabajo (?:como|de) {_THING}", "trabaja de {x}"),
    "diet": (FactKind.PREFERENCE, r"soy (?P<x>vegetarian[oa]|vegan[oa])", "es {x}"),
    "undiet": (FactKind.PREFERENCE, r"ya no soy (?P<x>vegetarian[oa]|vegan[oa])", "ya no es {x}"),
    "allergy": (FactKind.BOUNDARY, rf"soy alérgic[oa] (?:a los |a las |al |a la |a ){_THING}", "tiene alergia a {x}"),
    "pet": (
        FactKind.RELATIONSHIP,
        rf"tengo (?:un|una) (?P<x>perro|perra|gato|gata) (?:llamad[oa]|que se llama) {_CALLED}",
        "tiene {x}: se llama {y}",
    ),
}
FRENCH: Table = {
    "name": (FactKind.IDENTITY, rf"(?:je m'appelle|mon nom est) {_NAME}", "s'appelle {x}"),
    "home": (FactKind.IDENTITY, rf"(?:j'habite|je vis)(?: maintenant)?(?: à| en| au)? {_PLACE}", "habite à {x}"),
    "work": (FactKind.IDENTITY, rf"je travaille comme {_THING}", "travaille comme {x}"),
    "diet": (FactKind.PREFERENCE, r"je suis (?P<x>végétarien(?:ne)?|végan|vegan)", "est {x}"),
    "undiet": (FactKind.PREFERENCE, r"je ne suis plus (?P<x>végétarien(?:ne)?|végan|vegan)", "n'est plus {x}"),
    "allergy": (
        FactKind.BOUNDARY,
        rf"je suis allergique (?:aux |au |à la |à l'|à ){_THING}",
        "est allergique à : {x}",
    ),
    "pet": (
        FactKind.RELATIONSHIP,
        rf"j'ai (?:un|une) (?P<x>chien(?:ne)?|chat(?:te)?) (?:qui s'appelle|nommée?|appelée?) {_CALLED}",
        "a un animal : {x}, {y}",
    ),
}
ITALIAN: Table = {
    "name": (FactKind.IDENTITY, rf"(?:mi chiamo|il mio nome è) {_NAME}", "si chiama {x}"),
    "home": (FactKind.IDENTITY, rf"(?:vivo|abito)(?: ora)? (?:a|in) {_PLACE}", "vive a {x}"),
    "work": (FactKind.IDENTITY, rf"lavoro come {_THING}", "lavora come {x}"),
    "diet": (FactKind.PREFERENCE, r"sono (?P<x>vegetarian[oa]|vegan[oa])", "è {x}"),
    "undiet": (FactKind.PREFERENCE, r"non sono più (?P<x>vegetarian[oa]|vegan[oa])", "non è più {x}"),
    "allergy": (FactKind.BOUNDARY, rf"sono allergic[oa] (?:alle |agli |al |alla |ai |a ){_THING}", "allergia: {x}"),
}
PORTUGUESE: Table = {
    "name": (FactKind.IDENTITY, rf"(?:me chamo|chamo-me|(?:o )?meu nome é) {_NAME}", "chama-se {x}"),
    "home": (FactKind.IDENTITY, rf"(?:eu )?moro(?: agora)? (?:em|no|na) {_PLACE}", "mora em {x}"),
    "work": (FactKind.IDENTITY, rf"(?:eu )?trabalho como {_THING}", "trabalha como {x}"),
    "diet": (FactKind.PREFERENCE, r"(?:eu )?sou (?P<x>vegetarian[oa]|vegan[oa])", "é {x}"),
    "undiet": (
        FactKind.PREFERENCE,
        r"(?:eu )?(?:já )?não sou (?:mais )?(?P<x>vegetarian[oa]|vegan[oa])",
        "não é mais {x}",
    ),
    "allergy": (FactKind.BOUNDARY, rf"(?:eu )?sou alérgic[oa] (?:aos |às |ao |à |a ){_THING}", "alergia: {x}"),
}
DUTCH: Table = {
    "name": (FactKind.IDENTITY, rf"(?:ik heet|mijn naam is) {_NAME}", "heet {x}"),
    "home": (FactKind.IDENTITY, rf"ik woon(?: nu)? in {_PLACE}", "woont in {x}"),
    "work": (FactKind.IDENTITY, rf"ik werk(?: nu)? als {_THING}", "werkt als {x}"),
    "diet": (FactKind.PREFERENCE, r"ik ben (?P<x>vegetari[eë]r|veganist)", "is {x}"),
    "undiet": (FactKind.PREFERENCE, r"ik ben geen (?P<x>vegetari[eë]r|veganist)(?: meer)?", "is geen {x} meer"),
    "allergy": (FactKind.BOUNDARY, rf"ik ben allergisch voor {_THING}", "is allergisch voor {x}"),
}
TABLES = (ENGLISH, GERMAN, SPANISH, FRENCH, ITALIAN, PORTUGUESE, DUTCH)

_OPENING = r"(?:(?:hi|hey|hello|hallo|hola|salut|ciao|oi|well|so|and|by the way|btw|actually|und|y|et|e|en)[ ]+){0,2}"
PATTERNS = tuple(
    (kind, re.compile(rf"{_OPENING}{pattern}", re.IGNORECASE), form)
    for table in TABLES
    for kind, pattern, form in table.values()
)

AND = (
    r" and (?=i\b|my\b)| und (?=ich\b|mein)| y (?=vivo|soy|me|mi|tengo|trabajo)| et (?=j'|je\b|mon\b|ma\b)|"
    r" e (?=vivo|abito|sono|lavoro|mi|moro|sou|meu|trabalho)| en (?=ik\b|mijn\b)| (?:but|aber|mais|pero|ma|mas|maar) "
)
CLAUSE = re.compile(rf"{CLAUSE_END.pattern}|{AND}", re.IGNORECASE)
BEFORE_DATE = r"\s*(?:\b(?:in|on|since|until|at|im|am|seit|bis|en|el|desde|depuis|le|a|em|op|sinds|dal))?\s*"
# A question, a quotation, a scene that is played, or somebody else's words.
NOT_THEIRS = re.compile(
    r"[?:\"\u201c-\u201f\u00ab\u00bb*>\u061f\uff1f]|\b(?:said|says?|told|asked|sings?|sang|song|lyrics|imagine|pretend|"
    r"sagt|sagte|singt|stell dir vor|dice|dijo|dit|disait|disse|zei|zegt)\b",
    re.IGNORECASE,
)

SLOTS = tuple(
    (slot, re.compile(pattern, re.IGNORECASE))
    for slot, pattern in (
        ("name", r"^(?:is called|name is|(?:her|his|their) name|heißt|se llama|s'appelle|si chiama|chama-se|heet)\b"),
        ("called", r"^wants to be called\b"),
        ("home", r"^(?:now )?(?:lives? in|moved to|wohnt|lebt in|vive en|vive a|habite|mora em|woont in)\b"),
        ("work", r"^(?:now )?(?:works? (?:as|at|for)|arbeitet|trabaja|travaille|lavora|trabalha|werkt)\b"),
        ("diet", r"\b(?:vegetari|vegan|végétarien|végan)"),
        ("birthday", r"\b(?:birthday|geburtstag|cumpleaños|anniversaire|compleanno|aniversário|verjaardag)\b"),
        ("favourite", r"^favou?rite (?P<of>[\w -]+?)(?::| is\b)"),
    )
)


def said(text: str, said_at: datetime) -> Iterator[Said]:
    """What a text's author says of themselves in whole clauses that say nothing else, dates apart."""
    for sentence in SENTENCE_END.split(text.replace("\u2019", "'")):
        if NOT_THEIRS.search(sentence):
            continue
        for clause in CLAUSE.split(sentence):
            plain = " ".join(clause.split())
            when = named(plain, said_at, ahead=False)
            undated = re.sub(BEFORE_DATE + re.escape(when.words), "", plain) if when else plain
            found = next(chain(_said(plain), _said(undated)), None)
            if found is not None:
                yield Said(*found, plain, sentence.strip())


def _said(clause: str) -> Iterator[tuple[FactKind, str]]:
    for kind, pattern, form in PATTERNS:
        if match := pattern.fullmatch(clause):
            parts = {name: value.strip() if value else "" for name, value in match.groupdict().items()}
            if all(len(words(part)) <= MOST_WORDS for part in parts.values()):
                yield kind, form.format(**parts)
            return


def slot(statement: str) -> str:
    """What a statement tells of which only one can hold at a time, such as a home; empty for all else."""
    for name, pattern in SLOTS:
        if match := pattern.search(statement):
            return " ".join((name, *(value.casefold() for value in match.groupdict().values())))
    return ""
