"""Load and noise in the browser, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec
from aiohttp import web

from oncall.errors import Invalid, NotFound
from oncall.services.views import insights
from oncall.services.views.insights import Insights, InsightsQuery
from oncall.web.chart import bars
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render
from oncall.web.sessions import signed_in

#: What can be had as CSV.
TABLES = ("people", "teams", "kinds", "days")
#: A cell that begins so is a formula to spreadsheets; alert content must not become one.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """The whole view."""
    found = await _found(request)
    engine = engine_of(request)
    context = {
        "found": found,
        "days": int(request.query.get("days", "28")),
        "bars": bars(found.days),
        "teams": engine.directory.teams,
        "tables": TABLES,
    }
    return render(request, "insights.html", context)


@signed_in
async def table(request: web.Request) -> web.StreamResponse:
    """One table as CSV."""
    name = request.match_info["table"].removesuffix(".csv")
    if name not in TABLES:
        raise NotFound("there is no such table", f"Choose one of {', '.join(TABLES)}.")
    found = await _found(request)
    return web.Response(
        text=as_csv(getattr(found, name)),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="oncall-{name}.csv"'},
    )


def as_csv(rows: Sequence[msgspec.Struct]) -> str:
    """The rows with a header line; cells that a spreadsheet would run are quoted out."""
    out = io.StringIO()
    writer = csv.writer(out)
    if rows:
        writer.writerow(rows[0].__struct_fields__)
    for row in rows:
        writer.writerow([_cell(value) for value in msgspec.structs.astuple(row)])
    return out.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


async def _found(request: web.Request) -> Insights:
    given = {name: value for name, value in request.query.items() if value}
    try:
        query = msgspec.convert(given, InsightsQuery, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), "Choose one of the filters.", "query") from error
    return await insights.view_insights(engine_of(request), request[CALLER], query)
