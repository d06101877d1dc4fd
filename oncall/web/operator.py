"""The operator's views."""

from __future__ import annotations

from aiohttp import web

from oncall.services.views import operator_view, providers_view
from oncall.web.forms import cursor_of
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render
from oncall.web.sessions import signed_in


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """What works, what does not, what to do."""
    found = await operator_view.view_operator(engine_of(request), request[CALLER])
    return render(request, "operator.html", {"found": found})


@signed_in
async def providers(request: web.Request) -> web.StreamResponse:
    """How the providers that carry pages do."""
    found = await providers_view.view_providers(engine_of(request), request[CALLER])
    return render(request, "providers.html", {"found": found})


@signed_in
async def quarantine(request: web.Request) -> web.StreamResponse:
    """What could not be used."""
    found = await operator_view.list_quarantine(engine_of(request), request[CALLER], cursor_of(request))
    return render(request, "quarantine.html", {"found": found})


@signed_in
async def audit(request: web.Request) -> web.StreamResponse:
    """Who changed what."""
    found = await operator_view.list_audit(engine_of(request), request[CALLER], cursor_of(request))
    return render(request, "audit.html", {"found": found})
