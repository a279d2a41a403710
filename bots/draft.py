"""The first ``avatar.toml`` of a creator: what was measured and what a model guessed, each with where it stands.

Nothing in it is invented. What is neither measured nor found in the creator's own texts is left out, or a plain
placeholder that says so; ``# please check`` stands wherever a judgement was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from urllib.parse import urlsplit

import tomlkit
from tomlkit.items import AoT

from bots import voice as voices
from bots.voice import OwnTexts
from core import prose
from core.content import Kind, Passage
from core.evidence import Item, merged
from core.model import AvatarId
from core.persona import parse
from core.portrait import Portrait, paint
from core.ports import ChatModel
from core.text import clean, neutralise
from core.topics import topics
from core.voice import Voice, amount

CHECK = "please check"
LINE, PARAGRAPH, TITLE = 300, 4000, 70  # characters; the first two are the persona's own limits
MOST_TRAITS, MOST_INTERESTS, MOST_EXAMPLES, MOST_SAYINGS, MOST_LINKS = 8, 12, 6, 5, 3
LEAST_SUPPORT, LEAST_FOUND = 2, 3  # passages of one interest; interests, below which words are counted instead
ENOUGH_EXAMPLES = 3  # of the creator's own, from which a model's are not asked for
SHORTEST_ANSWER, LONGEST_ANSWER = 4, 80  # words of an example
MOST_NAMED = 2  # passages that a comment names
FEWEST_PAGES = 3  # of a site, for a link to it
GREETING, QUESTION = "Hello!", "What would you like to talk about?"


@dataclass(frozen=True, slots=True)
class Draft:
    """A file for the creator to review, and what to tell them about it, a sentence each."""

    toml: str
    remarks: tuple[str, ...]


async def draft(
    name: str,
    avatar: AvatarId,
    content: OwnTexts,
    voice: Voice,
    model: ChatModel | None,
    *,
    tagline: str = "",
    room: int = 4096,
    most_batches: int = 40,
    deadline: float = 900.0,
    progress: Callable[[int, int], None] | None = None,
) -> Draft:
    """Draft a persona from what the creator published for everybody in their own words.

    Args:
        name: The creator's.
        avatar: Whose content.
        content: Where it is kept.
        voice: As it was measured.
        model: Reads for traits, interests and questions; None: only what can be counted is written.
        tagline: Of the creator; may be empty.
        room: Tokens that the model can read and write together.
        most_batches: Calls of the model, second tries apart.
        deadline: Seconds for all of them.
        progress: Told how many batches, of how many, are done.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    passages = await voices.gather(content, avatar)
    portrait = Portrait()
    if model is not None and passages:
        portrait = await paint(
            passages,
            model,
            name=name,
            room=room,
            most_batches=most_batches,
            deadline=deadline,
            progress=progress,
        )
    writing = _Writing(_plain(name, LINE), _plain(tagline, LINE), passages, voice, portrait)
    toml = writing.file()
    parse(toml, "the draft")
    return Draft(toml, tuple(_remarks(writing, asked=model is not None)))


