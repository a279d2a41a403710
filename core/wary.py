"""What creators set about their fans' safety."""

from __future__ import annotations

from core import care
from core.control import Asked
from core.controls import Switchboard
from core.model import Answer, Change

_ON = """From now on the desk hears when a fan was shown helplines; not who it was. Fans get the helplines either way. \
`/avatar desk here` says where the desk is."""
_OFF = "The desk doesn't hear of crises any more. Fans get the helplines all the same, and they are counted."


async def crisis(switchboard: Switchboard, asked: Asked) -> Answer:
    """Whether the desk is told that somebody was shown helplines; that they are shown can't be switched off."""
    on = bool(asked.values["on"])
    before = await switchboard.set(asked.avatar, care.NOTICE.name, care.NOTICE.kept(on))
    return Answer(_ON if on else _OFF, change=Change("crisis notice", before=_shown(before), after=_shown(on)))


def _shown(value: object) -> str:
    return "on" if value else "off"
