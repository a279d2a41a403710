"""Text in terms, and which language it is in."""

# ruff: noqa: RUF001  letters of other scripts are meant

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.library.speech import FUNCTION_WORDS
from adapters.library.terms import SMALL, STEMMERS, terms
from adapters.library.tongue import language_of, primary

LANGUAGES = st.sampled_from(["", "xx", "vi", *STEMMERS, *FUNCTION_WORDS])
QUESTIONS = {
    "ar": "كيف أعتني بالخميرة في الشتاء؟",
    "de": "Wie lange muss der Teig im Kühlschrank ruhen?",
    "el": "Πώς να κρατήσω το ψωμί μαλακό;",
    "en": "How long does the dough have to rest?",
    "es": "¿Cuánto tiempo tiene que reposar la masa?",
    "fa": "چگونه می‌توانم نان را تازه نگه دارم؟",
    "fr": "Combien de temps la pâte doit-elle reposer avec ce levain ?",
    "he": "כמה זמן הבצק צריך לנוח?",
    "hi": "आटे को कितनी देर रखना चाहिए?",
    "it": "Per quanto tempo deve riposare la pasta?",
    "ja": "生地はどのくらい休ませますか？",
    "ko": "반죽을 얼마나 오래 쉬게 하나요?",
    "pl": "Jak długo ciasto musi być w lodówce?",
    "pt": "Por quanto tempo você deixa a massa na geladeira?",
    "ru": "Как долго тесто должно отдыхать?",
    "th": "ต้องพักแป้งนานแค่ไหน",
    "tr": "Hamur ne kadar dinlenmeli?",
    "uk": "Як довго тісто має відпочивати, щоб це було добре?",
    "zh": "面团要醒多久？",
}


def telling(text: str, language: str) -> set[str]:
    return {term for term in terms(text, language) if not term.startswith(SMALL)}


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("ar", "الخميرة", "خميرة"),
        ("de", "Brötchen", "BROTCHEN"),
        ("de", "Straßen", "Strasse"),
        ("en", "feeding starters", "Feed the starter"),
        ("es", "canciones", "cancion"),
        ("fr", "l’eau salée", "eau salee"),
        ("hi", "पत्तों", "पत्तियों के पत्ते"),
        ("pl", "chlebem", "chleba"),
        ("ru", "тёплыми закваскам", "теплая закваска"),
        ("tr", "IŞIKLAR", "ışık"),
        ("tr", "İstanbul'da", "istanbul"),
        ("zh", "酵母面包", "面包"),
        ("ja", "パン生地", "生地"),
        ("ko", "반죽을", "반죽"),
        ("th", "แป้งขนมปัง", "ขนมปัง"),
        ("en", "１０ ﬁlters", "10 filter"),
        ("en", "1,000 grams", "1000 gram"),
        ("de", "3,5 Liter", "3.5 liter"),
        ("hi", "१० ग्राम", "10 ग्राम"),
        ("ar", "٢٠ درجة", "20 درجة"),
    ],
)
def test_what_readers_take_for_the_same_word_is_one_term(language: str, one: str, other: str) -> None:
    assert telling(one, language) & telling(other, language)


def test_marks_belong_to_their_words() -> None:
    assert len(telling("हिन्दी", "hi")) == 1


def test_small_words_are_told_from_nouns_by_language() -> None:
    assert telling("war", "en") == {"war"}
    assert telling("war", "de") == set()


def test_terms_keep_their_order_and_repeats() -> None:
    assert terms("bread oven bread", "en") == ["bread", "oven", "bread"]


@pytest.mark.parametrize(("language", "question"), QUESTIONS.items())
def test_a_question_is_enough_to_tell_a_language(language: str, question: str) -> None:
    assert language_of(question) == language


def test_what_could_be_several_languages_is_none() -> None:
    assert language_of("Gunnar") == ""
    assert language_of("12 + 7") == ""


def test_a_choice_may_be_narrowed() -> None:
    assert language_of("in was", among=("de",)) == "de"


@pytest.mark.parametrize(("tag", "language"), [("pt-BR", "pt"), ("zh_Hant", "zh"), ("EN", "en"), ("", "")])
def test_a_tag_names_its_language_first(tag: str, language: str) -> None:
    assert primary(tag) == language


@given(st.text(), LANGUAGES)
@example("\u0301\u0301", "hi")
@example("a_b__c", "en")
@example("\ud800", "en")
@example("漢\u0301字a", "zh")
def test_any_text_gives_terms_without_space_or_emptiness(text: str, language: str) -> None:
    for term in terms(text, language):
        assert term
        assert not any(sign.isspace() for sign in term)


@given(st.text(), LANGUAGES)
def test_case_and_composition_make_no_difference_to_letters(text: str, language: str) -> None:
    if language == "tr":  # where I and i are different letters
        return
    composed = unicodedata.normalize("NFC", text)
    assert terms(composed, language) == terms(unicodedata.normalize("NFD", text), language)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20), LANGUAGES)
def test_no_letter_or_digit_is_left_without_a_term(text: str, language: str) -> None:
    small = {"吗", "呢", "的", "嗎"}
    assert terms(text, language) or any(sign in text for sign in small)


@given(st.text())
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert len(language_of(text)) in {0, 2}
