"""Asking an avatar its cases anew, on the model, prompt and content as they are now, and saying what went wrong."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console

from adapters import storage, terminal
from adapters.bus.local import LocalBus
from adapters.library.recall import Recall
from adapters.storage import Storage
from bots import avatars, models
from bots.clock import SystemClock
from bots.duties import dispatch, reception
from bots.house import Making, library, rules, visiting, working
from bots.settings import Settings
from core import toml
from core.avatar import Avatar
from core.briefing import Mind
from core.cases import Case, Cases, failures
from core.engine import Engine
from core.errors import ConfigError
from core.model import AvatarId, ChatMessage, Outcome, Prompt
from core.ports import ChatModel
from core.text import clean

FILE = "cases.toml"
JUDGE_TOKENS = 200
LONGEST = 2000  # characters of a question, and of the answer that it should have got
LONGEST_TOLD = 20_000  # characters of what went wrong with one case
VERDICT = {
    "type": "object",
    "properties": {"same": {"type": "boolean"}, "why": {"type": "string"}},
    "required": ["same", "why"],
    "additionalProperties": False,
}
JUDGE = (
    "You compare two answers to a question; the first is right. Say whether the second tells the person who asked the "
    "same facts. Other words and more or less detail don't matter. "
    'Answer as JSON: {"same": true, "why": ""}'
)


@dataclass(frozen=True, slots=True)
class Result:
    """How one case went."""

    ask: str
    answer: str
    failures: tuple[str, ...]  # empty: right


async def cases(store: Storage, avatar: AvatarId, folder: Path) -> list[Case]:
    """The cases of an avatar: those of its ``cases.toml``, then one for every correction.

    Raises:
        ConfigError: The file has errors.
    """
    path = folder / FILE
    written = toml.read(avatars.read(path), str(path), Cases).cases if path.exists() else ()
    corrected = [one for one in await store.corrections.all(avatar) if one.question]
    return [*written, *(Case(ask=one.question[:LONGEST], means=one.text[:LONGEST]) for one in corrected)]


async def evaluate(
    settings: Settings, name: str, *, judge: bool, tell: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Result]:
    """Ask all cases, each in a conversation of its own that is kept nowhere.

    Args:
        settings: Where things are kept, and which model answers.
        name: The avatar's.
        judge: Let the model itself also judge whether an answer means what a correction says.
        tell: Told how many cases, of how many, are done.

    Raises:
        ConfigError: There is no such avatar, a file has errors, or there are no cases.
    """
    path = avatars.file_of(name, settings.avatars_dir)
    persona = avatars.checked(avatars.read(path), path)
    results: list[Result] = []
    async with visiting(settings) as store, models.choose(settings) as chosen:
        asked = await cases(store, AvatarId(name), path.parent)
        if not asked:
            raise ConfigError(f"There is nothing to check: write {path.parent / FILE}, or put a reply right.")
        avatar = Making(settings, name, path, chosen).avatar(persona, 0)
        async with _rehearsal(settings, store, avatar) as (engine, scratch):
            for number, case in enumerate(asked, 1):
                tell(number - 1, len(asked))
                result = await _tried(engine, scratch, avatar, f"case {number}", case)
                if judge and case.means and result.answer:
                    found = await _judged(chosen.model, case, result.answer)
                    result = replace(result, failures=(*result.failures, *found))
                results.append(result)
    return results


@asynccontextmanager
async def _rehearsal(settings: Settings, store: Storage, avatar: Avatar) -> AsyncIterator[tuple[Engine, Storage]]:
    """An engine over the real content and a database that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="stagedoor-eval-") as folder:
        async with (
            storage.open_storage(f"sqlite:///{folder}/eval.db", rules(settings, avatar)) as scratch,
            library(settings, store) as found,
        ):
            engine = Engine(
                inbox=scratch.inbox,
                turns=scratch.turns,
                leases=scratch.leases,
                mind=Mind(found, scratch.receipts, Recall(scratch.memory, scratch.message_vectors)),
                dispatch=dispatch(scratch),
                doors=scratch.doors,
                reception=reception(scratch),
                bus=LocalBus(),
                clock=SystemClock(),
            )
            async with working(engine):
                yield engine, scratch


async def _tried(engine: Engine, scratch: Storage, avatar: Avatar, fan: str, case: Case) -> Result:
    mouth = terminal.Terminal(Console(quiet=True), avatar.id, name=avatar.persona.name, fan=fan)
    engine.connect(mouth.place.account, avatar, mouth)
    await mouth.ask(engine, case.ask)
    receipt = await scratch.receipt(mouth.place)
    answer = str(receipt.get("remembered") or receipt.get("reply") or "")
    why = await scratch.receipts.why(avatar.id, str(receipt["turn"])) if receipt else None
    if why is None or why.outcome == Outcome.FALLBACK:
        return Result(case.ask, answer, ("No model answered.",))
    found = failures(case, answer, why.used, gap=why.gap)
    return Result(case.ask, answer, tuple(found))


async def _judged(model: ChatModel, case: Case, answer: str) -> Sequence[str]:
    """What a model says of an answer; a verdict that cannot be read counts for nothing."""
    question = f"Question: {case.ask}\n\nRight answer: {case.means}\n\nSecond answer: {answer}"
    messages = (ChatMessage("system", JUDGE), ChatMessage("user", question))
    prompt = Prompt(messages, max_tokens=JUDGE_TOKENS, temperature=0.0, schema=VERDICT)
    said = "".join([piece async for piece in model.stream(prompt) if isinstance(piece, str)])
    try:
        verdict = json.loads(said)
        return () if verdict["same"] else (f"The judge: {verdict['why']}",)
    except (ValueError, TypeError, KeyError):
        return ()


def junit(name: str, results: Sequence[Result]) -> str:
    """The results as JUnit XML, which build servers show."""
    failed = sum(bool(one.failures) for one in results)
    suite = ET.Element("testsuite", name=f"stagedoor eval {name}", tests=str(len(results)), failures=str(failed))
    for one in results:
        case = ET.SubElement(suite, "testcase", classname=name, name=_for_xml(one.ask))
        if one.failures:
            failure = ET.SubElement(case, "failure", message=_for_xml(one.failures[0]))
            failure.text = _for_xml("\n".join([*one.failures, "", one.answer]))
    written: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written.decode()


def _for_xml(text: str) -> str:
    """XML has no way to write control characters, and models have been seen to write them."""
    return clean(text, LONGEST_TOLD)
