"""Keys of a lorebook: what they find in which writing, and that no text and no pattern makes them slow."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.keys import BadPattern, Key, Texts, folded


def found(written: str, *texts: str, case: bool = False, whole: bool = True, depth: int | None = None) -> bool:
    return Key.of(written, case=case, whole=whole).occurs(Texts(texts), depth)


@pytest.mark.parametrize(
    ("key", "text", "there"),
    [
        ("oil", "Thin OIL, please", True),
        ("oil", "it boils", False),
        ("oil", "_oil_ **oil** oil🙂", True),
        ("sour dough", "my sour\n   dough", True),
        ("C++", "I like c++!", True),
        ("C++", "vitamin C", False),
        ("Gunnar's", "GUNNAR’S flour", True),
        ("Gunnar", "Gunnar’s flour", True),
        ("café", "CAFE\u0301", True),
        ("cafe", "café", False),
        ("Straße", "STRASSE 5", True),
        ("istanbul", "İSTANBUL'da", True),
        ("ışık", "IŞIK!", True),
        ("кот", "мой КОТ.", True),
        ("кот", "который", False),
        ("σας", "ΣΑΣ", True),
        ("猫", "黒猫はかわいい", True),
        ("oil", "日本oilを", True),
        ("고양이", "고양이는 귀여워", True),
        ("แมว", "ผมรักแมวครับ", True),
        ("कि", "वह कि", True),
        ("क", "वह कि", False),
        ("شاي", "أريد شاي، من فضلك", True),
        ("می‌خواهم", "میخواهم", True),
        ("❤️", "I ❤ you", True),
        ("wide", "ｗｉｄｅ", True),
    ],
)
def test_a_plain_key_is_found_as_a_word_in_any_writing(key: str, text: str, there: bool):
    assert found(key, text) == there
    assert found(key, "nothing here", text) == there


def test_capitals_and_parts_of_words_count_only_where_they_are_said_to():
    assert not found("Rust", "my rust", case=True)
    assert found("Rust", "my Rust", case=True)
    assert found("oil", "boiling", whole=False)
    assert not found("Oil", "boiling", whole=False, case=True)


def test_only_the_newest_texts_are_looked_at_and_no_key_reaches_over_two():
    assert found("oil", "oil", "b", "c", depth=3)
    assert not found("oil", "oil", "b", "c", depth=2)
    assert not found("oil", "oil", depth=0)
    assert found("oil", "oil", depth=99)
    assert not found("b c", "b", "c")
    assert not found("/b.c/s", "b", "c")


@pytest.mark.parametrize(
    ("key", "text", "there"),
    [
        ("/star(t|v)er/", "a starver", True),
        ("/starter/", "a Starter", False),
        ("/starter/i", "a Starter", True),
        ("/^b/m", "a\nb", True),
        ("/a.b/s", "a\nb", True),
        ("/a.b/", "a\nb", False),
        (r"/caf\u00e9|\u{1F600}/", "un café", True),
        (r"/caf\u00e9|\u{1F600}/", "😀", True),
        (r"/a\/b/gu", "a/b", True),
        ("/КОТ/i", "кот", True),
    ],
)
def test_a_regular_expression_is_what_it_is_elsewhere(key: str, text: str, there: bool):
    assert found(key, text) == there


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("/(?=a)b/", "lookahead and lookbehind can't be had. Use exclude_keys"),
        ("/(?<!a)b/i", "lookahead and lookbehind"),
        (r"/(a)\1/", "references back to a group"),
        ("/((/", "missing )"),
        ("/a/x", "there is no flag 'x'. Known: i, m, s"),
        ("/(a{1000}){1000}/", "repetition"),
        ("/\ud800/", "not sound text"),
    ],
)
def test_an_expression_that_can_not_be_had_is_refused_with_what_to_write_instead(key: str, said: str):
    with pytest.raises(BadPattern) as caught:
        Key.of(key, case=False, whole=True)
    assert said in str(caught.value)


@pytest.mark.parametrize("key", ["/(x+x+)+y/", "/(.*)*z/", "/(a|a)*b/", "/(x?){30}x{30}/", "x" * 200])
def test_what_makes_other_engines_hang_is_over_at_once(key: str):
    texts = Texts(["x" * 20_000, "a" * 20_000])
    begun = time.perf_counter()
    assert isinstance(Key.of(key, case=False, whole=True).occurs(texts), bool)
    assert time.perf_counter() - begun < 5


ANY = st.text(max_size=40)
WORD = st.text("abcdeéжकि", min_size=1, max_size=5)


@given(st.lists(WORD, min_size=1, max_size=6), st.integers(0, 5))
def test_every_word_of_a_text_is_found_as_a_whole_word_and_has_a_word_of_the_text(words: list[str], at: int):
    word = words[at % len(words)]
    texts = Texts([", ".join(words)])
    key = Key.of(word, case=False, whole=True)
    assert key.occurs(texts)
    assert key.word in texts.words()


@given(ANY, ANY)
def test_whole_words_are_found_only_where_parts_are(key: str, text: str):
    if found(key, text):
        assert found(key, text, whole=False)
    if folded(key, case=False):
        assert found(key, f"{text} {key} {text}", whole=False)


@given(ANY, ANY)
def test_a_key_that_is_found_has_its_word_in_the_text(written: str, text: str):
    key = Key.of(f" {written}", case=False, whole=True)
    texts = Texts([text])
    if key.occurs(texts) and key.word:
        assert key.word in texts.words()
