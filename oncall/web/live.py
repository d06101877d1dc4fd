"""Server-sent events that say "there is something new"; the browser then asks for the view again."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

from aiohttp import web

from oncall.errors import Invalid
from oncall.services.people.rights import Right
from oncall.services.views import news
from oncall.services.views.news import News
from oncall.web.keys import CALLER, NEWS, engine_of
from oncall.web.sessions import signed_in

#: A comment is sent at least this often, in seconds, so that proxies and browsers notice a dead line.
BEAT = 20.0


async def run(app: web.Application) -> AsyncIterator[None]:
    """Look for news as long as the application lives."""
    app[NEWS].start()
    yield
    await app[NEWS].stop()


async def release(app: web.Application) -> None:
    """Let open streams end, so that a stop does not wait for them."""
    await app[NEWS].close()


@signed_in
async def stream(request: web.Request) -> web.StreamResponse:
    """`GET /live`: an event whenever something changed; `?incident=` or `?phone=` for one thing alone."""
    incident = _number(request.query.get("incident"))
    person = request.query.get("phone")
    caller = request[CALLER]
    if person is None:
        caller.require(Right.SEE)
    else:
        caller.require(Right.USE_PHONE, person=person)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    source = request.app[NEWS]
    # Whoever closes the page ends the stream: the usual end of it.
    with contextlib.suppress(ConnectionResetError):
        async with source.watch():
            await _tell(request, response, source, incident, person)
    return response


async def _tell(
    request: web.Request, response: web.StreamResponse, source: News, incident: int | None, person: str | None
) -> None:
    engine = engine_of(request)
    seen = await news.latest(engine)
    await response.write(b"retry: 2000\n\n")
    while not source.over:
        now = await source.after(seen, BEAT)
        if now.line < seen.line or now.message < seen.message:
            # The looker has not been round since this stream began.
            await asyncio.sleep(news.EVERY / 4)
            continue
        if now != seen and await news.concerns(engine, seen, now, incident=incident, person=person):
            await response.write(f"id: {now.line}-{now.message}\ndata: new\n\n".encode())
        else:
            await response.write(b": still here\n\n")
        seen = now


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) is None:
        raise Invalid("that is no incident's number", "Give digits.", "query.incident")
    return int(text)
