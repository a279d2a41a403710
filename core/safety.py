"""Screening what the model wrote, while it is being written and at the end.

Each check looks at everything written so far. While the text grows, its end is held back wherever it might still turn
into something that may not be shown, so that what was shown hardly ever has to be taken back.
"""

# ruff: noqa: RUF001  the wide signs are meant

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from core import conduct, links, phrases
from core.roles import first_mark

Verdict = Literal["link", "role", "leak", "secret", "claims_human"] | conduct.Breach

LEAK = 8  # words of the instructions in a row that must not be said
SUSPICION = 4  # words in a row from which on the rest is held back
LONGEST_SUSPICION = 200  # characters
SHORTEST_SECRET = 6  # characters; anything shorter would blot out ordinary words
REMOVED = "[removed]"

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]*_]{0,4}(?:\s|$)|[。！？][”’」』）]{0,2}|\n")
DENSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"  # scripts without spaces
WORD = re.compile(rf"[{DENSE}]|[^\W_{DENSE}]+")
UNSPACED = re.compile(rf"[{DENSE}\U0001f000-\U0003ffff]")

# A model that runs on writes the next turn itself.
NEXT_TURN = re.compile(
    r"\n[ \t>*_#]*(?:user|human|assistant|system)[ \t*_]*:|\n[ \t]*#{2,}[ \t]*(?:instruction|response|input)\b",
    re.IGNORECASE,
)
OWN_LABEL = re.compile(r"\s*[*_]{0,2}(?:assistant|ai|response)[*_]{0,2}:[*_]{0,2}[ \t\n]*", re.IGNORECASE)

# The forms are the ones that the services document or that public secret scanners look for.
SHORTEST_KEY = 15  # characters
SECRET = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)"
    r"|(?<![A-Za-z0-9])(?=[\dAMNOdghnrsxy])(?:"
    r"\d{8,10}:[\w-]{35}"  # Telegram bots
    r"|[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}"  # Discord bots
    r"|sk-[\w-]{20,}|[sr]k_(?:live|test)_\w{10,}"  # OpenAI, Anthropic, OpenRouter; Stripe
    r"|(?:gsk_|hf_|xai-|glpat-|r8_|nvapi-)[\w-]{20,}"  # Groq, Hugging Face, xAI, GitLab, Replicate, NVIDIA
    r"|gh[pousr]_\w{36,}|github_pat_\w{22,}"
    r"|A(?:KIA|SIA)[A-Z0-9]{16}"  # AWS
    r"|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{20,}"  # Slack
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,}"  # Google
    r"|discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"
    r")|(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",  # JSON web tokens
    re.ASCII | re.DOTALL,
)

# Ends of a growing text that are held back: links, tags, definitions, headings and keys that are not complete yet.
UNFINISHED = re.compile(
    r"!?\[[^\[\]\n]{0,300}(?:\](?:\([^()\n]{0,600}|:[^\n]{0,600})?)?\Z"
    r"|<[a-z/!|＜｜][^<>\n]{0,300}\Z|\n[ \t>*_#]*\w*\Z|-----BEGIN[^\n]{0,60}\Z",
    re.IGNORECASE,
)
LONGEST_UNFINISHED = 1000  # characters
LONGEST_WORD = 200  # characters


@dataclass(frozen=True, slots=True)
class Screened:
    """What may be shown, and what was found."""

    text: str
    verdicts: tuple[Verdict, ...]


class Screen:
    """Screens the replies of one avatar.

    Args:
        system_prompt: Instructions of which no eight words in a row may be said.
        allowed: Texts that may be said although they are part of the instructions.
        secrets: Texts that are never said; those under six characters are not looked for.
    """

    def __init__(self, system_prompt: str, allowed: Sequence[str], secrets: Sequence[str]) -> None:
        self._leaks = _phrases_of(system_prompt, LEAK).difference(*(_phrases_of(text, LEAK) for text in allowed))
        self._vocabulary = frozenset(word for run in self._leaks for word in run.split())
        self._suspects = _phrases_of(system_prompt, SUSPICION).difference(
            *(_phrases_of(text, SUSPICION) for text in allowed)
        )
        known = sorted((secret for secret in set(secrets) if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, known))) if known else None

    def check(self, text: str, *, final: bool, minor: bool = False) -> Screened:
        """Screen all that was written so far.

        Args:
            text: The model's words from the beginning.
            final: Nothing more will come. Otherwise an end that may not be fit to be shown is held back.
            minor: It is said to a minor.
        """
        text = CONTROLS.sub("", text)
        if not final:
            text = self._settled(text, minor=minor)
        steps: tuple[tuple[Verdict, Callable[[str], str]], ...] = (
            ("link", links.screen),
            ("role", _without_turns),
            ("leak", self._without_leaks),
            ("secret", self._without_secrets),
            ("claims_human", _without_claims),
        )
        verdicts: list[Verdict] = []
        for verdict, step in steps:
            screened = step(text)
            if screened != text:
                verdicts.append(verdict)
                text = screened
        text, breaches = _well_behaved(text, minor=minor)
        verdicts += breaches
        label = OWN_LABEL.match(text)
        return Screened(text[label.end() if label else 0 :].strip(), tuple(verdicts))

    def _settled(self, text: str, *, minor: bool) -> str:
        """The beginning of a growing text whose fate is decided."""
        text = _without_unfinished(text[: _last_break(text)])
        folded = phrases.folded(text)
        openings = (phrases.may_begin_claim(folded), conduct.may_begin(folded, minor=minor))
        return text[: min(self._suspicious(text), *(len(text) if one is None else one for one in openings))]

    def _suspicious(self, text: str) -> int:
        """Where the text's end goes on saying the instructions, after a few words that may be by chance."""
        start = max(len(text) - LONGEST_SUSPICION, 0)
        held = len(text)
        for run, _, last in reversed(list(_runs(text[start:], SUSPICION))):
            if run not in self._suspects:
                break
            held = start + last
        return held

    def _without_leaks(self, text: str) -> str:
        """The sentences before the first run of words that repeats the instructions."""
        if not _has_streak(text, self._vocabulary):
            return text
        leak = next((start for run, start, _ in _runs(text, LEAK) if run in self._leaks), None)
        return text if leak is None else text[: max(end for end in _sentence_ends(text) if end <= leak)]

    def _without_secrets(self, text: str) -> str:
        redacted = self._secret.sub(REMOVED, text) if self._secret else text
        if "-----BEGIN" in text or any(len(word) >= SHORTEST_KEY for word in text.split()):
            redacted = SECRET.sub(REMOVED, redacted)
        return text if redacted == text else links.screen(redacted)  # its brackets may have become a link's


