"""Cleaning what comes in: text and names of strangers, before they are stored, shown or put to a model."""

# ruff: noqa: RUF001  the wide and look-alike signs are meant

from __future__ import annotations

import re
import unicodedata

from core.graphemes import boundary
from core.roles import disarm

CUT_MARK = "… [cut]"
LONGEST_NAME = 64  # characters
NOBODY = "someone"

# Kept are the signs that writing needs: ZWNJ (Persian), ZWJ (emoji, Indic), LRM, RLM and ALM (Arabic, Hebrew).
NEWLINES = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b\u3164\uffa0"  # invisible fillers
    "\u202a-\u202e\u2066-\u2069"  # embedding, override and isolation of writing direction
    "\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb\U0001d173-\U0001d17a"  # invisible operators, deprecated controls
    "\ufdd0-\ufdef\ufffe\uffff]"  # not characters at all
    "|(?P<flag>\U0001f3f4[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,3}\U000e007f)"
    "|[\U000e0000-\U000e007f\U000e0100-\U000e0fff]"  # tags outside a flag, selectors that can carry hidden bytes
)
UNSEEN_RUN = re.compile("([\u061c\u200c-\u200f\ufe00-\ufe0f]{2})[\u061c\u200c-\u200f\ufe00-\ufe0f]+")
MARK_RUN = re.compile(r"[^\w\s]{6,}")  # \w covers no combining mark, so longer runs of them are inside such a match
MARKS = 5  # on one letter; pointed Hebrew with accents, Burmese and Tibetan need as many
BLANK_LINES = re.compile(r"\n\s*\n")

ROLES = "system|assistant|user|human|developer|tool|instructions?|response|input|output|prompt|model|ai"
HEADING = re.compile(rf"^[ \t>*_]*#[ \t>*_#]*(?=(?:{ROLES})\b)", re.IGNORECASE | re.MULTILINE)
LABEL = re.compile(rf"^([ \t>*_]*(?:{ROLES})[ \t*_]*)[:：](?!//)", re.IGNORECASE | re.MULTILINE)
RATIO = "\u2236"  # reads as a colon and is none

STRUCTURE = re.compile(r"[\s<>\[\]{}()|#:：`*~\\\"＜＞［］｜＃\u2236\u2800]+")
ROLE_NAME = re.compile(rf"(?:{ROLES}|end|inst|sys)[\W_]*", re.IGNORECASE)


def clean(text: str, limit: int) -> str:
    """The text as it was meant to be seen, in at most ``limit`` characters (of which the mark of a cut takes seven).

    Gone are control characters, lone surrogates, overrides of writing direction, hidden tags, piles of combining
    marks (more than five on a letter) and all but one of several blank lines.
    """
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    text = UNWANTED.sub(lambda match: match["flag"] or "", NEWLINES.sub("\n", text))
    text = MARK_RUN.sub(_thinned, UNSEEN_RUN.sub(r"\1", text))
    text = BLANK_LINES.sub("\n\n", text).strip()
    if len(text) <= limit:
        return text
    keep = max(limit - len(CUT_MARK), 0)
    return (text[: boundary(text, keep)].rstrip() + CUT_MARK)[:limit]


def clean_name(name: str) -> str:
    """A stranger's name as one line of at most 64 characters that can't pass for a role, a mark or Markdown."""
    name = STRUCTURE.sub(" ", clean(name, 4 * LONGEST_NAME)).strip()
    name = name[: boundary(name, LONGEST_NAME)].strip()
    visible = any(unicodedata.category(char)[0] in "LNPS" for char in name)
    return NOBODY if not visible or ROLE_NAME.fullmatch(name) else name


def neutralise(text: str) -> str:
    """The same words without the power of a chat template's marks and headings; doing it again changes nothing."""
    return LABEL.sub(rf"\1{RATIO}", HEADING.sub("", disarm(text)))


LOWER = b"abcdefghijklmnopqrstuvwxyz "
ASCII = bytes(range(128))


def estimate_tokens(text: str) -> int:
    """How many tokens a Llama-family tokenizer makes of this text, rather too many than too few.

    Tenths of a token for each byte of UTF-8: 3 for a to z and the space, 7 for other ASCII, 6 for all else. Fitted to
    short chat texts in 16 languages, emoji, code, JSON and addresses under the vocabularies of Llama 3, Llama 2 and
    SmolLM2: with Llama 3 the estimate is 1.0 to 1.6 times the truth for European languages and code, 2 to 3 times for
    most others; Llama 2 and SmolLM2, which spell out what they don't know, reach 1.3 times the estimate for Turkish
    and 1.6 times for Korean and emoji. Strings of random letters are the worst case (1.7 times the estimate).
    """
    raw = text.encode("utf-8", "replace")
    others = len(raw.translate(None, ASCII))
    lower = len(raw) - len(raw.translate(None, LOWER))
    return -(-(3 * lower + 7 * (len(raw) - lower - others) + 6 * others) // 10)


def _thinned(run: re.Match[str]) -> str:
    """A run of signs with at most ``MARKS`` combining marks in a row."""
    kept: list[str] = []
    marks = 0
    for char in run[0]:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= MARKS:
            kept.append(char)
    return "".join(kept)
