"""The documentation, held against the program: names, commands, links, and the tables generated from the code.

``python -m tests.unit.test_docs`` writes the generated tables anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from bots import settings
from bots.cli import cli
from bots.sources import Sources
from core.cases import Cases
from core.commands import MENU, START, TABLE
from core.control import Command
from core.persona import Persona

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
REGENERATE = "The page is stale. Write it anew: .venv/bin/python -m tests.unit.test_docs"

MAKEFILE = (ROOT / "Makefile").read_text()


def leaves(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its whole name; those of a group one by one."""
    for name, one in group.commands.items():
        whole = f"{before} {name}".strip()
        if not hasattr(one, "commands") or one.invoke_without_command:
            yield whole, one
        if hasattr(one, "commands"):
            yield from leaves(one, whole)


COMMANDS: Mapping[str, Any] = dict(leaves(typer.main.get_group(cli)))


# ── the generated tables ─────────────────────────────────────────────────────────────────────────


def table(heading: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def settings_table() -> str:
    return table(
        ("setting", "default", "what it is"),
        ((code(name), code(default), meaning) for name, default, meaning in settings.reference()),
    )


def commands_table() -> str:
    rows = ((code(f"stagedoor {name}"), one.help, options(one)) for name, one in COMMANDS.items())
    return table(("command", "what it does", "options"), rows)


def options(command: Any) -> str:
    return "<br>".join(f"{code(', '.join(one.opts))} {one.help}" for one in command.params)


def fan_commands_table() -> str:
    return table(("command", "what menus say"), ((code(f"/{one.name}"), one.description) for one in (START, *MENU)))


def chat_commands_table() -> str:
    rows = (
        (code(f"/{one.name}"), one.description, arguments(one), one.audience.name.lower().replace("fan", "everybody"))
        for one in TABLE
    )
    return table(("command", "what it does", "with", "for whom"), rows)


def arguments(command: Command) -> str:
    named = ((code(one.name if one.required else f"[{one.name}]"), one) for one in command.arguments)
    return "<br>".join(f"{name} {one.description}" for name, one in named)


GENERATED = {
    "settings": settings_table,
    "commands": commands_table,
    "fan commands": fan_commands_table,
    "chat commands": chat_commands_table,
}
HOLDERS = [
    ("README.md", "settings"),
    ("README.md", "fan commands"),
    ("docs/reference/settings.md", "settings"),
    ("docs/reference/commands.md", "commands"),
    ("docs/reference/commands.md", "chat commands"),
]


def between(name: str) -> re.Pattern[str]:
    return re.compile(f"(?<=<!-- generated: {name} -->\n).*?(?=<!-- end of generated -->)", re.DOTALL)


def write_anew() -> None:
    for path, name in HOLDERS:
        page = ROOT / path
        text = page.read_text()
        found = between(name).search(text)
        assert found is not None, f"{path} has no place for the table of {name}"
        page.write_text(text[: found.start()] + GENERATED[name]() + text[found.end() :])


@pytest.mark.parametrize(("path", "name"), HOLDERS)
def test_a_generated_table_equals_the_code(path: str, name: str) -> None:
    found = between(name).search((ROOT / path).read_text())
    assert found is not None, f"{path} has no place for the table of {name}"
    assert found[0] == GENERATED[name](), REGENERATE


# ── the creator's files ──────────────────────────────────────────────────────────────────────────

SCHEMA = Persona.model_json_schema()
CASES = Cases.model_json_schema()
PLAIN = {
    "boolean": "`true` or `false`",
    "number": "number from {minimum:g} to {maximum:g}",
    "integer": "whole number, {minimum} to {maximum}",
}
OTHER_PARTS = {  # of other files than avatar.toml
    ("content-toml.md", "top"): Sources.model_json_schema(),
    ("cases-toml.md", "top"): CASES,
    ("cases-toml.md", "case"): CASES["$defs"]["Case"],
}
FIELD = re.compile(r"^\| `(\w+)` \| ([^|]+?) \| ([^|]*?) \|", re.MULTILINE)


def parts() -> dict[str, Any]:
    """Each table of an avatar.toml by its heading in the docs, with its schema."""
    inner = {
        "style": "Style",
        "avoid": "Avoided",
        "links": "Link",
        "examples": "Example",
        "tiers": "Tier",
        "texts": "Texts",
    }
    return {"top": SCHEMA, **{name: SCHEMA["$defs"][kind] for name, kind in inner.items()}}


def kind(schema: Mapping[str, Any]) -> str:
    """In the reader's words, what may stand in a field."""
    if "anyOf" in schema:
        return kind(schema["anyOf"][0])
    if "$ref" in schema:
        return "table"
    if "enum" in schema:
        *some, last = map(code, schema["enum"])
        return f"{', '.join(some)} or {last}"
    if schema["type"] in PLAIN:
        return PLAIN[schema["type"]].format(**schema)
    if schema["type"] == "array":
        least, most = schema.get("minItems"), schema.get("maxItems")
        bounds = [f"at least {least}"] if least else []
        bounds += [f"at most {most}"] if most else []
        return ", ".join([several(schema["items"]), *bounds])
    return "web address" if schema.get("format") == "uri" else f"text, {extent(schema)}"


def several(items: Mapping[str, Any]) -> str:
    if "$ref" in items:
        return "tables"
    return f"list of {code(items['const'])}" if "const" in items else f"list of texts, {extent(items)} each"


def extent(schema: Mapping[str, Any]) -> str:
    if digits := re.fullmatch(r"\^\[0-9\]\{(\d+),(\d+)\}\$", schema.get("pattern", "")):
        return f"{digits[1]} to {digits[2]} digits"
    return f"up to {schema['maxLength']} characters"


def default(name: str, schema: Mapping[str, Any]) -> str:
    if name in schema.get("required", ()):
        return "required"
    value = schema["properties"][name].get("default")
    if isinstance(value, list):
        return code("[" + ", ".join(f'"{one}"' for one in value) + "]") if value else ""
    return (
        code(str(value).lower() if isinstance(value, bool) else str(value))
        if value and not isinstance(value, dict)
        else ""
    )


DESCRIBED = {("avatar-toml.md", part): schema for part, schema in parts().items()} | OTHER_PARTS


@pytest.mark.parametrize(("page", "part"), DESCRIBED)
def test_the_page_on_a_file_has_every_field_with_its_limits_and_default(page: str, part: str) -> None:
    text = (ROOT / "docs/reference" / page).read_text()
    section = text.partition(f"<!-- part: {part} -->")[2].partition("<!-- part:")[0]
    schema = DESCRIBED[page, part]
    expected = [(name, kind(field), default(name, schema)) for name, field in schema["properties"].items()]
    assert FIELD.findall(section) == expected


# ── what pages mention ───────────────────────────────────────────────────────────────────────────

LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
CALL = r"(?:^|[|&;(])\s*(?:[A-Z_]+=\S* )*"
MAKE = re.compile(rf"{CALL}make ([^|&;#)\n]+)", re.MULTILINE)
STAGEDOOR = re.compile(rf"{CALL}(?:\S*/)?stagedoor ([^|&;#)<\n]+)", re.MULTILINE)


def typed_in(text: str) -> str:
    """Everything that a page gives the reader to type, a line each."""
    typed = []
    for language, block in FENCE.findall(text):
        if language in {"sh", "ini"}:
            typed.append(block.replace("ExecStart=", ""))
        elif language == "console":  # what follows a prompt; the rest is what the program said
            typed += re.findall(r"^ *\$ (.+)$", block, re.MULTILINE)
    return "\n".join([*typed, *INLINE.findall(FENCE.sub("", text))])


def anchors(page: Path) -> set[str]:
    """The headings of a page as addresses inside it."""
    text = FENCE.sub("", page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def broken(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return False
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_only_what_exists(page: Path) -> None:
    text = page.read_text()
    typed = typed_in(text)
    known = {name for name, _, _ in settings.reference()}
    assert set(re.findall(r"STAGEDOOR_[A-Z][A-Z_]*[A-Z]", text)) <= known
    assert [link for link in LINK.findall(FENCE.sub("", text)) if broken(page, link)] == []
    assert wrong_calls(typed) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("```sh\nprintf 'hi' | make runn  # starts\n```", ["make runn"]),
        ("```sh\nmake PYTHON=python3.12 install test\n```", []),
        ("```console\n$ .venv/bin/stagedoor chat --fann Bo\nmake nothing of what it says\n```", ["chat --fann Bo"]),
        ("Type `stagedoor doktor`, then `stagedoor --version` and `stagedoor run </dev/null`.", ["doktor"]),
    ],
)
def test_a_wrong_command_in_a_page_is_found(text: str, wrong: list[str]) -> None:
    assert wrong_calls(typed_in(text)) == wrong


def wrong_calls(typed: str) -> list[str]:
    known = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    targets = [word for call in MAKE.findall(typed) for word in call.split() if "=" not in word]
    made = [f"make {target}" for target in targets if target not in known]
    return made + [call.strip() for call in STAGEDOOR.findall(typed) if wrong_call(call)]


def wrong_call(call: str) -> bool:
    """Whether this is no command of ours, or gives an option that the command has not."""
    first, *rest = call.split()
    if first.startswith("-"):
        return first not in {"--help", "--version", "--install-completion"}
    name = next((one for one in (" ".join([first, *rest[:1]]), first) if one in COMMANDS), None)
    if name is None:
        return True
    known = {"--help", *(option for one in COMMANDS[name].params for option in one.opts)}
    return any(word not in known for word in rest if word.startswith("-"))


def listed(index: Path) -> set[Path]:
    return {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text())}


def test_every_page_can_be_reached_from_the_index() -> None:
    index, decisions = ROOT / "docs/README.md", ROOT / "docs/adr/README.md"
    assert set((ROOT / "docs").rglob("*.md")) - {index} <= listed(index) | listed(decisions)


def test_every_exit_code_is_explained() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text()
    assert set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE)) == {"0", "1", "2", "75", "78"}


if __name__ == "__main__":
    write_anew()
