"""`POST /-/reload`: read the configuration directory again."""

from __future__ import annotations

import msgspec
from aiohttp import web

from oncall.services.reload import reload as reload_directory
from oncall.services.rights import Right
from oncall.web.keys import CALLER, engine_of
from oncall.web.sessions import api_caller


@api_caller
async def reload(request: web.Request) -> web.StreamResponse:
    """Take the files into force, whole or not at all; needs an admin's token."""
    request[CALLER].require(Right.ADMINISTER)
    problems = await reload_directory(engine_of(request))
    return web.Response(
        body=msgspec.json.encode({"warnings": [str(problem) for problem in problems]}), content_type="application/json"
    )
