"""The ways in which a provider fails, to be provoked on purpose."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum

from aiohttp import web


class Fault(StrEnum):
    """What goes wrong with one request."""

    #: Nothing is carried out and nothing is answered.
    HANG_BEFORE = "hang_before"
    #: Carried out, never answered.
    HANG_AFTER = "hang_after"
    #: The connection is closed before anything happens.
    DROP_BEFORE = "drop_before"
    #: Carried out, then the connection is closed.
    DROP_AFTER = "drop_after"
    #: 429 with Retry-After.
    RATE_LIMITED = "rate_limited"
    #: 500 in the provider's own format.
    ERROR = "error"
    #: 503 in the provider's own format.
    UNAVAILABLE = "unavailable"
    #: 502 with a page of HTML, as a gateway writes it.
    HTML = "html"
    #: 302 to somewhere else.
    REDIRECT = "redirect"
    #: Carried out; the answer says so with success, but breaks off.
    BROKEN_JSON = "broken_json"


CarryOut = Callable[[], Awaitable[web.StreamResponse]]


class Faults:
    """Faults waiting for requests: each is used up by one, in order.

    Args:
        error: Makes the provider's error answer from a status and a code.
    """

    def __init__(self, error: Callable[[int], web.Response], retry_after: int = 30) -> None:
        self._error = error
        self._retry_after = retry_after
        self._queue: deque[Fault] = deque()
        self._closing = asyncio.Event()

    def expect(self, *faults: Fault) -> None:
        """The next requests fail like this, one each."""
        self._queue.extend(faults)

    async def serve(self, request: web.Request, carry_out: CarryOut) -> web.StreamResponse:
        """Carry the request out, or fail as the next fault says."""
        match self._queue.popleft() if self._queue else None:
            case None:
                return await carry_out()
            case Fault.HANG_BEFORE:
                await self._closing.wait()
                return self._error(503)
            case Fault.HANG_AFTER:
                await carry_out()
                await self._closing.wait()
                return self._error(503)
            case Fault.DROP_BEFORE:
                return _hang_up(request)
            case Fault.DROP_AFTER:
                await carry_out()
                return _hang_up(request)
            case Fault.RATE_LIMITED:
                answer = self._error(429)
                answer.headers["Retry-After"] = str(self._retry_after)
                return answer
            case Fault.ERROR:
                return self._error(500)
            case Fault.UNAVAILABLE:
                return self._error(503)
            case Fault.HTML:
                return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
            case Fault.REDIRECT:
                return web.Response(status=302, headers={"Location": "/login"})
            case Fault.BROKEN_JSON:
                done = await carry_out()
                return web.Response(status=done.status, text='{"sid": "SM', content_type="application/json")

    def close(self) -> None:
        """Let hanging requests go."""
        self._closing.set()


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
