"""Business accounts that the bot answers for: what it may do there, and telling the owner when it may not.

Telegram is the truth about them: after a start each is asked for once, and then every change is told by an update.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import structlog
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from adapters.telegram.arrivals import Connection, to_connection
from core.commands import BY_NAME, START
from core.errors import FanUnreachable
from core.model import Action, Answer, Incoming

log = structlog.get_logger()

WINDOW = timedelta(hours=24)  # after a person's last message in which they may be answered
_OPENED = re.compile(r"bizChat(\d{1,20})", re.ASCII)  # what Telegram sends when an owner opens the bot from a chat

_DISCARDED = (
    "I had an answer for somebody in your chats and threw it away: I may not write there any more. To have me answer "
    "again: Settings, Telegram Business, Chatbots; choose me and allow me to reply. If you ended it on purpose, all "
    "is well."
)
_CHAT = "This is about your chat with the person of the id {fan}. Shall I go on answering there, or do you?"


class Connections:
    """The business accounts of one bot.

    Args:
        bot: Asks Telegram, and writes to owners.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._known: dict[str, Connection] = {}
        self._told: set[str] = set()  # whose owners know that an answer was thrown away

    def note(self, connection: Connection) -> None:
        """From now on this holds."""
        self._known[connection.id] = connection
        self._told.discard(connection.id)
        log.info("telegram.business.changed", enabled=connection.enabled, can_reply=connection.can_reply)

    async def look(self, which: str) -> Connection | None:
        """The account as it is; None where Telegram can't say now. One that it does not know (any more) is off."""
        if which in self._known:
            return self._known[which]
        try:
            self._known[which] = to_connection(await self._bot.get_business_connection(which))
        except BadRequest:
            self._known[which] = Connection(which, "", 0, enabled=False, can_reply=False)
        except TelegramError as exc:
            log.warning("telegram.business.unknown", error=type(exc).__name__)
            return None
        return self._known[which]

    async def answers(self, which: str, sent_at: datetime, now: datetime) -> bool:
        """Whether what was written then may be answered; where Telegram can't say now, it will when it is."""
        if now - sent_at > WINDOW:
            return False
        connection = await self.look(which)
        return connection is None or (connection.enabled and connection.can_reply)

    async def require(self, which: str) -> None:
        """See that the bot may write for this account.

        Raises:
            FanUnreachable: The owner does not let it (any more).
        """
        connection = await self.look(which)
        if connection is not None and not (connection.enabled and connection.can_reply):
            raise FanUnreachable("the owner does not let the bot answer there")

    async def tell_owner(self, which: str) -> None:
        """An answer was thrown away: say so to the owner, once until something changes."""
        connection = self._known.get(which)
        if connection is None or not connection.chat or which in self._told:
            return
        self._told.add(which)
        try:
            await self._bot.send_message(connection.chat, _DISCARDED)
        except TelegramError as exc:
            log.warning("telegram.business.owner_not_told", error=type(exc).__name__)


def opened(incoming: Incoming) -> Answer | None:
    """What to say to an owner who comes from one of their chats; None: they come from elsewhere."""
    match = _OPENED.fullmatch(incoming.argument) if incoming.command == START.name else None
    if match is None or incoming.place.shared:
        return None
    offers = (Action("I answer myself", "talk take", match[1]), Action("You answer", "talk release", match[1]))
    return Answer(_CHAT.format(fan=match[1]), actions=tuple(one for one in offers if one.command in BY_NAME))
