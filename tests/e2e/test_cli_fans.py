"""``stagedoor fans``, and the fan's rights in a terminal, as processes of their own."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.test_cli import call
from tests.worlds.model import FakeModel, says


async def test_a_fan_in_a_terminal_sees_takes_away_and_deletes_what_is_kept(tmp_path: Path) -> None:
    async with FakeModel() as model:
        model.next(says("Hej!"))
        lines = "my dog is Rex\n/remember I like rye\n/memory\n/export\n/forget\n/forget topic rye\n/private\n"
        done = await call(tmp_path, "chat", "--fan", "ann", stdin=lines, MODEL__BASE_URL=model.base_url)
    assert done.code == 0, done.err
    assert "Noted as number 1: I like rye" in done.out
    assert "**1** I like rye" in done.out
    assert "/forget topic WORDS" in done.out
    assert "0 messages of yours with my answers, and 1 fact" in done.out
    assert "not private" in done.out
    (record,) = tmp_path.glob("maya-*.json")  # noqa: ASYNC240 - nothing else runs
    assert str(record) in done.out
    assert json.loads(record.read_text())["messages"][0]["text"] == "my dog is Rex"


async def test_the_audience_is_listed_without_a_word_of_what_was_said_and_a_fan_is_forgotten(tmp_path: Path) -> None:
    async with FakeModel() as model:
        model.next(says("Hej!"), says("Hej hej!"))
        for fan, text in (("ann", "my dog is Rex"), ("bob", "hello")):
            await call(tmp_path, "chat", "--fan", fan, "-m", text, MODEL__BASE_URL=model.base_url)
    noted = await call(tmp_path, "chat", "--fan", "ann", "-m", "/memory", "--json", MODEL__BASE_URL=model.base_url)
    assert "nothing about you yet" in json.loads(noted.out)["reply"]
    listed = await call(tmp_path, "fans", "--json")
    plain = await call(tmp_path, "fans")
    shown = json.loads(listed.out)
    assert [(one["name"], one["platform"], one["messages"]) for one in shown] == [
        ("ann", "terminal", 1),
        ("bob", "terminal", 1),
    ]
    of_each = {"id", "platform", "name", "first_seen", "last_seen", "messages", "tags", "notes", "open"}
    assert {*shown[0]} == of_each
    assert "Rex" not in listed.out + plain.out
    number = str(shown[0]["id"])
    asked = await call(tmp_path, "fans", "forget", number)
    assert asked.code == 1
    assert "Forget ann on terminal, 1 message, for good?" in asked.out + asked.err
    assert len(json.loads((await call(tmp_path, "fans", "--json")).out)) == 2
    done = await call(tmp_path, "fans", "forget", number, "--yes")
    assert done.code == 0
    assert "Forgotten: 1 message with 1 of the avatar's, 0 facts." in done.out
    assert [one["name"] for one in json.loads((await call(tmp_path, "fans", "--json")).out)] == ["bob"]
    again = await call(tmp_path, "fans", "forget", number, "--yes")
    assert again.code == 1
    assert f"has no fan {number}" in again.err


async def test_the_creator_keeps_tags_and_notes_and_reads_facts_only_while_the_fan_allows_it(tmp_path: Path) -> None:
    async with FakeModel() as model:
        model.next(says("Hej!"), says("Hej hej!"))
        for fan, line in (("ann", "hello"), ("bob", "hello"), ("ann", "/remember I like rye")):
            await call(tmp_path, "chat", "--fan", fan, "-m", line, MODEL__BASE_URL=model.base_url)
    ann = str(
        next(one["id"] for one in json.loads((await call(tmp_path, "fans", "--json")).out) if one["name"] == "ann")
    )
    assert (await call(tmp_path, "fans", "tag", ann, "#VIP", "baker")).out == f"Fan {ann}: baker, vip\n"
    assert "Noted as number 1" in (await call(tmp_path, "fans", "note", ann, "met in Malmö")).out
    tagged = json.loads((await call(tmp_path, "fans", "--tag", "vip", "--json")).out)
    assert [(one["name"], one["tags"], one["notes"]) for one in tagged] == [("ann", ["baker", "vip"], 1)]
    shown = await call(tmp_path, "fans", "show", ann)
    assert "Tags: baker, vip" in shown.out
    assert "met in Malmö" in shown.out
    assert "has not opened them" in shown.out
    assert "rye" not in shown.out
    await call(tmp_path, "chat", "--fan", "ann", "-m", "/memory open")
    assert "I like rye" in (await call(tmp_path, "fans", "show", ann)).out
    read = json.loads((await call(tmp_path, "fans", "show", ann, "--json")).out)
    assert [one["statement"] for one in read["facts"]] == ["I like rye"]
    assert [one["text"] for one in read["notes"]] == ["met in Malmö"]
    await call(tmp_path, "chat", "--fan", "ann", "-m", "/memory close")
    assert json.loads((await call(tmp_path, "fans", "show", ann, "--json")).out)["facts"] is None
    assert (await call(tmp_path, "fans", "untag", ann, "vip")).out == f"Fan {ann}: baker\n"
    assert "gone" in (await call(tmp_path, "fans", "unnote", ann, "1")).out
    for wrong, code in (
        (("untag", ann, "vip"), 1),
        (("unnote", ann, "1"), 1),
        (("note", "99", "x"), 1),
        (("tag", ann, "#"), 2),
    ):
        assert (await call(tmp_path, "fans", *wrong)).code == code, wrong
