"""Rotations for managers in the browser: the list, one of them, its table as CSV."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from aiohttp import web

from oncall.services import rotation_views
from oncall.services.rights import Right
from oncall.services.rotation_report import Report
from oncall.services.rotation_views import WEEKS, RotationView
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render
from oncall.web.sessions import signed_in
from schedules.drawing.bars import bar, trend
from schedules.drawing.timeline import timeline


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """Every rotation, worst first."""
    found = await rotation_views.list_rotations(engine_of(request), request[CALLER])
    trends = {
        (item.team, item.schedule): trend(item.trend, f"score over {len(item.trend)} days") for item in found.rotations
    }
    return render(request, "rotations.html", {"rotations": found.rotations, "trends": trends})


@signed_in
async def one(request: web.Request) -> web.StreamResponse:
    """One rotation: who is overloaded, when nobody is there, what to do; then everything behind it."""
    engine, caller = engine_of(request), request[CALLER]
    found = await rotation_views.view_rotation(
        engine, caller, request.match_info["team"], request.match_info["schedule"]
    )
    team = engine.directory.teams[found.report.team]
    drawn = timeline(found.segments, engine.clock.now(), weeks=WEEKS, zone=ZoneInfo(team.timezone))
    context = {
        "view": found,
        "report": found.report,
        "timeline": drawn,
        "trend": trend(found.trend, f"score over {len(found.trend)} days"),
        "bars": _bars(found.report),
        "heaviest": _heaviest(found.report),
        "zone": team.timezone,
        "may_edit": caller.may(Right.EDIT_TEAM, team=team.id),
    }
    return render(request, "rotation.html", context)


@signed_in
async def table(request: web.Request) -> web.StreamResponse:
    """The shifts of the timeline and the loads, as CSV for a spreadsheet."""
    engine, caller = engine_of(request), request[CALLER]
    found = await rotation_views.view_rotation(
        engine, caller, request.match_info["team"], request.match_info["schedule"]
    )
    name = f"{found.report.team}-{found.report.schedule}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=_csv(found), content_type="text/csv", charset="utf-8", headers=headers)


def _csv(found: RotationView) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("start_utc", "end_utc", "person", "role"))
    for segment in found.segments:
        rows = [(who.person, who.role or "") for who in segment.on_call] or [("(nobody)", "")]
        writer.writerows((segment.start.isoformat(), segment.end.isoformat(), _cell(who), role) for who, role in rows)
    writer.writerow(())
    writer.writerow(("person", "hours", "fair_hours", "night_hours", "free_day_hours", "pages"))
    for load in found.report.loads:
        numbers = (load.hours, load.fair_hours, load.night_hours, load.free_day_hours)
        writer.writerow((_cell(load.name), *(f"{number:.2f}" for number in numbers), load.pages))
    return out.getvalue()


def _cell(text: str) -> str:
    """Names come from calendars; a spreadsheet must not take one for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _bars(report: Report) -> dict[str, dict[str, str]]:
    """Drawings by name and measure; the longest bar of a measure fills its column."""
    loads = report.loads
    people = len(loads) or 1
    drawn: dict[str, dict[str, str]] = {load.name: {} for load in loads}
    for measure in ("hours", "night_hours", "free_day_hours", "pages"):
        values = {load.name: float(getattr(load, measure)) for load in loads}
        fair = {load.name: _fair(load.fair_hours, report, sum(values.values()), people) for load in loads}
        most = max([*values.values(), *fair.values()], default=0.0)
        for name, value in values.items():
            label = f"{name}: {value:.0f} {measure.replace('_', ' ')}, fair share {fair[name]:.0f}"
            drawn[name][measure] = bar(value, fair[name], most, label)
    return drawn


def _fair(fair_hours: float, report: Report, total: float, people: int) -> float:
    whole = sum(load.fair_hours for load in report.loads)
    return total * (fair_hours / whole if whole else 1 / people)


def _heaviest(report: Report) -> str:
    """Who carries too much, in a sentence; empty where nobody does."""
    item = next((item for item in report.items if item.name == "concentration"), None)
    balance = next((item for item in report.items if item.name == "balance"), None)
    if not report.loads or not ((item and item.lost) or (balance and balance.lost >= 1)):
        return ""
    load = max(report.loads, key=lambda load: load.hours - load.fair_hours)
    more = load.hours / load.fair_hours if load.fair_hours else 0.0
    return f"{load.name} carries {100 * load.share:.0f} % of the hours, {more:.1f} times a fair share"
