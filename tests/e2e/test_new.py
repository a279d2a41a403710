"""``stagedoor new`` as a creator runs it: at a terminal with a wizard, and from scripts."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.persona import parse
from tests.e2e.test_cli import COMMAND, Ended, call, environment
from tests.unit.exports.build import dumped
from tests.unit.exports.samples import channel, message
from tests.worlds.model import FakeModel, says
from tests.worlds.tty import CTRL_C, at_terminal

POSTS = ("rye bread", "cardamom buns", "my sourdough starter", "oven spring")


def posts(folder: Path, count: int = 8) -> Path:
    """A creator's notes."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        subject = POSTS[number % len(POSTS)]
        text = (
            f"# {subject.capitalize()}, part {number}\n\nHej friends! Today {subject} came out of the oven. "
            f"Take {number + 20} minutes of rest. Ugly bread is still bread.\n"
        )
        (folder / f"2026-01-{number + 1:02}-post.md").write_text(text)
    return folder


def files(folder: Path, pattern: str) -> list[Path]:
    return list(folder.rglob(pattern))


async def new(folder: Path, *arguments: str, **settings: str) -> Ended:
    return await call(folder, "new", *arguments, "--no-model", **settings)


def result(done: Ended) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(done.out)
    return shown


async def test_from_a_folder_to_an_avatar_that_answers_with_its_source(tmp_path: Path):
    posts(tmp_path / "notes")
    made = await new(tmp_path, "Åsa Öberg", "--from", "notes", "--tagline", "Bread and other accidents")
    assert made.code == 0, made.err
    assert "8 new (8 passages)" in made.out
    file = tmp_path / "avatars" / "asa-oberg" / "avatar.toml"
    assert "stagedoor chat --avatar asa-oberg" in made.out
    persona = parse(file.read_text(), str(file))
    assert (persona.name, persona.tagline) == ("Åsa Öberg", "Bread and other accidents")
    assert persona.traits == ()
    async with FakeModel() as model:
        model.next(says("Cardamom buns want 21 minutes of rest."))
        talk = ("chat", "--avatar", "asa-oberg", "-m", "how long do cardamom buns rest?", "--json")
        reply = result(await call(tmp_path, *talk, MODEL__BASE_URL=model.base_url))
    assert "Cardamom buns, part 1" in model.asked[0].last
    assert reply["outcome"] == "answered"
    assert "Cardamom buns, part 1" in {one["title"] for one in reply["sources"] if one["cited"]}


async def test_a_model_that_is_there_reads_and_its_findings_come_with_where_they_stand(tmp_path: Path):
    posts(tmp_path / "notes")
    quote = "Ugly bread is still bread"
    found = {"traits": [{"trait": "unshaken", "quote": quote, "passages": [1]}], "topics": [], "questions": []}
    async with FakeModel() as model:
        model.next(*[says(json.dumps(found))] * 9)
        made = await call(tmp_path, "new", "Ann", "--from", "notes", MODEL__BASE_URL=model.base_url)
    assert made.code == 0, made.err
    draft = (tmp_path / "avatars" / "ann" / "avatar.toml").read_text()
    assert tomllib.loads(draft)["traits"] == ["unshaken"]
    assert quote in draft


async def test_a_model_that_does_not_answer_costs_its_part_only(tmp_path: Path):
    posts(tmp_path / "notes")
    nowhere = {"MODEL__BASE_URL": "http://127.0.0.1:9/v1", "MODEL__RETRIES": "0"}
    made = await call(tmp_path, "new", "Ann", "--from", "notes", **nowhere)
    assert made.code == 0, made.err
    assert "The model gave no usable answer" in made.out
    assert (tmp_path / "avatars" / "ann" / "avatar.toml").exists()


# ── again ────────────────────────────────────────────────────────────────────────────────────────


async def test_an_avatar_that_is_there_stays_and_a_draft_is_laid_beside_it(tmp_path: Path):
    posts(tmp_path / "notes")
    await new(tmp_path, "Ann", "--from", "notes")
    folder = tmp_path / "avatars" / "ann"
    mine = 'name = "Ann"\npersonality = "Mine."\ngreeting = "Hi."\n'
    (folder / "avatar.toml").write_text(mine)
    again = result(await new(tmp_path, "Ann", "--json"))
    assert again["is_draft"]
    assert again["file"].endswith("avatar.draft.toml")
    assert [(one["new"], one["same"]) for one in again["read"]] == [(0, 8)]
    assert (folder / "avatar.toml").read_text() == mine
    assert parse((folder / "avatar.draft.toml").read_text(), "draft").name == "Ann"


async def test_a_draft_that_was_worked_on_is_kept(tmp_path: Path):
    posts(tmp_path / "notes")
    await new(tmp_path, "Ann", "--from", "notes")
    await new(tmp_path, "Ann")
    folder = tmp_path / "avatars" / "ann"
    worked_on = (folder / "avatar.draft.toml").read_text() + "# an hour of work\n"
    (folder / "avatar.draft.toml").write_text(worked_on)
    again = await new(tmp_path, "Ann")
    assert (folder / "avatar.draft.before.toml").read_text() == worked_on
    assert "kept as avatar.draft.before.toml" in again.out


