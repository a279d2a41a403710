"""What python-telegram-bot says, fit for our logs.

Its debug lines hold whole messages and its errors may hold the token, so none of its texts is passed on:
a warning becomes an event that names its logger, the unfilled template and the kind of error.
"""

from __future__ import annotations

import logging

import structlog

log = structlog.get_logger()


class _Forwarder(logging.Handler):
    """Turns records of the library into our own events."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        log.log(record.levelno, "telegram.library", logger=record.name, template=str(record.msg), error=error)


def take_over() -> None:
    """Keep the library's own records from every other handler; doing it again changes nothing."""
    library = logging.getLogger("telegram")
    library.propagate = False
    library.setLevel(logging.WARNING)
    if not any(isinstance(handler, _Forwarder) for handler in library.handlers):
        library.addHandler(_Forwarder(level=logging.WARNING))
