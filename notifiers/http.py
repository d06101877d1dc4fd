"""The one place from which notifiers speak HTTP: bounded in time and size, no redirects, no proxies, no retries."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import timedelta

import aiohttp
import msgspec
from aiohttp.abc import AbstractCookieJar

from notifiers.outcome import Outcome, OutcomeKind
from routing.outside import leads_inside

#: More of an answer than this says nothing about a page.
LONGEST_ANSWER = 256 * 1024
CONNECT_SECONDS = 3.0
#: Total seconds of a request that names no limit of its own.
LONGEST_REQUEST = 10.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The decoded body, or None if it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    @property
    def retry_after(self) -> timedelta | None:
        """`Retry-After` in seconds, if it is there and sane; the date form is left to our own back-off."""
        value = self.headers.get("retry-after", "").strip()
        return timedelta(seconds=int(value)) if value.isdecimal() and value.isascii() and len(value) < 7 else None


class NotCarriedOut(Exception):
    """The request never reached the other side."""


class NoTelling(Exception):
    """The request may have been carried out: the other side hung, hung up, or broke off its answer."""


class PrivateAddress(Exception):
    """The name leads to an address of ours, where no receiver of pages may be."""


#: What a request without an answer raises.
Failure = NotCarriedOut | NoTelling | PrivateAddress
#: What aiohttp, or a vendor's client built on it, raises instead of an answer.
TRANSPORT_ERRORS = (aiohttp.ClientError, OSError)


def failure(error: Exception) -> Failure:
    """Whether a request that got no answer may have been carried out."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.__cause__, _PrivateSocket):
        return PrivateAddress(str(error.__cause__))
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return NotCarriedOut(f"no connection: {type(error).__name__}")
    if isinstance(error, ValueError):
        return NotCarriedOut(f"not an address: {error}")
    if isinstance(error, TimeoutError):
        return NoTelling("no answer in time")
    return NoTelling(f"connection lost: {type(error).__name__}")


class Http:
    """One connection pool. Create it inside a running loop, close it at shutdown.

    Args:
        allow_private: Let requests reach loopback, private and link-local addresses. Leave it off where an address
            comes from a person (server-side request forgery); the address that is actually connected to is checked,
            after name resolution.
    """

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """The pool itself, for vendors' clients that are built on aiohttp.

        It has no limit of connections, so that one hung provider cannot hold up another, and a total time limit for
        requests that bring none.
        """
        return self._open()

    async def request(
        self, method: str, url: str, *, timeout_seconds: float, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """One request, one answer; a redirect is an answer like any other.

        Raises:
            NotCarriedOut: Certainly not sent.
            NoTelling: Sent perhaps.
            PrivateAddress: Refused by us.
        """
        timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=min(CONNECT_SECONDS, timeout_seconds))
        try:
            async with self._open().request(
                method, url, data=body, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                content = await _beginning(response.content)
                lowered = {name.lower(): value for name, value in response.headers.items()}
                return Answer(status=response.status, headers=lowered, body=content)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise failure(error) from error

    async def close(self) -> None:
        """Let go of the sockets."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, socket_factory=self._socket)
            jar: AbstractCookieJar = aiohttp.DummyCookieJar()
            timeout = aiohttp.ClientTimeout(total=LONGEST_REQUEST, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=False, timeout=timeout)
        return self._session

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not self._allow_private and leads_inside(address[0]) is not None:
            raise _PrivateSocket(f"{address[0]} is not a public address")
        return socket.socket(family=family, type=kind, proto=protocol)


async def _beginning(stream: aiohttp.StreamReader) -> bytes:
    """An answer's first `LONGEST_ANSWER` bytes; one `read` gives only what has arrived so far."""
    parts: list[bytes] = []
    wanted = LONGEST_ANSWER
    while wanted > 0 and (part := await stream.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


class _PrivateSocket(OSError):
    pass


def classify(answer: Answer, *, provider_id: str = "", idempotent: bool = False) -> Outcome:
    """The class of an HTTP answer where a provider has no codes of its own.

    Where the receiver knows a repeated request by its id (`idempotent`), a server error is safe to try again.
    """
    code = str(answer.status)
    match answer.status:
        case status if 200 <= status < 300:
            return Outcome(kind=OutcomeKind.ACCEPTED, code=code, provider_id=provider_id)
        case status if 300 <= status < 400:
            return Outcome(kind=OutcomeKind.BROKEN, code=code, detail=f"answered {code}, a redirect; never followed")
        case 401 | 403 | 407:
            return Outcome(kind=OutcomeKind.BROKEN, code=code, detail=f"answered {code}: our credentials are refused")
        case 404 | 410:
            return Outcome(kind=OutcomeKind.REFUSED, code=code, detail=f"answered {code}: nobody is there")
        case 408 | 425 | 429 | 503:
            wait = answer.retry_after
            return Outcome(kind=OutcomeKind.RETRY, code=code, detail=f"answered {code}, try later", retry_after=wait)
        case status if 400 <= status < 500:
            return Outcome(kind=OutcomeKind.REFUSED, code=code, detail=f"answered {code}: refused the request")
        case _ if idempotent:
            return Outcome(kind=OutcomeKind.RETRY, code=code, detail=f"answered {code}: failed, but knows a repetition")
        case _:
            return Outcome(kind=OutcomeKind.UNKNOWN, code=code, detail=f"answered {code}: failed midway perhaps")


def classify_failure(error: Failure) -> Outcome:
    """The class of a request that got no answer."""
    match error:
        case NotCarriedOut():
            return Outcome(kind=OutcomeKind.RETRY, code="no-connection", detail=str(error))
        case PrivateAddress():
            return Outcome(kind=OutcomeKind.REFUSED, code="private-address", detail=str(error))
        case NoTelling():
            return Outcome(kind=OutcomeKind.UNKNOWN, code="no-answer", detail=str(error))
