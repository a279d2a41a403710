"""Macros of cards and lorebooks: what they become, and that the same seeds draw the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.macros import Seeds, drawn, named, resolve


def resolved(text: str, seeds: Seeds = Seeds(), *, hidden: bool = False, keep: str = "") -> tuple[str, frozenset[str]]:  # noqa: B008  frozen
    return resolve(text, char="Bo", user="you", users="your", seeds=seeds, hidden=hidden, keep=keep)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("{{char}} and <BOT> and {{ Bot }} and <Char>", "Bo and Bo and Bo and Bo"),
        ("Hi, {{user}}! Take {{user}}'s <user>'s hat, {{User}}, now.", "Hi! Take your your hat, you, now."),
        ("{{random:a\\,b}} {{pick::Hello}} {{roll:1}} {{roll:d1}}", "a,b Hello 1 1"),
        ("{{reverse:abc}}{{// note}}{{//}}{{hidden_key:k}}{{comment: c}}!", "cba!"),
        ("{{random:{{char}}}} {{reverse:{{user}}}}", "Bo uoy"),
        ("{{// {{char}} of: {{random:a,b}} }}.", "."),
        ("{name} {curly} { {user} }", "{name} {curly} { {user} }"),
        ("{{roll:0x9}}{{roll:-1}}{{roll:0}}{{roll:99999999999}}", ""),
    ],
)
def test_macros_are_resolved(text: str, plain: str):
    assert resolved(text) == (plain, frozenset())


def test_unknown_macros_are_left_out_and_named():
    assert resolved("It is {{time}}{{getvar::x}}.") == ("It is .", frozenset({"getvar", "time"}))


def test_a_macro_may_be_kept_and_hidden_keys_may_be_shown():
    assert resolved("{{original}} {{char}}", keep="original")[0] == "{{original}} Bo"
    assert resolved("a{{hidden_key: oil }}{{// never}}", hidden=True)[0] == "aoil"


def test_only_names_can_be_put_in():
    assert (
        named("{{char}} <bot> {{random:a,b}} {{user}}", {"char": "Bo", "bot": "Bo"}) == "Bo Bo {{random:a,b}} {{user}}"
    )


def test_draws_follow_the_seeds_and_nothing_else():
    text = "{{random:a,b,c,d}}{{random:a,b,c,d}} {{roll:d1000}} {{pick:a,b,c,d}}"
    turns = {resolved(text, Seeds(turn, 7, "entry"))[0] for turn in range(40)}
    assert len(turns) > 20
    assert len({one[-1] for one in turns}) == 1, "pick stays all through a conversation"
    assert len({resolved("{{pick:a,b,c,d}}", Seeds(0, talk))[0] for talk in range(40)}) == 4
    assert resolved(text, Seeds(3, 7, "entry")) == resolved(text, Seeds(3, 7, "entry"))
    assert any(resolved("{{random:a,b}}{{random:a,b}}", Seeds(turn))[0] in {"ab", "ba"} for turn in range(20))


@given(st.integers(1, 1000), st.lists(st.integers() | st.text(), max_size=3))
def test_a_draw_is_below_its_sides(sides: int, seed: list[int | str]):
    assert 0 <= drawn(sides, *seed) < sides
    assert drawn(sides, *seed) == drawn(sides, *seed)


def test_draws_are_fair():
    counts = [sum(drawn(4, seed) == side for seed in range(4000)) for side in range(4)]
    assert all(850 < count < 1150 for count in counts)


PIECES = st.lists(
    st.sampled_from(["{{", "}}", "{{user}}", "{{char}}", "{{random:", ",", ":", "//", "<bot>", "{{reverse:", "a "])
    | st.text(max_size=20),
    max_size=12,
).map("".join)


@given(PIECES)
@example("{{" * 5_000 + "}}" * 5_000)
def test_macros_end(text: str):
    plain, _ = resolved(text)
    assert len(plain) <= len(text) + 2 * text.count("{")
