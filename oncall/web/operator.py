"""The operator's views."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from aiohttp import web

from oncall.services.operation import administration
from oncall.services.views import operator_view, providers_view
from oncall.web.forms import cursor_of, local_time
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other
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
    return await show_quarantine(request)


async def show_quarantine(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The quarantine, with what went wrong above it, or with how many bodies wait since the form was sent."""
    engine, caller = engine_of(request), request[CALLER]
    found = await operator_view.list_quarantine(engine, caller, cursor_of(request))
    again = request.query.get("again", "")
    oldest = min((item.received_at for item in found.quarantine), default=engine.clock.now())
    context = {
        "found": found,
        "problem": problem,
        "again": int(again) if re.fullmatch(r"[0-9]{1,9}", again, re.ASCII) else None,
        "begin": oldest.astimezone(ZoneInfo(caller.timezone)).strftime("%Y-%m-%dT%H:%M"),
        "integrations": [integration.name for integration in engine.directory.integrations],
    }
    return render(request, "quarantine.html", context, status=problem.status if problem else 200)


@signed_in
@form_on(show_quarantine)
async def replay(request: web.Request) -> web.StreamResponse:
    """Process a stretch of time again, from and to in the reader's zone."""
    caller, form = request[CALLER], await request.post()
    until = form.get("until")
    asked = administration.Replay(
        since=local_time(form.get("since"), caller.timezone, "since"),
        until=local_time(until, caller.timezone, "until") if until else None,
        integration=str(form.get("integration", ""))[:200],
    )
    done = await administration.replay(engine_of(request), caller, asked)
    return see_other(f"/operator/quarantine?again={done.bodies}")


@signed_in
async def audit(request: web.Request) -> web.StreamResponse:
    """Who changed what."""
    found = await operator_view.list_audit(engine_of(request), request[CALLER], cursor_of(request))
    return render(request, "audit.html", {"found": found})
