"""Exports of DiscordChatExporter: the creator's own words on servers, joined to talks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from tests.unit.exports.build import dumped, read, stored, text, unpacked, zipped
from tests.unit.exports.samples import SECRET, discord, said

OTHERS, BOTS = "messages of others", "messages of bots"


def exported(folder: Path, value: dict[str, Any]) -> Path:
    return stored(dumped(value), folder / "bread.json")


@pytest.mark.parametrize("creator", ["500", "@Maya.Bakes", "maya"])
def test_the_creator_is_known_by_id_name_or_nickname(creator: str, tmp_path: Path):
    (document,), left = read(exported(tmp_path, discord()), creator)
    assert text(document) == "Fold it four times.\n\nEvery half an hour."
    assert document.sections[0].heading == "#bread"
    assert document.key == "discord/2/2"
    assert document.url == "https://discord.com/channels/1/2/2"
    assert document.published == datetime(2024, 2, 1, 10, 1, tzinfo=UTC)
    assert document.own_words
    assert left == {OTHERS: 1, BOTS: 1}


def test_without_a_name_it_is_refused_and_says_how_to_give_one(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"which of them is you.*id, user name or nickname"):
        read(exported(tmp_path, discord()))


def test_a_nickname_that_somebody_else_has_too_is_refused_until_the_id_settles_it(tmp_path: Path):
    path = exported(tmp_path, discord(said(1, "Mine."), said(2, SECRET, by="666", name="troll", nick="maya")))
    with pytest.raises(InvalidInput, match=r'"maya" is the name of several accounts \(500, 666\)'):
        read(path, "Maya")
    (document,), left = read(path, "Maya", "500")
    assert (text(document), left) == ("Mine.", {OTHERS: 1})


@pytest.mark.parametrize(
    ("kind", "guild"),
    [
        ("DirectTextChat", "0"),
        ("DirectGroupTextChat", "0"),
        ("GuildPrivateThread", "1"),
        ("", "1"),
        ("GuildTextChat", "0"),
    ],
)
def test_direct_messages_and_private_threads_are_never_read(kind: str, guild: str, tmp_path: Path):
    path = exported(tmp_path, discord(said(1, SECRET), kind=kind, guild=guild))
    assert read(path, "Maya") == ([], {"private messages are never read": 1})


def test_a_pause_or_too_many_words_begin_a_new_talk(tmp_path: Path):
    talk = [said(1, "One."), said(2, "Two.", minute=15), said(3, "Three.", minute=31), said(4, "x " * 1999, minute=32)]
    documents, _ = read(exported(tmp_path, discord(*talk)), "500")
    assert [text(document)[:14] for document in documents] == ["One.\n\nTwo.", "Three.", "x x x x x x x "]


def test_notices_and_empty_messages_are_left_out(tmp_path: Path):
    notices = [said(1, "Joined.") | {"type": "GuildMemberJoin"}, said(2, ""), said(3, "Yes.") | {"type": "Reply"}]
    (document,), left = read(exported(tmp_path, discord(*notices)), "500")
    assert text(document) == "Yes."
    assert left == {"notices of Discord": 1, "no words of yours in it: only pictures, files or links": 1}


def test_a_folder_and_a_zip_of_channels_are_read_whole(tmp_path: Path):
    bread, cake = discord(said(1, "Rye.")), discord(said(9, "Butter."))
    cake["channel"]["id"] = "3"
    files = {"bread.json": dumped(bread), "cake.json": dumped(cake)}
    for path in (unpacked(files, tmp_path / "all"), stored(zipped(files), tmp_path / "all.zip")):
        documents, _ = read(path, "500")
        assert [document.key for document in documents] == ["discord/2/1", "discord/3/9"]


def test_a_channel_without_the_creator_is_reported_not_refused(tmp_path: Path):
    assert read(exported(tmp_path, discord(said(1, SECRET, by="9", name="x", nick="y"))), "500") == ([], {OTHERS: 1})


def test_an_export_that_breaks_off_gives_what_came_before(tmp_path: Path):
    whole = dumped(discord(said(1, "One."), said(2, "Two.", minute=40), said(3, "Three.", minute=80)))
    documents, left = read(stored(whole[:-200], tmp_path / "a.json"), "500")
    assert [text(document) for document in documents] == ["One."]
    assert left == {"a.json: is no whole JSON file; download the export again": 1}
