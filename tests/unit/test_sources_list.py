"""``content.toml``: what is read from it, what is noted in it, and what is said when it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots import sources
from bots.avatars import SAMPLES
from bots.sources import Sources, located, on_the_web
from core import toml
from core.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    (folder / sources.FILE).write_text(text)
    return folder


def add(folder: Path, *found: str, creator: tuple[str, ...] = (), consent: tuple[str, ...] = ()) -> Sources:
    return sources.add(folder, sources=found, creator=creator, consent=consent)


def test_an_avatar_without_the_file_has_no_list(tmp_path: Path):
    assert sources.load(tmp_path) is None


def test_the_samples_list_is_valid():
    listed = sources.load(SAMPLES / "maya")
    assert listed is not None
    assert listed.sources == ("content",)


def test_what_is_noted_is_there_the_next_time_once(tmp_path: Path):
    add(tmp_path, "posts", creator=("maya",))
    noted = add(tmp_path, "posts", "https://maya.example/feed", creator=("maya", "@maya"), consent=("telegram",))
    assert noted == sources.load(tmp_path)
    assert noted.sources == ("posts", "https://maya.example/feed")
    assert noted.creator == ("maya", "@maya")
    assert noted.consent == ("telegram",)


def test_comments_and_order_of_the_creator_stay(tmp_path: Path):
    before = '# my things\nevery = 6  # hours\nsources = ["b"]  # the best\n'
    add(written(tmp_path, before), "a")
    after = (tmp_path / sources.FILE).read_text()
    assert after == before.replace('["b"]', '["b", "a"]')


def test_nothing_new_writes_nothing(tmp_path: Path):
    add(tmp_path, "a")
    file = tmp_path / sources.FILE
    file.chmod(0o444)
    before = file.stat()
    add(tmp_path, "a")
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_file_saved_on_windows_is_read(tmp_path: Path):
    (tmp_path / sources.FILE).write_bytes('\ufeffsources = ["a"]\r\n'.encode())
    assert add(tmp_path, "b").sources == ("a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source = []", "line 1, source: no such field. Did you mean 'sources'?"),
        ('sources = "posts"', "line 1, sources: must be a list."),
        ('sources = ["a",\n ""]', "line 2, sources[2]: is empty."),
        ('consent = ["everything"]', "line 1, consent[1]: must be one of 'telegram'."),
        ("every = -1", "line 1, every: "),
        ("every = 9000", "line 1, every: "),
        ("sources = [", "line 1: is not valid TOML"),
    ],
)
def test_an_error_names_file_line_field_and_mend_and_is_not_written_over(tmp_path: Path, text: str, said: str):
    written(tmp_path, text)
    attempts: list[Callable[[], object]] = [lambda: sources.load(tmp_path), lambda: add(tmp_path, "a")]
    for attempt in attempts:
        with pytest.raises(ConfigError) as caught:
            attempt()
        assert str(tmp_path / sources.FILE) in str(caught.value)
        assert said in str(caught.value)
    assert (tmp_path / sources.FILE).read_text() == text


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / sources.FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        sources.load(tmp_path)


def test_a_consent_that_does_not_exist_is_not_noted(tmp_path: Path):
    with pytest.raises(ConfigError, match="telegram"):
        add(tmp_path, "a", consent=("all",))
    assert not (tmp_path / sources.FILE).exists()


@pytest.mark.parametrize("address", ["https://a.example/x", "HTTP://a.example", "www.a.example"])
def test_addresses_stay_as_they_are(tmp_path: Path, address: str):
    assert on_the_web(address)
    assert located(address, tmp_path) == address


def test_paths_are_meant_from_the_avatars_folder(tmp_path: Path):
    assert located("posts/../notes", tmp_path) == str(tmp_path.resolve() / "notes")
    assert located("/srv/posts", tmp_path) == "/srv/posts"
    assert located("~/posts", tmp_path) == str(Path.home() / "posts")


name = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=30)


@given(st.lists(name, max_size=5))
def test_any_name_comes_back_as_it_was_noted(tmp_path_factory: pytest.TempPathFactory, names: list[str]):
    folder = tmp_path_factory.mktemp("avatar")
    noted = add(folder, *names)
    text = (folder / sources.FILE).read_text(encoding="utf-8") if names else ""
    assert noted.sources == tuple(dict.fromkeys(names))
    assert toml.read(text, "file", Sources) == noted
