"""What a creator sets about crises."""

from __future__ import annotations

from typing import Any

import pytest

from core import care, commands, wary
from core.control import Actor, Asked, Rank
from core.model import AvatarId, Controls
from core.persona import parse
from tests.fakes import ACCOUNT, NOON, incoming

PERSONA = parse('name = "Maya"\npersonality = "Warm."\ngreeting = "Hej."', "avatar.toml")


class FakeSwitchboard:
    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Any] = {}

    async def controls(self, avatar: AvatarId) -> Controls:
        return Controls(1, self.values)

    async def set(self, avatar: AvatarId, name: str, value: Any, *, where: str = "") -> Any:
        before = self.values.get((where, name))
        self.values[where, name] = value
        return before


@pytest.mark.parametrize("on", [True, False])
async def test_the_creator_decides_whether_the_desk_hears_and_fans_are_helped_either_way(on: bool):
    board = FakeSwitchboard()
    actor = Actor(ACCOUNT, "maya", Rank.CREATOR)
    asked = Asked(commands.CRISIS, AvatarId("maya"), PERSONA, actor, incoming(""), {"on": on}, NOON)
    answer = await wary.crisis(board, asked)
    assert care.NOTICE.of(await board.controls(AvatarId("maya"))) is on
    assert answer.change is not None
    assert (answer.change.before, answer.change.after) == ("off", "on" if on else "off")
    assert "helplines" in answer.text
