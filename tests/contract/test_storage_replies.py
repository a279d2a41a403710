"""What an avatar said, as it is read for its voice: on each database."""

from __future__ import annotations

from adapters.storage.replies import recent_replies
from core.model import AvatarId, Outcome, Reply
from tests.contract.conftest import SHARED, Talk


async def test_only_what_a_model_wrote_for_this_avatar_counts_newest_first(talk: Talk) -> None:
    await talk.exchange("hi", "Hej friends!")
    await talk.exchange("and you?", "Ugly bread is still bread.", SHARED)
    claim = await talk.claims(await talk.says("are you human?"))
    await talk.storage.turns.store(claim, Reply("I'm an AI.", Outcome.FIXED, remembered="I'm an AI."), ("I'm an AI.",))
    await talk.finishes(claim)
    database = talk.storage.database
    found = await recent_replies(database, AvatarId("maya"), limit=10)
    assert found == ["Ugly bread is still bread.", "Hej friends!"]
    assert await recent_replies(database, AvatarId("maya"), limit=1) == found[:1]
    assert await recent_replies(database, AvatarId("someone"), limit=10) == []
