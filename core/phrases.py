"""Finding in a text what is said about being human or a machine."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import re
from collections.abc import Iterator

from core.grammar import END
from core.wordings import LANGUAGES

LONGEST_OPENING = 80  # characters
_OPEN = re.compile(r"[^\w.!?。！？\n]*")  # no word and no end of a sentence

_FOLDS = (("İ", "i"), ("’", "'"), ("ʼ", "'"), ("＇", "'"), ("\u00a0", " "), ("ＡＩ", "ai"))

# What plainly names an AI as the speaker without "I am": "Maya's AI stand-in", "you're chatting with a bot".
_STAND_IN = re.compile(
    rf"(?<!\w)(?:ai|ki|ia|artificial)(?:[- ](?:powered|generated|driven|gestützter?|generierter?))?[- ]"
    rf"(?:stand-in|avatar|assistant|double|twin|clone|version|bot|character|persona|companion|stellvertreter(?:in)?|"
    rf"doppelgänger(?:in)?|assistent(?:in)?|zwilling|figur){END}|"
    rf"(?<!\w)(?:avatar|doublure|assistante?|versione?|versión|versão|asistente|assistente|clon|sosia|doble) "
    rf"(?:de |en |em |di )?(?:ia|ai){END}|"
    rf"(?<!\w)(?:talking|chatting|speaking|texting) (?:to|with) (?:an? |\w+'s )?"
    rf"(?:ai|artificial intelligence|(?:chat)?bot){END}|"
    rf"(?<!\w)not (?:a )?(?:human|(?:real|actual) person){END}|"
    r"(?:ai|人工知能|人工智能|人工智慧)(?:アバター|分身|替身|化身|の分身|아바타)|(?:ai|인공지능) ?(?:아바타|분신|대역)|"
    r"ии-(?:аватар|двойник|версия|помощник)|yapay zek[aâ] (?:avatarı|temsilcisi|ikizi|versiyonu)|"
    r"(?:ai|एआई|एआइ) ?(?:अवतार|प्रतिनिधि)|(?:नकली|صورة|نسخة|بديل) ?(?:ai|ذكاء اصطناعي|بالذكاء الاصطناعي)"
)


def folded(text: str) -> str:
    """The text in lower case with plain apostrophes; every character stays at its place."""
    for odd, plain in _FOLDS:
        text = text.replace(odd, plain)
    return text.lower()


def claims(text: str) -> Iterator[tuple[int, int]]:
    """Where a folded text claims that a human speaks."""
    for language in LANGUAGES:
        if any(stem in text for stem in language.stems):
            yield from (match.span() for match in language.claim.finditer(text))


def admits(text: str) -> bool:
    """Whether a folded text says in the first person that a machine speaks."""
    return any(language.admission.search(text) for language in LANGUAGES)


def discloses(text: str) -> bool:
    """Whether a folded text says in any plain way that a machine speaks."""
    return admits(text) or _STAND_IN.search(text) is not None


def asked(text: str) -> tuple[str, re.Match[str]] | None:
    """The language (ISO 639-1) and the place in which a folded text asks whether a human is there."""
    found = ((language.code, language.question.search(text)) for language in LANGUAGES)
    return next(((code, match) for code, match in found if match), None)


def may_begin_claim(text: str) -> int | None:
    """Where the last words of a folded text begin what may become a claim, or what the next word may undo."""
    start = max(len(text) - LONGEST_OPENING, 0)
    end = text[start:]
    openings = (language.opening.search(end) for language in LANGUAGES if language.opening)
    places = [match.start() for match in openings if match]
    places += [first for first, last in claims(end) if _OPEN.fullmatch(end, last)]
    return start + min(places) if places else None
