"""What the application and a request carry."""

from __future__ import annotations

from aiohttp import web

from oncall.engine import Engine
from oncall.services.people.rights import Caller
from oncall.services.views.news import News

ENGINE = web.AppKey("engine", Engine)
NEWS = web.AppKey("news", News)
#: Who asks; set by `sessions.signed_in` and `sessions.api_caller`, absent on open addresses.
CALLER = web.RequestKey("caller", Caller)
#: The secret of a browser that is not signed in; set by `sessions.visitor`.
VISIT = web.RequestKey("visit", str)
#: What ties a form to the browser it was made for.
FORM_TOKEN = web.RequestKey("form_token", str)


def engine_of(request: web.Request) -> Engine:
    """The engine behind this application."""
    return request.app[ENGINE]
