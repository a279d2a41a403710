"""Forms for what is too long for a line. Whatever comes back is hostile input; the core decides who may.

A form's id tells which command it is for and what that is about, and nothing else of it is remembered: one that was
opened before a restart is as good as a new one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord

from core.commands import EDIT, REPORT, REVISE
from core.control import Command

LONGEST_INPUT = 4000  # characters that a form takes
_ID = re.compile(r"(?P<command>[a-z]{1,32}(?: [a-z]{1,32})?):(?P<subject>[0-9]{1,20})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """A form for the last argument of a command, which is about a message or a number."""

    command: Command
    title: str  # at most 45 characters, as the label
    label: str
    drafted: bool  # the core is asked first: it may have a text to begin with
    required: bool = True


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that came back."""

    command: str
    about: str  # the message's id; empty: it is about a number
    given: Mapping[str, str]


FORMS: Mapping[str, Form] = {
    form.command.name: form
    for form in (
        Form(REVISE, "Correct this reply", "What should I have said?", drafted=True),
        Form(EDIT, "Send it in your words", "What shall I say?", drafted=True),
        Form(REPORT, "Report this reply", "What is wrong with it?", drafted=False, required=False),
    )
}


def modal(form: Form, subject: str, draft: str = "") -> discord.ui.Modal:
    """The form about a message or a number."""
    text: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        default=draft[:LONGEST_INPUT] or None,
        max_length=LONGEST_INPUT,
        required=form.required,
    )
    made = discord.ui.Modal(title=form.title, custom_id=f"{form.command.name}:{subject}")
    made.add_item(discord.ui.Label(text=form.label, component=text))
    made.stop()  # discord.py need not remember it: see above
    return made


def read(sent: Mapping[str, Any]) -> Filled | None:
    """What a form says that came back; None: it is none of ours."""
    match = _ID.fullmatch(str(sent.get("custom_id", "")))
    if match is None or match["command"] not in FORMS:
        return None
    command, subject = FORMS[match["command"]].command, match["subject"]
    given = {command.arguments[-1].name: _written(sent)}
    if command.about:
        return Filled(command.name, subject, given)
    return Filled(command.name, "", {command.arguments[0].name: subject, **given})


def _written(sent: Mapping[str, Any]) -> str:
    """The text in a form; empty where it has none."""
    fields = (row.get("component") or {} for row in sent.get("components", ()))
    return "".join(field.get("value") or "" for field in fields)
