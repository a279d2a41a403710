"""``stagedoor report crisis``, as a process of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.e2e.test_cli import call
from tests.worlds.model import FakeModel


async def test_a_crisis_is_answered_without_the_model_and_reported_without_a_name(tmp_path: Path) -> None:
    async with FakeModel() as model:
        done = await call(tmp_path, "chat", "--fan", "ann", "-m", "I want to die", MODEL__BASE_URL=model.base_url)
        assert model.asked == []
    assert "findahelpline.com" in done.out
    year = str(datetime.now(UTC).year)
    reported = await call(tmp_path, "report", "crisis", "--year", year, "--json")
    found = json.loads(reported.out)
    assert (found["total"], found["kinds"]) == (1, {"suicide": 1, "self_harm": 0, "other": 0})
    assert "ann" not in reported.out
    plain = await call(tmp_path, "report", "crisis", "--year", "2001")
    assert "2001: helplines were shown 0 times." in plain.out
