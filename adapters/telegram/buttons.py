"""Buttons under messages: what they carry, and what a press says. Pure.

What a press carries comes from the presser's program, so it may be anything: it is read like a command that was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.commands import parse
from core.model import Action

MOST_BYTES = 64  # that a button may carry
_WIDTHS = ((10, 3), (18, 2))  # labels up to so many characters stand so many in a row; longer ones alone
_STYLES = {"good": "success", "danger": "danger"}


def keyboard(actions: Sequence[Action]) -> dict[str, Any] | None:
    """The keyboard with these buttons; None if there are none that a button can carry."""
    buttons = [_button(action) for action in actions]
    fit = [button for button in buttons if len(button["callback_data"].encode()) <= MOST_BYTES]
    if not fit:
        return None
    longest = max(len(button["text"]) for button in fit)
    wide = next((count for most, count in _WIDTHS if longest <= most), 1)
    return {"inline_keyboard": [fit[first : first + wide] for first in range(0, len(fit), wide)]}


def _button(action: Action) -> dict[str, str]:
    button = {"text": action.label, "callback_data": f"/{action.command} {action.argument}".rstrip()}
    return button | {"style": _STYLES[action.style]} if action.style in _STYLES else button


def linked(label: str, url: str) -> dict[str, Any]:
    """A keyboard whose one button opens an address."""
    return {"inline_keyboard": [[{"text": label, "url": url}]]}


def read(carried: str) -> tuple[str, str]:
    """The command that a press gives, and its argument; two empty strings if it gives none."""
    return parse(carried) if len(carried.encode("utf-8", "replace")) <= MOST_BYTES else ("", "")
