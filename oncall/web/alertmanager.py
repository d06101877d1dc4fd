"""The door Alertmanager posts to. It retries what is not answered with 2xx or 4xx, so each status here is a decision."""

from __future__ import annotations

import hashlib

from aiohttp import web

from oncall.errors import SignedOut
from oncall.services.intake import intake
from oncall.web.keys import engine_of


async def receive(request: web.Request) -> web.Response:
    """`POST /api/v1/alertmanager/{key}`: 202 once the body is on disk.

    401 for an unknown key, without a hint; 400 for a body that no retry would mend; 413 over the limit; 503 when the
    database cannot take it, so that Alertmanager tries again.
    """
    engine = engine_of(request)
    # Found by its digest: how long that takes depends on the digest alone, which says nothing about any key.
    digest = hashlib.sha256(request.match_info["key"].encode()).hexdigest()
    integration = engine.organisation.integrations.get(digest)
    if integration is None:
        raise SignedOut("unauthorized")
    await intake.accept(engine, integration, await request.read())
    return web.Response(status=202)
