"""Telling fans that they talk to an AI."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import phrases
from core.honesty import REST, TRUTH, asks_if_human, disclosure, due, long_talk, only_asks_if_human, rest, truth

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)

QUESTIONS = """
are you human?
are you a bot
r u a bot??
Are you real?
are you an AI
are you really a real person
Is this really Maya?
am I talking to a person
am i talking to a real human or a bot?
is this a bot?
hey, are you a robot or what
you're a bot, right?
bot?
human or bot?
is there a real person behind this account?
are you ChatGPT
prove you're human
are you actually real
so are you like an ai or something
¿Eres humano?
eres un bot
¿Hablo con una persona?
¿eres real?
bist du ein Bot?
Bist du echt?
Bist du ein Mensch oder eine Maschine
sind Sie eine KI?
Rede ich mit einem Menschen?
es-tu un robot ?
Tu es une vraie personne ?
est-ce que tu es humaine?
est-ce que je parle à un humain?
você é um robô?
vc é humano?
estou falando com uma pessoa?
sei un bot?
Sei umana?
sto parlando con una persona vera?
ben je een bot?
Ben je echt?
praat ik met een mens?
czy jesteś człowiekiem?
jesteś botem?
rozmawiam z botem?
ты бот?
Ты человек?
ты настоящая?
я разговариваю с роботом?
sen bot musun?
insan mısın?
yapay zeka mısın
あなたは人間ですか？
AIですか？
ボットなの？
你是真人吗？
你是机器人吗
你是不是AI
사람이에요?
너 AI야?
로봇이에요?
क्या आप इंसान हैं?
क्या तुम रोबोट हो?
هل أنت إنسان؟
هل أنت روبوت؟
انت بوت؟
""".strip().splitlines()

OTHER_QUESTIONS = """
are you a bot fan of sourdough
do humans like rye?
is this real butter?
are you a real fan of rye?
are you an AI expert?
is this a real recipe?
is this a bread machine?
I love you, human food
are you really baking today?
what do robots eat
are you into bots?
human nature is funny
is this real sourdough or fake?
can a robot knead dough?
are you a person who likes rye?
Are you a morning person?
how do real people do this
I am human and I err
I'm not a bot, I promise
bist du Bäcker?
Ist das echte Butter?
magst du Menschen?
tu es boulangère ?
c'est du vrai beurre ?
eres panadera?
es mantequilla real?
você é padeira?
sei una fornaia?
to robot kuchenny
ben je bakker?
ты пекарь?
это настоящее масло?
ekmek makinesi var mı?
パンは好きですか？
人間はパンが好きですか？
你喜欢面包吗？
这是真的黄油吗
빵 좋아해요?
이 사람 누구예요?
क्या आप रोटी बनाते हैं?
هل تحب الخبز؟
is it possible to use a machine?
my bread is real dense, are you sure?
are you there?
you are so real for this
""".strip().splitlines()


@pytest.mark.parametrize("text", QUESTIONS)
def test_the_question_is_recognised_in_fifteen_languages(text: str) -> None:
    assert asks_if_human(text)
    assert asks_if_human(text.upper())
    assert only_asks_if_human(text)


@pytest.mark.parametrize("text", OTHER_QUESTIONS)
def test_other_questions_are_not_taken_for_it(text: str) -> None:
    assert not asks_if_human(text)
    assert not only_asks_if_human(text)


def test_asking_for_the_creator_by_name_is_the_same_question() -> None:
    assert asks_if_human("is this maya?", name="Maya")
    assert asks_if_human("Am I really talking to Maya?", name="Maya")
    assert asks_if_human("Are you the real Maya Lind?")
    assert not asks_if_human("is this maya's recipe for brioche", name="Mayas")
    assert not asks_if_human("is this rye?", name="Maya")


@pytest.mark.parametrize(
    "text",
    [
        "hey maya, are you a bot? be honest",
        "Are you a real person or an AI?",
        "hi! are you human?",
        "wait, are you actually an AI or a human being",
        "**are you real?** 🤖",
    ],
)
def test_small_talk_around_the_question_leaves_it_the_only_one(text: str) -> None:
    assert asks_if_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "are you a bot? how do I feed my rye starter?",
        "How long do I proof it? And are you human?",
        "My focaccia went flat again yesterday and I don't know why, are you a bot",
        "are you human, and what flour do you use?",
        "你是真人吗？今天的面包怎么做？",
    ],
)
def test_a_message_that_asks_more_still_needs_an_answer_to_the_rest(text: str) -> None:
    assert asks_if_human(text)
    assert not only_asks_if_human(text)


@given(text=st.text())
def test_any_text_gets_a_verdict(text: str) -> None:
    assert asks_if_human(text) or not only_asks_if_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hi, I'm Maya's AI stand-in!",
        "You're chatting with an AI that bakes like Maya.",
        "I'm a bot, but a warm one.",
        "Ich bin eine KI, die Maya vertritt.",
        "Je suis l'avatar IA de Maya.",
        "Soy una IA entrenada con las recetas de Maya.",
        "Я ИИ-двойник Майи.",
        "私はMayaのAIアバターです",
        "我是Maya的AI分身",
    ],
)
def test_a_persona_that_plainly_says_ai_speaks_for_itself(text: str) -> None:
    assert disclosure("Maya", text) == text


@pytest.mark.parametrize("text", ["", "Hi, it's Maya!", "I love AI!", "Welcome to my bakery.", "Ask me anything."])
def test_a_persona_that_does_not_say_it_gets_the_floor_in_front(text: str) -> None:
    told = disclosure("Maya", text)
    assert told.startswith("I'm an AI stand-in for Maya, not Maya in person.")
    assert told.endswith(text)


@pytest.mark.parametrize("text", ["I'm not an AI, I'm the real thing.", "I am human!", "Ich bin kein Bot.", "我是真人"])
def test_a_persona_that_denies_it_is_overruled(text: str) -> None:
    assert disclosure("Maya", text) == "I'm an AI stand-in for Maya, not Maya in person."


@given(text=st.text())
def test_whatever_the_persona_says_the_fan_is_told(text: str) -> None:
    assert phrases.discloses(phrases.folded(disclosure("Maya", text)))


def test_the_truth_is_told_in_the_language_of_the_question() -> None:
    assert truth("Maya") == truth("Maya", "are you human?") == TRUTH["en"].format(creator="Maya")
    assert "KI" in truth("Maya", "Bist du ein Bot?")
    assert "IA" in truth("Maya", "¿Eres humana?")
    assert truth("Maya", "你是真人吗？") == TRUTH["zh"].format(creator="Maya")


@pytest.mark.parametrize("language", TRUTH)
def test_every_truth_admits_to_an_ai_and_claims_no_human(language: str) -> None:
    told = phrases.folded(TRUTH[language].format(creator="Maya"))
    assert phrases.admits(told)
    assert not list(phrases.claims(told))


def test_fans_are_told_at_first_contact_and_once_a_day() -> None:
    assert due(None, NOW)
    assert not due(NOW, NOW)
    assert not due(NOW - timedelta(hours=23, minutes=59), NOW)
    assert due(NOW - timedelta(hours=24), NOW)


def test_a_clock_that_jumped_back_does_not_silence_the_disclosure() -> None:
    assert due(NOW + timedelta(days=365), NOW)
    assert not due(NOW + timedelta(seconds=5), NOW)


@pytest.mark.parametrize(
    "unit",
    ["are you ", "you're ", "a ", "i'm a ", "real ", "bist du ", "!", "\n", "ты ", "あ、", "我是 ", "are you a, "],
)
def test_a_hundred_thousand_hostile_characters_are_looked_at_in_time(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    begun = time.perf_counter()
    asks_if_human(text)
    only_asks_if_human(text)
    disclosure("Maya", text)
    assert time.perf_counter() - begun < 4


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("minor", "hours"), [(False, 3), (True, 1)])
def test_in_a_long_talk_the_fan_is_told_again_and_minors_sooner(minor: bool, hours: int) -> None:
    begun = NOW - timedelta(hours=23)
    almost = begun + hours * HOUR - timedelta(seconds=1)
    assert not due(begun, almost, talking_since=begun, minor=minor)
    assert due(begun, begun + hours * HOUR, talking_since=begun, minor=minor)


def test_after_that_they_are_told_again_after_the_same_time() -> None:
    begun, told = NOW - 6 * HOUR, NOW - 3 * HOUR
    assert due(told, NOW, talking_since=begun)
    assert not due(told + timedelta(seconds=1), NOW, talking_since=begun)


def test_a_pause_begins_a_new_talk() -> None:
    assert not due(NOW - 5 * HOUR, NOW, talking_since=NOW - 2 * HOUR)
    assert not due(NOW - 5 * HOUR, NOW)
    assert long_talk(NOW - 5 * HOUR, NOW, talking_since=NOW - 3 * HOUR)


def test_a_clock_that_jumped_back_in_a_talk_silences_nothing_for_more_than_a_day() -> None:
    assert not due(NOW, NOW, talking_since=NOW + HOUR)
    assert due(NOW + 25 * HOUR, NOW, talking_since=NOW + HOUR)


def test_the_suggestion_to_rest_is_in_the_fans_language() -> None:
    assert rest("de-AT") == REST["de"]
    assert rest("xx") == rest() == REST["en"]
