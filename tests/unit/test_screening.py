"""What classifiers are shown, what their verdicts count for, and what happens without one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.moderation.llama_guard import HAZARDS, verdict
from core.errors import ModelRejected, ModelUnavailable
from core.model import ChatMessage, MessageId, Said
from core.screening import LONGEST_TALK, LONGEST_TEXT, Guard, Judgement, Screening
from tests.fakes import NOON, pending


class FakeModerator:
    """Finds what it was told to find."""

    name = "fake"

    def __init__(self, found: Sequence[str] | Exception = ()) -> None:
        self.found = found
        self.shown: list[list[tuple[str, str]]] = []

    async def judge(self, conversation: Sequence[ChatMessage]) -> Sequence[str]:
        self.shown.append([(one.role, one.content) for one in conversation])
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def said(text: str, *, by_fan: bool) -> Said:
    return Said(MessageId(1), by_fan, "", text, NOON, 5)


async def test_without_classifiers_everything_is_fine():
    assert await Screening().of_fans((), [pending("hi")]) == Judgement()
    assert await Screening().of_reply((), [pending("hi")], "hello") == Judgement()


async def test_a_verdict_counts_where_its_category_does():
    guards = (Guard(FakeModerator(["S1", "S6"]), categories=frozenset({"S1"})), Guard(FakeModerator(["hate"])))
    judged = await Screening(guards).of_fans((), [pending("hi")])
    assert judged == Judgement(frozenset({"S1", "hate"}))


@pytest.mark.parametrize("category", ["S11", "self-harm", "self-harm/intent"])
async def test_a_fan_in_danger_is_told_apart(category: str):
    judged = await Screening((Guard(FakeModerator([category])),)).of_fans((), [pending("hi")])
    assert judged.crisis


@pytest.mark.parametrize("fault", [ModelUnavailable("gone"), ModelRejected("no")])
async def test_without_a_verdict_the_chosen_categories_count_as_found_and_nobody_is_taken_for_in_danger(
    fault: Exception,
):
    closed = Guard(FakeModerator(fault), fail_closed=frozenset({"S4", "S11"}))
    assert await Screening((closed,)).of_fans((), [pending("hi")]) == Judgement(frozenset({"S4", "S11"}))
    assert await Screening((Guard(FakeModerator(fault)),)).of_fans((), [pending("hi")]) == Judgement()


async def test_a_classifier_sees_a_user_and_the_assistant_in_turn_with_what_is_judged_last():
    moderator = FakeModerator()
    window = [said("lost", by_fan=False), said("a", by_fan=True), said("b", by_fan=True), said("c", by_fan=False)]
    screening = Screening((Guard(moderator),))
    await screening.of_fans(window, [pending("d"), pending("e")])
    await screening.of_reply(window, [pending("d")], "f")
    assert moderator.shown[0] == [("user", "a\nb"), ("assistant", "c"), ("user", "d\ne")]
    assert moderator.shown[1][-1] == ("assistant", "f")


@given(
    turns=st.lists(st.tuples(st.booleans(), st.text(max_size=5)), max_size=30), reply=st.text(min_size=1, max_size=3)
)
async def test_any_conversation_is_laid_out_as_templates_want_it(turns: list[tuple[bool, str]], reply: str):
    moderator = FakeModerator()
    window = [said(text, by_fan=by_fan) for by_fan, text in turns]
    await Screening((Guard(moderator),)).of_reply(window, [pending("x" * 9000)], reply)
    (shown,) = moderator.shown
    assert [role for role, _ in shown] == [("user", "assistant")[place % 2] for place in range(len(shown))]
    assert len(shown) <= LONGEST_TALK
    assert all(len(text) <= LONGEST_TEXT for _, text in shown)
    assert shown[-1] == ("assistant", reply)


@pytest.mark.parametrize(
    ("answer", "hazards"),
    [
        ("safe", set()),
        ("\n\nsafe", set()),
        ("Safe.", set()),
        ("unsafe\nS1", {"S1"}),
        ("\n\nunsafe\nS1,S10", {"S1", "S10"}),
        ("unsafe\nS01, S2\n", {"S1", "S2"}),
        ("unsafe S11", {"S11"}),
        ("unsafe", set(HAZARDS)),
        ("unsafe\nS99", set(HAZARDS)),
        ("UNSAFE\ns4", {"S4"}),
    ],
)
def test_llama_guards_answers_are_read(answer: str, hazards: set[str]) -> None:
    assert verdict(answer) == hazards


@pytest.mark.parametrize("answer", ["", "I think it is safe", "safely", "unsafely", "S1", "yes", "<|eot_id|>"])
def test_an_answer_that_makes_no_sense_is_no_verdict(answer: str) -> None:
    with pytest.raises(ModelUnavailable):
        verdict(answer)


@given(answer=st.text())
def test_any_answer_is_read_or_is_no_verdict(answer: str) -> None:
    try:
        assert verdict(answer) <= HAZARDS.keys()
    except ModelUnavailable:
        assert not answer.strip().lower().startswith("safe ")
