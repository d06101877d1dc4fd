"""Views of incidents, and the forms that act on them."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from notifiers.message import MessageKind
from oncall.errors import NotFound
from oncall.incident.record import ROLES
from oncall.services import acting
from oncall.services.views import incident_list, incident_view, now_view, similar
from oncall.services.views.incident_list import ListQuery
from oncall.web.forms import cursor_of, read_query
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other
from oncall.web.runs import fold
from oncall.web.sessions import FORM_FIELD, signed_in
from oncall.web.ties import picture

#: Form fields that may be given several times.
SEVERAL = frozenset({"alerts", "teams"})
#: Form fields that say something when they are empty: that a line is taken away.
EMPTY_COUNTS = frozenset({"impact", "status"})


@signed_in
async def now(request: web.Request) -> web.StreamResponse:
    """What is open for me, and what I am on call for."""
    found = await now_view.view_now(engine_of(request), request[CALLER])
    return render(request, "now.html", {"now": found})


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """The list."""
    status = request.query.get("status") or "open"
    query = read_query({**request.query, "status": "" if status == "all" else status}, ListQuery)
    found = await incident_list.list_incidents(engine_of(request), request[CALLER], query)
    return render(request, "incidents.html", {"found": found, "query": query, "status": status})


@signed_in
async def one(request: web.Request) -> web.StreamResponse:
    """One incident."""
    return await show_incident(request)


@signed_in
async def alerts(request: web.Request) -> web.StreamResponse:
    """All its alerts, a stretch at a time."""
    number = number_of(request)
    engine, caller = engine_of(request), request[CALLER]
    found = await incident_view.alerts_after(engine, caller, number, cursor_of(request) or 0)
    return render(request, "alerts.html", {"found": found, "number": number})


@signed_in
async def timeline(request: web.Request) -> web.StreamResponse:
    """Older lines of its timeline."""
    number = number_of(request)
    engine, caller = engine_of(request), request[CALLER]
    found = await incident_view.timeline_before(engine, caller, number, cursor_of(request))
    return render(request, "timeline.html", {"found": found, "number": number})


async def show_incident(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The view of the incident in the address, with what went wrong above it."""
    number = number_of(request)
    engine, caller = engine_of(request), request[CALLER]
    found = await incident_view.view_incident(engine, caller, number)
    others = await incident_list.other_open(engine, caller, number) if caller.may_respond else ()
    lead = next((part for part in found.involvements if part.lead), found.involvements[0])
    names = {person.id: person.name for person in engine.directory.people.values()}
    asked: dict[str, list[str]] = {}
    for page in found.pages:
        name = names.get(page.person, page.person)
        if page.kind is MessageKind.PAGE and page.sent_at and name and name not in asked.setdefault(page.team, []):
            asked[page.team].append(name)
    alike = await similar.find_similar(engine, caller, number)
    context = {
        "incident": found,
        "similar": alike.similar,
        "picture": picture(found.together, engine.clock.now()),
        "lead": lead,
        "runs": fold(found.timeline),
        "older": len(found.timeline) >= incident_view.ENTRIES_SHOWN,
        "asked": asked,
        "waiting": [part for part in found.involvements if part.team in found.waiting],
        "may_act": caller.may_respond,
        "others": others,
        "problem": problem,
        "people": engine.directory.people,
        "by_name": sorted(engine.directory.people.values(), key=lambda person: person.name.lower()),
        "teams": engine.directory.teams,
        "roles": [r for r in ROLES if r not in {held.role for held in found.record.roles}],
    }
    return render(request, "incident.html", context, status=problem.status if problem else 200)


@signed_in
@form_on(show_incident)
async def act(request: web.Request) -> web.StreamResponse:
    """A form: do it and show the incident after it."""
    number, verb = number_of(request), request.match_info["verb"]
    if verb not in acting.ACTS:
        raise NotFound(f"nothing is called {verb}")
    engine, caller = engine_of(request), request[CALLER]
    after = await acting.perform(engine, caller, number, acting.read_act(verb, await _fields(request)))
    return see_other(f"/incidents/{after.id}")


def number_of(request: web.Request) -> int:
    """The incident in the address.

    Raises:
        NotFound: it is no number.
    """
    text = request.match_info["id"]
    if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) is None:
        raise NotFound("there is no such incident", "Look in the list of incidents.")
    return int(text)


async def _fields(request: web.Request) -> dict[str, Any]:
    form = await request.post()
    fields: dict[str, Any] = {}
    for name in form:
        if name == FORM_FIELD:
            continue
        values = [value for value in form.getall(name) if isinstance(value, str)]
        if name in SEVERAL:
            fields[name] = values
        elif values and (values[0].strip() or name in EMPTY_COUNTS):
            fields[name] = values[0].strip()
    return fields
