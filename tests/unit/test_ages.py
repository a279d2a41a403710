"""Hearing from a fan's own words that they are a minor."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ages import says_minor
from tests.fakes import NOON

MINORS = """
I'm 14
im 13 btw
I am 15 years old
I'm only twelve
i'm in 7th grade
I'm a minor, so please be nice
I just turned 16 yesterday!
I turn 18 next month
i'm in high school
I was born in 2012
as a 14 year old girl I love baking
im 14f
I'm an 8th grader
Ich bin 14
ich bin erst 13 Jahre alt
ich gehe in die 7. Klasse
Ich bin minderjährig
J'ai 14 ans
je suis en 4e
tengo 13 años
soy menor de edad
tenho 15 anos
ho 14 anni
ik ben 12 jaar
mam 13 lat
мне 14 лет
мне всего 13
я учусь в 7 классе
14 yaşındayım
私は14歳です
中学生です
我今年14岁
我是初中生
저는 15살이에요
중학생이에요
मैं 14 साल का हूँ
मैं १४ साल की हूँ
عمري 14 سنة
عمري ١٥
""".strip().splitlines()

OTHERS = """
I'm 34
I'm 14 minutes away
I'm 10 times happier
I'm 16 weeks pregnant
my son is 14
my daughter is in 7th grade
when I was 14 I baked a lot
I feel like I'm 12 again
people think I'm 15
I teach 7th grade
I was born in 1980
bake it for 14 minutes
I'm a minor league pitcher
I have 14 years of experience
Ich bin 34 Jahre alt
ich bin 14 Tage weg
Mein Sohn ist 14
j'ai 14 ans d'expérience
tengo 14 años de experiencia
mi hijo tiene 13 años
ho 15 anni di esperienza
мне 34 года
мне 15 минут ехать
娘は14歳です
うちの子は中学生です
我女儿今年14岁
제 딸은 15살이에요
ابني عمره 14
I'm 5 foot tall
I am 17 percent done
"I'm 14" is a meme
I'm 18
I'm 21 and in college
Ich bin 18
J'ai 18 ans
tengo 18 años
мне 18 лет
我18岁
저는 19살이에요
私は28歳です
27살이에요
I was 14 back then
""".strip().splitlines()


@pytest.mark.parametrize("text", MINORS)
def test_who_says_to_be_a_minor_is_one(text: str) -> None:
    assert says_minor(text, NOON)
    assert says_minor(f"Hi! {text}. What do you bake?", NOON)


@pytest.mark.parametrize("text", OTHERS)
def test_numbers_and_other_peoples_ages_make_nobody_a_minor(text: str) -> None:
    assert not says_minor(text, NOON)


def test_a_year_of_birth_counts_from_today() -> None:
    assert says_minor("I was born in 2010", NOON)
    assert not says_minor("I was born in 2010", NOON.replace(year=2031))


@given(text=st.text())
def test_anything_can_be_looked_at(text: str) -> None:
    assert says_minor(text, NOON) in {True, False}


@pytest.mark.parametrize("unit", ["i'm 1", "im ", "14 ", "“", "我", "歳", "é", "."])
def test_a_hundred_thousand_hostile_characters_are_looked_at_in_time(unit: str) -> None:
    begun = time.perf_counter()
    says_minor(unit * (100_000 // len(unit)), NOON)
    assert time.perf_counter() - begun < 2
