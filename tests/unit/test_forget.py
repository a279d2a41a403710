"""core.forget: counted first, confirmed with a code that is the fan's own and runs out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forget import forget
from core.model import AvatarId, FanId
from core.wish import Wish
from tests.fakes import DM, NOON
from tests.fakes_rights import FakeKept

MAYA = AvatarId("maya")


async def say(kept: FakeKept, argument: str, *, fan: int = 1, now: datetime = NOON, secret: bytes = b"secret") -> str:
    """What is said to /forget with this argument."""
    return (await forget(Wish(kept.rights(secret), MAYA, FanId(fan), DM, argument, now))).text


def confirmation(text: str) -> str:
    """What is to be entered to confirm."""
    found = re.search(r"`/forget (yes [2-9A-Z]{4}[^`]*)`", text)
    assert found, text
    return found[1]


def full() -> FakeKept:
    """A few things kept of Ann, and one of Bob."""
    kept = FakeKept()
    kept.heard("Rex my dog is ill", at=NOON - timedelta(days=3))
    kept.heard("I baked bread today", at=NOON - timedelta(minutes=50))
    kept.heard("the dogs of Bob", fan=2)
    kept.knows("has a dog called Rex", at=NOON - timedelta(days=3))
    kept.knows("bakes bread", at=NOON - timedelta(minutes=50))
    return kept


async def test_it_says_what_can_be_forgotten_and_forgets_nothing_by_itself() -> None:
    kept = full()
    for argument in ("", "me", "topic", "hour please", "topic " + "x" * 300):
        assert "/forget topic WORDS" in await say(kept, argument)
    assert not kept.forgotten


async def test_the_last_hour_is_counted_and_forgotten_from_the_minute_it_was_asked_for() -> None:
    kept, asked_at = full(), NOON + timedelta(seconds=42)
    text = await say(kept, "hour", now=asked_at)
    assert "1 message of yours" in text
    assert "1 fact about" in text
    assert not kept.forgotten
    done = await say(kept, confirmation(text), now=asked_at + timedelta(minutes=9))
    assert "gone for good" in done
    assert kept.forgotten == [{"fan": 1, "since": NOON - timedelta(hours=1), "messages": [], "facts": []}]


async def test_a_topic_is_the_fans_own_messages_and_facts_with_all_its_words() -> None:
    kept = full()
    text = await say(kept, "topic  Rex")
    assert "1 message of yours" in text
    assert "1 fact about" in text
    assert "- 20 Nov 2026: has a dog called Rex" in text
    assert "bread" not in text
    await say(kept, confirmation(text).lower())
    assert kept.forgotten == [{"fan": 1, "since": None, "messages": [1], "facts": [11]}]


async def test_a_topic_of_several_words_wants_all_of_them() -> None:
    kept = full()
    assert "1 message of yours" in await say(kept, "topic BREAD today")
    assert "nothing to forget" in await say(kept, "topic bread dog")


@pytest.mark.parametrize(
    ("topic", "text", "found"),
    [
        ("dog", "I like DOGS", True),
        ("dogs", "the dog", True),
        ("gardening", "in my garden", True),
        ("Hund", "zwei Hunde", True),
        ("собака", "мои собаки", True),
        ("猫", "我的猫咪", False),
        ("猫咪", "我的猫咪", True),
        ("cat", "catch me", False),
        ("Rex", "complex", False),
        ("bread", "break", False),
        ("me", "a mess", False),
        ("!?", "!?", False),
    ],
)
async def test_a_word_is_found_in_its_forms_and_not_inside_others(topic: str, text: str, *, found: bool) -> None:
    kept = FakeKept()
    kept.heard(text)
    assert ("1 message of yours" in await say(kept, f"topic {topic}")) is found


async def test_everything_is_forgotten_and_what_was_put_off_swept() -> None:
    kept = full()
    text = await say(kept, "all")
    assert "2 messages of yours" in text
    assert "strangers" in await say(kept, confirmation(text))
    assert kept.forgotten == [{"fan": 1, "everything": True}]
    assert kept.swept == 1


async def test_who_is_linked_is_told_that_the_other_account_is_another_matter() -> None:
    kept = full()
    kept.pairs = {FanId(1), FanId(2)}
    assert "linked account is kept" in await say(kept, "all")
    assert "linked account" not in await say(kept, "hour")


@pytest.mark.parametrize("what", ["hour", "all", "topic Rex"])
async def test_a_code_that_is_old_or_anothers_or_of_another_process_forgets_nothing(what: str) -> None:
    kept = full()
    kept.heard("Rex bites", fan=2)
    given_code = confirmation(await say(kept, what))
    for text in (
        await say(kept, given_code, now=NOON + timedelta(minutes=11)),
        await say(kept, given_code, fan=2),
        await say(kept, given_code, secret=b"another"),
    ):
        assert "does not fit" in text
        assert "Nothing was forgotten" in text
    assert not kept.forgotten


async def test_a_code_for_a_topic_does_not_confirm_another_or_everything() -> None:
    kept = full()
    _, code, _ = confirmation(await say(kept, "topic Rex")).split()
    for argument in (f"yes {code}", f"yes {code} bread", "yes", "yes 2222"):
        assert "does not fit" in await say(kept, argument)
    assert not kept.forgotten


@given(st.text(max_size=60))
async def test_no_text_forgets_anything_without_a_code(argument: str) -> None:
    kept = full()
    assert await say(kept, argument)
    assert not kept.forgotten
