"""A creator's TOML file as a model: every error with its file, its line, its field and what would mend it."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from core.errors import ConfigError

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]  # of a value: ("links", 0, "url")

MOST_ERRORS_SHOWN = 8
MENDS = {  # by pydantic's names of errors
    "missing": 'is missing. Add a line like: {field} = "..."',
    "string_too_long": "is too long. Shorten it to {max_length} characters.",
    "string_too_short": "is empty. Write something or remove the line.",
    "string_type": "must be text. Put it in quotes.",
    "tuple_type": 'must be a list. Write it as ["...", "..."].',
    "model_type": "must be a table. Give it a heading of its own: [{field}]",
    "too_long": "has {actual_length} entries. Keep at most {max_length}.",
    "too_short": "is empty. Write at least {min_length}, or remove the line.",
    "literal_error": "must be one of {expected}.",
    "value_error": "{error}",
}
STATED_LINE = re.compile(r"at line (\d+)")
TOKEN = re.compile(
    r'(?P<text>"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*')"
    r"|(?P<end>\n)"
    r"|(?P<mark>[][{},=])"
    r"|(?P<bare>[^\s\[\]{},=#\"']+)"
    r"|(?P<nothing>[^\S\n]+|\#[^\n]*)",
    re.DOTALL,
)


def read(text: str, source: str, model: type[M]) -> M:
    """Read a model from the text of a TOML file.

    Args:
        text: The file's text.
        source: What to call the file in errors.
        model: What should be in it.

    Raises:
        ConfigError: Naming the file, and for each error its line, its field and what would mend it.
    """
    try:
        return model.model_validate(tomllib.loads(text))
    except ValidationError as exc:
        where = lines(text)
        problems = [_mend(error, _line(where, error["loc"]), model) for error in exc.errors(include_url=False)]
        more = len(problems) - MOST_ERRORS_SHOWN
        tail = [f"  ... and {more} more"] if more > 0 else []
        raise ConfigError("\n".join([f"{source} has errors:", *problems[:MOST_ERRORS_SHOWN], *tail])) from exc
    except RecursionError:
        raise ConfigError(f"{source}, line 1: is nested too deeply. Take brackets out.") from None
    except ValueError as exc:  # TOMLDecodeError is one; so is a number of thousands of digits
        stated = STATED_LINE.search(str(exc))
        line = int(stated[1]) if stated else text.count("\n", 0, len(text.rstrip())) + 1
        raise ConfigError(f"{source}, line {line}: is not valid TOML: {exc}. Check quotes and brackets there.") from exc


# ── where a value stands ─────────────────────────────────────────────────────────────────────────


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class _Scan:
    """Walks over a text that is known to be valid TOML and notes the line of every key, element and table."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Location, int] = {(): 1}
        self._counts: dict[Location, int] = {}  # tables so far in each array of tables
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        table: Location = ()
        while self._next.kind != "eof":
            if self._next.kind == "end":
                self._take()
            elif self._next.text == "[":
                table = self._header()
            else:
                self._pair(table)

    def _take(self) -> _Token:
        token, self._next = self._next, next(self._tokens)
        return token

    def _skip(self, *texts: str) -> None:
        while self._next.kind == "end" or self._next.text in texts:
            self._take()

    def _header(self) -> Location:
        line = self._take().line
        several = self._next.text == "["
        if several:
            self._take()
        path = self._inside((), self._key("]"), line)
        self._skip("]")
        if several:
            self.lines.setdefault(path, line)
            self._counts[path] = self._counts.get(path, 0) + 1
            path = (*path, self._counts[path] - 1)
        self.lines[path] = line
        return path

    def _inside(self, table: Location, key: Sequence[str], line: int) -> Location:
        """The path of a key; what stands in an array of tables belongs to its last one."""
        for name in key[:-1]:
            table = (*table, name)
            self.lines.setdefault(table, line)
            if table in self._counts:
                table = (*table, self._counts[table] - 1)
        return (*table, key[-1])

    def _key(self, end: str) -> list[str]:
        written = ""
        while self._next.text != end or self._next.kind != "mark":
            written += self._take().text
        names: list[str] = []
        inner: Any = tomllib.loads(f"{written} = 0")
        while inner != 0:
            [(name, inner)] = inner.items()
            names.append(name)
        return names

    def _pair(self, table: Location) -> None:
        line = self._next.line
        key = self._key("=")
        self._take()
        path = self._inside(table, key, line)
        self.lines[path] = line
        self._value(path)

    def _value(self, path: Location) -> None:
        opening = self._take()
        if opening.kind == "mark":
            self._skip(",")
            index = 0
            while self._next.text not in {"]", "}"} or self._next.kind != "mark":
                if opening.text == "{":
                    self._pair(path)
                else:
                    self.lines[*path, index] = self._next.line
                    self._value((*path, index))
                    index += 1
                self._skip(",")
            self._take()
        while self._next.kind == "bare":  # a date and its time may stand apart
            self._take()


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in TOKEN.finditer(text.replace("\r\n", "\n")):
        if match.lastgroup != "nothing":
            yield _Token(str(match.lastgroup), match[0], line)
        line += match[0].count("\n")
    while True:
        yield _Token("eof", "", line)


def lines(text: str) -> Mapping[Location, int]:
    """The line, from 1, of everything in a valid TOML text, by its path. The text itself, ``()``, stands in line 1."""
    return _Scan(text).lines


def _line(where: Mapping[Location, int], loc: Location) -> int:
    """The line of a field; where it is not written, that of what it belongs into."""
    return next(where[loc[:length]] for length in range(len(loc), -1, -1) if loc[:length] in where)


# ── what would mend it ───────────────────────────────────────────────────────────────────────────


def _mend(error: Mapping[str, Any], line: int, model: type[BaseModel]) -> str:
    """One line for one field: where, what, and what to do."""
    loc = error["loc"]
    path = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in loc).lstrip(".")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _siblings(loc, model), n=1)
        mend = f"no such field. Did you mean '{near[0]}'?" if near else "no such field. Remove it."
    elif error["type"] in MENDS:
        mend = MENDS[error["type"]].format(field=loc[-1], **error.get("ctx", {}))
    else:
        mend = f"{error['msg']}."
    return f"  line {line}, {path}: {mend}"


def _siblings(loc: Location, part: type[BaseModel]) -> list[str]:
    """The names of the fields that could have stood where an unknown one was found."""
    for step in loc[:-1]:
        if isinstance(step, str) and step in part.model_fields:
            annotation = part.model_fields[step].annotation
            inner = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
            part = next((kind for kind in inner if issubclass(kind, BaseModel)), part)
    return list(part.model_fields)