async def test_sources_add_up_and_are_written_as_they_are_meant(tmp_path: Path):
    posts(tmp_path / "avatars" / "ann" / "content", 2)
    posts(tmp_path / "notes", 3)
    await new(tmp_path, "Ann", "--from", "avatars/ann/content")
    made = result(await new(tmp_path, "Ann", "--from", "notes", "--json"))
    assert [(one["source"], one["new"]) for one in made["read"]] == [("content", 0), (str(tmp_path / "notes"), 3)]
    listed = tomllib.loads((tmp_path / "avatars" / "ann" / "content.toml").read_text())
    assert listed["sources"] == ["content", str(tmp_path / "notes")]


# ── what is wrong ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--no-input",), 2, "Whose avatar? Give the creator's name"),
        ((), 2, "Whose avatar?"),  # no terminal to ask at
        (("Ann", "--from", "nowhere"), 2, "There is no nowhere."),
        (("???",), 2, "Choose one with --avatar."),
        (("Ann", "--avatar", "../ann"), 78, "'../ann': letters, digits"),
        (("Ann", "--consent", "everything"), 78, "consent[1]: must be one of 'telegram'"),
    ],
)
async def test_a_wrong_call_says_what_to_give_and_builds_nothing(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
):
    done = await new(tmp_path, *arguments)
    assert done.code == code
    assert said in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err
    assert files(tmp_path, "avatar*.toml") == []


async def test_without_any_content_the_draft_says_that_there_is_next_to_nothing_in_it(tmp_path: Path):
    made = await new(tmp_path, "Ann")
    assert made.code == 0, made.err
    assert "nothing in the creator's own words yet" in made.out


async def test_content_of_a_sample_is_not_taken_for_that_of_a_creator_with_its_name(tmp_path: Path):
    async with FakeModel() as model:
        await call(tmp_path, "chat", "-m", "hi", MODEL__BASE_URL=model.base_url)  # reads the sample Maya's content
    (sample,) = json.loads((await call(tmp_path, "content", "list", "maya", "--json")).out)
    posts(tmp_path / "notes", 2)
    made = result(await new(tmp_path, "Maya", "--from", "notes", "--json"))
    assert [(one["source"], one["new"], one["gone"]) for one in made["read"]] == [
        (str(tmp_path / "notes"), 2, 0),
        ("content", 0, sample["documents"]),
    ]
    assert "Gunnar" not in (tmp_path / "avatars" / "maya" / "avatar.toml").read_text()


# ── consent ──────────────────────────────────────────────────────────────────────────────────────


def telegram(folder: Path) -> Path:
    file = folder / "result.json"
    file.write_bytes(dumped(channel(message(1, "The oven is on, and the rye is rising."))))
    return file


async def test_a_telegram_export_waits_for_consent_and_is_read_with_it(tmp_path: Path):
    telegram(tmp_path)
    refused = await new(tmp_path, "Ann", "--from", "result.json")
    assert refused.code == 0, refused.err
    assert 'the consent "telegram" is missing' in refused.out
    assert "The oven" not in (tmp_path / "avatars" / "ann" / "avatar.toml").read_text()
    taken = result(await new(tmp_path, "Ann", "--consent", "telegram", "--json"))
    assert [(one["new"], one["skipped"]) for one in taken["read"]] == [(1, [])]


@pytest.mark.parametrize(("answer", "taken"), [("y", 1), ("", 0)])
async def test_at_a_terminal_consent_is_asked_for_and_no_is_the_default(tmp_path: Path, answer: str, taken: int):
    telegram(tmp_path)
    arguments = ("new", "Ann", "--from", "result.json", "--no-model")
    async with at_terminal(COMMAND, *arguments, cwd=tmp_path, env=environment(tmp_path)) as person:
        await person.sees(r"may it be used so\? \[y/N\]")
        person.types(answer)
        await person.sees("Look through")
        assert await person.ended() == 0
    listed = json.loads((await call(tmp_path, "content", "list", "ann", "--json")).out)
    assert sum(one["documents"] for one in listed) == taken
    file = tomllib.loads((tmp_path / "avatars" / "ann" / "content.toml").read_text())
    assert file.get("consent", []) == ["telegram"] * taken


# ── the wizard ───────────────────────────────────────────────────────────────────────────────────


async def test_the_wizard_asks_for_name_line_and_sources_and_takes_a_path_as_it_is_dropped(tmp_path: Path):
    posts(tmp_path / "my notes")
    async with at_terminal(COMMAND, "new", "--no-model", cwd=tmp_path, env=environment(tmp_path)) as person:
        await person.sees(r"What do fans call you\?")
        person.types("Ann Lee")
        await person.sees("What do you do, in one line")
        person.types("Bread and other accidents")
        await person.sees("Where is what you have published")
        await person.sees("from")
        person.types("nowhere")
        await person.sees("There is no nowhere")
        await person.sees("from")
        person.types(f"'{tmp_path / 'my notes'}'")
        await person.sees("from")
        person.types("")
        await person.sees(r"8 new \(8 passages\)")
        await person.sees("stagedoor chat --avatar ann-lee")
        assert await person.ended() == 0
    persona = parse((tmp_path / "avatars" / "ann-lee" / "avatar.toml").read_text(), "avatar.toml")
    assert (persona.name, persona.tagline) == ("Ann Lee", "Bread and other accidents")


async def test_leaving_the_wizard_makes_nothing(tmp_path: Path):
    async with at_terminal(COMMAND, "new", cwd=tmp_path, env=environment(tmp_path)) as person:
        await person.sees(r"What do fans call you\?")
        person.types(CTRL_C, end="")
        assert await person.ended() != 0
    assert not (tmp_path / "avatars").exists()
