"""core.takeout: all that is kept of a fan, as files that every platform takes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.model import AvatarId
from core.takeout import files
from tests.fakes import NOON

MAYA = AvatarId("maya")
KEPT: dict[str, Any] = {
    "about": {"platform": "telegram", "name": "Ann", "disclosed_at": None},
    "messages": [
        {"by_you": True, "text": "hi\nthere", "command": "", "sent_at": "2026-05-03T10:00:00+00:00"},
        {"by_you": False, "text": "Hej!", "command": "", "sent_at": "2026-05-03T10:01:00+00:00"},
        {"by_you": True, "text": "", "command": "start", "argument": "", "sent_at": "2026-05-03T10:02:00+00:00"},
        {"by_you": True, "text": "", "command": "", "attachment": "sticker", "sent_at": "2026-05-03T10:03:00+00:00"},
    ],
    "facts": [{"subject": "", "statement": "has a dog", "said_at": "2026-05-03T10:00:00+00:00", "replaced_at": None}],
    "summaries": [{"text": "They said hello.", "made_at": "2026-05-04T10:00:00+00:00"}],
    "sources": [{"title": "Bread", "url": "https://maya.example", "kind": "passage"}],
    "unanswered_questions": [{"question": "When is the tour?", "asked_at": "2026-05-05T10:00:00+00:00"}],
}


def test_the_text_can_be_read_by_a_person() -> None:
    text = files(MAYA, KEPT, now=NOON)[1].content.decode()
    assert "platform: telegram\n" in text
    assert "disclosed at: \n" in text
    assert "MESSAGES (4)" in text
    for line in (
        "2026-05-03 10:00 you: hi\n    there",
        "2026-05-03 10:01 maya: Hej!",
        "you: /start",
        "you: (sticker)",
        "2026-05-03 10:00 has a dog",
        "They said hello.",
        "Bread https://maya.example",
        "2026-05-05 10:00 When is the tour?",
    ):
        assert line in text


def test_a_fan_of_whom_nothing_is_kept_gets_files_that_say_so() -> None:
    record, text = files(MAYA, {}, now=NOON)
    assert json.loads(record.content)["about"] == {}
    assert b"maya keeps of you" in text.content


ROWS = st.lists(st.fixed_dictionaries({"by_you": st.booleans(), "text": st.text(max_size=60)}), max_size=30)


@given(ROWS, st.integers(min_value=600, max_value=3000))
def test_parts_are_small_enough_and_together_hold_every_row_in_order(rows: list[dict[str, Any]], most: int) -> None:
    made = files(MAYA, {"about": {"name": "Ann"}, "messages": rows}, now=NOON, most=most)
    records = [json.loads(one.content) for one in made if one.media_type == "application/json"]
    assert [row for part in records for row in part.get("messages", [])] == rows
    assert len({one.name for one in made}) == len(made)
    assert all(len(one.content) <= most + 300 for one in made)
