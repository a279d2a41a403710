"""An avatar's voice: from the creator's own texts into ``voice.json``, and back to compare replies with it."""

from __future__ import annotations

import importlib.resources
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from adapters.library.speech import FUNCTION_WORDS
from adapters.library.tongue import language_of, primary
from adapters.storage.content import Content
from adapters.storage.database import Database
from adapters.storage.replies import recent_replies
from bots import avatars
from core import likeness, prose, voice
from core.content import Passage, PassageId
from core.errors import ConfigError
from core.model import AvatarId
from core.persona import Persona, parse
from core.voice import Voice

FILE = "voice.json"
PAGE = 500  # passages
MOST_PASSAGES = 2000  # about 400,000 words: more changes nothing that is measured
LONGEST_OVERLAP = 600  # characters that a passage may repeat of the one before
SPOKEN_SHARE = 0.1  # of the passages, from which a language is the creator's
MOST_REPLIES = 500
MOST_FREQUENT = 300  # words of a language that everybody uses

WORD_LISTS = {  # of justext, by language
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ko": "Korean",
    "nb": "Norwegian_Bokmal",
    "nl": "Dutch",
    "no": "Norwegian_Bokmal",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
}


class OwnTexts(Protocol):
    """Where what the creator wrote or said themselves is kept."""

    async def own_texts(self, avatar: AvatarId, *, after: PassageId, limit: int) -> Sequence[Passage]:
        """Passages in the order of their ids, a page at a time."""


async def gather(content: OwnTexts, avatar: AvatarId, *, most: int = MOST_PASSAGES) -> list[Passage]:
    """What the creator published for everybody in their own words; of very much, whole documents evenly chosen."""
    kept: list[Passage] = []
    stride, after = 1, PassageId(0)
    while page := await content.own_texts(avatar, after=after, limit=PAGE):
        after = page[-1].id
        kept += [one for one in page if one.document % stride == 0 and not one.tier]
        while len(kept) > most and len({one.document for one in kept}) > 1:
            stride *= 2
            kept = [one for one in kept if one.document % stride == 0]
    return sorted(kept, key=lambda one: (one.document, one.ordinal))


def listen(passages: Sequence[Passage]) -> Voice:
    """Measure a voice, in the language that the creator uses most.

    Args:
        passages: As ``gather`` gives them.
    """
    spoken = languages(passages)
    main = [one for one in passages if not spoken or language(one) == spoken[0]]
    titles = {word.casefold() for one in main for word in prose.words(f"{one.title} {one.heading}")}
    common = ordinary(spoken[:1])
    return voice.measure(texts(main), languages=spoken[:1], ordinary=common | titles if common else common)


def texts(passages: Sequence[Passage]) -> Iterator[str]:
    """Whole documents, each from its passages, without what a passage repeats of the one before."""
    for _, parts in groupby(passages, key=lambda one: one.document):
        whole, last = "", -1
        for part in parts:
            fresh = _fresh(whole, part.text) if part.ordinal == last + 1 else part.text
            whole, last = f"{whole}\n\n{fresh}" if whole else fresh, part.ordinal
        yield whole


def _fresh(before: str, text: str) -> str:
    longest = min(len(before), len(text), LONGEST_OVERLAP)
    overlap = next((length for length in range(longest, 0, -1) if before.endswith(text[:length].rstrip())), 0)
    return text[overlap:].lstrip()


def language(passage: Passage) -> str:
    """The two letters of a passage's language; empty where it cannot be told."""
    return primary(passage.language) or language_of(passage.text)


def languages(passages: Iterable[Passage]) -> tuple[str, ...]:
    """The languages of the passages, the most used first; single passages in others don't count."""
    counts = Counter(language(one) for one in passages)
    return tuple(tag for tag, count in counts.most_common() if tag and count >= SPOKEN_SHARE * counts.total())


def ordinary(spoken: Iterable[str]) -> frozenset[str]:
    """The words that everybody uses in these languages, folded; none for a language that is not known here."""
    found: set[str] = set()
    for tag in spoken:
        found.update(FUNCTION_WORDS.get(tag, "").split())
        if tag in WORD_LISTS:
            listed = importlib.resources.files("justext").joinpath("stoplists", f"{WORD_LISTS[tag]}.txt")
            found.update(word.casefold() for word in listed.read_text(encoding="utf-8").split()[:MOST_FREQUENT])
    return frozenset(found)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────


