"""The one error tree. Its axis is what the caller does next.

StagedoorError
├── ConfigError           stop at start-up; the text names the setting and the mend
├── Unavailable           try again later; carries ``retry_after``
│   ├── ModelUnavailable
│   ├── ChannelUnavailable
│   └── StorageUnavailable
├── Ambiguous             it may have happened: look before doing it again
│   └── DeliveryAmbiguous
├── Rejected              never try the same again
│   ├── ModelRejected
│   │   └── PromptTooLong
│   ├── ChannelRejected
│   │   └── FanUnreachable
│   └── InvalidInput
└── NotFound

Adapters translate foreign errors once, at their own edge, ``from`` the original. What is expected to
happen in normal use (a refused message, a reply held back) is a value, not an error.
"""

from __future__ import annotations


class StagedoorError(Exception):
    """Root of all errors that Stagedoor raises on purpose."""


class ConfigError(StagedoorError):
    """A setting or a file is wrong. The text says which, where it was read and how to mend it."""


class Unavailable(StagedoorError):
    """A passing fault; nothing was done.

    Args:
        retry_after: Seconds that the other side asked us to wait, or None if it did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelUnavailable(Unavailable):
    """No model endpoint gave a usable answer."""


class ChannelUnavailable(Unavailable):
    """The platform did not take the call (rate limit, server error, no connection)."""


class StorageUnavailable(Unavailable):
    """The database could not do it (locked, full, connection lost); the transaction was rolled back."""


class Ambiguous(StagedoorError):
    """The other side may or may not have done it."""


class DeliveryAmbiguous(Ambiguous):
    """The request left the machine and no answer came back: the message may be visible."""


class Rejected(StagedoorError):
    """The other side understood and refused; the same call would be refused again."""


class ModelRejected(Rejected):
    """The endpoint refused the request (key, model name, content)."""


class PromptTooLong(ModelRejected):
    """The prompt does not fit the model's context.

    Args:
        limit: The context's size in tokens, or None if the endpoint did not say.
    """

    def __init__(self, message: str, *, limit: int | None = None) -> None:
        super().__init__(message)
        self.limit = limit


class ChannelRejected(Rejected):
    """The platform refused this message."""


class FanUnreachable(ChannelRejected):
    """The fan blocked the bot, left, or closed their DMs."""


class InvalidInput(Rejected):
    """A file or a text from outside is of no use. The text says what is wrong with it and how to mend it."""


class NotFound(StagedoorError):
    """The thing named does not exist (any more)."""
