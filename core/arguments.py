"""Arguments of commands: from words that were typed, or a form's fields, to values; and back to words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from core.control import Argument, Command, Kind, Value
from core.errors import InvalidInput
from core.text import clean, neutralise

LONGEST = 4000  # characters: what the longest field of a form takes
LONGEST_SPAN = timedelta(days=3650)
LEFT_OUT = "-"  # typed in place of an argument that is left out, where the next one could be taken for it

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "w": 604800}  # seconds
_SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
_NUMBER = re.compile(r"#?(\d{1,12})", re.ASCII)
_SPAN = re.compile(r"(?:\d{1,9}[smhdw]){1,5}|0", re.ASCII)
_PART = re.compile(r"(\d+)([smhdw])", re.ASCII)
_FAN = re.compile(r"#\d{1,18}|-?\d{5,20}|<@!?\d{1,20}>|@\w{1,64}|tg://user\?id=\d{1,20}|[a-z]+:\S{1,64}", re.ASCII)
_ANYBODY = re.compile(r"(\S{1,100})")
_PLACE = re.compile(r"<#(\d{1,20})>|(-?\d{1,20})", re.ASCII)
_ROLE = re.compile(r"<@&(\d{1,20})>|(\d{5,20})", re.ASCII)
_QUOTES = {'"': '"', "“": "”", "«": "»"}

_MENDS: Mapping[Kind, str] = {
    "text": "some words",
    "number": "a whole number, such as 12",
    "switch": "on or off",
    "span": "a length of time, such as 30m, 2h, 3d or 1w",
    "fan": "a mention, an id, or a number such as #12",
    "place": "a channel or topic: a mention or its id",
    "role": "a role: a mention or its id",
}
_EXAMPLES: Mapping[Kind, str] = {
    "number": "12",
    "switch": "on",
    "span": "2h",
    "fan": "#12",
    "place": "123456789",
    "role": "123456789",
}


def read(command: Command, text: str, given: Mapping[str, str], *, about: str = "") -> dict[str, Value]:
    """The values of a command's arguments by their names; those that were left out are missing.

    Typed words are taken in the table's order. A text takes all that is left but for what follows it in the table;
    where something does, it may stand in quotes. What is optional and doesn't fit is left for the next argument. What
    is typed after a command without arguments counts for nothing.

    Args:
        command: The command.
        text: What was typed after its name.
        given: The fields of a form, by the arguments' names; then nothing that was typed counts.
        about: The message that the command is about: then the fan may be left out, whose it is.

    Raises:
        InvalidInput: The text says what is wrong, what would mend it, and how the command is used.
    """
    asked = [_optional(one) if about and one.kind == "fan" else one for one in command.arguments]
    try:
        return _complete(asked, _form(asked, given) if given else _typed(asked, clean(text, LONGEST)))
    except InvalidInput as exc:
        raise InvalidInput(f"{exc}\n{usage(command)}") from exc


def written(command: Command, values: Mapping[str, Value]) -> str:
    """The values as they would be typed: reading that gives the same values."""
    words: list[str] = []
    for number, argument in enumerate(command.arguments):
        later = any(one.name in values for one in command.arguments[number + 1 :])
        if argument.name in values:
            words.append(_word(values[argument.name], last=number == len(command.arguments) - 1))
        elif later:
            words.append(LEFT_OUT)
    return " ".join(words)


def usage(command: Command) -> str:
    """One line on how a command is typed, with an example."""
    named = (one.name.upper() if one.required else f"[{one.name}]" for one in command.arguments)
    line = f"Use: `/{' '.join((command.name, *named))}`"
    return f"{line}, for example `/{command.name} {shown}`" if (shown := example(command)) else line


def example(command: Command) -> str:
    """What could be typed after a command's name: a role is given where a fan is not."""
    given = (one for one in command.arguments if one.required or one.kind != "role")
    words = (one.example or (one.choices[0] if one.choices else _EXAMPLES.get(one.kind, "")) for one in given)
    return " ".join(word for word in words if word)


def mend(argument: Argument) -> str:
    """What an argument has to be."""
    return f"one of {', '.join(argument.choices)}" if argument.kind == "choice" else _MENDS[argument.kind]


# ── from words ───────────────────────────────────────────────────────────────────────────────────


def _form(asked: Sequence[Argument], given: Mapping[str, str]) -> dict[str, Value]:
    if unknown := next((name for name in given if name not in {one.name for one in asked}), None):
        raise InvalidInput(f"There is nothing called `{clean(unknown, 20)}` to be given here.")
    cleaned = {name: clean(value, LONGEST) for name, value in given.items()}
    return _present({one.name: _value(one, cleaned[one.name]) for one in asked if cleaned.get(one.name)})


