"""The built-in embedding model: what it does where it is installed, and what it says where it is not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from adapters.llm.minilm import MiniLM, installed
from core.errors import ConfigError

there = pytest.mark.skipif(not installed(), reason="the extra embed is not installed")


@pytest.mark.skipif(installed(), reason="the extra embed is installed")
def test_without_the_extra_it_says_how_to_get_it() -> None:
    with pytest.raises(ConfigError, match=r"stagedoor\[embed\]"):
        MiniLM()


@there
async def test_what_means_alike_lies_close_together_in_the_order_of_the_texts() -> None:
    texts = ["Slugs ate my lettuce.", "The stock market fell.", "Snails destroyed the salad " + "in the garden " * 20]
    slugs, market, snails = await MiniLM().embed(texts, query=False)
    assert all(math.isclose(math.hypot(*vector), 1, rel_tol=1e-4) for vector in (slugs, market, snails))
    assert _dot(slugs, snails) > 0.3
    assert _dot(slugs, market) < 0.2


@there
async def test_any_text_has_a_vector() -> None:
    vectors = await MiniLM().embed(["", " ", "💡", "漢字", "a" * 100_000], query=True)
    assert {len(vector) for vector in vectors} == {384}


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))
