"""Results of an evaluation, as build servers read them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from bots.evaluation import Result, junit

RIGHT = Result("How much water?", "85 percent.", ())
WRONG = Result("And salt?", "None <at all> & never.", ('It does not say "2 percent".', "It leaves out 2."))


def test_the_counts_stand_at_the_suite():
    suite = ET.fromstring(junit("maya", [RIGHT, WRONG]))  # noqa: S314 - our own
    assert suite.tag == "testsuite"
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("stagedoor eval maya", "2", "1")


def test_a_case_that_went_wrong_says_what_and_what_was_answered():
    right, wrong = ET.fromstring(junit("maya", [RIGHT, WRONG])).findall("testcase")  # noqa: S314 - our own
    assert list(right) == []
    (failure,) = wrong
    assert wrong.get("name") == "And salt?"
    assert failure.get("message") == 'It does not say "2 percent".'
    assert str(failure.text).splitlines() == [*WRONG.failures, "", "None <at all> & never."]


def test_it_says_in_which_encoding_it_is_to_be_written():
    assert junit("maya", [Result("Crème brûlée?", "", ())]).startswith("<?xml version='1.0' encoding='utf-8'?>")


@given(st.lists(st.builds(Result, st.text(), st.text(), st.lists(st.text(), max_size=2).map(tuple))))
def test_whatever_was_said_the_file_can_be_read(results: list[Result]):
    suite = ET.fromstring(junit("maya", results).encode())  # noqa: S314 - our own
    assert len(suite) == len(results)
