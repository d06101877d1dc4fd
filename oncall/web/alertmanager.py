"""The door Alertmanager posts to. It retries what is not answered with 2xx or 4xx, so each status here is a decision."""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web

from oncall.directory import Integration
from oncall.errors import SignedOut
from oncall.services import intake
from oncall.web.keys import engine_of


async def receive(request: web.Request) -> web.Response:
    """`POST /api/v1/alertmanager/{key}`: 202 once the body is on disk.

    401 for an unknown key, without a hint; 400 for a body that no retry would mend; 413 over the limit; 503 when the
    database cannot take it, so that Alertmanager tries again.
    """
    engine = engine_of(request)
    integration = _integration_of(engine.directory.integrations, request.match_info["key"])
    if integration is None:
        raise SignedOut("unauthorized")
    await intake.accept(engine, integration, await request.read())
    return web.Response(status=202)


def _integration_of(integrations: tuple[Integration, ...], key: str) -> Integration | None:
    digest = hashlib.sha256(key.encode()).hexdigest()
    found = None
    for integration in integrations:  # all of them, each in constant time: how long it takes says nothing
        if hmac.compare_digest(integration.key_sha256, digest):
            found = integration
    return found