def load(folder: Path) -> Voice | None:
    """The voice kept in an avatar's folder; None if there is none.

    Raises:
        ConfigError: The file is none of ours.
    """
    path = folder / FILE
    try:
        return voice.from_json(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}. Make it readable, or delete it to measure anew.") from exc


def save(measured: Voice, folder: Path) -> Path:
    """Keep a voice in an avatar's folder.

    Raises:
        ConfigError: The folder cannot be written to.
    """
    path, fresh = folder / FILE, folder / f".{FILE}.new"
    try:
        fresh.write_text(voice.to_json(measured), encoding="utf-8")
        fresh.replace(path)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror}.") from exc
    return path


async def hear(name: str, own: Path, database: Database, *, anew: bool) -> tuple[Voice, Comparison]:
    """An avatar's voice with how close it comes: the voice that is kept, or measured now where there is none.

    Args:
        name: The avatar's.
        own: The folder with the creator's own avatars.
        database: Holds what they published and what the avatar said.
        anew: Measure in any case, and keep it.

    Raises:
        ConfigError: There is no such avatar, a file of it is wrong or cannot be written, or a sample is to be changed.
        StorageUnavailable: The database does not answer.
    """
    file = avatars.file_of(name, own, draft=(own / name / avatars.DRAFT).is_file() and name not in avatars.found(own))
    if anew and not file.is_relative_to(own):
        raise ConfigError(f"'{name}' is a sample. Make it yours first: stagedoor avatar copy {name} NEW")
    persona, avatar = parse(avatars.read(file), str(file)), AvatarId(name)
    measured = None if anew else load(file.parent)
    if measured is None:
        measured = listen(await gather(Content(database), avatar))
    if anew:
        save(measured, file.parent)
    return measured, await compare(measured, avatar, persona, database)


# ── how close the avatar comes ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Comparison:
    """How close an avatar's words are to its creator's.

    Attributes:
        of: What was compared: "replies" or "examples".
        texts: How many of them there were.
        likeness: None where there was too little to say.
        why_not: What there was too little of; empty otherwise.
    """

    of: str
    texts: int
    likeness: likeness.Likeness | None
    why_not: str = ""


async def compare(measured: Voice, avatar: AvatarId, persona: Persona, database: Database) -> Comparison:
    """Hold an avatar's last replies, or the examples in its file while there are none, against the creator's voice.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    replies = await recent_replies(database, avatar, limit=MOST_REPLIES)
    said = replies or [one.avatar for one in persona.examples]
    of = "replies" if replies else "examples"
    if measured.yardstick is None:
        least = likeness.FEWEST_SAMPLES * likeness.SAMPLE
        why = f"of the creator's own texts there are less than {least:,} characters"
        return Comparison(of, len(said), None, why)
    found = likeness.compare(map(prose.plain, said), measured.yardstick)
    why = "" if found else f"the {of} together have less than {likeness.SAMPLE} characters"
    return Comparison(of, len(said), found, why)


def told(measured: Voice, compared: Comparison) -> str:
    """Both for a person to read."""
    lines = [
        voice.describe(measured) or f"Only {measured.words} words of the creator's own: too few to measure a voice."
    ]
    if measured.lix is not None and measured.enough:
        lines.append(f"Reading level: LIX {measured.lix:g} ({measured.level}).")
    lines.append(f"Measured in {measured.words:,} words of {measured.texts:,} texts.")
    if compared.likeness is None:
        lines.append(f"No score: {compared.why_not}.")
    else:
        one = compared.likeness
        lines.append(
            f"The avatar's {compared.of} ({compared.texts}, compared in {one.samples} samples) score "
            f"{one.closeness:.0%}: that share of the creator's own texts lies farther from their average."
        )
        lines.append("The creator's own texts score 50% on average. 5% means: farther off than 19 in 20 of them.")
    return "\n".join(lines)
