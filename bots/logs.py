"""How log lines look, and what never stands in them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REMOVED = "[removed]"
# Their INFO lines name every request, and with it the token that Telegram wants in its addresses.
TALKATIVE = (
    "httpx",
    "httpcore",
    "telegram",
    "discord",
    "aiohttp",
    "aiosqlite",
    "asyncio",
    "alembic",
    "hpack",
    "tornado",
)


class Redaction:
    """Takes configured secrets out of every field of every line, whoever wrote it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """As a structlog processor."""
        return {key: self.clean(value) for key, value in event.items()}

    def clean(self, value: object) -> object:
        """The value without secrets."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, REMOVED)
        return value


def configure(level: str, layout: Literal["console", "json"], secrets: Sequence[str]) -> None:
    """Send all logging, the libraries' included, to stderr in one form.

    Args:
        level: The least level shown: debug, info, warning or error.
        layout: For people or for machines.
        secrets: What must be removed wherever it stands.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if layout == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, Redaction(secrets), last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
