"""`POST /-/reload`: read the configuration directory again."""

from __future__ import annotations

import msgspec
from aiohttp import web

from oncall.services.operation import administration
from oncall.web.keys import CALLER, engine_of
from oncall.web.sessions import api_caller


@api_caller
async def reload(request: web.Request) -> web.StreamResponse:
    """Take the files into force, whole or not at all; needs an admin's token."""
    problems = await administration.reload(engine_of(request), request[CALLER])
    return web.Response(
        body=msgspec.json.encode({"warnings": [str(problem) for problem in problems]}), content_type="application/json"
    )
