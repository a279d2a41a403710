"""Draft, published and earlier versions of an avatar, as a creator works with them from the command line."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.e2e.test_cli import PATIENCE, call, started
from tests.worlds.model import FakeModel
from tests.worlds.telegram import TOKEN, FakeTelegram

ONE, TWO, THREE = (f'name = "Ann {word}"\npersonality = "Kind."\ngreeting = "Hi."\n' for word in ("I", "II", "III"))


class Ann:
    """An avatar's folder; a text of None means that there is no such file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "avatars" / "ann"
        self.folder.mkdir(parents=True)
        self.save(published=ONE)

    def save(self, **texts: str | None) -> None:
        for which, text in texts.items():
            path = self._path(which)
            path.unlink() if text is None else path.write_text(text)

    def reads(self, which: str) -> str | None:
        path = self._path(which)
        return path.read_text() if path.exists() else None

    def _path(self, which: str) -> Path:
        return self.folder / {"published": "avatar.toml", "draft": "avatar.draft.toml", "picture": "me.png"}[which]


@pytest.fixture
def ann(tmp_path: Path) -> Ann:
    return Ann(tmp_path)


async def history(folder: Path) -> list[tuple[int, str]]:
    done = await call(folder, "avatar", "history", "ann", "--json")
    assert done.code == 0, done.err
    return [(row["version"], row["note"]) for row in json.loads(done.out)]


async def test_a_draft_is_compared_published_and_rolled_back(tmp_path: Path, ann: Ann):
    ann.save(draft=TWO)
    compared = await call(tmp_path, "avatar", "diff", "ann", "draft")
    assert '-name = "Ann I"\n+name = "Ann II"\n' in compared.out
    published = await call(tmp_path, "avatar", "publish", "ann", "--note", "a second name", "--json")
    assert json.loads(published.out)["version"] == 2
    assert (ann.reads("published"), ann.reads("draft")) == (TWO, None)
    assert await history(tmp_path) == [(2, "a second name"), (1, "saved by hand")]
    back = await call(tmp_path, "avatar", "rollback", "ann", "1")
    assert back.out == "ann: version 3 is published, in avatars/ann/avatar.toml.\n"
    assert ann.reads("published") == ONE
    assert await history(tmp_path) == [(3, "version 1 again"), (2, "a second name"), (1, "saved by hand")]
    newest = await call(tmp_path, "avatar", "diff", "ann")
    assert newest.out.startswith("--- ann 2\n+++ ann 3\n")
    assert (await call(tmp_path, "avatar", "diff", "ann", "1", "3")).out == ""


async def test_what_a_rollback_replaces_is_kept_although_nobody_published_it(tmp_path: Path, ann: Ann):
    ann.save(draft=TWO)
    await call(tmp_path, "avatar", "publish", "ann")
    ann.save(published="broken = \n")
    done = await call(tmp_path, "avatar", "rollback", "ann", "2")
    assert done.code == 0, done.err
    assert ann.reads("published") == TWO
    shown = await call(tmp_path, "avatar", "diff", "ann", "3")
    assert "+broken = \n" in shown.out


async def test_a_new_avatar_may_be_nothing_but_a_draft(tmp_path: Path, ann: Ann):
    ann.save(draft=ONE, published=None)
    done = await call(tmp_path, "avatar", "publish", "ann")
    assert done.out == "ann: version 1 is published, in avatars/ann/avatar.toml.\n"
    assert ann.reads("published") == ONE


async def test_a_copy_of_a_sample_is_ones_own_with_all_its_content(tmp_path: Path):
    done = await call(tmp_path, "avatar", "copy", "maya", "mine", "--json")
    copied = tmp_path / json.loads(done.out)["file"]
    assert 'name = "Maya Lindqvist"' in copied.read_text()
    assert len(list((copied.parent / "content").rglob("*.*"))) > 25
    copied.with_name("avatar.draft.toml").write_text(TWO)
    assert (await call(tmp_path, "avatar", "publish", "mine")).code == 0
    assert copied.read_text() == TWO


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("publish", "ann"), "'ann' has no draft. Copy avatar.toml to"),
        (("publish", "maya"), "'maya' has no draft."),
        (("rollback", "maya", "1"), "'maya' is a sample that comes with Stagedoor and is not changed."),
        (("rollback", "maya", "1"), "stagedoor avatar copy maya NEW"),
        (("rollback", "ann", "7"), "There is no version 7 of ann. See: stagedoor avatar history ann"),
        (("diff", "ann"), "ann has no versions yet."),
        (("diff", "ann", "last"), "'last' is no version. Give a number"),
        (("diff", "ann", "99999999999999999999"), "There is no version 99999999999999999999"),
        (("history", "bob"), "There is no avatar 'bob'. Known: ann, maya."),
        (("copy", "maya", "ann"), "avatars/ann exists already."),
        (("copy", "maya", "../x"), "letters, digits"),
        (("copy", "bob", "x"), "There is no avatar 'bob'."),
    ],
)
async def test_what_cannot_be_done_changes_nothing_and_says_what_can(
    tmp_path: Path, ann: Ann, arguments: tuple[str, ...], said: str
):
    done = await call(tmp_path, "avatar", *arguments)
    assert done.code == 78
    assert said in " ".join(done.err.split())
    assert [path.name for path in ann.folder.parent.rglob("*")] == ["ann", "avatar.toml"]
    assert ann.reads("published") == ONE


async def test_a_draft_with_errors_is_not_published(tmp_path: Path, ann: Ann):
    ann.save(draft=TWO + "greting = 1\n")
    done = await call(tmp_path, "avatar", "publish", "ann")
    assert done.code == 78
    assert "line 4, greting: no such field. Did you mean 'greeting'?" in done.err
    assert (ann.reads("published"), ann.reads("draft")) == (ONE, TWO + "greting = 1\n")
    assert await history(tmp_path) == []


async def test_a_version_that_is_not_sound_today_is_not_published_again(tmp_path: Path, ann: Ann):
    ann.save(published=ONE + 'picture = "me.png"\n', picture="", draft=TWO)
    await call(tmp_path, "avatar", "publish", "ann")
    ann.save(picture=None)
    done = await call(tmp_path, "avatar", "rollback", "ann", "1")
    assert done.code == 78
    assert "Version 1 of ann cannot be published today." in done.err
    assert ann.reads("published") == TWO


async def test_versions_are_worked_on_while_the_avatar_runs(tmp_path: Path, ann: Ann):
    async with FakeModel() as model, FakeTelegram(TOKEN) as telegram:
        async with started(
            tmp_path,
            "run",
            AVATAR="ann",
            MODEL__BASE_URL=model.base_url,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__BASE_URL=telegram.base_url,
        ) as process:
            await telegram.until(lambda: bool(telegram.calls), deadline=PATIENCE)
            ann.save(draft=TWO)
            published = await call(tmp_path, "avatar", "publish", "ann")
            assert published.code == 0, published.err
            assert (await history(tmp_path))[0][1] == "published"
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    assert ann.reads("published") == TWO
