"""What is known of a Discord account before it goes online, and how command answers are cut."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import DiscordAccount
from adapters.discord.account import bot_id
from adapters.discord.answers import split
from core.commands import MENU
from core.errors import ConfigError

TOKEN = base64.b64encode(b"81384788765712384").decode().rstrip("=") + ".GfAkE0.not-a-real-token"


def test_the_account_is_named_after_the_bots_id_in_the_token() -> None:
    assert DiscordAccount(TOKEN).id == "discord:81384788765712384"


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "....", "Bot " + TOKEN, TOKEN + ".more", "MTIz..x", "🧁.🧁.🧁"])
def test_a_malformed_token_names_the_setting_and_is_not_shown(token: str) -> None:
    with pytest.raises(ConfigError, match="STAGEDOOR_DISCORD__TOKEN") as refused:
        DiscordAccount(token)

    assert refused.value.__cause__ is None
    assert not token or token not in str(refused.value)


@given(st.text(max_size=80))
def test_whatever_stands_where_the_token_should_gives_an_id_or_a_clear_error(token: str) -> None:
    try:
        said = str(bot_id(token))
    except ConfigError as exc:
        said = str(exc)

    assert said.isdecimal() or "STAGEDOOR_DISCORD__TOKEN" in said


@given(st.integers(min_value=1, max_value=2**64 - 1))
def test_every_id_is_read_back_from_its_token(number: int) -> None:
    first = base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")

    assert bot_id(f"{first}.x.y") == number


def test_a_channel_that_is_no_id_is_named_with_the_mend() -> None:
    with pytest.raises(ConfigError, match=r"STAGEDOOR_DISCORD__CHANNELS.*'#general'.*Copy Channel ID"):
        DiscordAccount(TOKEN, channels=["123", "#general"])


def test_the_menu_fits_what_discord_allows() -> None:
    assert all(1 <= len(command.description) <= 100 and command.name.islower() for command in MENU)


@given(st.text(st.sampled_from("ab \n") | st.characters(), max_size=300), st.integers(min_value=5, max_value=50))
def test_parts_fit_are_never_empty_and_lose_nothing_but_space(text: str, limit: int) -> None:
    parts = split(text, limit)

    assert parts
    assert all(0 < len(part) <= limit for part in parts)
    if text.strip():
        assert "".join("".join(parts).split()) == "".join(text.split())
