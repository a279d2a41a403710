"""The marks by which chat templates tell who speaks. In what people and models write, they are forgeries.

Sources: the chat templates published with Llama 2, 3 and 4, Mistral, Gemma, Qwen (ChatML), DeepSeek, GLM, Granite,
Phi and gpt-oss. Templates of the form ``<|word|>`` are recognised whatever the word.
"""

# ruff: noqa: RUF001  the wide and look-alike signs are meant

from __future__ import annotations

import re
import unicodedata

ANGLED = re.compile(
    r"/?(?:s|sys|tool_call|tool_response)|bos|eos|pad|unk|sop|eop|(?:start|end)_of_(?:turn|image)|\|[^|]+\|"
)
SQUARE = re.compile(r"/?(?:inst|sys|system_prompt|available_tools|tool_calls|tool_results|tool_content)|bos|eos|gmask")

# The insides hold no bracket of any kind, nor what ``disarm`` puts in place of one. So matches never nest, nothing is
# looked at twice, and what was disarmed cannot become a match for a later pass.
_INSIDE = "[^<>＜＞﹤﹥‹›\\[\\]［］⟦⟧\n]+"
BRACKETED = re.compile(f"[<＜﹤](?P<angled>{_INSIDE})[>＞﹥]|[\\[［](?P<square>{_INSIDE})[\\]］]")
_UNSEEN = re.compile("[\\s\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


def is_mark(match: re.Match[str]) -> bool:
    """Whether a match of ``BRACKETED`` is a template's mark, in whatever disguise (width, case, invisibles)."""
    angled = match["angled"]
    inside = _UNSEEN.sub("", unicodedata.normalize("NFKC", angled or match["square"])).lower()
    return (ANGLED if angled else SQUARE).fullmatch(inside) is not None


def first_mark(text: str) -> int | None:
    """Where the first mark begins."""
    return next((match.start() for match in BRACKETED.finditer(text) if is_mark(match)), None)


def disarm(text: str) -> str:
    """Give every mark other brackets: still readable, no longer a mark, and no new one arises."""
    return BRACKETED.sub(_disarmed, text)


def _disarmed(match: re.Match[str]) -> str:
    if not is_mark(match):
        return match[0]
    return f"‹{match['angled']}›" if match["angled"] else f"⟦{match['square']}⟧"
