"""What can't be undone is done when it was confirmed: with a word that is good for one act, one person and a while.

The word is a keyed hash over who asked, what for, and the minute: nothing has to be kept between the two commands, and
it is worth nothing to anybody else. It guards against a slip and against forged buttons. Where it is given does not
matter: the question may have been brought to a private chat.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from datetime import datetime, timedelta

from core.control import Asked
from core.model import Action, Answer

LASTS = 5  # minutes
LONGEST_ACTION = 60  # bytes of a command with its argument, as ``Action`` allows
LABEL = "Yes, do it"

_MINUTE = timedelta(minutes=1)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that can be taken for something else
_LENGTH = 8
_WORD = re.compile(rf"(yes-[{_ALPHABET}]{{{_LENGTH}}})(?:\s+(.*))?", re.DOTALL)

_QUESTION = """Sure? **{description}**: `/{command}`. That can't be undone.

To confirm, within five minutes: `/{confirmed}`"""
_STALE = """That confirmation does not fit: it may be too old, used, or for something else. Nothing was done. \
Give the command again: `/{command}`"""


class Confirming:
    """Asks, and knows its own words again."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: dict[str, datetime] = {}

    @staticmethod
    def parted(argument: str) -> tuple[str, str]:
        """The word that confirms, empty if there is none, and the rest."""
        match = _WORD.fullmatch(argument.strip())
        return (match[1], match[2] or "") if match else ("", argument)

    def question(self, asked: Asked, word: str) -> Answer | None:
        """What to ask before it is done; None: it was confirmed."""
        given = " ".join(part for part in (asked.command.name, asked.incoming.argument) if part)
        if not word:
            return self._ask(asked, given)
        minutes = range(LASTS + 1)
        if word not in self._used and any(hmac.compare_digest(word, self._word(asked, ago)) for ago in minutes):
            self._used = {one: at for one, at in self._used.items() if at > asked.now - (LASTS + 1) * _MINUTE}
            self._used[word] = asked.now
            return None
        return Answer(_STALE.format(command=given))

    def _ask(self, asked: Asked, given: str) -> Answer:
        argument = f"{self._word(asked)} {asked.incoming.argument}".strip()
        confirmed = f"{asked.command.name} {argument}"
        fits = len(confirmed.encode()) <= LONGEST_ACTION
        action = Action(LABEL, asked.command.name, argument, "danger")
        text = _QUESTION.format(description=asked.command.description, command=given, confirmed=confirmed)
        return Answer(text, actions=(action,) if fits else ())

    def _word(self, asked: Asked, ago: int = 0) -> str:
        """The word for this act of this person, as it was some minutes ago."""
        minute = int((asked.now - ago * _MINUTE).timestamp()) // 60
        bound = [asked.avatar, asked.actor.name, asked.command.name, asked.incoming.argument]
        digest = hmac.digest(self._key, json.dumps([*bound, minute]).encode(), "sha256")
        return "yes-" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_LENGTH])
