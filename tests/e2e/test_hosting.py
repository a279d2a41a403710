"""Several creators' avatars in one process: each on its own bot, each with its own creator, memory and voice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bots.accounts import speakers
from bots.app import connected
from bots.house import houses, read, working
from bots.settings import Hosted, HostedTelegram, Settings
from tests.worlds.model import FakeModel
from tests.worlds.telegram import FakeTelegram

PATIENCE = 20.0
MAYA, ZOE = "7000000001:" + "a" * 30, "7000000002:" + "z" * 30
PERSONA = 'name = "Zoe Quist"\npersonality = "Dry."\ngreeting = "Yes?"\n'


@asynccontextmanager
async def hosting(folder: Path, model: FakeModel, *worlds: tuple[str, FakeTelegram, str]) -> AsyncIterator[None]:
    """All of these accounts in one process; each with its avatar and its creator."""
    home = folder / "avatars" / "zoe"
    home.mkdir(parents=True)
    (home / "avatar.toml").write_text(PERSONA, encoding="utf-8")
    settings = Settings(
        _env_file=None,
        data_dir=folder / "state",
        avatars_dir=folder / "avatars",
        model={"base_url": model.base_url},
    )
    accounts = [
        HostedTelegram(avatar=avatar, token=world.token, base_url=world.base_url, creators=(creator,))
        for avatar, world, creator in worlds
    ]
    settings._hosted = Hosted(telegram=tuple(accounts))
    written = {name: read(settings, name) for name in settings.avatars}
    platforms = speakers(settings, {name: one.persona.names for name, one in written.items()})
    speaks = {one.account.id: one.avatar for one in platforms}
    async with houses(settings, written, speaks) as built:
        by_id = {one.avatar.id: one.avatar for one in built}
        engine = built[0].engine
        for one in platforms:
            engine.connect(one.account.id, by_id[one.avatar], one.account.channel, creators=one.creators)
        async with connected([one.account for one in platforms], engine), working(engine):
            yield


async def test_each_bot_speaks_as_its_own_avatar_and_knows_nothing_of_the_other(tmp_path: Path) -> None:
    async with FakeTelegram(MAYA) as hers, FakeTelegram(ZOE) as theirs, FakeModel() as model:
        async with hosting(tmp_path, model, ("maya", hers, "1"), ("zoe", theirs, "2")):
            ann, again = hers.user("Ann"), theirs.user("Ann")
            assert ann.id == again.id
            first = await hers.reply_to(ann.says("my cat is called Rex"), deadline=PATIENCE)
            second = await theirs.reply_to(again.says("hello you"), deadline=PATIENCE)
        assert "Maya Lindqvist" in first.text
        assert "Zoe Quist" in second.text
        assert "Maya" not in second.text
        assert "Rex" not in str(model.asked[-1].messages)


async def test_a_creator_controls_only_their_own_avatar(tmp_path: Path) -> None:
    async with FakeTelegram(MAYA) as hers, FakeTelegram(ZOE) as theirs, FakeModel() as model:
        boss = hers.user("Boss")
        async with hosting(tmp_path, model, ("maya", hers, str(boss.id)), ("zoe", theirs, "2")):
            reply = await hers.reply_to(boss.says("hello"), deadline=PATIENCE)
            right = await hers.reply_to(boss.says("/revise Say hej.", reply_to=reply), deadline=PATIENCE)
            stranger = theirs.user("Boss")
            assert stranger.id == boss.id
            other = await theirs.reply_to(stranger.says("hello"), deadline=PATIENCE)
            refused = await theirs.reply_to(stranger.says("/revise Say hej.", reply_to=other), deadline=PATIENCE)
        assert "Noted as correction" in right.text
        assert "Zoe Quist alone" in refused.text
