"""How a creator writes: measured in their own texts, asked of no model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from pydantic import TypeAdapter, ValidationError

from core import prose
from core.errors import ConfigError
from core.likeness import Yardstick, samples, yardstick
from core.recurring import APOSTROPHES, MOST_KEPT, RECURS, Habit, Tally, Vocabulary
from core.text import clean, neutralise

FEWEST_WORDS = 200  # below, nothing that is measured would hold for the next text
LONGEST_SENTENCE, LONGEST_MESSAGE = 200, 2000  # words; what is longer counts as that long
PIECE = 200  # words; how far a word is spread is counted over pieces of about one length
MOST_SAMPLES = 300  # for the yardstick
SEED = 16  # of the choice among samples, so that the same texts give the same voice
HABIT_SHARE = 0.03  # of the texts, at least, that begin or end alike
LONGEST_SAYING = 10  # words of a sentence that recurs
LONGEST_QUOTE = 60  # characters
SHOUTED = 4  # letters, at least, of a word in capitals that is no abbreviation
LONG_WORD = 7  # letters, of LIX

LIX_LANGUAGES = frozenset(("da", "de", "en", "fi", "fr", "it", "nb", "nn", "no", "pt", "ru", "es", "sv"))
"""Where LIX was shown to order texts by difficulty (Björnsson 1983, newspapers in eleven languages)."""
LIX_LEVELS = ((30, "very easy"), (40, "easy"), (50, "medium"), (60, "difficult"), (math.inf, "very difficult"))

MOST_SAID = 5  # of each kind, in the prompt
CHATTY = 60  # words; those who write longer texts show nothing about the length of a message
SELDOM, MUCH, OFTEN = 0.3, 1.5, 4.0  # signs for every 100 words
MOSTLY, PARTLY = 0.8, 0.3  # shares


@dataclass(frozen=True, slots=True)
class Spread:
    """Quartiles: a quarter of all lies at or below ``low``, half of it at or below ``middle``, three at ``high``."""

    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True)
class Marks:
    """Signs for every 100 words; a run such as ``!!!`` counts once."""

    exclamation: float
    question: float
    ellipsis: float
    dash: float
    repeated: float  # of them, runs such as ``!!`` and ``?!``


@dataclass(frozen=True, slots=True)
class Voice:
    """A fingerprint. In writing without spaces, characters stand for words; shares are from 0 to 1."""

    texts: int
    words: int
    scripts: Mapping[str, float]  # "latin", "cyrillic" …: share of the letters
    sentence: Spread  # words
    message: Spread  # words of a whole text
    emoji: float  # for every 100 words
    emoji_texts: float  # share of texts with any
    favourite_emoji: tuple[Habit, ...]
    marks: Marks
    lowercase: float  # share of the sentences that could begin with a capital, and don't
    shouted: float  # share of words in capitals
    contractions: float  # words with an apostrophe inside, for every 100 words
    greetings: tuple[Habit, ...]
    closings: tuple[Habit, ...]
    sayings: tuple[Habit, ...]  # whole sentences that recur
    favourites: tuple[Habit, ...]  # words
    phrases: tuple[Habit, ...]
    lix: float | None  # reading level (Björnsson 1968); None for languages where it means nothing
    yardstick: Yardstick | None  # to compare others' texts with; None where there was too little text

    @property
    def enough(self) -> bool:
        """Whether there was enough text to say anything."""
        return self.words >= FEWEST_WORDS

    @property
    def level(self) -> str:
        """The reading level in words; empty where there is none."""
        return next((name for limit, name in LIX_LEVELS if self.lix < limit), "") if self.lix is not None else ""

    @property
    def chatty(self) -> bool:
        """Whether their texts are short enough to show how long a message is."""
        return 0 < self.message.middle <= CHATTY

    @property
    def casing(self) -> str:
        """How they treat capitals and contractions, in words; empty where there is nothing to say."""
        begins = "all in lower case" if self.lowercase >= MOSTLY else "often no capital at the beginning"
        told = [
            begins if self.lowercase >= PARTLY else "",
            "shouts single words in capitals" if 100 * self.shouted >= SELDOM else "",
            "contracts words (don't, it's)" if self.contractions >= MUCH else "",
        ]
        return ", ".join(filter(None, told))


_VOICE = TypeAdapter(Voice)


def to_json(voice: Voice) -> str:
    """A voice as the text of a ``voice.json``."""
    return _VOICE.dump_json(voice, indent=1).decode() + "\n"


def from_json(text: str, source: str) -> Voice:
    """Read a voice.

    Args:
        text: As ``to_json`` wrote it, perhaps edited since.
        source: What to call the file in errors.

    Raises:
        ConfigError: It is none.
    """
    try:
        return _VOICE.validate_json(text)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(f"{source}: {where}: {first['msg']}. Mend it, or delete the file to measure anew.") from exc


# ── measuring ────────────────────────────────────────────────────────────────────────────────────


def measure(texts: Iterable[str], *, languages: Collection[str] = (), ordinary: Collection[str] = ()) -> Voice:
    """Measure a voice in one pass, in bounded memory.

    Args:
        texts: What the creator wrote or said and nobody else did, whole posts or documents where possible.
        languages: IETF tags of the languages they are in.
        ordinary: Words, folded, that say nothing about a voice: those that everybody uses in these languages, and
            the creator's topics, for instance the words of titles. Without any, no favourite words and phrases
            are named, since they could not be told from the language's own.
    """
    ear = _Ear(ordinary)
    kept: list[tuple[int, str]] = []
    chance = Random(SEED)  # noqa: S311 - nothing secret is drawn
    for number, sample in enumerate(samples(ear.heard(texts))):
        place = number if number < MOST_SAMPLES else chance.randrange(number + 1)
        if place < MOST_SAMPLES:
            kept[place : place + 1] = [(number, sample)]
    by = yardstick([sample for _, sample in sorted(kept)])
    lix = bool(languages) and {tag[:2].lower() for tag in languages} <= LIX_LANGUAGES
    return ear.voice(by, lix=lix)


class _Ear:
    """What has been heard so far."""

    def __init__(self, ordinary: Collection[str]) -> None:
        self._counts = Counter[str]()
        self._scripts = Counter[str]()
        self._sentences, self._messages = Counter[int](), Counter[int]()
        self._emoji, self._greetings, self._closings, self._sayings = Tally(), Tally(), Tally(), Tally()
        self._spelt: dict[str, str] = {}  # habits as first seen, by their folded form
        self._vocabulary = Vocabulary(ordinary)

    def heard(self, texts: Iterable[str]) -> Iterator[str]:
        """Take texts in, and pass them on without what is not writing."""
        for text in texts:
            plain = prose.plain(text)
            sentences = [(one, words) for one in prose.sentences(plain) if (words := prose.words(one))]
            if sentences:
                self._text(plain, sentences)
                yield plain

    def _text(self, text: str, sentences: Sequence[tuple[str, Sequence[str]]]) -> None:
        emoji, length = prose.emoji(text), sum(len(words) for _, words in sentences)
        self._emoji.note(emoji)
        self._habit(self._greetings, prose.opening(text))
        self._habit(self._closings, prose.closing(text))
        self._messages[min(length, LONGEST_MESSAGE)] += 1
        self._counts.update(texts=1, words=length, emoji=len(emoji), emoji_texts=bool(emoji))
        for run in prose.marks(text):
            self._counts[_kind(run)] += 1
            self._counts["repeated"] += len(run) > 1 and run[0] not in ".…"
        piece, held = list[str](), 0
        for sentence, words in sentences:
            self._sentence(sentence, words)
            piece.append(sentence)
            held += len(words)
            if held >= PIECE:
                self._vocabulary.take(piece)
                piece, held = [], 0
        self._vocabulary.take(piece)

    def _sentence(self, sentence: str, words: Sequence[str]) -> None:
        first = next(char for char in sentence if char.isalpha())
        cased = first.lower() != first.upper()
        self._counts.update(
            cased=cased,
            lowercase=cased and first.islower(),
            shouted=sum(len(word) >= SHOUTED and word.isupper() for word in words),
            contractions=sum(any(mark in word for mark in APOSTROPHES) for word in words),
            long=sum(len(word) >= LONG_WORD for word in words),
        )
        self._scripts[prose.script(first)] += sum(map(len, words))
        self._sentences[min(len(words), LONGEST_SENTENCE)] += 1
        if 1 < len(words) <= LONGEST_SAYING:
            self._habit(self._sayings, sentence)

    def _habit(self, tally: Tally, text: str) -> None:
        folded = text.casefold().strip(" .!")
        if not folded or len(text) > LONGEST_QUOTE:
            return
        if len(self._spelt) < MOST_KEPT:
            self._spelt.setdefault(folded, text)
        tally.note([folded])

    def voice(self, by: Yardstick | None, *, lix: bool) -> Voice:
        """What comes of all that was heard."""
        counts = self._counts
        words, texts = max(counts["words"], 1), max(counts["texts"], 1)
        per_hundred = {name: round(100 * count / words, 2) for name, count in counts.items()}
        letters = max(self._scripts.total(), 1)
        return Voice(
            texts=counts["texts"],
            words=counts["words"],
            scripts={name: round(count / letters, 3) for name, count in self._scripts.most_common()},
            sentence=_quartiles(self._sentences),
            message=_quartiles(self._messages),
            emoji=per_hundred.get("emoji", 0.0),
            emoji_texts=round(counts["emoji_texts"] / texts, 3),
            favourite_emoji=self._emoji.habits(),
            marks=Marks(*(per_hundred.get(name, 0.0) for name in Marks.__slots__)),
            lowercase=round(counts["lowercase"] / max(counts["cased"], 1), 3),
            shouted=round(counts["shouted"] / words, 4),
            contractions=per_hundred.get("contractions", 0.0),
            greetings=self._habits(self._greetings),
            closings=self._habits(self._closings),
            sayings=self._habits(self._sayings),
            favourites=self._vocabulary.favourites(),
            phrases=self._vocabulary.phrases(),
            lix=round(words / max(self._sentences.total(), 1) + 100 * counts["long"] / words, 1) if lix else None,
            yardstick=by,
        )

    def _habits(self, tally: Tally) -> tuple[Habit, ...]:
        least = max(RECURS, HABIT_SHARE * self._counts["texts"])
        return tuple(Habit(self._spelt.get(one.text, one.text), one.times) for one in tally.habits(least))


def _kind(run: str) -> str:
    """What a mark is called in ``Marks``."""
    if run[0] in ".…":
        return "ellipsis"
    if run[0] in "—–-":  # noqa: RUF001 - all of them are dashes
        return "dash"
    return "exclamation" if set(run) <= {"!", "\N{FULLWIDTH EXCLAMATION MARK}"} else "question"


def _quartiles(lengths: Counter[int]) -> Spread:
    ordered = sorted(lengths.elements())
    low, middle, high = (ordered[(len(ordered) - 1) * quarter // 4] for quarter in (1, 2, 3)) if ordered else (0, 0, 0)
    return Spread(low, middle, high)


# ── telling ──────────────────────────────────────────────────────────────────────────────────────


def describe(voice: Voice) -> str:
    """A few lines for the prompt; empty where too little was measured.

    The same voice gives the same text. What is quoted is the creator's own and still has no power over the model.
    """
    if not voice.enough:
        return ""
    told = [
        _lengths(voice),
        _signs(voice),
        voice.casing.capitalize(),
        _quoted("Some texts begin with", voice.greetings),
        _quoted("Some texts end with", voice.closings),
        _quoted("Says again and again", voice.sayings),
        _quoted("Words that come easily", voice.favourites),
        _quoted("Turns of phrase", voice.phrases),
    ]
    return "\n".join(["How you write, measured in your own texts:", *(f"- {line}." for line in told if line)])


def _lengths(voice: Voice) -> str:
    one, whole = voice.sentence, voice.message
    unit = "words" if any(name in voice.scripts for name in ("latin", "cyrillic", "greek")) else "words or signs"
    told = f"About {one.middle} {unit} a sentence, mostly {one.low} to {one.high}"
    if voice.chatty:
        told += f"; about {whole.middle} a message, mostly {whole.low} to {whole.high}"
    return told + (f"; {voice.level} to read" if voice.level else "")


def _signs(voice: Voice) -> str:
    marks = voice.marks
    told = [
        f"{name} {amount(value)}"
        for name, value in (
            ("exclamation marks", marks.exclamation),
            ("questions", marks.question),
            ("trailing dots", marks.ellipsis),
            ("dashes", marks.dash),
        )
    ]
    emoji = ", ".join(_harmless(one.text) for one in voice.favourite_emoji[:MOST_SAID])
    return ", ".join(told).capitalize() + f", emoji {amount(voice.emoji)}" + (f" ({emoji})" if emoji else "")


def amount(value: float) -> str:
    """How often a sign comes that comes so many times in 100 words."""
    if value < SELDOM / 10:
        return "never"
    return "seldom" if value < SELDOM else "now and then" if value < MUCH else "much" if value < OFTEN else "very much"


def _quoted(title: str, habits: Sequence[Habit]) -> str:
    quotes = [f'"{_harmless(one.text)}"' for one in habits[:MOST_SAID]]
    return f"{title}: {', '.join(quotes)}" if quotes else ""


def _harmless(text: str) -> str:
    return neutralise(" ".join(clean(text, LONGEST_QUOTE).split())).replace('"', "'")
