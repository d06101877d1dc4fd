"""Load and noise in the browser, and as CSV."""

from __future__ import annotations

from aiohttp import web

from oncall.errors import NotFound
from oncall.services.insight import weekly
from oncall.services.insight.weekly import SetDigest
from oncall.services.views import insights
from oncall.services.views.insights import InsightsQuery
from oncall.web.chart import bars, by_week, heat
from oncall.web.csv_tables import as_csv, attachment
from oncall.web.forms import read_form, read_query
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other
from oncall.web.sessions import signed_in

#: What can be had as CSV.
TABLES = ("people", "teams", "kinds", "days", "ahead", "weeks", "person_weeks")


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """The whole view."""
    query = read_query(request.query, InsightsQuery)
    engine = engine_of(request)
    found = await insights.view_insights(engine, request[CALLER], query)
    context = {
        "found": found,
        "days": query.days,
        "bars": bars(found.days),
        "by_week": by_week(found.days),
        "heat": heat(found.person_weeks, [week.week for week in found.weeks]),
        "teams": engine.directory.teams,
        "tables": TABLES,
    }
    return render(request, "insights.html", context)


@signed_in
async def digest(request: web.Request) -> web.StreamResponse:
    """What the weekly digest would say now, and whether it comes."""
    return await show_digest(request)


async def show_digest(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The digest with what went wrong above it."""
    engine = engine_of(request)
    found = await weekly.preview(engine, request[CALLER])
    context = {"found": found, "teams": engine.directory.teams, "problem": problem}
    return render(request, "digest.html", context, status=problem.status if problem else 200)


@signed_in
@form_on(show_digest)
async def choose_digest(request: web.Request) -> web.StreamResponse:
    """Want it or not."""
    await weekly.choose(engine_of(request), request[CALLER], await read_form(request, SetDigest))
    return see_other("/digest")


@signed_in
async def table(request: web.Request) -> web.StreamResponse:
    """One table as CSV."""
    name = request.match_info["table"].removesuffix(".csv")
    if name not in TABLES:
        raise NotFound("there is no such table", f"Choose one of {', '.join(TABLES)}.")
    query = read_query(request.query, InsightsQuery)
    found = await insights.view_insights(engine_of(request), request[CALLER], query)
    return web.Response(
        text=as_csv(getattr(found, name)),
        content_type="text/csv",
        charset="utf-8",
        headers=attachment(f"oncall-{name}.csv"),
    )
