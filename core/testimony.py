"""What somebody says that a fan has said of themselves, held against the fan's own words: kept as a fact, or dropped.

A model only proposes. A fact is the fan's whose message it comes from, never another's; it holds hardly a word and no
name or number that was not said; it gives no orders. Delicate things count only where the fan said them plainly.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from core.dates import GERMAN, LAST_SECOND, Period, named, spoken
from core.firsthand import CLAUSE, slot
from core.memory import Episode, FactKind, Learned, Scope
from core.prose import SENTENCE_END
from core.text import clean, neutralise
from core.words import BREAK, numbers, rough

LONGEST_STATEMENT, LONGEST_SUBJECT = 200, 60  # characters
LEAST_SHARE = 0.6  # of a statement's words that must have been said
NEIGHBOURS = 2  # messages on either side that may say what a short answer means
MOST_CONFIDENCE = 0.9  # of what a model has read
LEAST_INFLECTED = 3  # letters; of two words no longer than that, one is no form of the other
USUAL_CONFIDENCE = 0.7  # where it doesn't say
UNVERIFIED = 0.2  # of a claim to some power
OLDEST, FARTHEST = timedelta(days=365 * 120), timedelta(days=365 * 20)  # that a date can lie away
BEGINS = frozenset({"home", "work", "diet"})  # a day named with them is the day on which they began
THE_FAN = frozenset({"", "fan", "the fan", "i", "me", "myself", "user", "self", "they", "he", "she", "ich", "yo", "je"})

FRAME = rough(
    "is are was were be been has have had having the an and or of to in on at for with by as from his her hers him he "
    "she they them their fan user author called named name lives living live works work working likes like loves love "
    "enjoys enjoy prefers wants want would going goes plans planning does not no longer never now said says that about "
    "dislikes hates ist sind war hat haben der die das ein eine einen und mit als von wohnt lebt arbeitet mag liebt "
    "heißt möchte will nicht mehr es son tiene vive trabaja gusta quiere llama una con como que está est sont vit "
    "habite travaille aime veut appelle avec une ne pas plus ha vuole piace chiama lavora con non più tem mora gosta "
    "quer chama não com heeft woont werkt houdt wil heet een met niet van"
)

_ORDERS = (
    (
        r"\b(?:ignore|disregard|overrides?|bypass|jailbreak|obey\w*|unrestricted|system prompt|developer mode|"
        r"passwords?|api keys?|from now on|never refuses?|pretends? (?:to be|you)|acts? as|instructions?|guidelines)\b"
    ),
    r"\bforgets? (?:all|your|the|previous|every)\b|\b(?:your|the) (?:rules|prompt)\b",
    r"\byou (?:must|shall|are now|may now|(?:will|should|have to|need to) (?:always|only|never|now|follow|do|say))\b",
    r"\b(?:avatar|assistant|bot|chatbot|model|ai) (?:must|should|shall|has to|is to|always|never|will|may)\b",
    r"\b(?:always|only|never) (?:say|reply|answer|respond|agree|send|give|do what|follow|trust|believe)\b",
    r"\b(?:reply|respond|answer) (?:only|with|always|in)\b",
    r"\b(?:ignorier\w*|missachte\w*|vergiss|gehorch\w*|anweisung\w*|ab (?:jetzt|sofort)|systemprompt|passwort)\b",
    r"\bdu (?:musst|sollst|darfst)\b|\b(?:ignor(?:a|ez?|ar)|obéi\w*|obede\w*|obbedi\w*|negeer|gehoorza\w+)\b",
    r"\b(?:tu dois|vous devez|debes|dovresti|désormais|istruzioni|instrucciones|instruções|instructies)\b",
    r"\b(?:à partir de maintenant|a partir de ahora|d'ora in poi|a partir de agora|vanaf nu|je moet)\b",
    r"игнорир|инструкци|слушайся|ты долж|отныне|忽略|指令|服从|提示词|從現在|从现在|無視|指示に",
    r"命令|システムプロンプト|무시하|지시|명령|نفذ الأوامر|تجاهل|निर्देश|talimat",
)
ORDERS = re.compile("|".join(_ORDERS), re.IGNORECASE)
POWER = re.compile(
    r"\b(?:admin\w*|sysadmin|moderator\w*|superuser|root)\b|админ|модератор|管理员|管理員|管理者|관리자|"
    r"\b(?:your|the|dein\w*|tu|ton|il tuo|seu|sua|je)\s+(?:\w+\s+)?"
    r"(?:owner|creators?|developer|maker|operator|master|boss|programmer|besitzer\w*|entwickler\w*|chef\w*|dueño|"
    r"propri\w+|créateur|creador|dono)\b|\b(?:all|full|special|has|have)\s+(?:\w+\s+)?"
    r"(?:permissions?|privileges|access)\b",
    re.IGNORECASE,
)
_DELICATE = (  # health, religion, sexuality, politics
    (
        r"\b(?:diagnos|depress|cancer|krebs\b|cáncer|diabet|hiv\b|aids\b|pregnan|schwanger|embaraz|enceinte|incinta|gravid|"
        r"disorder|adhd|adhs|autis|bipolar|anxiety|disease|illness|krank|enferm|malad|malatt|doença|ziekte|therap|terap|"
        r"medicat|medikament|allerg|alerg|surger|suicid|suizid|addict|süchtig|alcoholi|alkoholi|epilep|asthma|asma\b|"
        r"dépress|depresi|disab|behinder|abortion|miscarr)\w*"
    ),
    (
        r"\b(?:muslim|moslem|christian\b|christ\b|catholic|katholi|católic|catholique|cattolic|protestan|evangel|jewish|jude\b|"
        r"jüdisch|judío|juif|ebre[oa]|hindu|buddhis|budist|atheis|ateo|athée|islam|religio|church|kirche|mosque|synagog)\w*"
    ),
    r"\b(?:gay\b|lesb|bisex|transgender|transsex|queer|asexual|homosex|schwul|heterosex|nonbinary|non-binary)\w*",
    (
        r"\b(?:democrat\b|republican|socialis|sozialis|communis|kommunis|conservative|konservativ|left-wing|right-wing|"
        r"linksextrem|rechtsextrem|votes? for|voted|wähl(?:t|e) die|votó|union member|gewerkschaft|anarchis|fascis)\w*"
    ),
    r"癌|怀孕|懷孕|抑郁|鬱|妊娠|同性恋|基督|佛教|穆斯林|イスラム|беремен|депресс|диабет|мусульман|христиан|гей\b|лесби",
)
DELICATE = re.compile("|".join(_DELICATE), re.IGNORECASE)
NO_DENIAL = re.compile(r"\b(?:can(?:'t|not| not) wait|no problem|not only|no doubt|why not)\b", re.IGNORECASE)
DENIAL = re.compile(
    r"\b(?:not?|never|without|cannot|\w+n't|dislikes?|hates?|avoids?|stopped|quit|nicht|kein\w*|nie|ohne|hass\w*|"
    r"pas|jamais|sans|déteste|nunca|jamás|sin|odi[ao]|non|mai|senza|não|sem|niet|geen|nooit|zonder)\b|"
    r"\b(?:не|нет|никогда)\b|ない|ません|不|没|沒|안 |못 |नहीं",
    re.IGNORECASE,
)
SUPPOSED = re.compile(
    r"^\W*(?:if|wenn|falls|si|se(?! (?:llama|chama))|imagine|suppose|what if|если|もし|如果)\b", re.IGNORECASE
)
PASSING = re.compile(
    r"\b(?:right now|at the moment|for now|i'd (?:like|love)|could go for|craving|feel(?:ing)? like|in the mood|gerade|"
    r"im moment|hätte gern|lust auf|en ce moment|envie d|ahora mismo|me apetece|tengo ganas|in questo momento|"
    r"ho voglia|agora mesmo|op dit moment|zin in)\b",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a message with the sentence it stands in."""

    text: str
    sentence: str