def _without_turns(text: str) -> str:
    """The text up to where the model begins to write somebody else's turn."""
    turn = NEXT_TURN.search(text)
    mark = first_mark(text)
    ends = [end for end in (turn and turn.start(), mark) if end is not None]
    return text[: min(ends)] if ends else text


def _without_claims(text: str) -> str:
    """The text without the sentences that say a human speaks, unless the same sentence admits to an AI."""
    folded = phrases.folded(text)
    claims = [end - 1 for _, end in phrases.claims(folded)]
    if not claims:
        return text
    ends = _sentence_ends(text)
    sentences = list(pairwise(ends))
    dropped = {bisect_right(ends, claim) - 1 for claim in claims}
    return "".join(
        text[start:end]
        for number, (start, end) in enumerate(sentences)
        if number not in dropped or phrases.admits(folded[start:end])
    )


def _well_behaved(text: str, *, minor: bool) -> tuple[str, tuple[conduct.Breach, ...]]:
    """The text without sentences that make somebody feel guilty, and up to the first one that is worse."""
    found = list(conduct.breaches(phrases.folded(text), minor=minor))
    if not found:
        return text, ()
    ends = _sentence_ends(text)
    places = [(breach, bisect_right(ends, place) - 1) for breach, place in found]
    end = min((number for breach, number in places if breach != "guilt"), default=len(ends) - 1)
    dropped = {number for _, number in places}
    kept = "".join(text[ends[number] : ends[number + 1]] for number in range(end) if number not in dropped)
    return kept, tuple(dict.fromkeys(breach for breach, _ in found))


def _sentence_ends(text: str) -> list[int]:
    """The places between sentences, both ends of the text included."""
    return [0, *(match.end() for match in SENTENCE_END.finditer(text) if match.end() < len(text)), len(text)]


def _last_break(text: str) -> int:
    """Where the last word, which may still grow, begins; in scripts without spaces, where the text ends."""
    start = max(text.rfind(blank) for blank in " \n\t") + 1
    dense = UNSPACED.finditer(text, max(start, len(text) - LONGEST_WORD))
    return max((match.end() for match in dense), default=start)


def _without_unfinished(text: str) -> str:
    match = UNFINISHED.search(text, max(len(text) - LONGEST_UNFINISHED, 0))
    return text[: match.start()] if match else text


def _has_streak(text: str, vocabulary: frozenset[str]) -> bool:
    """Whether there are enough known words in a row for a leak: a quick look that spares most texts a closer one."""
    streak = 0
    for word in WORD.findall(phrases.folded(text)):
        streak = streak + 1 if word in vocabulary else 0
        if streak >= LEAK:
            return True
    return False


def _phrases_of(text: str, weight: int) -> frozenset[str]:
    return frozenset(run for run, _, _ in _runs(text, weight))


def _runs(text: str, weight: int) -> Iterator[tuple[str, int, int]]:
    """Every run of ``weight`` words, folded, with where its first word begins and its last one.

    In scripts without spaces a character counts as half a word.
    """
    words = [(match[0], match.start()) for match in WORD.finditer(phrases.folded(text))]
    halves = [1 if UNSPACED.match(word) else 2 for word, _ in words]
    last, heavy = 0, 0
    for first, (_, start) in enumerate(words):
        while last < len(words) and heavy < 2 * weight:
            heavy += halves[last]
            last += 1
        if heavy < 2 * weight:
            return
        yield " ".join([word for word, _ in words[first:last]]), start, words[last - 1][1]
        heavy -= halves[first]