def _complete(asked: Sequence[Argument], values: dict[str, Value]) -> dict[str, Value]:
    if missing := next((one for one in asked if one.required and one.name not in values), None):
        raise InvalidInput(f"`{missing.name}` is missing: {mend(missing)}.")
    return values


def _present(values: dict[str, Value]) -> dict[str, Value]:
    """Without the texts of which nothing is left."""
    return {name: value for name, value in values.items() if value != ""}


def _typed(asked: Sequence[Argument], rest: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    skipped: list[InvalidInput] = []
    for number, argument in enumerate(asked):
        if not rest:
            break
        if argument.kind == "text":
            taken, rest = _text(rest, asked[number + 1 :])
            values |= {argument.name: _value(argument, taken[0]), **taken[1]}
            continue
        word, *tail = rest.split(None, 1)
        if word == LEFT_OUT and not argument.required:
            rest = tail[0] if tail else ""
            continue
        try:
            values[argument.name] = _typed_value(argument, word)
        except InvalidInput as exc:
            if argument.required:
                raise
            skipped.append(exc)
        else:
            rest = tail[0] if tail else ""
    if rest and asked:
        raise skipped[0] if skipped else InvalidInput(f"There is too much: `{_shown(rest)}`.")
    return _present(values)


def _text(rest: str, after: Sequence[Argument]) -> tuple[tuple[str, dict[str, Value]], str]:
    """A text with the values of what stands behind it, and what is left to read."""
    if not after:
        return (rest, {}), ""
    if (closing := _QUOTES.get(rest[0])) and (end := rest.find(closing, 1)) > 1 and rest[1:end].strip():
        return (rest[1:end].strip(), {}), rest[end + 1 :].strip()
    values: dict[str, Value] = {}
    for argument in reversed(after):
        *before, word = rest.rsplit(None, 1)
        try:
            values[argument.name] = _typed_value(argument, word)
        except InvalidInput:
            continue
        if not before:
            del values[argument.name]
            break
        rest = before[0]
    return (rest, values), ""


def _typed_value(argument: Argument, word: str) -> Value:
    """A value of one word. Somebody who may be left out has to look like one: they are named by any word elsewhere."""
    if argument.kind == "fan" and not argument.required and not _FAN.fullmatch(word):
        raise _wrong(argument, word)
    return _value(argument, word)


def _value(argument: Argument, text: str) -> Value:
    return _READERS[argument.kind](argument, text)


def _prose(_argument: Argument, text: str) -> str:
    return neutralise(text).strip()


def _choice(argument: Argument, text: str) -> Value:
    return _looked_up({choice.casefold(): choice for choice in argument.choices}, argument, text)


def _looked_up(known: Mapping[str, Value], argument: Argument, text: str) -> Value:
    if (value := known.get(text.casefold())) is None:
        raise _wrong(argument, text)
    return value


def _matched(pattern: re.Pattern[str], argument: Argument, text: str) -> str:
    """The one group of a pattern that matched."""
    match = pattern.fullmatch(text)
    if match is None:
        raise _wrong(argument, text)
    return next(group for group in match.groups() if group is not None)


def _span(argument: Argument, text: str) -> timedelta:
    if not _SPAN.fullmatch(text.lower()):
        raise _wrong(argument, text)
    seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text.lower()))
    if seconds > LONGEST_SPAN.total_seconds():
        raise InvalidInput(f"`{argument.name}` is at most {LONGEST_SPAN.days} days.")
    return timedelta(seconds=seconds)


_READERS: Mapping[Kind, Callable[[Argument, str], Value]] = {
    "text": _prose,
    "number": lambda argument, text: int(_matched(_NUMBER, argument, text)),
    "choice": _choice,
    "switch": lambda argument, text: _looked_up(_SWITCH, argument, text),
    "span": _span,
    "fan": lambda argument, text: _matched(_ANYBODY, argument, text),
    "place": lambda argument, text: _matched(_PLACE, argument, text),
    "role": lambda argument, text: _matched(_ROLE, argument, text),
}


def _wrong(argument: Argument, text: str) -> InvalidInput:
    return InvalidInput(f"`{argument.name}` must be {mend(argument)}; `{_shown(text)}` is not.")


def _shown(text: str) -> str:
    """What was typed, short, and so that it stays one piece of code in an answer."""
    return neutralise(clean(" ".join(text.replace("`", "'").split()), 40))


def _optional(argument: Argument) -> Argument:
    return replace(argument, required=False)


# ── and back ─────────────────────────────────────────────────────────────────────────────────────


def _word(value: Value, *, last: bool) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
        return f"{seconds // _UNITS[unit]}{unit}"
    text = str(value)
    if last or (len(text.split()) == 1 and text[0] not in _QUOTES):
        return text
    closing = next(((opening, end) for opening, end in _QUOTES.items() if end not in text), ("", ""))
    return text.join(closing)