def checked(proposal: object, batch: Sequence[Episode]) -> Learned | None:
    """A proposal as a fact to be, if what the fan said bears it out.

    Args:
        proposal: An object with message (a number from 1), subject, statement, kind, from, until, lasting, confidence.
        batch: The messages it was made from, in order; the avatar's among them.
    """
    if not isinstance(proposal, Mapping):
        return None
    at, kind, statement = proposal.get("message"), _kind(proposal.get("kind")), line(proposal.get("statement"))
    if not isinstance(at, int) or not 0 < at <= len(batch) or kind is None or not statement:
        return None
    episode, subject = batch[at - 1], _subject(proposal.get("subject"), batch[at - 1])
    clause = _borne_out(f"{subject} {statement}".strip(), episode, batch, at - 1)
    if episode.fan is None or clause is None or not _decent(statement, subject, kind, clause):
        return None
    fact = Learned(episode.fan, kind, statement, episode.sent_at, episode.id, Scope.HERE, subject)
    fact = replace(fact, confidence=_confidence(proposal.get("confidence")))
    return tempered(dated(fact, clause, proposal, lasting=proposal.get("lasting") is not False))


def line(value: object, limit: int = LONGEST_STATEMENT) -> str:
    """A model's text as one line without power; empty if it is none, or too long to be what it should."""
    if not isinstance(value, str) or len(value) > limit:
        return ""
    return neutralise(" ".join(ADDRESS.sub("", clean(value, limit)).split())).strip(' ".')