@dataclass(slots=True)
class _Writing:
    """The file while it is being written."""

    name: str
    tagline: str
    passages: Sequence[Passage]
    voice: Voice
    portrait: Portrait
    toml: tomlkit.TOMLDocument = field(default_factory=tomlkit.document)

    def file(self) -> str:
        for part in (self._heading, self._who, self._shown, self._greeting, self._style, self._links, self._examples):
            part()
        return self.toml.as_string()

    @property
    def interests(self) -> tuple[Item, ...]:
        """What a model found, else what was counted."""
        return self.guessed or topics(self.passages, voices.ordinary(self.languages))

    @property
    def guessed(self) -> tuple[Item, ...]:
        """What a model found in more than one place; none where that is hardly anything."""
        found = merged(chain(self.portrait.interests, self.portrait.topics))
        kept = tuple(one for one in found if one.support >= LEAST_SUPPORT)
        return kept if len(kept) >= LEAST_FOUND else ()

    @property
    def languages(self) -> tuple[str, ...]:
        return voices.languages(self.passages)

    def comment(self, text: str) -> None:
        self.toml.add(tomlkit.comment(_plain(text, PARAGRAPH)))

    def add(self, key: str, value: object) -> None:
        self.toml.add(key, tomlkit.item(value))

    def _heading(self) -> None:
        documents = len({one.document for one in self.passages})
        self.comment(f"A draft, made from {len(self.passages)} passages of {documents} published texts.")
        self.comment(f"Read it, change what is wrong, and remove the marks '{CHECK}' as you go.")
        self.toml.add(tomlkit.nl())

    def _who(self) -> None:
        self.add("name", self.name)
        if self.tagline:
            self.add("tagline", self.tagline)
        else:
            self.comment('tagline = "what you do, in one line"')
        self.comment('pronouns = "she/her"  (without this line: they/them)')
        if self.languages:
            self.comment(f"{CHECK}: the languages of your texts.")
            self.add("languages", list(self.languages))
        self.toml.add(tomlkit.nl())
        self.comment(f"{CHECK}: only put together from the lists below. Say it in your own words, and add to it.")
        self.add("personality", self._personality())
        self.comment('background = "your story, as far as fans may know it"')

    def _personality(self) -> str:
        traits = ", ".join(one.text for one in self.portrait.traits[:MOST_TRAITS])
        interests = ", ".join(one.text for one in self.interests[:MOST_INTERESTS])
        parts = [
            f"{traits[:1].upper()}{traits[1:]}." if traits else "",
            f"Talks about {interests}." if interests else "",
        ]
        return " ".join(filter(None, parts)) or f"Sounds like {self.name}'s own texts."

    def _shown(self) -> None:
        self._list(
            "traits", "guessed by a model, each with the sentence that it saw", self.portrait.traits[:MOST_TRAITS]
        )
        how = "guessed by a model" if self.guessed else "counted: words that mark your texts"
        self._list("interests", how, self.interests[:MOST_INTERESTS])

    def _list(self, key: str, how: str, items: Sequence[Item]) -> None:
        if not items:
            return
        self.toml.add(tomlkit.nl())
        self.comment(f"{CHECK}: {how}. Behind each: in how many passages, and where.")
        array = tomlkit.array()
        for one in items:
            shown = f'"{one.detail}" ' if one.detail else ""
            array.add_line(_plain(one.text, LINE), comment=_plain(f"{shown}{_where(one.passages)}", LINE))
        array.add_line(indent="")
        self.toml.add(key, array)

    def _greeting(self) -> None:
        self.toml.add(tomlkit.nl())
        found = next(iter(self.voice.greetings), None)
        if found:
            self.comment(f"{CHECK}: {found.times} of your texts begin with its first words; the question is ours.")
        else:
            self.comment(f"{CHECK}: a placeholder. None of your texts' beginnings recurs.")
        opening = _plain(found.text, LINE) if found else GREETING
        self.add("greeting", f"{opening}{'' if opening[-1] in '.!?…。！？' else '!'} {QUESTION}")  # noqa: RUF001 - wide signs

    def _style(self) -> None:
        style = tomlkit.table()
        style.add(tomlkit.comment(_measured(self.voice)))
        if self.voice.enough:
            for key, value in (
                ("length", _length(self.voice)),
                ("emoji", _emoji(self.voice)),
                ("formality", _tone(self.voice)),
            ):
                style.add(key, _plain(value, LINE))
        sayings = [_plain(one.text, LINE) for one in self.voice.sayings[:MOST_SAYINGS]]
        if sayings:
            style.add(tomlkit.comment(f"{CHECK}: sentences that recur in your texts"))
            style.add("catchphrases", sayings)
        if self.voice.phrases:
            others = ", ".join(f'"{one.text}"' for one in self.voice.phrases)
            style.add(
                tomlkit.comment(_plain(f"turns of phrase that recur, should you want to add one: {others}", PARAGRAPH))
            )
        self.toml.add(tomlkit.nl())
        self.toml.add("style", style)

    def _links(self) -> None:
        rows = AoT([])
        for url, pages in _sites(self.passages)[:MOST_LINKS]:
            row = tomlkit.table()
            row.add(tomlkit.comment(f"{CHECK}: {pages} of your texts are there"))
            row.add("title", urlsplit(url).hostname or url)
            row.add("url", url)
            row.add("when", "someone asks where to find more")
            rows.append(row)
        if rows:
            self.toml.add("links", rows)

    def _examples(self) -> None:
        own = _answers(self.passages)
        rows = AoT([])
        for one in own:
            rows.append(_example(one.title, one.text, f"yours, word for word: {_named(one)}"))
        for item in self.portrait.questions[: MOST_EXAMPLES if len(own) < ENOUGH_EXAMPLES else 0]:
            how = f"{CHECK}: asked by a model, answered from {_where(item.passages)}"
            rows.append(_example(item.text, item.detail, how))
        if rows:
            self.toml.add("examples", rows)


