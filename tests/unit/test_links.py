"""Links in what the model wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.links import screen

BAD_LINKS = [
    *("[text](javascript:alert(1))", "[text](JaVaScRiPt:alert)", "[text](java\tscript:alert)"),
    *("[text](&#106;avascript:x)", "[text](\x01javascript:alert)", "[text]( \n javascript:x)"),
    *("[text](<javascript:x y>)", "[text](tg://user?id=1)", "[text](data:text/html;base64,AAAA)"),
    *("[text](file:///etc/passwd)", "[text](//evil.example)", "[text](vbscript:x)"),
    *("[text](javascript:[](javascript:y)x)", '[text](javascript:x "title")'),
    *("![text](https://evil.example/?q=private)", "![text](data:image/png;base64,AAAA)"),
    *('<a href="javascript:x">text</a>', "<A HREF=tg://user?id=1 >text</A>"),
    *('<img src="https://evil.example/?q=private" alt="text">', "<a href='&#106;avascript:x'>text</a>"),
    *("[te[x]t](javascript:y)", "[text]: javascript:alert(1)", "text <javascript:alert(1)>"),
    *("text tg://resolve?domain=evil", "text [ref]\n\n[ref]: tg://user?id=1"),
]
GOOD_LINKS = [
    *("[my shop](https://maya.example/shop)", "[mail](mailto:maya@maya.example)", "[a](HTTP://maya.example)"),
    *("1 < 2 [sic]", "<https://maya.example>", "https://maya.example/a_(b)"),
    *("[wiki](https://maya.example/a_(b))", "[Maya]: come in", "javascript: the good parts"),
    *("```js\nlet x = f[0] (tg)\n```", "profile: data: yes", "[shop]: https://maya.example"),
]


@pytest.mark.parametrize("link", BAD_LINKS)
def test_links_to_anything_but_web_and_mail_are_dropped_and_their_text_kept(link: str) -> None:
    screened = screen(f"see {link} ok" if "]:" not in link else link)
    assert "text" in screened or "te[x]t" in screened or "[ref]" in screened
    assert not list(addresses(screened))
    assert "![" not in screened
    assert "evil.example/?q" not in screened
    assert screen(screened) == screened


@pytest.mark.parametrize("link", GOOD_LINKS)
def test_good_links_and_ordinary_brackets_stay(link: str) -> None:
    assert screen(link) == link


def test_an_html_anchor_to_the_web_becomes_markdown() -> None:
    assert screen('see <a href="https://maya.example">my shop</a>') == "see [my shop](https://maya.example)"


MARKUP = [
    "[",
    "]",
    "(",
    ")",
    "!",
    "<",
    ">",
    "\\",
    "x",
    " ",
    "\n",
    "\n\n",
    ":",
    "`",
    "```\n",
    "~~~\n",
    "> ",
    "&#106;avascript:",
]
ADDRESSES = [
    "javascript:y",
    "tg://x",
    "https://a.example",
    "/path",
    "<javascript:z>",
    "[x](",
    "](",
    "[x]: ",
    "![x](",
    "[x][x]",
]


def _accept(url: str) -> bool:
    return bool(url)


def addresses(markdown: str) -> Iterator[str]:
    """Where the links of a Markdown text lead, and whence its images come, by an independent reader."""
    reader = MarkdownIt()
    reader.validateLink = _accept  # type: ignore[method-assign]
    blocks = reader.parse(markdown)
    for token in (*blocks, *(child for block in blocks for child in block.children or ())):
        yield from (str(token.attrs[name]) for name in ("href", "src") if name in token.attrs)


@given(parts=st.lists(st.sampled_from(MARKUP + ADDRESSES), max_size=40))
@example(parts=["[x](", "javascript:", "[x](", "tg://x", ")", "y", ")"])
@example(parts=["[", "[x]", "]", "(\n", "tg://x", ")"])
def test_no_arrangement_of_markup_leaves_a_foreign_link_or_an_image(parts: list[str]) -> None:
    screened = screen("".join(parts))
    assert all(address.startswith(("https:", "mailto:")) for address in addresses(screened))
    assert not any(child.type == "image" for block in MarkdownIt().parse(screened) for child in block.children or ())
