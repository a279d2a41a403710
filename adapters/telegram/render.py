"""Markdown to what Telegram shows: text and entities. Nothing here raises on any input.

Offsets and lengths are UTF-16 code units, as the Bot API counts them.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import structlog
import telegramify_markdown
from telegram import MessageEntity
from telegramify_markdown.config import RenderConfig

log = structlog.get_logger()

TEXT_LIMIT = 4096
MAX_ENTITIES = 100

_SPANS = frozenset(
    ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "expandable_blockquote")
)
_CODE = frozenset(("code", "pre"))
_SCHEMES = frozenset(("http", "https", "mailto"))
_IMAGE = "\N{FRAME WITH PICTURE}"
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=[A-Za-z0-9_])")
_WORD_JOINER = "\u2060"  # invisible; "@" followed by it notifies nobody


def _plain_symbols() -> RenderConfig:
    """The converter's settings without its pictograms for headings."""
    config = RenderConfig.isolated()
    for level in range(1, 5):
        setattr(config.markdown_symbol, f"heading_level_{level}", "")
    config.markdown_symbol.image = _IMAGE
    return config


_CONFIG = _plain_symbols()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as Telegram is to show it."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


@lru_cache(maxsize=512)
def render(markdown: str, *, shared: bool) -> Rendered:
    """Render Markdown.

    Links keep their text and lose their target unless it is http, https or mailto; pictures lose it
    always, since an address can carry what was said. In a shared place no @mention notifies anybody.
    What the converter cannot do, or leaves empty, is shown as it was written.
    """
    source = markdown.encode("utf-8", "replace").decode()  # a lone surrogate is no text
    try:
        text, spans = telegramify_markdown.convert(source, config=_CONFIG)
    except Exception as exc:  # noqa: BLE001 - a converter's fault must not cost the fan the answer
        log.warning("telegram.render.failed", error=type(exc).__name__)
        text, spans = "", []
    if not text.strip():
        text, spans = source, []
    if shared:
        text, spans = _silence_mentions(text, spans)
    return Rendered(text, tuple(_entities(text, spans)))


def measure(markdown: str, *, shared: bool) -> int:
    """UTF-16 units of this Markdown as shown."""
    return units(render(markdown, shared=shared).text)


def units(text: str) -> int:
    """Length in UTF-16 code units; a lone surrogate is one."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _entities(text: str, spans: Iterable[telegramify_markdown.MessageEntity]) -> Iterator[MessageEntity]:
    end = units(text)
    pictures = frozenset(_offsets(text, (match.end() for match in re.finditer(_IMAGE, text))))
    kept = [span for span in spans if _is_allowed(span, pictures) and 0 <= span.offset < end and span.length > 0]
    kept.sort(key=lambda span: (span.offset, -span.length))
    for span in kept[:MAX_ENTITIES]:
        length = min(span.length, end - span.offset)
        yield MessageEntity(span.type, span.offset, length, url=span.url, language=span.language)


def _is_allowed(span: telegramify_markdown.MessageEntity, pictures: frozenset[int]) -> bool:
    if span.type in _SPANS:
        return True
    return span.type == "text_link" and span.offset not in pictures and _is_web(span.url or "")


def _is_web(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in _SCHEMES and bool(address.netloc or address.path)


def _silence_mentions(
    text: str, spans: list[telegramify_markdown.MessageEntity]
) -> tuple[str, list[telegramify_markdown.MessageEntity]]:
    """An invisible unit after each "@" that begins a mention, outside of code (where none begins)."""
    code = [(span.offset, span.offset + span.length) for span in spans if span.type in _CODE]
    indices = [match.end() for match in _MENTION.finditer(text)]
    cuts = [
        (index, offset)
        for index, offset in zip(indices, _offsets(text, indices), strict=True)
        if not any(start < offset <= end for start, end in code)
    ]
    if not cuts:
        return text, spans
    starts, ends = [0, *(index for index, _ in cuts)], [*(index for index, _ in cuts), len(text)]
    silent = _WORD_JOINER.join(text[start:end] for start, end in zip(starts, ends, strict=True))
    places = [offset for _, offset in cuts]
    return silent, [_moved(span, places) for span in spans]


def _offsets(text: str, indices: Iterable[int]) -> Iterator[int]:
    """UTF-16 offsets of ascending indices into a text."""
    offset = last = 0
    for index in indices:
        offset += units(text[last:index])
        last = index
        yield offset


def _moved(span: telegramify_markdown.MessageEntity, places: list[int]) -> telegramify_markdown.MessageEntity:
    """The span after a unit was inserted at each of ``places`` (offsets before any insertion, ascending)."""
    start = span.offset + bisect.bisect_right(places, span.offset)
    end = span.offset + span.length + bisect.bisect_left(places, span.offset + span.length)
    return span.copy_with(offset=start, length=end - start)