def _example(fan: str, avatar: str, how: str) -> tomlkit.items.Table:
    row = tomlkit.table()
    row.add(tomlkit.comment(_plain(how, LINE)))
    row.add("fan", _plain(fan, PARAGRAPH))
    row.add("avatar", _plain(avatar, PARAGRAPH))
    return row


def _plain(text: str, limit: int) -> str:
    """A text on one line, without marks that have power over a model or over this file."""
    return " ".join(neutralise(clean(" ".join(text.split()), limit)).split())


def _where(passages: Sequence[Passage]) -> str:
    """In how many passages, and the first of them by name."""
    named = dict.fromkeys(_named(one) for one in passages)
    count = len(passages)
    return f"{count} passage{'s' if count > 1 else ''}: {'; '.join(list(named)[:MOST_NAMED])}"


def _named(passage: Passage) -> str:
    return " ".join(filter(None, (_plain(passage.title, TITLE) or "untitled", passage.url)))


def _measured(voice: Voice) -> str:
    if not voice.enough:
        return f"{CHECK}: only {voice.words} words of your own, too few to measure how you write"
    return f"measured in {voice.words} words of {voice.texts} texts; all of it is in {voices.FILE}"


def _length(voice: Voice) -> str:
    one, whole = voice.sentence, voice.message
    return f"about {one.middle} words a sentence, mostly {one.low} to {one.high}" + (
        f"; about {whole.middle} words a message" if voice.chatty else "; as short as a chat allows"
    )


def _emoji(voice: Voice) -> str:
    favourites = " ".join(one.text for one in voice.favourite_emoji[:MOST_SAYINGS])
    return amount(voice.emoji) + (f", mostly {favourites}" if favourites else "")


def _tone(voice: Voice) -> str:
    marks = voice.marks
    told = f"exclamation marks {amount(marks.exclamation)}, questions {amount(marks.question)}"
    return f"{told}, {voice.casing}" if voice.casing else told


def _sites(passages: Iterable[Passage]) -> list[tuple[str, int]]:
    """The sites that are the creator's own, as far as addresses show, with how many of the texts are there.

    On a site of one's own the first parts of the paths differ; on a platform's all are alike, or mean nothing.
    """
    pages = {one.url: urlsplit(one.url) for one in passages if one.url.startswith(("https://", "http://"))}
    counts = Counter(f"{parts.scheme}://{parts.netloc}/" for parts in pages.values() if "@" not in parts.netloc)
    firsts: dict[str, set[str]] = {}
    for parts in pages.values():
        firsts.setdefault(f"{parts.scheme}://{parts.netloc}/", set()).add(parts.path.strip("/").partition("/")[0])
    return [(site, count) for site, count in counts.most_common() if count >= FEWEST_PAGES and len(firsts[site]) > 1]


def _answers(passages: Sequence[Passage]) -> list[Passage]:
    """Questions that the creator answered, short and whole, evenly chosen."""
    parts = Counter(one.document for one in passages)
    fitting = [
        one
        for one in passages
        if one.kind is Kind.ANSWER
        and parts[one.document] == 1
        and one.title.strip()
        and SHORTEST_ANSWER <= len(prose.words(one.text)) <= LONGEST_ANSWER
    ]
    return fitting[:: -(-len(fitting) // MOST_EXAMPLES) or 1]


def _remarks(writing: _Writing, *, asked: bool) -> Iterable[str]:
    portrait = writing.portrait
    if not writing.passages:
        yield "There is nothing in the creator's own words yet, so there is next to nothing in the draft."
    elif not writing.voice.enough:
        yield f"There are only {writing.voice.words} words of the creator's own: too few to measure a voice."
    if portrait.answered:
        yield f"A model read {portrait.passages:,} of {len(writing.passages):,} passages."
        if not writing.guessed:
            yield "It found hardly any interests that stand in the texts: words were counted instead."
    elif asked:
        yield "The model gave no usable answer: traits are left out, and interests are counted words."
    else:
        yield "No model was asked: traits are left out, and interests are counted words."
    if portrait.failed and portrait.answered:
        yield f"{portrait.failed} of its {portrait.failed + portrait.answered} answers were of no use."
    if portrait.dropped:
        yield f"{portrait.dropped} of its findings stand in none of the passages, and were left out."
