"""HTTP for python-telegram-bot on aiohttp, and what can go wrong on the way.

aiohttp's own texts carry the address, and with it the token: none of them is kept, chained or logged.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import urlsplit

import aiohttp
from telegram.error import NetworkError
from telegram.request import BaseRequest, RequestData

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput

CONNECT_TIMEOUT = 10.0  # seconds, including the wait for a free connection
CONNECTIONS = 256

_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class NotSent(NetworkError):
    """No connection was made: Telegram has not seen the request."""


class Unanswered(NetworkError):
    """The request was written and no answer came back, or a 504: it may have been carried out."""


class ServerTrouble(NetworkError):
    """Telegram answered with another 5xx: it could not reach or start its worker, so nothing was done.

    Should that be wrong once, trying again shows one message twice; not trying would risk silence.
    """


class Flooded(NetworkError):
    """Telegram answered 429: no call for ``retry_after`` seconds.

    PTB's own RetryAfter warns of deprecation whenever it is made, so this one takes its place.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many requests, retry after {retry_after:g} s")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Ready:
    """As much of PTB's RequestData, which is final, as ``AiohttpRequest`` looks at."""

    parameters: Mapping[str, Any]


def ready(parameters: Mapping[str, Any]) -> RequestData:
    """What a call says, as it goes into its JSON.

    For the calls that come with every reply: PTB's own methods build an object of whatever they are answered, which
    costs more than the call.
    """
    return cast("RequestData", _Ready(parameters))


class AiohttpRequest(BaseRequest):
    """One pool of connections. It opens with its first request and may be used again after ``shutdown``.

    Args:
        silence: Seconds without a byte, after the request was written, that end it.
    """

    def __init__(self, *, silence: float = 20.0) -> None:
        self._silence = silence
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The silence that ends a request whose caller gave no other time."""
        return self._silence

    async def initialize(self) -> None:
        """Nothing to prepare: the session needs a running loop and opens with the first request."""

    async def shutdown(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(  # noqa: PLR0917 - the signature is PTB's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - aiohttp has none
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - one for all calls
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - part of CONNECT_TIMEOUT
    ) -> tuple[int, bytes]:
        """Send one request and read its answer.

        Raises:
            NotSent: No connection was made in time.
            Unanswered: The connection broke, or fell silent, after the request was written; or a 504.
            Flooded: The answer was 429.
            ServerTrouble: The answer was another 5xx.
        """
        silence = read_timeout if isinstance(read_timeout, int | float) else self._silence
        timeout = aiohttp.ClientTimeout(connect=CONNECT_TIMEOUT, sock_read=silence)
        session = self._open(url)
        try:
            async with session.request(method, url, timeout=timeout, **_body(request_data)) as response:
                status, payload = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            _raise_network_error(exc)
        _raise_for_status(status, payload)
        return status, payload

    def _open(self, url: str) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                proxy=_proxy_for(url),
            )
        return self._session


def _body(request_data: RequestData | None) -> dict[str, Any]:
    """What aiohttp is to send: JSON, or a form where there are files."""
    if not isinstance(request_data, RequestData) or not request_data.contains_files:
        return {"json": request_data.parameters if request_data else None}
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return {"data": form}


def _raise_network_error(exc: Exception) -> NoReturn:
    kind = type(exc).__name__
    if isinstance(exc, _NEVER_SENT):
        raise NotSent(kind) from None
    raise Unanswered(kind) from None


def _raise_for_status(status: int, payload: bytes) -> None:
    """Leave the statuses to PTB that it tells apart itself."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Flooded(_retry_after(payload))
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        raise Unanswered(f"status {status}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServerTrouble(f"status {status}")


def _retry_after(payload: bytes) -> float:
    """Seconds to wait; one second where a proxy answered in Telegram's stead."""
    try:
        return max(1.0, float(json.loads(payload)["parameters"]["retry_after"]))
    except (ValueError, LookupError, TypeError):
        return 1.0


def _proxy_for(url: str) -> str | None:
    """The environment's proxy, read once: aiohttp's ``trust_env`` costs two thread hops per request."""
    address = urlsplit(url)
    if urllib.request.proxy_bypass(address.hostname or ""):
        return None
    return urllib.request.getproxies().get(address.scheme)
