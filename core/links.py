"""Links in Markdown: those to web and mail addresses stay, of all others only the text.

What stays is decided by how an address begins as it is written, not by what a renderer might make of it; so there is
no disguise to see through (entities, blanks and control characters inside, other cases).
"""

from __future__ import annotations

import html
import re

ALLOWED = re.compile(r"\s*<?(?:https?://|mailto:)", re.IGNORECASE)
SIGNS = ("[", "<", "://", "script:", "data:")  # one of these is in every text with a link

FENCED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^`\n]*\n.*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
INLINE = re.compile(r"(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<target>(?:[^()]|\([^()]*\)){0,2000})\)")
ANCHOR = re.compile(r"<a\b(?P<attributes>[^<>]*)>(?P<text>[^<]*)</a\s*>", re.IGNORECASE)
HREF = re.compile(r"\bhref\s*=\s*[\"']?\s*(?P<address>(?:https?://|mailto:)[^\"'\s<>()]+)", re.IGNORECASE)
IMAGE = re.compile(
    r"<img\b(?:[^<>]*?\salt\s*=\s*(?:\"(?P<double>[^\"<>]*)\"|'(?P<single>[^'<>]*)'))?[^<>]*>", re.IGNORECASE
)
TAG = re.compile(
    r"</?(?:a|script|iframe|object|embed|style|link|meta|form|base|area|svg|math|video|audio|source)\b[^<>]*>",
    re.IGNORECASE,
)
AUTOLINK = re.compile(r"<(?!https?:|mailto:)[a-z][a-z0-9+.-]{1,31}:[^<>\s]*>", re.IGNORECASE)
BARE = re.compile(
    r"(?<!\w)(?=[abcdfijlstv])(?:(?:tg|ton|file|ftp|intent|discord|chrome|about|view-source|blob|filesystem|smb|ssh)://|"
    r"(?:javascript|vbscript|livescript):(?=\S)|data:[\w.+-]{1,60}/[\w.+-]{1,60}[;,])\S*",
    re.IGNORECASE,
)
LEFT_AUTOLINK = re.compile(rf"<(?={AUTOLINK.pattern[1:]})", re.IGNORECASE)
TARGET = re.compile(rf"\]\((?!{ALLOWED.pattern})", re.IGNORECASE)
DEFINITION = re.compile(
    rf"(^[ \t>]*\[[^\[\]\n]{{1,1000}}\]):(?!{ALLOWED.pattern})(?=\s*(?:<[^<>\n]*>|\S+)[ \t]*(?:$|[\"'(]))",
    re.IGNORECASE | re.MULTILINE,
)


def screen(text: str) -> str:
    """Markdown without links to anything but ``http``, ``https`` and ``mailto``, and with images as their descriptions.

    Code blocks keep all but a blank here and there: what is code to one reader of Markdown is none to another.
    """
    lower = text.lower()
    if not any(sign in lower for sign in SIGNS):
        return text
    screened: list[str] = []
    place = 0
    for block in FENCED.finditer(text):
        screened += (_unlinked(text[place : block.start()]), block[0])
        place = block.end()
    return _broken("".join((*screened, _unlinked(text[place:]))))


def _unlinked(text: str) -> str:
    """The text with the text of a link or image in its place."""
    text = IMAGE.sub(lambda image: image["double"] or image["single"] or "", text)
    text = TAG.sub("", ANCHOR.sub(_anchor, text))
    return BARE.sub("", AUTOLINK.sub("", INLINE.sub(_inline, text)))


def _broken(text: str) -> str:
    """The text with a blank inside whatever is still a link or image: nested, unbalanced, or in code."""
    text = LEFT_AUTOLINK.sub("< ", TARGET.sub("] (", text.replace("![", "! [")))
    return DEFINITION.sub(r"\1 :", text)


def _inline(link: re.Match[str]) -> str:
    return link["text"] if link["image"] or not ALLOWED.match(link["target"]) else link[0]


def _anchor(anchor: re.Match[str]) -> str:
    href = HREF.search(html.unescape(anchor["attributes"]))
    return f"[{anchor['text']}]({href['address']})" if href else anchor["text"]
