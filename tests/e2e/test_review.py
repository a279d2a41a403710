"""Looking at replies, putting them right, and keeping them right: ``gaps``, ``why``, ``revise``, ``eval``, drafts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.test_cli import Ended, call
from tests.e2e.test_content import PERSONA, avatar
from tests.worlds.model import FakeModel, says

RYE = """---
url: https://ann.example/rye
---
# Rye for beginners

Rye wants 85 percent water and a long rest in the tin.
"""
NO_ANSWER = '[texts]\nno_answer = "I have not said anything about that yet."\n'


def strict(folder: Path) -> Path:
    """An avatar that answers from its one text only; its folder."""
    content = avatar(folder, more=f'strictness = "strict"\n{NO_ANSWER}')
    (content / "rye.md").write_text(RYE)
    return content.parent


async def ask(folder: Path, model: FakeModel, text: str, fan: str = "bo", *more: str) -> dict[str, Any]:
    """Ask one thing; the reply with its receipt."""
    arguments = ("chat", "--avatar", "ann", "-m", text, "--fan", fan, "--json", *more)
    done = await call(folder, *arguments, MODEL__BASE_URL=model.base_url)
    assert done.code == 0, done.err
    reply: dict[str, Any] = json.loads(done.out)
    return reply


async def evaluated(folder: Path, model: FakeModel, *more: str) -> Ended:
    done = await call(folder, "eval", "ann", *more, MODEL__BASE_URL=model.base_url)
    assert "Traceback" not in done.err, done.err
    return done


def cases(home: Path, text: str) -> None:
    (home / "cases.toml").write_text(text)


# ── strict, and what fans look for in vain ───────────────────────────────────────────────────────


async def test_a_strict_avatar_answers_from_its_content_with_the_link_under_it(tmp_path: Path):
    strict(tmp_path)
    async with FakeModel() as model:
        model.next(says("Rye wants 85 percent water. [1]"))
        reply = await ask(tmp_path, model, "water for rye?")
    assert "Rye wants 85 percent water.\n\nSources: [Rye for beginners](https://ann.example/rye)" in reply["reply"]
    assert reply["outcome"] == "answered"
    assert [(one["title"], one["cited"]) for one in reply["sources"]] == [("Rye for beginners", True)]


async def test_a_strict_avatar_that_makes_something_up_is_made_to_quote(tmp_path: Path):
    strict(tmp_path)
    async with FakeModel() as model:
        model.next(says("Rye wants 40 percent oil and forty dragons."))
        reply = await ask(tmp_path, model, "water for rye?")
    assert "dragons" not in reply["reply"]
    assert "Rye wants 85 percent water" in reply["reply"]


async def test_a_strict_avatar_says_so_where_nothing_is_published_and_asks_no_model(tmp_path: Path):
    strict(tmp_path)
    async with FakeModel() as model:
        reply = await ask(tmp_path, model, "which camera films the kitchen?")
        assert model.asked == []
    assert reply["reply"].endswith("I have not said anything about that yet.")
    assert reply["outcome"] == "fixed"


async def test_what_three_fans_ask_in_vain_is_one_theme_in_words_that_all_of_them_used(tmp_path: Path):
    strict(tmp_path)
    asked = {
        "ann": "which camera films the kitchen? my secret is zanzibar",
        "bo": "what camera films this kitchen, please?",
        "cy": "so which camera films your kitchen then?",
    }
    async with FakeModel() as model:
        for fan, question in list(asked.items())[:2]:
            await ask(tmp_path, model, question, fan)
        too_few = json.loads((await call(tmp_path, "gaps", "ann", "--json")).out)
        await ask(tmp_path, model, asked["cy"], "cy")
    done = await call(tmp_path, "gaps", "ann", "--json")
    (theme,) = json.loads(done.out)
    assert too_few == []
    assert (theme["fans"], theme["questions"]) == (3, 3)
    assert {"camera", "films", "kitchen"} <= set(theme["words"])
    shown = done.out + (await call(tmp_path, "gaps", "ann")).out
    assert "zanzibar" not in shown
    assert not any(question in shown for question in asked.values())


async def test_fewer_fans_than_could_hide_one_of_them_are_never_shown(tmp_path: Path):
    done = await call(tmp_path, "gaps", "--fans", "2")
    assert done.code == 2


# ── why ──────────────────────────────────────────────────────────────────────────────────────────


async def test_why_shows_what_went_into_a_reply_by_its_turn_and_quotes_nobody(tmp_path: Path):
    strict(tmp_path)
    async with FakeModel() as model:
        model.next(says("Rye wants 85 percent water."))
        reply = await ask(tmp_path, model, "water for rye, says zanzibar?")
    turn = str(reply["turn"])
    shown = json.loads((await call(tmp_path, "why", turn, "--avatar", "ann", "--json")).out)
    assert shown["outcome"] == "answered"
    assert [(one["kind"], one["url"], one["cited"]) for one in shown["used"]] == [
        ("passage", "https://ann.example/rye", True)
    ]
    told = await call(tmp_path, "why", turn, "--avatar", "ann")
    assert f"Turn {turn}," in told.out
    assert "passage, rests on: Rye for beginners https://ann.example/rye" in told.out
    assert "zanzibar" not in told.out + json.dumps(shown)


async def test_why_of_a_question_without_an_answer_says_so(tmp_path: Path):
    strict(tmp_path)
    async with FakeModel() as model:
        reply = await ask(tmp_path, model, "which camera films the kitchen?")
    told = await call(tmp_path, "why", str(reply["turn"]), "--avatar", "ann")
    assert "Nothing published answers the question." in told.out


@pytest.mark.parametrize("command", [("why", "99"), ("revise", "99", "--text", "x"), ("revise", "7", "--remove")])
async def test_a_reply_or_correction_that_there_is_not_is_named(tmp_path: Path, command: tuple[str, ...]):
    strict(tmp_path)
    done = await call(tmp_path, *command, "--avatar", "ann")
    assert done.code == 1
    assert "There is no" in done.err
    assert "Traceback" not in done.err


async def test_another_avatars_reply_is_neither_shown_nor_put_right(tmp_path: Path):
    strict(tmp_path)
    avatar(tmp_path, "ben")
    async with FakeModel() as model:
        reply = await ask(tmp_path, model, "water for rye?")
    for command in (("why", str(reply["turn"])), ("revise", str(reply["turn"]), "--text", "x")):
        assert (await call(tmp_path, *command, "--avatar", "ben")).code == 1


# ── put right ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("arguments", [("1",), ("1", "--text", "  "), ("1", "--text", "x", "--remove")])
async def test_revise_wants_either_a_text_or_to_take_one_back(tmp_path: Path, arguments: tuple[str, ...]):
    assert (await call(tmp_path, "revise", *arguments)).code == 2


async def test_a_correction_stands_first_in_the_next_prompt_and_is_checked_from_then_on(tmp_path: Path):
    strict(tmp_path)
    async with FakeModel() as model:
        reply = await ask(tmp_path, model, "water for rye?")
        revised = await call(
            tmp_path, "revise", str(reply["turn"]), "--avatar", "ann", "--text", "Rye wants 90 percent."
        )
        assert revised.code == 0, revised.err
        assert "stagedoor eval ann" in revised.out
        model.next(says("Rye wants 90 percent."))
        answer = await ask(tmp_path, model, "water for rye?", "cy")
        prompt = model.asked[-1].last
        assert "Rye wants 90 percent." in answer["reply"]
        assert prompt.index("[1] water for rye?") < prompt.index("Rye wants 90 percent.") < prompt.index("85 percent")
        assert "put right by the creator" in prompt
        model.next(says("Rye wants 90 percent."))
        assert (await evaluated(tmp_path, model)).code == 0
        model.next(says("Rye wants 85 percent."))
        wrong = await evaluated(tmp_path, model)
        assert wrong.code == 1
        assert "It leaves out 90." in wrong.out


async def test_a_correction_that_is_taken_back_is_gone(tmp_path: Path):
    strict(tmp_path)
    async with FakeModel() as model:
        reply = await ask(tmp_path, model, "water for rye?")
        await call(tmp_path, "revise", str(reply["turn"]), "--avatar", "ann", "--text", "Rye wants 90 percent.")
        assert (await call(tmp_path, "revise", "1", "--remove", "--avatar", "ann")).code == 0
        await ask(tmp_path, model, "water for rye?", "cy")
        assert "90 percent" not in model.asked[-1].last
        assert (await evaluated(tmp_path, model)).code == 78  # nothing to check


# ── checked ──────────────────────────────────────────────────────────────────────────────────────

CASES = """
[[cases]]
ask = "water for rye?"
says = ["85 percent | 85 %"]
never = ["70 percent"]
cites = ["https://ann.example/rye"]

