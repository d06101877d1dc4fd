"""What the application and a request carry."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web

from oncall.engine import Engine
from oncall.services.people.rights import Caller
from oncall.services.views.news import News


class Fields(dict[str, str]):
    """What a form said, by field; what it did not say is empty."""

    def __missing__(self, name: str) -> str:
        return ""


class Written:
    """What a form said that could not be used, for the form of the same address alone: nobody writes it twice."""

    def __init__(self, path: str = "", fields: Mapping[str, str] = MappingProxyType({})) -> None:
        self._path = path
        self.fields = Fields(fields)

    def to(self, address: str) -> Fields:
        """What was sent to that address, or to one that ends like it."""
        return self.fields if address and self._path.endswith(address) else Fields()


ENGINE = web.AppKey("engine", Engine)
NEWS = web.AppKey("news", News)
#: Who asks; set by `sessions.signed_in` and `sessions.api_caller`, absent on open addresses.
CALLER = web.RequestKey("caller", Caller)
#: The secret of a browser that is not signed in; set by `sessions.visitor`.
VISIT = web.RequestKey("visit", str)
#: What a form said; set by `sessions.signed_in`.
WRITTEN = web.RequestKey("written", Written)
#: What ties a form to the browser it was made for.
FORM_TOKEN = web.RequestKey("form_token", str)


def engine_of(request: web.Request) -> Engine:
    """The engine behind this application."""
    return request.app[ENGINE]
