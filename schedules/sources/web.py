"""The one place from which calendars are fetched over HTTP: bounded in time and size, and kept off internal networks.

The address that is connected to is checked, after name resolution and at every redirect: a name that changes its
answer between the check and the connection gains nothing.
"""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec

from routing.outside import Network, leads_inside
from schedules.sources.base import LARGEST, FetchFailed

SECONDS = 10.0
MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65536


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web:
    """One connection pool. Create it inside a running loop, close it at shutdown.

    Args:
        allowed: internal networks that calendars may be fetched from all the same.
        seconds: limit of one fetch, redirects included.
        largest: limit of one body in bytes.
    """

    def __init__(self, *, allowed: Iterable[Network] = (), seconds: float = SECONDS, largest: int = LARGEST) -> None:
        self._allowed = tuple(allowed)
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._largest = largest
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        credentials: tuple[str, str] | None = None,
        body: bytes = b"",
    ) -> Page:
        """The answer after redirects; credentials go to no other host than the first.

        Raises:
            FetchFailed: no answer, an answer that is too large or an address that must not be asked.
        """
        wanted = {"User-Agent": _user_agent(), "Accept-Encoding": "identity", **(headers or {})}
        first = _origin(url)
        for _ in range(MOST_REDIRECTS + 1):
            sent = {**wanted, **_authorization(credentials)} if _origin(url) == first else wanted
            page = await self._once(method, url, sent, body)
            if page.status not in _REDIRECTS or "location" not in page.headers:
                return page
            url = _redirected(url, page.headers["location"])
        raise FetchFailed(f"{shown(url)} redirects more than {MOST_REDIRECTS} times")

    async def close(self) -> None:
        """Let go of the sockets."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Page:
        try:
            async with self._open().request(
                method, url, headers=headers, data=body, allow_redirects=False, timeout=self._timeout
            ) as response:
                content = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK):
                    content += chunk
                    if len(content) > self._largest:
                        raise FetchFailed(f"{shown(url)} answers more than {self._largest // 1_000_000} MB")
                lowered = {name.lower(): value for name, value in response.headers.items()}
                return Page(status=response.status, headers=lowered, body=bytes(content))
        except TimeoutError:
            raise FetchFailed(f"{shown(url)} did not answer in time") from None
        except aiohttp.ClientConnectorError as error:
            raise FetchFailed(f"{shown(url)}: {_connect_failure(error)}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f"{shown(url)} cannot be read: {type(error).__name__}") from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(socket_factory=self._socket)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, timeout=self._timeout
            )
        return self._session

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        target = leads_inside(address[0], self._allowed)
        if target is not None:
            raise _Internal(f"{target} is an internal address; allow its network to read calendars from there")
        return socket.socket(family=family, type=kind, proto=protocol)


class _Internal(OSError):
    pass


def shown(url: str) -> str:
    """An address as logs and errors may show it: feed addresses carry their secret in path, query or user name."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or '?'}/…"


def _user_agent() -> str:
    try:
        return f"oncall-engine/{version('oncall-engine')} (calendar)"
    except PackageNotFoundError:
        return "oncall-engine (calendar)"


def _authorization(credentials: tuple[str, str] | None) -> dict[str, str]:
    if credentials is None:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(':'.join(credentials).encode()).decode()}"}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    before, after = urlsplit(url).scheme, urlsplit(target).scheme
    if after not in {"http", "https"} or (before == "https" and after == "http"):
        raise FetchFailed(f"{shown(url)} redirects to {after}://, which is not followed")
    return target


def _connect_failure(error: aiohttp.ClientConnectorError) -> str:
    cause = error.__cause__
    return str(cause) if isinstance(cause, _Internal) else f"no connection ({type(error).__name__})"
