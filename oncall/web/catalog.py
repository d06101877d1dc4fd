"""Services, who owns what, where an alert would go, and how ready services are, in the browser."""

from __future__ import annotations

import operator

from aiohttp import web

from oncall.errors import Invalid
from oncall.expectations import labels_of
from oncall.moment import parse_moment
from oncall.services.catalog import checks as checks_view
from oncall.services.catalog import unowned as unowned_view
from oncall.services.catalog import view as catalog_view
from oncall.services.explain import Explanation, explain
from oncall.services.people.rights import Right
from oncall.services.record import deploys
from oncall.walk import Walk
from oncall.web.forms import cursor_of
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render
from oncall.web.sessions import signed_in
from routing.matchers import MatcherError


@signed_in
async def services(request: web.Request) -> web.StreamResponse:
    """Search, or the list by name."""
    engine, caller = engine_of(request), request[CALLER]
    word = request.query.get("q", "")[:200]
    hits = await catalog_view.search(engine, caller, catalog_view.SearchQuery(q=word)) if word else None
    team = request.query.get("team", "")[:200]
    query = catalog_view.EntryQuery(team=team, cursor=request.query.get("cursor", "")[:300])
    found = await catalog_view.list_entries(engine, caller, query)
    context = {"word": word, "hits": hits.hits if hits else None, "team": team, "found": found}
    return render(request, "services.html", context | {"teams": engine.directory.teams})


@signed_in
async def service(request: web.Request) -> web.StreamResponse:
    """One service: owner, tools, checks, deploys, and where each field was written."""
    engine, caller = engine_of(request), request[CALLER]
    entry = await catalog_view.view_entry(engine, caller, request.match_info["name"])
    checks = await checks_view.view_service(engine, caller, entry.name)
    return render(request, "service.html", {"entry": entry, "checks": checks, "teams": engine.directory.teams})


@signed_in
async def list_deploys(request: web.Request) -> web.StreamResponse:
    """What went out, newest first."""
    found = await deploys.list_deploys(engine_of(request), request[CALLER], cursor_of(request))
    catalog = engine_of(request).directory.catalog
    return render(request, "deploys.html", {"found": found, "known": {entry.name for entry in catalog.entries}})


@signed_in
async def unowned(request: web.Request) -> web.StreamResponse:
    """Alerts nobody owns, and the lines that settle it."""
    found = await unowned_view.view_unowned(engine_of(request), request[CALLER])
    return render(request, "unowned.html", {"found": found})


@signed_in
async def readiness(request: web.Request) -> web.StreamResponse:
    """Scorecards and campaigns."""
    engine = engine_of(request)
    found = await checks_view.view_readiness(engine, request[CALLER])
    return render(request, "readiness.html", {"found": found, "teams": engine.directory.teams})


@signed_in
async def route(request: web.Request) -> web.StreamResponse:
    """The path of an alert with the labels typed in."""
    labels, at = request.query.get("labels", "")[:8000], request.query.get("at", "now")[:100] or "now"
    found, wrong = None, ""
    if labels.strip():
        try:
            found = await _explained(request, labels, at)
        except Invalid as error:
            wrong = f"{error}. {error.mend}"
    context = {
        "labels": labels,
        "at": at,
        "found": found,
        "wrong": wrong,
        "rows": _rows(found.path.walk) if found else (),
    }
    return render(request, "route.html", context, status=400 if wrong else 200)


def _rows(walk: Walk) -> list[dict[str, object]]:
    """The walk in order: who is asked by what at which minute, and what is to be said on the way."""
    asked: dict[tuple[int, int, str, str], list[str]] = {}
    for ask in walk.asks:
        asked.setdefault((ask.after, ask.step, ask.name, ask.reason), []).append(ask.channel.replace("_", " "))
    rows: list[tuple[int, dict[str, object]]] = [
        (after, {"after": _after(after), "step": step, "who": who, "by": " and ".join(channels), "why": why})
        for (after, step, who, why), channels in asked.items()
    ]
    rows += [
        (
            note.after,
            {"after": _after(note.after), "step": 0, "who": note.text[:1].upper() + note.text[1:], "by": "", "why": ""},
        )
        for note in walk.remarks
    ]
    return [row for _, row in sorted(rows, key=operator.itemgetter(0))]


def _after(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if rest and minutes else f"{rest} s" if rest else f"{minutes} min"


async def _explained(request: web.Request, labels: str, at: str) -> Explanation:
    engine, caller = engine_of(request), request[CALLER]
    caller.require(Right.SEE)
    try:
        pairs = labels_of(labels)
        moment = parse_moment(at, caller.timezone, engine.clock.now())
    except MatcherError as error:
        raise Invalid(f"the labels cannot be read: {error}", 'Write severity="critical", service="checkout"') from error
    except ValueError as error:
        raise Invalid(str(error)) from error
    return await explain(engine, pairs, moment)
