"""The command ``stagedoor`` as a user runs it: a process of its own, with a fake model and fake platforms around it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.worlds.discord import FakeDiscord
from tests.worlds.model import FakeModel, says
from tests.worlds.telegram import TOKEN, FakeTelegram

PATIENCE = 40.0
COMMAND = Path(sys.executable).parent / "stagedoor"


@dataclass(frozen=True)
class Ended:
    """A process that has run to its end."""

    code: int
    out: str
    err: str


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Nothing of the machine's own settings, a data folder of the test's, and words alone to find content by."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STAGEDOOR_")}
    given = {f"STAGEDOOR_{name}": value for name, value in settings.items()}
    ours = {"STAGEDOOR_DATA_DIR": str(folder / "state"), "STAGEDOOR_EMBEDDINGS__BUILT_IN": "false"}
    return {**kept, **ours, "NO_COLOR": "1", "COLUMNS": "100", **given}


@asynccontextmanager
async def started(
    folder: Path, *arguments: str, stdin: int = asyncio.subprocess.DEVNULL, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command in a folder of the test's; killed at the end if it still runs."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        COMMAND, *arguments, cwd=folder, env=environment(folder, **settings), stdin=stdin, stdout=pipe, stderr=pipe
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(process: asyncio.subprocess.Process, stdin: str | None = None) -> Ended:
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate(stdin.encode() if stdin is not None else None)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def call(folder: Path, *arguments: str, stdin: str | None = None, **settings: str) -> Ended:
    """Run the command to its end."""
    pipe = asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE
    async with started(folder, *arguments, stdin=pipe, **settings) as process:
        return await ended(process, stdin)


async def test_piped_lines_are_answered_one_after_the_other_and_then_it_ends(tmp_path: Path):
    async with FakeModel() as model:
        model.next(says("Hej!"), says("Rye."))
        done = await call(tmp_path, "run", stdin="hi\nwhich flour?\n", MODEL__BASE_URL=model.base_url)
    assert done.code == 0
    assert done.out.index("Hej!") < done.out.index("Rye.")
    assert "AI stand-in for Maya" in done.out
    assert done.err.startswith("Reading what Maya Lindqvist has published")
    assert "failed" not in done.err


@pytest.mark.xdist_group("embedded")
async def test_with_no_endpoint_the_built_in_llama_answers_and_is_named_as_a_demo(tmp_path: Path):
    """The true end-to-end run: a real llama.cpp server with a real Llama-architecture model, and no fake anywhere."""
    done = await call(tmp_path, "run", stdin="hi\nwhat do you bake?\n")
    assert done.code == 0, done.err
    assert done.out.startswith("Just so you know: I'm an AI stand-in for Maya Lindqvist")
    assert len(done.out.split()) > 20
    assert "demo model" in done.err or "already running here" in done.err


async def test_with_nothing_to_run_it_says_what_to_set(tmp_path: Path):
    async with FakeModel() as model:
        done = await call(tmp_path, "run", MODEL__BASE_URL=model.base_url)
    assert done.code == 78
    assert "STAGEDOOR_TELEGRAM__TOKEN" in done.err


async def test_both_platforms_and_the_terminal_run_in_one_process(tmp_path: Path):
    async with FakeModel() as model, FakeTelegram(TOKEN) as telegram, FakeDiscord() as discord:
        async with started(
            tmp_path,
            "run",
            stdin=asyncio.subprocess.PIPE,
            MODEL__BASE_URL=model.base_url,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__BASE_URL=telegram.base_url,
            DISCORD__TOKEN=discord.token,
            DISCORD__API_URL=discord.api_url,
        ) as process:
            assert process.stdin is not None
            process.stdin.close()  # ends the terminal conversation only
            ann, ben = telegram.user("Ann"), discord.user("Ben")
            question = ann.says("token-ann")
            await discord.until(lambda: discord.gateway.connected, within=PATIENCE)
            await ben.dm("token-ben")
            assert "token-ann" in (await telegram.reply_to(question, deadline=PATIENCE)).text
            await discord.until(lambda: "token-ben" in "".join(ben.dms.texts(discord.bot)), within=PATIENCE)
            process.send_signal(signal.SIGTERM)
            done = await ended(process)
    assert done.code == 0
    assert "Traceback" not in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly_with_a_turn_under_way(tmp_path: Path, number: signal.Signals):
    hold = asyncio.Event()
    async with FakeModel() as model, FakeTelegram(TOKEN) as telegram:
        model.next(says(hold, "Late but whole."))
        async with started(
            tmp_path,
            "run",
            MODEL__BASE_URL=model.base_url,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__BASE_URL=telegram.base_url,
        ) as process:
            question = telegram.user("Ann").says("hi")
            await model.until(lambda m: m.in_flight == 1, within=PATIENCE)
            process.send_signal(number)
            hold.set()
            assert "Late but whole." in (await telegram.reply_to(question, deadline=PATIENCE)).text
            assert (await ended(process)).code == 0


async def test_a_bot_whose_token_is_refused_stops_alone(tmp_path: Path):
    async with FakeModel() as model, FakeTelegram(TOKEN) as telegram, FakeDiscord() as discord:
        wrong = "987654321:" + "w" * 35
        async with started(
            tmp_path,
            "run",
            MODEL__BASE_URL=model.base_url,
            TELEGRAM__TOKEN=wrong,
            TELEGRAM__BASE_URL=telegram.base_url,
            DISCORD__TOKEN=discord.token,
            DISCORD__API_URL=discord.api_url,
        ) as process:
            await discord.until(lambda: discord.gateway.connected, within=PATIENCE)
            ben = discord.user("Ben")
            await ben.dm("token-ben")
            await discord.until(lambda: "token-ben" in "".join(ben.dms.texts(discord.bot)), within=PATIENCE)
            process.send_signal(signal.SIGTERM)
            done = await ended(process)
    assert done.code == 0
    assert "STAGEDOOR_TELEGRAM__TOKEN" in done.err
    assert wrong not in done.err


async def test_when_the_only_bot_is_refused_it_ends_with_a_configuration_error(tmp_path: Path):
    async with FakeModel() as model, FakeTelegram(TOKEN) as telegram:
        done = await call(
            tmp_path,
            "run",
            MODEL__BASE_URL=model.base_url,
            TELEGRAM__TOKEN="987654321:" + "w" * 35,
            TELEGRAM__BASE_URL=telegram.base_url,
        )
    assert done.code == 78
    assert "@BotFather" in done.err


async def test_no_secret_is_in_any_line_of_the_fullest_log(tmp_path: Path):
    key = "model-key-0123456789abcdef"
    async with FakeModel(key=key) as model, FakeTelegram(TOKEN) as telegram, FakeDiscord() as discord:
        async with started(
            tmp_path,
            "run",
            LOG_LEVEL="debug",
            MODEL__BASE_URL=model.base_url,
            MODEL__API_KEY=key,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__BASE_URL=telegram.base_url,
            DISCORD__TOKEN=discord.token,
            DISCORD__API_URL=discord.api_url,
        ) as process:
            question = telegram.user("Ann").says("the private words of Ann")
            await telegram.reply_to(question, deadline=PATIENCE)
            await discord.until(lambda: discord.gateway.connected, within=PATIENCE)
            process.send_signal(signal.SIGTERM)
            done = await ended(process)
    assert "turn.decided" in done.err
    for secret in (TOKEN, TOKEN.partition(":")[2], discord.token, key, "private words of Ann"):
        assert secret not in done.err


async def test_chat_asks_one_thing_and_gives_the_receipt_as_json(tmp_path: Path):
    async with FakeModel() as model:
        model.next(says("Rye."))
        arguments = ("chat", "--message", "which flour?", "--json", "--fan", "Ann")
        done = await call(tmp_path, *arguments, MODEL__BASE_URL=model.base_url)
    assert done.code == 0, done.err
    reply = json.loads(done.out)
    assert reply["avatar"] == "maya"
    assert reply["outcome"] == "answered"
    assert reply["reply"].endswith("Rye.")
    assert reply["usage"]["prompt"] > 0


async def test_chat_remembers_each_fan_across_processes(tmp_path: Path):
    async with FakeModel() as model:
        for fan, text in (("Ann", "I am Ann"), ("Ben", "I am Ben"), ("Ann", "who am I?")):
            done = await call(tmp_path, "chat", "-m", text, "--fan", fan, MODEL__BASE_URL=model.base_url)
            assert done.code == 0, done.err
        last = str(model.asked[-1].messages)
    assert "I am Ann" in last
    assert "I am Ben" not in last


async def test_a_data_folder_in_use_is_said_so(tmp_path: Path):
    async with FakeModel() as model, FakeTelegram(TOKEN) as telegram:
        async with started(
            tmp_path,
            "run",
            MODEL__BASE_URL=model.base_url,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__BASE_URL=telegram.base_url,
        ):
            await telegram.until(lambda: bool(telegram.calls), deadline=PATIENCE)
            done = await call(tmp_path, "chat", "-m", "hi", MODEL__BASE_URL=model.base_url)
    assert done.code == 78
    assert "in use" in done.err


async def test_doctor_names_what_is_wrong_with_its_mend(tmp_path: Path):
    async with FakeModel(key="right") as model, FakeTelegram(TOKEN) as telegram:
        done = await call(
            tmp_path,
            "doctor",
            "--json",
            MODEL__BASE_URL=model.base_url,
            MODEL__API_KEY="wrong-key-of-ours",
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__BASE_URL=telegram.base_url,
        )
    assert done.code == 1
    findings = json.loads(done.out)
    levels = {finding["check"]: finding["level"] for finding in findings}
    assert levels["database"] == levels["disk"] == levels["avatar"] == levels["clock"] == "pass"
    assert any("model" in check and level == "fail" for check, level in levels.items())
    assert any("telegram" in check.lower() and level == "pass" for check, level in levels.items())
    assert all(finding["mend"] for finding in findings if finding["level"] == "fail")
    assert "wrong-key-of-ours" not in done.out + done.err


async def test_doctor_is_content_with_a_sound_setup(tmp_path: Path):
    async with FakeModel() as model:
        done = await call(tmp_path, "doctor", MODEL__BASE_URL=model.base_url)
    assert done.code == 0, done.out
    assert "fail" not in done.out


async def test_avatars_lists_the_sample_and_ones_own(tmp_path: Path):
    own = tmp_path / "avatars" / "ann"
    own.mkdir(parents=True)
    (own / "avatar.toml").write_text('name = "Ann Lee"\npersonality = "Kind."\ngreeting = "Hi."\n')
    done = await call(tmp_path, "avatars", "--json")
    assert {row["avatar"]: row["name"] for row in json.loads(done.out)} == {"maya": "Maya Lindqvist", "ann": "Ann Lee"}


@pytest.mark.parametrize(
    ("settings", "arguments", "code", "said"),
    [
        ({"LIMITS__PER_MINUTE": "many"}, ("run",), 78, "STAGEDOOR_LIMITS__PER_MINUTE (set in the environment)"),
        ({"TELEGRAMM__TOKEN": "x"}, ("run",), 78, "Did you mean STAGEDOOR_TELEGRAM__TOKEN?"),
        ({"MODEL__BASE_URL": "llama.local"}, ("run",), 78, "Write it in full"),
        ({"MODEL__FALLBACKS": "{"}, ("run",), 78, "begins with STAGEDOOR_MODEL is not valid JSON"),
        ({"AVATAR": "nobody"}, ("run",), 78, "There is no avatar 'nobody'. Known: maya"),
        ({"DISCORD__CREATORS": "17,@maya"}, ("run",), 78, "STAGEDOOR_DISCORD__CREATORS (set in the environment)"),
        ({"TELEGRAM__TOKEN": "s3cret"}, ("run",), 78, "STAGEDOOR_TELEGRAM__TOKEN is not a bot token"),
        ({"DATABASE_URL": "mysql://u:s3cret@h/d"}, ("run",), 78, "postgresql://"),
        ({}, ("fly",), 2, "No such command 'fly'"),
        ({}, ("chat", "--loud"), 2, "No such option"),
    ],
)
async def test_a_wrong_setting_starts_nothing_and_names_its_mend(
    tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...], code: int, said: str
):
    async with FakeModel() as model:
        done = await call(tmp_path, *arguments, **{"MODEL__BASE_URL": model.base_url, **settings})
    assert done.code == code
    assert said in " ".join(done.err.split())
    assert "s3cret" not in done.out + done.err
    assert "Traceback" not in done.err


async def test_a_setting_in_the_env_file_is_named_with_the_file(tmp_path: Path):
    (tmp_path / ".env").write_text("STAGEDOOR_LIMITS__PER_DAY=lots\n")
    done = await call(tmp_path, "run")
    assert done.code == 78
    assert str(tmp_path / ".env") in done.err.replace("\n", "")