[[cases]]
ask = "which camera films the kitchen?"
answered = false
"""


async def test_cases_that_hold_end_with_code_0_and_leave_no_trace(tmp_path: Path):
    cases(strict(tmp_path), CASES)
    async with FakeModel() as model:
        model.next(says("Rye wants 85 percent water."))
        assert "content: 1 new" in (await call(tmp_path, "content", "sync", "ann")).out
        done = await evaluated(tmp_path, model)
    assert (done.code, done.out) == (0, "2 of 2 right.\n")
    assert json.loads((await call(tmp_path, "gaps", "ann", "--json")).out) == []
    assert (await call(tmp_path, "why", "1", "--avatar", "ann")).code == 1  # the rehearsal is kept nowhere


async def test_a_case_that_fails_is_told_in_words_in_json_and_in_junit(tmp_path: Path):
    home = strict(tmp_path)
    (home / "avatar.toml").write_text(PERSONA.format("Ann"))  # free to say more than what is published
    cases(home, '[[cases]]\nask = "water for rye?"\nsays = ["85 percent"]\nnever = ["70"]\n' * 2)
    junit = tmp_path / "results.xml"
    async with FakeModel() as model:
        await call(tmp_path, "content", "sync", "ann")
        model.next(*[says("Rye wants 70 percent."), says("Rye wants 85 percent.")] * 2)
        in_json = await evaluated(tmp_path, model, "--json", "--junit", str(junit))
        shown = await evaluated(tmp_path, model)
    assert in_json.code == shown.code == 1
    first, second = json.loads(in_json.out)
    failures = ['It does not say "85 percent".', 'It says "70".']
    assert (first["failures"], second["failures"]) == (failures, [])
    suite = ET.fromstring(junit.read_text())  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [one.find("failure") is None for one in suite] == [False, True]
    assert "wrong: water for rye?\n  It does not say" in shown.out
    assert shown.out.endswith("1 of 2 right.\n")


async def test_a_model_that_does_not_answer_is_no_right_answer(tmp_path: Path):
    cases(strict(tmp_path), '[[cases]]\nask = "water for rye?"\n')
    await call(tmp_path, "content", "sync", "ann")
    nowhere = {"MODEL__BASE_URL": "http://127.0.0.1:9/v1", "MODEL__RETRIES": "0"}
    done = await call(tmp_path, "eval", "ann", **nowhere)
    assert done.code == 1
    assert "No model answered." in done.out


async def test_a_judge_is_asked_on_top_where_a_whole_answer_is_known(tmp_path: Path):
    cases(strict(tmp_path), '[[cases]]\nask = "water for rye?"\nmeans = "Rye wants 85 percent water."\n')
    async with FakeModel() as model:
        await call(tmp_path, "content", "sync", "ann")
        model.next(says("Rye never wants 85 percent water."), says('{"same": false, "why": "It says the opposite."}'))
        judged = await evaluated(tmp_path, model, "--judge")
        model.next(says("Rye wants 85 percent water."), says("hm"))
        undecided = await evaluated(tmp_path, model, "--judge")
    assert judged.code == 1
    assert "The judge: It says the opposite." in judged.out
    assert undecided.code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[cases]]\nask = "water?"\nsay = ["85"]\n', "line 3, cases[1].say: no such field. Did you mean 'says'?"),
        ('[[cases]]\nsays = ["85"]\n', "line 1, cases[1].ask: is missing."),
        ('[[cases]]\nask = "water?"\nsays = "85"\n', "line 3, cases[1].says: must be a list."),
        ("[[cases]\n", "line 1: is not valid TOML"),
    ],
)
async def test_an_error_in_the_cases_names_file_line_and_field(tmp_path: Path, text: str, said: str):
    cases(strict(tmp_path), text)
    async with FakeModel() as model:
        done = await evaluated(tmp_path, model)
        assert model.asked == []
    assert done.code == 78
    assert "cases.toml" in done.err
    assert said in done.err


async def test_results_that_cannot_be_written_are_said_so(tmp_path: Path):
    cases(strict(tmp_path), CASES)
    async with FakeModel() as model:
        done = await evaluated(tmp_path, model, "--junit", str(tmp_path / "nowhere" / "results.xml"))
    assert done.code == 78
    assert "cannot be written" in done.err


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_draft_can_be_talked_to_beside_the_published_avatar(tmp_path: Path):
    home = strict(tmp_path)
    published = (home / "avatar.toml").read_text()
    (home / "avatar.draft.toml").write_text(published.replace("Warm.", "Frosty."))
    async with FakeModel() as model:
        await ask(tmp_path, model, "water for rye?")
        await ask(tmp_path, model, "water for rye?", "cy", "--draft")
    before, draft = (asked.messages[0]["content"] for asked in model.asked)
    assert "Warm." in before
    assert "Frosty." in draft
    assert "85 percent" in model.asked[-1].last
