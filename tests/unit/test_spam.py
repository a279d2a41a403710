"""Telling spam from talk: what floods is ignored for a while, and whoever types by hand never is."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import spam
from core.spam import Habits

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SHORT = ["haha", "ok", "yes", "no", "lol", "what?", "wow", "nice", "hm", "hey", "okay", "thanks!"]
LONG = [
    "I baked bread today, number {}",
    "look at https://bread.example/{}",
    "@maya what do you think of {}",
    "tell me more about {}",
    "that's so funny, {} times",
    "what flour do you use for {}?",
]


def write(*messages: tuple[float, str, str], habits: Habits | None = None) -> tuple[list[str], Habits]:
    """The sign that each message (seconds from noon, text, place) gives, and the habits at the end."""
    signs: list[str] = []
    kept = habits or Habits()
    for seconds, text, place in messages:
        verdict = spam.judge(kept, spam.mark(text, place, NOON + timedelta(seconds=seconds)))
        kept = Habits.parse(verdict.habits.kept)
        signs.append(verdict.sign)
    return signs, kept


def same(text: str, count: int, every: float) -> Iterable[tuple[float, str, str]]:
    return [(number * every, text, "room") for number in range(count)]


# ── what is spam ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("messages", "sign"),
    [
        (same("buy my course today", 5, 2), "repeats"),
        (same("Buy  my c0urse todäy!!", 5, 2), "repeats"),
        (same("buy my course today", 9, 55), "repeats"),
        ([(number, f"https://scam.example/{number}", "room") for number in range(7)], "links"),
        ([(0, " ".join(f"<@{number}>" for number in range(10)), "room")], "mentions"),
        ([(number * 3, f"look at this {number}", f"room {number}") for number in range(6)], "places"),
    ],
    ids=["repeats", "dressed up", "slowly", "links", "mentions", "places"],
)
def test_a_flood_is_seen_at_its_last_message(messages: Iterable[tuple[float, str, str]], sign: str):
    signs, _ = write(*messages)
    assert signs == [""] * (len(signs) - 1) + [sign]


def test_each_time_it_is_ignored_for_longer_and_from_the_second_on_moderators_hear_of_it():
    habits, verdicts = Habits(), []
    for hour in range(6):
        for seconds in range(5):
            at = NOON + timedelta(hours=hour, seconds=seconds)
            verdict = spam.judge(habits, spam.mark("buy my course today", "room", at))
            habits = verdict.habits
        verdicts.append(verdict)
    minutes = [verdict.ignored / timedelta(minutes=1) for verdict in verdicts]
    assert minutes == [1, 10, 60, 1440, 1440, 1440]
    assert [verdict.reported for verdict in verdicts] == [False, True, True, True, True, True]


def test_after_a_quiet_day_it_begins_anew():
    _, habits = write(*same("buy my course today", 5, 1))
    later = [(90_000 + seconds, "buy my course today", "room") for seconds in range(5)]
    signs, habits = write(*later, habits=habits)
    assert signs[-1] == "repeats"
    assert habits.times == 1


def test_newcomers_with_the_same_advertisement_are_a_wave():
    advert = "join https://scam.example"
    others = [spam.judge(Habits(), spam.mark(advert, "room", NOON)).habits for _ in range(spam.WAVE)]
    new = spam.mark(advert, "room", NOON + timedelta(minutes=1))
    assert spam.judge(Habits(), new, newcomers=others).sign == "wave"
    assert spam.judge(Habits(), new, newcomers=others[1:]).sign == ""


def test_newcomers_who_greet_alike_are_none():
    others = [spam.judge(Habits(), spam.mark("hello everybody!", "room", NOON)).habits for _ in range(40)]
    assert spam.judge(Habits(), spam.mark("hello everybody!", "room", NOON), newcomers=others).sign == ""


# ── what is not ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(20))
def test_somebody_who_writes_without_a_breath_is_never_ignored(seed: int):
    """A message every two seconds for ten minutes: short words again and again, a link or a name now and then."""
    dice = random.Random(seed)
    kinds = (SHORT, LONG[:2], LONG[2:])
    chat = []
    for number in range(300):
        (kind,) = dice.choices(kinds, (10, 1, 9))
        chat.append((number * 2 + dice.uniform(0, 1.5), dice.choice(kind).format(number), "room"))
    signs, _ = write(*chat)
    assert set(signs) == {""}


def test_short_words_may_be_said_again_and_again():
    signs, _ = write(*same("haha", 10, 3))
    assert set(signs) == {""}


def test_a_thought_in_five_short_messages_is_none():
    burst = ["so", "I was thinking", "about the bread", "you know", "the rye one"]
    signs, _ = write(*[(number * 0.7, text, "room") for number, text in enumerate(burst)])
    assert set(signs) == {""}


def test_sharing_a_few_links_is_none():
    texts = ["https://a.example https://b.example", "and https://c.example", "look: www.d.example"]
    signs, _ = write(*[(number * 20, text, "room") for number, text in enumerate(texts)])
    assert set(signs) == {""}


def test_asking_again_after_a_while_is_none():
    signs, _ = write(*same("when is the next stream?", 4, 120))
    assert set(signs) == {""}


def test_going_back_and_forth_between_two_rooms_is_none():
    signs, _ = write(*[(number, f"message {number}", "ab"[number % 2]) for number in range(60)])
    assert set(signs) == {""}


def test_coming_back_to_the_first_room_of_many_is_seen():
    rooms = ["a", "b", "c", "d", "e", "a", "f"]
    signs, _ = write(*[(40 + number, f"message {number}", room) for number, room in enumerate(rooms)])
    assert signs[-1] == "places"


def test_stickers_and_pictures_without_words_are_none():
    signs, _ = write(*same("", 40, 1))
    assert set(signs) == {""}


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────


@given(st.text(max_size=300))
def test_whatever_is_kept_can_be_read(kept: str):
    assert isinstance(Habits.parse(kept), Habits)


@given(st.lists(st.tuples(st.integers(0, 4000), st.text(max_size=30), st.sampled_from("abc")), max_size=80))
def test_what_is_kept_is_small_and_comes_back_the_same(messages: list[tuple[int, str, str]]):
    _, habits = write(*[(float(at), text, place) for at, text, place in messages])
    assert Habits.parse(habits.kept) == habits
    assert len(habits.kept) < 60 * 70


def test_a_clock_that_jumps_back_forgets_and_accuses_nobody():
    signs, _ = write((5000, "hello there friend", "room"), *same("hello there friend", 4, 1))
    assert set(signs) == {""}
