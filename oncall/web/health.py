"""What machines ask: alive, ready, and how it goes."""

from __future__ import annotations

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from oncall.services.operation import readiness
from oncall.web.keys import engine_of


async def healthz(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """200 when the database answers and the loop keeps time; else 503 that says what does not."""
    found = await readiness.ready(engine_of(request))
    return web.Response(
        body=msgspec.json.encode(found), status=200 if found.ready else 503, content_type="application/json"
    )


async def metrics(request: web.Request) -> web.Response:
    """Counters for Prometheus."""
    body = generate_latest(engine_of(request).metrics.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
