"""Who an avatar is: the creator's ``avatar.toml``, validated."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, ValidationError

from core.errors import ConfigError

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]

MOST_ERRORS_SHOWN = 8


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Style(_Part):
    """How the creator writes."""

    length: Line = "one to three short sentences, more only when a question needs it"
    emoji: Line = "rarely"
    formality: Line = "casual"
    catchphrases: tuple[Line, ...] = ()
    never_says: tuple[Line, ...] = ()


class Link(_Part):
    """Something the avatar may point to."""

    title: Line
    url: HttpUrl
    when: Line = Field(description="When to mention it: 'someone asks for a recipe'.")


class Example(_Part):
    """One exchange that shows the voice."""

    fan: Paragraph
    avatar: Paragraph


class Texts(_Part):
    """What the avatar says in fixed situations, in the creator's voice. ``{name}`` is the creator's name."""

    disclosure: Line = "I'm an AI stand-in for {name}, not {name} in person."
    unreadable: Line = "I can only read text for now. Tell me in words?"
    limit: Line = "That's all I can answer for the moment. Let's go on in {wait}!"
    unavailable: Line = "My AI brain is not reachable right now. Please try again in a while."
    interrupted: Line = "I was cut off there. Ask me again and I'll try once more."
    deflect: Line = "I'd rather talk about something else."
    no_answer: Line = "I haven't said anything about that yet. I'll pass it on as a question for {name}."
    sources: Line = "Sources"
    nothing_to_show: Line = "That answer didn't rest on anything published."
    suggestions: Line = "You might like:"
    nothing_new: Line = "You've seen all I have to suggest. Ask me about something!"


class Persona(_Part):
    """A creator's avatar as the creator describes it."""

    name: Line
    tagline: Line = ""
    pronouns: Line = "they/them"
    languages: Annotated[tuple[Line, ...], Field(min_length=1)] = ("en",)
    nicknames: tuple[Line, ...] = Field(default=(), description="Other names that fans call the creator in groups.")
    personality: Paragraph
    background: Paragraph | None = None
    traits: tuple[Line, ...] = ()
    interests: tuple[Line, ...] = ()
    style: Style = Style()
    rules: Annotated[tuple[Line, ...], Field(max_length=12)] = ()
    links: tuple[Link, ...] = ()
    greeting: Paragraph
    examples: Annotated[tuple[Example, ...], Field(max_length=12)] = ()
    strictness: Literal["strict", "balanced", "free"] = Field(
        default="balanced",
        description="strict: only what was published, nearly word for word; free: whatever fits the voice.",
    )
    sources: Literal["always", "asked", "never"] = Field(
        default="always", description="When links to what an answer rests on stand under it."
    )
    texts: Texts = Texts()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that fans may call the avatar: the whole name, the first name and the nicknames."""
        return tuple(dict.fromkeys((self.name, self.name.split()[0], *self.nicknames)))

    def say(self, text: str, **values: str) -> str:
        """One of the fixed texts with its placeholders filled; unknown braces stay as they are."""
        for key, value in {"name": self.name, **values}.items():
            text = text.replace("{" + key + "}", value)
        return text


def parse(toml: str, source: str) -> Persona:
    """Read a persona from the text of an ``avatar.toml``.

    Args:
        toml: The file's text.
        source: What to call the file in errors.

    Raises:
        ConfigError: Naming the file, each wrong field and what would mend it.
    """
    try:
        return Persona.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{source} is not valid TOML: {exc}. Check quotes and brackets there.") from exc
    except ValidationError as exc:
        problems = [_mend(error) for error in exc.errors(include_url=False)]
        more = len(problems) - MOST_ERRORS_SHOWN
        tail = [f"... and {more} more"] if more > 0 else []
        raise ConfigError("\n".join([f"{source} has errors:", *problems[:MOST_ERRORS_SHOWN], *tail])) from exc


def _mend(error: Mapping[str, Any]) -> str:
    """One line for one field: where, what, and what to do."""
    path = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in error["loc"]).lstrip(".")
    match error["type"]:
        case "missing":
            mend = f'is missing. Add a line like: {error["loc"][-1]} = "..."'
        case "extra_forbidden":
            near = difflib.get_close_matches(str(error["loc"][-1]), _siblings(error["loc"]), n=1)
            mend = f"no such field. Did you mean '{near[0]}'?" if near else "no such field. Remove it."
        case "string_too_long":
            mend = f"is too long. Shorten it to {error['ctx']['max_length']} characters."
        case "string_too_short":
            mend = "is empty. Write something or remove the line."
        case "string_type":
            mend = "must be text. Put it in quotes."
        case "tuple_type":
            mend = 'must be a list. Write it as ["...", "..."].'
        case _:
            mend = f"{error['msg']}."
    return f"  {path}: {mend}"


def _siblings(loc: tuple[str | int, ...]) -> list[str]:
    """The names of the fields that could have stood where an unknown one was found."""
    part: type[BaseModel] = Persona
    for step in loc[:-1]:
        if isinstance(step, str):
            annotation = part.model_fields[step].annotation
            inner = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
            part = next((kind for kind in inner if issubclass(kind, BaseModel)), part)
    return list(part.model_fields)
