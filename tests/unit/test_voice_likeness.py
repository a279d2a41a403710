"""How close one text is to a writer: against writers made of different habits, whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.likeness import FEWEST_SAMPLES, SAMPLE, Yardstick, compare, samples, yardstick

OPENINGS = {
    "plain": ("I think", "We tried", "It was", "You can", "There is", "She said", "They know"),
    "ornate": ("Methinks", "Verily", "Perchance", "Forsooth, there be", "Prithee,", "Alas,", "Behold,"),
    "cyrillic": ("Я думаю", "Мы пробовали", "Это было", "Можно", "Есть", "Она сказала"),
    "han": ("我觉得", "我们试过", "那是", "你可以", "这里有", "她说"),
}
MIDDLES = {
    "plain": ("that the dough", "a new bike", "some soup", "the old map", "one more game", "this film"),
    "ornate": ("yonder visage", "thine chariot", "a most curious broth", "that olden parchment", "fair sport"),
    "cyrillic": ("что тесто", "новый велосипед", "немного супа", "старую карту", "ещё одну игру"),
    "han": ("面团", "新的自行车", "一点汤", "旧地图", "再来一局"),
}
ENDS = {
    "plain": ("is fine.", "works for me.", "was too slow.", "needs more time.", "goes there."),
    "ornate": ("doth please mine eye!", "hath vexed me!", "shall endure;", "wherefore I tarry;"),
    "cyrillic": ("подходит.", "мне нравится.", "слишком медленно.", "нужно время."),
    "han": ("还不错。", "我喜欢。", "太慢了。", "需要时间。"),
}


def written(by: str, characters: int, seed: int) -> str:
    """A text in one manner; the same seed gives the same text."""
    drawn = random.Random(seed)
    text = ""
    while len(text) < characters:
        text += " ".join(drawn.choice(parts[by]) for parts in (OPENINGS, MIDDLES, ENDS)) + " "
    return text


def of(by: str, seed: int = 1) -> Yardstick:
    found = yardstick(list(samples([written(by, 40 * SAMPLE, seed)])))
    assert found is not None
    return found


@pytest.mark.parametrize("writer", sorted(ENDS))
def test_a_writers_new_texts_score_about_half(writer: str) -> None:
    likeness = compare([written(writer, 30 * SAMPLE, seed=2)], of(writer))
    assert likeness is not None
    assert 0.25 < likeness.closeness < 0.75
    assert likeness.samples == 30


@pytest.mark.parametrize(("writer", "other"), [("plain", "ornate"), ("ornate", "plain"), ("cyrillic", "han")])
def test_another_writers_texts_score_next_to_nothing(writer: str, other: str) -> None:
    likeness = compare([written(other, 5 * SAMPLE, seed=3)], of(writer))
    assert likeness is not None
    assert likeness.closeness < 0.05


def test_a_mixture_scores_between() -> None:
    by = of("plain")
    parts = [compare([written(who, 8 * SAMPLE, seed=4)], by) for who in ("ornate", "plain")]
    both = compare([written("plain", 8 * SAMPLE, seed=4) + written("ornate", 8 * SAMPLE, seed=4)], by)
    assert parts[0] is not None
    assert parts[1] is not None
    assert both is not None
    assert parts[0].closeness < both.closeness < parts[1].closeness


def test_too_little_text_gives_no_number() -> None:
    text = written("plain", FEWEST_SAMPLES * SAMPLE + SAMPLE // 2, seed=5)
    assert yardstick(list(samples([text]))[: FEWEST_SAMPLES - 1]) is None
    assert compare(["short"], of("plain")) is None
    assert compare([], of("plain")) is None


def test_many_short_replies_are_compared_together() -> None:
    replies = [f"{sentence}." for sentence in written("plain", 3 * SAMPLE, seed=6).split(".")]
    likeness = compare(replies, of("plain"))
    assert likeness is not None
    assert likeness.samples >= 2


def test_writing_without_spaces_is_measured_by_shorter_pieces() -> None:
    assert of("han").gram < of("plain").gram


@settings(max_examples=40)
@given(st.lists(st.text(max_size=3000), max_size=8))
def test_samples_are_of_one_size_whatever_the_texts(texts: Sequence[str]) -> None:
    found = list(samples(texts))
    assert all(len(sample) == SAMPLE for sample in found)
    assert sum(map(len, found)) <= sum(len(" ".join(text.casefold().split())) + 1 for text in texts)


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=400), st.text(max_size=1500))
def test_no_text_breaks_the_measure(own: str, other: str) -> None:
    by = yardstick(list(samples([own] * 200))[:30])
    if by is not None:
        assert all(0 <= distance <= 1 for distance in by.own)
        likeness = compare([other], by)
        assert likeness is None or (0 <= likeness.closeness <= 1 and 0 <= likeness.distance <= 1)