def tempered(fact: Learned) -> Learned:
    """The fact; a claim to some power only as a claim."""
    if not POWER.search(fact.statement):
        return fact
    statement = f"unverified claim: {fact.statement}"
    return replace(fact, statement=statement, kind=FactKind.IDENTITY, confidence=min(fact.confidence, UNVERIFIED))


def orders(text: str) -> bool:
    """Whether a text tells somebody what to do, rather than what is."""
    return ORDERS.search(text) is not None


def denies(text: str) -> bool:
    """Whether a text says that something is not so."""
    return DENIAL.search(NO_DENIAL.sub("", text.replace("\u2019", "'"))) is not None


def content(text: str) -> frozenset[str]:
    """The words of a statement that say something, reduced to stems."""
    return rough(text) - FRAME


def said_of(wanted: Collection[str], heard: Collection[str]) -> int:
    """How many of the wanted stems were heard, whatever their endings: "flies" for "fly", "wohnt" for "wohne"."""
    return sum(one in heard or any(_inflected(one, other) for other in heard) for one in wanted)


def _inflected(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(long) > LEAST_INFLECTED and len(short) > len(long) // 2 and long.startswith(short[:-1])


def _kind(value: object) -> FactKind | None:
    return FactKind(value) if isinstance(value, str) and value in set(FactKind) else None


def _subject(value: object, episode: Episode) -> str:
    subject = line(value, LONGEST_SUBJECT)
    return "" if subject.casefold() in THE_FAN | {episode.name.casefold()} else subject


def _confidence(value: object) -> float:
    given = value if isinstance(value, int | float) and 0 <= value <= 1 else USUAL_CONFIDENCE
    return min(float(given), MOST_CONFIDENCE)


def _borne_out(statement: str, episode: Episode, batch: Sequence[Episode], at: int) -> Clause | None:
    """The clause of the fan's message that a statement rests on; None if it rests on none."""
    when = named(statement, episode.sent_at, ahead=True)
    plain = statement.replace(when.words, " ") if when else statement
    near = [one for one in batch[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS + 1] if one.fan in {None, episode.fan}]
    own, heard = rough(episode.text), rough(" ".join(one.text for one in (*near, episode)))
    wanted = content(plain)
    if not said_of(wanted, own) or said_of(wanted, heard) < LEAST_SHARE * len(wanted):
        return None
    if not numbers(plain) <= numbers(" ".join(one.text for one in near)) or not _names(plain) <= heard:
        return None
    return _clause(plain, wanted, episode.text)


def _names(statement: str) -> frozenset[str]:
    """The stems of the words that are written as names; none in German, where all nouns are."""
    if spoken(statement) is GERMAN:
        return frozenset()
    words = [word for word in BREAK.split(statement) if word]
    return frozenset().union(*(rough(word) for word in words[1:] if word[0].isupper())) - FRAME


def _clause(statement: str, wanted: frozenset[str], text: str) -> Clause | None:
    """Of the clauses that hold most of what is wanted, the one that says it, not asks, supposes or denies it."""
    parts = [
        Clause(part, sentence)
        for sentence in SENTENCE_END.split(text.replace("\u2019", "'"))
        for part in CLAUSE.split(sentence)
    ]
    shares = [said_of(wanted, rough(part.text)) for part in parts]
    best = [part for part, share in zip(parts, shares, strict=True) if share == max(shares)]
    return next((part for part in best if _states(part) and denies(part.text) == denies(statement)), None)


def _states(clause: Clause) -> bool:
    asked = clause.sentence.rstrip(" \"')").endswith(("?", "\uff1f", "\u061f"))
    return not asked and not SUPPOSED.match(clause.text) and not orders(clause.sentence)


def _decent(statement: str, subject: str, kind: FactKind, clause: Clause) -> bool:
    """Whether it may be kept at all: no orders, no secrets of others, nothing delicate that was not said plainly."""
    delicate = {word[0].casefold()[:5] for word in DELICATE.finditer(statement)}
    if orders(f"{subject} {statement}") or (subject and (kind is not FactKind.RELATIONSHIP or delicate)):
        return False
    return all(stem in clause.sentence.casefold() for stem in delicate)


def dated(fact: Learned, clause: Clause, proposal: Mapping[str, object], *, lasting: bool) -> Learned:
    """The fact with the time for which it holds; what was said in passing does not hold for long."""
    if slot(fact.statement) == "birthday":
        return fact
    wished = PASSING.search(clause.sentence) is not None
    ahead = wished or fact.kind in {FactKind.PLAN, FactKind.BOUNDARY}
    when = named(clause.text, fact.said_at, ahead=ahead) or named(clause.sentence, fact.said_at, ahead=ahead)
    start, end = (when.start, when.end) if when else _given(proposal, fact.said_at)
    kept = replace(fact, statement=_undated(fact.statement, fact.said_at, ahead=ahead))
    if fact.kind in {FactKind.EVENT, FactKind.PLAN}:
        return replace(kept, kind=_turned(fact, when), holds_from=start, holds_until=end)
    once = fact.kind is FactKind.PREFERENCE and (wished or (when is not None and None not in {start, end}))
    if lasting and not once:
        begun = when is None or None in {start, end} or slot(fact.statement) in BEGINS
        return replace(kept, holds_from=start if begun else None, holds_until=None if start else end)
    midnight = fact.said_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    kind = FactKind.PLAN if fact.kind is FactKind.PREFERENCE and (end or fact.said_at) >= midnight else FactKind.EVENT
    return replace(kept, kind=kind, holds_from=start or fact.said_at, holds_until=end or midnight + LAST_SECOND)


def _turned(fact: Learned, when: Period | None) -> FactKind:
    """An event that is still to come is a plan; a plan for what is past, an event."""
    if when and when.start and when.start > fact.said_at:
        return FactKind.PLAN
    return FactKind.EVENT if when and when.end and when.end < fact.said_at else fact.kind


def _undated(statement: str, said_at: datetime, *, ahead: bool) -> str:
    """The statement with digits for words such as "tomorrow", which mean something else when they are read later."""
    when = named(statement, said_at, ahead=ahead)
    return statement if when is None or when.absolute else statement.replace(when.words, when.written)


def _given(proposal: Mapping[str, object], said_at: datetime) -> tuple[datetime | None, datetime | None]:
    """The days that a model names, where they make sense."""
    start, end = _day(proposal.get("from"), said_at), _day(proposal.get("until"), said_at)
    if start and end and end < start:
        return None, None
    return start, end + LAST_SECOND if end else None


def _day(value: object, said_at: datetime) -> datetime | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight if -OLDEST <= midnight - said_at <= FARTHEST else None
