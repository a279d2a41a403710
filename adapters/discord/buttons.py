"""Buttons under messages. Each carries its command whole, so one that is older than this process works like a new one.

What a press brings back may be anything: it is read like a command that is typed, and the core decides who may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import discord

from core.commands import find
from core.model import Action

_MOST = 25  # buttons under one message
_LONGEST_LABEL, _LONGEST_ID = 80, 100  # characters
_PREFIX = "do:"
_STYLES: Mapping[str, discord.ButtonStyle] = {
    "good": discord.ButtonStyle.success,
    "danger": discord.ButtonStyle.danger,
}


def view(actions: Sequence[Action], products: Iterable[str] = ()) -> discord.ui.View | None:
    """The buttons of these actions, and of these products in the app's shop by their ids; None: there are none."""
    carried = {f"{_PREFIX}{action.command} {action.argument}".rstrip(): action for action in actions}
    buttons: list[discord.ui.Button[discord.ui.View]] = [
        discord.ui.Button(
            label=action.label[:_LONGEST_LABEL],
            custom_id=custom_id,
            style=_STYLES.get(action.style, discord.ButtonStyle.secondary),
        )
        for custom_id, action in carried.items()
        if len(custom_id) <= _LONGEST_ID
    ]
    buttons += [discord.ui.Button(style=discord.ButtonStyle.premium, sku_id=int(one)) for one in products]
    if not buttons:
        return None
    shown = discord.ui.View(timeout=None)
    for button in buttons[:_MOST]:
        shown.add_item(button)
    shown.stop()  # discord.py need not remember it: see above
    return shown


def read(custom_id: str) -> tuple[str, str]:
    """The command that a press gives, and its argument; two empty strings if it gives none."""
    noun, _, rest = custom_id.removeprefix(_PREFIX).partition(" ")
    return find(noun, rest) if custom_id.startswith(_PREFIX) else ("", "")
