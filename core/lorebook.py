"""The lorebook at work: which entries a turn calls up, and why.

Nothing here is remembered from turn to turn: everything follows from the messages and from seeds, so that a turn that
is resumed after a crash, or on another machine, is given the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self

from core.keys import Key, Texts
from core.lore import Book, Entry
from core.macros import Seeds, drawn, has_macros, resolve

MOST_ROUNDS = 5  # of entries that call up entries
LONGEST_SAID = 32_000  # characters of entries that are searched for keys of others
MOST_CALLED = 200  # entries that may take a turn's room; nobody reads more
USER, USERS = "the fan", "the fan's"
ALWAYS = 100  # per cent

LOGIC: Mapping[str, Callable[[Iterable[bool]], bool]] = {
    "any": any,
    "all": all,
    "not any": lambda found: not any(found),
    "not all": lambda found: not all(found),
}


@dataclass(frozen=True, slots=True)
class Lore:
    """An entry as the model is to read it.

    Attributes:
        name: The entry's.
        content: Cleaned, macros resolved.
        position: Beside the description of the character, before or after it.
        depth: How many messages before the end instead; 0: after all of them; None: it is ``position`` that counts.
        key: What was found, as it is written in the book; empty for an entry that is always there.
        source: The entry in whose content the key was found; empty: in a message.
        tokens: Estimate; 0 for what is always there.
    """

    name: str
    content: str
    position: Literal["before", "after"]
    depth: int | None
    key: str = ""
    source: str = ""
    tokens: int = 0

    @property
    def why(self) -> str:
        """What called it up, for people."""
        if not self.key:
            return "always"
        return f"{self.key}, in the entry {self.source}" if self.source else self.key


@dataclass(frozen=True, slots=True)
class Activated:
    """What a turn is given.

    Attributes:
        entries: In the order in which they are to stand in the prompt.
        dropped: Names of those for which the budget had no room.
    """

    entries: tuple[Lore, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ready:
    """An entry with its keys compiled."""

    entry: Entry
    number: int  # in the file
    keys: tuple[Key, ...]
    secondary: tuple[Key, ...]
    exclude: tuple[Key, ...]
    depth: int | None  # newest messages looked at; None: all

    @classmethod
    def of(cls, entry: Entry, number: int, scan_depth: int) -> Self:
        def keys(written: Sequence[str]) -> tuple[Key, ...]:
            return tuple(Key.of(one, case=entry.case_sensitive, whole=entry.whole_words) for one in written)

        depth = entry.scan_depth if entry.scan_depth is not None else scan_depth
        kept = None if entry.after_match == "stay" else depth
        return cls(entry, number, keys(entry.keys), keys(entry.secondary_keys), keys(entry.exclude_keys), kept)

    @property
    def always(self) -> bool:
        """Whether it is there in every turn alike, so that it may stand in the unchanging part of the prompt."""
        entry = self.entry
        unbound = entry.after_replies == 0 and entry.every_replies == 1
        return entry.constant and entry.probability == ALWAYS and entry.depth is None and unbound

    @property
    def rank(self) -> tuple[int, int]:
        """Where it comes when room is given away, lowest first."""
        entry = self.entry
        return -(entry.order if entry.priority is None else entry.priority), self.number

    @property
    def place(self) -> tuple[int, int]:
        """Where it comes in the prompt."""
        return self.entry.order, self.number


class _Turn(NamedTuple):
    """What is known of a turn."""

    heard: Texts  # the messages
    earlier: Texts  # those of earlier turns
    seeds: Seeds
    replies: int | None


class _Said(NamedTuple):
    """What other entries have said."""

    names: tuple[str, ...] = ()
    texts: Texts = Texts(())  # in the order of the names


class _Hit(NamedTuple):
    """An entry that is called up, by which key, found in the content of which entry (empty: in a message)."""

    one: _Ready
    key: str = ""
    source: str = ""


class Lorebook:
    """A book, ready to be asked.

    Args:
        book: What the creator wrote.
        char: The name that ``{{char}}`` stands for.
        tidy: Cleans a text and takes the power from role marks in it.

    Attributes:
        constant: What holds in every turn alike, in its order: it may stand in the unchanging part of the prompt, and
            the budget does not count it.
    """

    def __init__(self, book: Book, *, char: str, tidy: Callable[[str], str]) -> None:
        self._char, self._tidy = char, tidy
        self._budget, self._recursive = book.token_budget, book.recursive
        ready = [_Ready.of(entry, at, book.scan_depth) for at, entry in enumerate(book.entries) if entry.enabled]
        self._always = tuple(sorted((one for one in ready if one.always), key=lambda one: one.place))
        self._loose: list[_Ready] = []  # to be looked at in every turn
        self._by_word: dict[str, list[_Ready]] = {}  # to be looked at where one of these words is
        for one in ready:
            if not one.always:
                for shelf in self._shelves(one):
                    shelf.append(one)
        self._fixed = {one.number: tidy(one.entry.content) for one in ready if not has_macros(one.entry.content)}
        depths = [one.depth for one in ready]
        self._deepest = None if None in depths else max((depth for depth in depths if depth is not None), default=0)
        shown = (self._lore(_Hit(one), Seeds()) for one in self._always)
        self.constant = tuple(lore for lore in shown if lore.content)

    def activate(
        self,
        messages: Sequence[str],
        *,
        seed: int,
        estimate: Callable[[str], int],
        talk: int = 0,
        fresh: int = 1,
        replies: int | None = None,
    ) -> Activated:
        """Which entries this turn calls up, besides ``constant``.

        Args:
            messages: What was said, newest last.
            seed: The turn's; the same one draws the same.
            estimate: Tokens of a text.
            talk: The conversation's seed, for what is drawn once in it.
            fresh: How many of the messages, at the end, are being answered.
            replies: How many the avatar has given in this conversation; None: not known, so nothing waits for them.
        """
        if not (self._loose or self._by_word):
            return Activated()
        earlier = messages[: max(len(messages) - fresh, 0)]
        near = messages if self._deepest is None else messages[max(len(messages) - self._deepest, 0) :]
        turn = _Turn(Texts(near), Texts(earlier), Seeds(seed, talk), replies)
        hits = sorted(self._hits(turn), key=lambda hit: hit.one.rank)
        kept: list[tuple[tuple[int, int], Lore]] = []
        dropped = [hit.one.entry.name for hit in hits[MOST_CALLED:]]
        left = self._budget
        for hit in hits[:MOST_CALLED]:
            lore = self._lore(hit, turn.seeds)
            lore = replace(lore, tokens=estimate(lore.content))
            if lore.tokens > left:
                dropped.append(lore.name)
            elif lore.content:
                left -= lore.tokens
                kept.append((hit.one.place, lore))
        return Activated(tuple(lore for _, lore in sorted(kept, key=lambda pair: pair[0])), tuple(dropped))

    def _shelves(self, one: _Ready) -> Sequence[list[_Ready]]:
        """Where an entry is put, so that a turn looks only at entries that may have to do with it."""
        if one.entry.constant or not all(key.word for key in one.keys):
            return (self._loose,)
        return [self._by_word.setdefault(word, []) for word in {key.word for key in one.keys}]

    def _hits(self, turn: _Turn) -> Sequence[_Hit]:
        """What is called up by the messages, by what that says, and so on."""
        hits: dict[int, _Hit] = {}
        said: list[tuple[str, str]] = []  # names and contents of what was called up
        speakers: Sequence[_Ready] = self._always
        for _ in range(MOST_ROUNDS):
            spoken = _Said(tuple(name for name, _ in said), Texts([content for _, content in said]))
            words = turn.heard.words() | spoken.texts.words()
            shelves = (self._loose, *(self._by_word[word] for word in self._by_word.keys() & words))
            near = {one.number: one for shelf in shelves for one in shelf if one.number not in hits}
            called = [_hit(near[number], turn, spoken) for number in sorted(near) if _admitted(near[number], turn)]
            new = {hit.one.number: hit for hit in called if hit}
            hits |= new
            speakers = [one for one in (*speakers, *(hit.one for hit in new.values())) if one.entry.triggers_others]
            length = sum(len(content) for _, content in said)
            if not self._recursive or not speakers or length > LONGEST_SAID:
                break
            said += self._spoken(speakers, turn.seeds, LONGEST_SAID - length)
            speakers = ()
        return [*hits.values()]

    def _spoken(self, speakers: Iterable[_Ready], seeds: Seeds, room: int) -> Iterable[tuple[str, str]]:
        """What these entries say, as keys are looked for in it, until the room is used up."""
        for one in speakers:
            content = self._content(one, seeds, hidden=True)
            yield one.entry.name, content
            room -= len(content)
            if room <= 0:
                return

    def _lore(self, hit: _Hit, seeds: Seeds) -> Lore:
        entry = hit.one.entry
        content = self._content(hit.one, seeds)
        return Lore(entry.name, content, entry.position, entry.depth, hit.key, hit.source)

    def _content(self, one: _Ready, seeds: Seeds, *, hidden: bool = False) -> str:
        """What an entry says in this turn; with ``hidden``, what keys are looked for in."""
        fixed = self._fixed.get(one.number)
        if fixed is not None:
            return fixed
        seeds = replace(seeds, place=one.entry.name)
        text, _ = resolve(one.entry.content, char=self._char, user=USER, users=USERS, seeds=seeds, hidden=hidden)
        return self._tidy(text)


def _admitted(one: _Ready, turn: _Turn) -> bool:
    """Whether an entry may come up in this turn at all."""
    entry = one.entry
    if entry.probability < ALWAYS and drawn(ALWAYS, turn.seeds.turn, entry.name) >= entry.probability:
        return False
    if turn.replies is not None and (turn.replies < entry.after_replies or turn.replies % entry.every_replies):
        return False
    return entry.after_match != "never" or not any(key.occurs(turn.earlier) for key in one.keys)


def _hit(one: _Ready, turn: _Turn, said: _Said) -> _Hit | None:
    """Whether an entry is called up by the messages, or by what other entries have said so far."""
    entry = one.entry
    if entry.constant:
        return _Hit(one)
    said = said if entry.triggered_by != "messages" else _Said()
    hit = _called(one, turn.heard, said)
    if hit is None or not (one.exclude or one.secondary):
        return hit

    def there(key: Key) -> bool:
        return key.occurs(turn.heard, one.depth) or key.occurs(said.texts)

    if any(there(key) for key in one.exclude):
        return None
    return hit if not one.secondary or LOGIC[entry.logic](there(key) for key in one.secondary) else None


def _called(one: _Ready, heard: Texts, said: _Said) -> _Hit | None:
    """The first of an entry's keys that is found, and where."""
    if one.entry.triggered_by != "entries":
        for key in one.keys:
            if key.occurs(heard, one.depth):
                return _Hit(one, key.written)
    places = ((key, key.place(said.texts)) for key in one.keys)
    return next((_Hit(one, key.written, said.names[-1 - place]) for key, place in places if place is not None), None)
