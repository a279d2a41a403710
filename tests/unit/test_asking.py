"""When a person is asked for: plain requests in many languages, and nothing that only sounds like one."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import asking
from core.model import MessageId, Reason, Said
from core.persona import parse
from tests.fakes import NOON, pending

PERSONA = parse('name = "Maya"\npersonality = "Warm."\ngreeting = "Hej."\npeople = ["refund"]', "avatar.toml")


def said(text: str) -> Said:
    return Said(MessageId(1), True, "Ann", text, NOON, 5)


def reason(text: str, *before: str) -> Reason | None:
    return asking.reason(PERSONA, [pending(text)], [said(one) for one in before])


@pytest.mark.parametrize(
    "text",
    [
        "Can I talk to a real person?",
        "could i please speak with a human",
        "I want to talk to somebody real",
        "connect me to a human",
        "Real person, please!",
        "Kann ich bitte mit einem echten Menschen sprechen?",
        "Quiero hablar con una persona real",
        "Posso falar com uma pessoa de verdade?",
        "Vorrei parlare con una persona vera",
        "Je voudrais parler à un humain",
        "ik wil met een echt mens praten",
        "Jag vill prata med en riktig människa",
        "Chcę porozmawiać z człowiekiem",
        "gerçek bir insanla konuşmak istiyorum",
        "Хочу поговорить с живым человеком",
        "أريد أن أتحدث مع شخص",
        "किसी असली इंसान से बात करनी है",
        "人間と話したいです",
        "사람이랑 얘기하고 싶어요",
        "我想和真人说话",
    ],
)
def test_a_plain_request_is_understood(text: str):
    assert reason(text) is Reason.ASKED


@pytest.mark.parametrize(
    "text",
    [
        "are you a real person?",
        "I talked to a person at the bakery yesterday",
        "she is the kind of person who bakes at night",
        "what would a human do here?",
        "I want to talk to you",
        "can I talk to my mother about this?",
        "bist du ein echter Mensch?",
        "¿eres una persona real?",
        "你是真人吗？",
    ],
)
def test_what_only_sounds_like_a_request_is_none(text: str):
    assert reason(text) is None


def test_what_the_creator_keeps_to_people_is_for_a_person():
    assert reason("How do I get a REFUND?") is Reason.RULE


def test_one_sigh_is_no_frustration_and_two_are():
    assert reason("that doesn't help") is None
    assert reason("you don't understand", "that doesn't help") is Reason.FRUSTRATED


def test_the_same_question_twice_is_noticed_and_the_same_remark_is_not():
    assert reason("How long does the rye starter take?", "how long does the rye starter take") is Reason.REPEATED
    assert reason("Good morning to all of you.", "Good morning to all of you.") is None
    assert reason("And you?", "And you?") is None


def test_the_desk_hears_of_a_conversation_once_a_day():
    assert asking.is_new(None, NOON)
    assert not asking.is_new(NOON, NOON + timedelta(hours=23))
    assert asking.is_new(NOON, NOON + timedelta(hours=24))


def test_without_a_desk_nothing_is_promised():
    alone = asking.told(PERSONA, "Mo-Fr", desk=False, known=False)
    assert "can't promise" in alone
    assert "Mo-Fr" not in alone
    assert "Mo-Fr" in asking.told(PERSONA, "Mo-Fr", desk=True, known=False)


@given(st.text(max_size=300), st.lists(st.text(max_size=80), max_size=4))
def test_any_text_can_be_looked_at(text: str, before: list[str]):
    assert reason(text, *before) in {None, *Reason}
