"""Exports of Telegram Desktop: only with consent, only the creator's channels, only their own words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from tests.unit.exports.build import dumped, read, stored, text
from tests.unit.exports.samples import SECRET, channel, message, telegram_account

CONSENT = frozenset({"telegram"})
PRIVATE = "private messages are never read"


def exported(folder: Path, value: Any) -> Path:
    return stored(dumped(value), folder / "result.json")


def test_without_consent_nothing_is_read_and_the_report_says_why(tmp_path: Path):
    documents, left = read(exported(tmp_path, channel()), "Maya bakes", consent=frozenset({"discord"}))
    assert documents == []
    ((why, count),) = left.items()
    assert count == 1
    assert '"telegram"' in why
    assert "terms" in why


def test_a_channel_is_read_with_its_formatted_texts(tmp_path: Path):
    pieces = ["Read ", {"type": "bold", "text": "this"}, ": ",
              {"type": "text_link", "text": "the recipe", "href": "https://maya.example/rye"},
              {"type": "text_link", "text": "!", "href": "javascript:alert(1)"}]  # fmt: skip
    path = exported(tmp_path, channel(message(1, "Plain."), message(2, pieces)))
    documents, left = read(path, consent=CONSENT, url="https://t.me/mayabakes")
    assert [text(document) for document in documents] == ["Plain.", "Read this: the recipe (https://maya.example/rye)!"]
    assert documents[1].key == "telegram/55/2"
    assert documents[1].url == "https://t.me/mayabakes/2"
    assert documents[1].published == datetime(2023, 5, 1, 10, 0, tzinfo=UTC)
    assert left == {}


def test_forwarded_service_and_wordless_messages_are_left_out(tmp_path: Path):
    path = exported(
        tmp_path,
        channel(
            message(1, "Mine."),
            message(2, "Theirs.", forwarded_from="Other channel"),
            message(3, "Nobody's.", forwarded_from=None),
            message(4, "", photo="photos/a.jpg"),
            {"id": 5, "type": "service", "action": "pin_message", "text": "pinned", "date": "2023-05-01T12:00:00"},
        ),
    )
    documents, left = read(path, consent=CONSENT)
    assert [text(document) for document in documents] == ["Mine."]
    assert left == {
        "forwarded, not your own words": 2,
        "service messages": 1,
        "no words of yours in it: only pictures, files or links": 1,
    }


@pytest.mark.parametrize(
    "kind",
    ["personal_chat", "private_group", "private_supergroup", "public_supergroup", "bot_chat", "saved_messages", ""],
)
def test_chats_and_groups_are_never_read(kind: str, tmp_path: Path):
    documents, left = read(exported(tmp_path, channel(message(1, SECRET), kind=kind)), "Maya bakes", consent=CONSENT)
    assert (documents, left) == ([], {PRIVATE: 1})


def test_a_chat_whose_kind_comes_too_late_is_not_read(tmp_path: Path):
    late = {"messages": [message(1, SECRET)], "name": "Maya bakes", "type": "public_channel", "id": 55}
    path = stored(dumped({"id": 1} | late), tmp_path / "result.json")
    documents, left = read(path, consent=CONSENT)
    assert (documents, left) == ([], {PRIVATE: 1})


@pytest.mark.parametrize("name", ["@maya bakes", "55"])
def test_of_a_whole_account_only_the_named_channels_are_read(name: str, tmp_path: Path):
    documents, left = read(exported(tmp_path, telegram_account()), name, consent=CONSENT)
    assert [text(document) for document in documents] == ["The oven is on."]
    assert left == {PRIVATE: 4, "channels that you did not name as your own": 1}


def test_of_a_whole_account_nothing_is_read_when_no_channel_is_named(tmp_path: Path):
    documents, left = read(exported(tmp_path, telegram_account()), consent=CONSENT)
    assert (documents, left) == ([], {PRIVATE: 4, "channels that you did not name as your own": 2})


def test_a_private_channel_is_for_subscribers_and_signed_posts_of_others_are_not_the_creators_voice(tmp_path: Path):
    signed = [message(1, "By me.", author="Maya"), message(2, "By Bo.", author="Bo"), message(3, "Unsigned.")]
    documents, _ = read(exported(tmp_path, channel(*signed, kind="private_channel")), "maya", consent=CONSENT)
    assert {document.tier for document in documents} == {"subscriber"}
    assert [document.own_words for document in documents] == [True, False, True]


def test_dates_of_older_exports_are_read(tmp_path: Path):
    old = message(1, "Old.")
    del old["date_unixtime"]
    (document,), _ = read(exported(tmp_path, channel(old)), consent=CONSENT)
    assert document.published == datetime(2023, 5, 1, 12, 0, tzinfo=UTC)


def test_an_export_that_breaks_off_gives_what_came_before(tmp_path: Path):
    whole = dumped(channel(*(message(number, f"Number {number}.") for number in range(1, 6))))
    documents, left = read(stored(whole[:-100], tmp_path / "result.json"), consent=CONSENT)
    assert [text(document) for document in documents] == ["Number 1.", "Number 2.", "Number 3.", "Number 4."]
    assert left == {"result.json: is no whole JSON file; download the export again": 1}


def test_a_file_that_is_none_is_refused(tmp_path: Path):
    path = stored(b'{"name": "x", "type": "public_channel", "id": 1, "messages": nonsense', tmp_path / "result.json")
    with pytest.raises(InvalidInput, match="no whole JSON"):
        read(path, consent=CONSENT)
