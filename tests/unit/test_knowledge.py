"""What to look for, what to show the model, and what a reply rests on."""

# ruff: noqa: RUF001  the wide signs are meant

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import knowledge
from core.content import DocumentId, Found, Kind
from core.model import MessageId, Said
from core.words import gist
from tests.fakes import NOON, found, pending

RYE = found("Rye dough wants 85 percent water. It never gets smooth. Bake it at 230 degrees.", number=1)
BUNS = found("Cardamom buns need 12 grams of freshly crushed cardamom for 500 grams of flour.", number=2)


def said(text: str, *, minutes_ago: int) -> Said:
    return Said(MessageId(1), True, "Ann", text, NOON - timedelta(minutes=minutes_ago), 5)


def test_the_question_is_what_the_fan_wrote_with_the_talk_of_the_last_half_hour_as_context():
    window = [said("about rye", minutes_ago=45), said("about buns", minutes_ago=5)]
    asked = knowledge.question([pending("how long?"), pending("and how hot?")], window, NOON)
    assert asked.text == "how long?\nand how hot?"
    assert asked.context == "about buns"


def test_passages_are_chosen_best_first_until_the_room_is_used_up():
    long = found("word " * 90, number=3)
    assert knowledge.choose([RYE, long, BUNS], room=40) == (RYE, BUNS)


def test_what_hardly_fits_is_not_shown_to_the_model_unless_its_meaning_is_near():
    weak = found("Something else.", number=4, coverage=0.1)
    near = Found(weak.passage, 0.5, 0.1, similarity=0.8)
    assert knowledge.choose([weak], room=100) == ()
    assert knowledge.choose([near], room=100) == (near,)


def test_notes_number_the_passages_and_name_title_and_date():
    shown = knowledge.notes([RYE, found("Buns.", number=2, published=NOON, heading="Dough")], "Maya")
    assert "[1] Title 1\nRye dough" in shown
    assert "[2] Title 2, Dough, 23 November 2026\nBuns." in shown
    assert knowledge.notes([], "Maya") == ""


def test_a_correction_is_marked_as_outranking_the_rest():
    assert "outranks" in knowledge.notes([found("No raisins.", kind=Kind.CORRECTION)], "Maya")


@pytest.mark.parametrize("text", ["how hot?", "为什么面团不发？", "كم غراما؟", "tell me about rye bread hydration"])
def test_a_message_that_looks_for_something_is_told_from_small_talk(text: str):
    assert knowledge.seeks(text)


@pytest.mark.parametrize("text", ["hi", "thanks!", "lol ok", "👍"])
def test_small_talk_looks_for_nothing(text: str):
    assert not knowledge.seeks(text)


def test_a_reply_rests_on_the_passage_whose_words_it_uses_and_not_on_the_others():
    assert knowledge.cited("Give the rye dough 85 percent water and don't wait for smooth.", [BUNS, RYE]) == (RYE,)


def test_a_reply_that_uses_no_passage_rests_on_none():
    assert knowledge.cited("Hej, how are you today?", [BUNS, RYE]) == ()


def test_one_document_is_cited_once():
    twin = found("Rye dough wants 85 percent water.", number=1)
    other = Found(found("Rye dough wants water, 85 percent.", number=7, title="x").passage, 1.0, 1.0)
    same = knowledge.cited("Rye dough wants 85 percent water.", [twin, twin, other])
    assert [one.passage.document for one in same] == [DocumentId(1), DocumentId(7)]


@pytest.mark.parametrize("marked", ["Use rye [1].", "Use rye [1, 2].", "Use rye (2).", "Use rye【3】."])
def test_numbers_of_passages_are_taken_out_of_the_reply(marked: str):
    assert knowledge.unmarked(marked) == "Use rye."


def test_a_strict_reply_may_say_only_what_the_passages_say():
    assert knowledge.supported("Rye dough wants 85 percent water.", [RYE], "how much water?")
    assert not knowledge.supported("Rye dough wants 70 percent water.", [RYE], "how much water?")
    assert not knowledge.supported("Elephants dislike unsweetened marmalade enormously.", [RYE], "how much water?")


def test_a_quote_is_the_sentences_that_answer_in_their_own_order():
    passage = found(
        "I bake on Sundays. Rye wants 85 percent water. Gunnar lives in the fridge. My oven is old. Water it well."
    )
    assert knowledge.quote("how much water does rye want?", passage) == (
        "I bake on Sundays. Rye wants 85 percent water. Water it well."
    )


def test_the_footer_links_each_source_once_with_page_or_moment():
    video = found("x", number=3, title="Rye [live]", url="https://youtu.be/abc", start=125.0)
    page = found("x", number=4, title="Book", page=7)
    silent = found("x", number=5, url="")
    assert knowledge.footer([video, video, page, silent], "Sources") == (
        "Sources: [Rye live](https://youtu.be/abc?t=125s) (2:05) · [Book](https://maya.example/4) (p. 7)"
    )
    assert knowledge.footer([silent], "Sources") == ""


def test_what_a_fan_had_asked_is_in_no_receipt_of_a_correction():
    correction = found("Rye, always.", title="What do I, Ann, bake for Bob?", kind=Kind.CORRECTION, url="")
    (used,) = knowledge.used([correction], [correction])
    assert (used.title, used.cited) == ("Put right by the creator", True)
    assert knowledge.quote("What do I bake?", correction) == "Rye, always."


@pytest.mark.parametrize("text", ["source?", "Where did you say that?", "Quelle bitte", "来源是什么", "есть ссылка?"])
def test_asking_for_the_source_is_understood(text: str):
    assert knowledge.wants_sources(text)


def test_recommendations_are_one_a_document_unseen_and_of_several_kinds():
    pages = [found("x", number=number) for number in (1, 2, 3)]
    video = found("x", number=4, kind=Kind.VIDEO)
    fitting = [one.passage for one in (*pages, pages[0], video)]
    picked = knowledge.next_to_see(fitting, seen={DocumentId(1)}, most=2)
    assert [one.document for one in picked] == [2, 4]


@given(st.text())
def test_any_text_has_a_gist_without_empty_stems_and_case_does_not_matter(text: str):
    stems = gist(text)
    assert "" not in stems
    assert stems == gist(text.casefold())


def test_hindi_words_stay_whole_and_chinese_is_taken_in_pairs():
    assert gist("आटा गूंथना") == {"आटा"[:6], "गूंथना"[:6]} - {w for w in ["आटा"] if len(w) < 4}
    assert gist("全麦面包") == {"全麦", "麦面", "面包"}
