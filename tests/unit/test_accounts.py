"""bots.accounts and the accounts' file: many creators in one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.telegram import TelegramAccount
from bots import settings
from bots.accounts import speakers
from core.errors import ConfigError

MAYA, ZOE = "111:" + "a" * 35, "222:" + "b" * 35
NAMES = {"maya": ("Maya",), "zoe": ("Zoe",)}


def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, **variables: str) -> settings.Settings:
    """The settings beside an accounts' file of this text."""
    monkeypatch.chdir(tmp_path)
    for name in ("STAGEDOOR_TELEGRAM__TOKEN", "STAGEDOOR_DISCORD__TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "stagedoor.toml").write_text(text, encoding="utf-8")
    return settings.load()


async def test_each_account_speaks_as_its_avatar_and_obeys_its_creator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
[[telegram]]
avatar = "zoe"
token_from = "ZOE_TOKEN"
creators = ["42"]
"""
    read = load(tmp_path, monkeypatch, text, ZOE_TOKEN=ZOE, STAGEDOOR_TELEGRAM__TOKEN=MAYA)
    found = speakers(read, NAMES)
    assert [(one.account.id, one.avatar, one.creators) for one in found] == [
        ("telegram:111", "maya", ()),
        ("telegram:222", "zoe", ("42",)),
    ]
    assert read.avatars == ("maya", "zoe")
    assert {MAYA, ZOE} <= set(read.secrets)
    for one in found:
        assert isinstance(one.account, TelegramAccount)
        await one.account.aclose()


def test_without_the_file_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STAGEDOOR_TELEGRAM__TOKEN", raising=False)
    monkeypatch.delenv("STAGEDOOR_DISCORD__TOKEN", raising=False)
    read = settings.load()
    assert read.avatars == ("maya",)
    assert speakers(read, NAMES) == []


async def test_a_broken_token_stops_only_its_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'[[telegram]]\navatar = "maya"\ntoken = "{MAYA}"\n[[telegram]]\navatar = "zoe"\ntoken = "broken-one"\n'
    (only,) = speakers(load(tmp_path, monkeypatch, text), NAMES)
    assert only.avatar == "maya"
    assert isinstance(only.account, TelegramAccount)
    await only.account.aclose()


def test_the_only_account_being_broken_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = load(tmp_path, monkeypatch, '[[telegram]]\navatar = "zoe"\ntoken = "broken-one"\n')
    with pytest.raises(ConfigError) as raised:
        speakers(read, NAMES)
    assert "broken-one" not in str(raised.value)


def test_one_bot_cannot_be_two_avatars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f'[[telegram]]\navatar = "{name}"\ntoken = "{MAYA}"\n' for name in NAMES)
    with pytest.raises(ConfigError, match="telegram:111 is configured twice, for maya and for zoe"):
        speakers(load(tmp_path, monkeypatch, text), NAMES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[telegram]]\navatar = "zoe"\n', 'the account of zoe has no token. Add a line: token_from = "THE_VARIABLE"'),
        ('[[telegram]]\navatar = "zoe"\ntoken_from = "NOWHERE"\n', "NOWHERE, which is to hold the token"),
        ('[[telegram]]\ntoken = "1"\n', "avatar"),
        ('[[telegrm]]\navatar = "zoe"\n', "telegrm"),
        ("[[telegram", "stagedoor.toml"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, monkeypatch, text)
    assert said in str(raised.value)
    assert "stagedoor.toml" in str(raised.value)
