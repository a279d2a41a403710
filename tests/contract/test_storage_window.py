"""How a window is trimmed: pure, and over many made-up cases."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.storage.window import trim

TOKENS = st.lists(st.integers(0, 60))


@given(TOKENS, st.integers(0, 200))
def test_what_fits_is_kept_and_what_does_not_is_cut_to_half(tokens: list[int], budget: int) -> None:
    gone = trim(tokens, budget)
    kept = tokens[gone:]
    if sum(tokens) <= budget:
        assert gone == 0
    else:
        assert sum(kept) <= budget // 2
        assert gone == len(tokens) or sum(kept) + tokens[gone - 1] > budget // 2


@given(TOKENS, st.integers(1, 200))
def test_trimming_what_was_trimmed_changes_nothing(tokens: list[int], budget: int) -> None:
    kept = tokens[trim(tokens, budget) :]
    assert trim(kept, budget) == 0
