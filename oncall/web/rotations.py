"""Rotations for managers in the browser: the list, one of them, its table as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import ETag, web

from oncall.services.people.rights import Right
from oncall.services.rotations import cover, overrides, subscriptions
from oncall.services.rotations import views as rotation_views
from oncall.services.rotations.report import Report
from oncall.services.rotations.views import WEEKS, RotationView
from oncall.web.forms import local_time
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other
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
    return await show_rotation(request)


async def show_rotation(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The rotation with what went wrong above it."""
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
        "may_change": caller.may(Right.RESPOND)
        if team.id in caller.teams
        else caller.may(Right.EDIT_TEAM, team=team.id),
        "people": [engine.directory.people[member] for member in team.members if member in engine.directory.people],
        "shown": engine.directory.shown,
        "problem": problem,
    }
    return render(request, "rotation.html", context, status=problem.status if problem else 200)


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


@signed_in
@form_on(show_rotation)
async def add_override(request: web.Request) -> web.StreamResponse:
    """Put somebody on call, from the form; its times are in the reader's zone."""
    engine, caller, form = engine_of(request), request[CALLER], await request.post()
    fields = {name: str(form.get(name, "")).strip() for name in ("person", "replaces", "role", "note")}
    asked = overrides.NewOverride(
        starts_at=local_time(form.get("starts_at"), caller.timezone, "starts_at"),
        ends_at=local_time(form.get("ends_at"), caller.timezone, "ends_at"),
        **fields,
    )
    await overrides.add(engine, caller, *_names(request), asked)
    return see_other(_address(request))


@signed_in
@form_on(show_rotation)
async def revoke_override(request: web.Request) -> web.StreamResponse:
    """Take an override back."""
    number = request.match_info["id"]
    await overrides.revoke(
        engine_of(request), request[CALLER], *_names(request), int(number) if number.isdecimal() else 0
    )
    return see_other(_address(request))


@signed_in
@form_on(show_rotation)
async def accept(request: web.Request) -> web.StreamResponse:
    """Put a held calendar into force."""
    await overrides.accept_calendar(engine_of(request), request[CALLER], *_names(request))
    return see_other(_address(request))


@signed_in
@form_on(show_rotation)
async def ask_for_cover(request: web.Request) -> web.StreamResponse:
    """Ask for cover, from the form."""
    engine, caller, form = engine_of(request), request[CALLER], await request.post()
    team, schedule = _names(request)
    asked = cover.NewCover(
        team=team,
        schedule=schedule,
        starts_at=local_time(form.get("starts_at"), caller.timezone, "starts_at"),
        ends_at=local_time(form.get("ends_at"), caller.timezone, "ends_at"),
        note=str(form.get("note", ""))[:500],
    )
    made = await cover.ask(engine, caller, asked)
    return see_other(f"/covers/{made.request.id}")


@signed_in
async def show_cover(request: web.Request) -> web.StreamResponse:
    """A request for cover, with one button."""
    return await show_request(request)


async def show_request(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The request with what went wrong above it."""
    found = await cover.view(engine_of(request), request[CALLER], _number(request))
    shown = engine_of(request).directory.shown
    context = {"view": found, "request": found.request, "shown": shown, "problem": problem}
    return render(request, "cover.html", context, status=problem.status if problem else 200)


@signed_in
@form_on(show_request)
async def take_cover(request: web.Request) -> web.StreamResponse:
    """Take the shift."""
    number = _number(request)
    await cover.take(engine_of(request), request[CALLER], number)
    return see_other(f"/covers/{number}")


@signed_in
async def subscriptions_list(request: web.Request) -> web.StreamResponse:
    """Feed addresses of the reader's."""
    return await show_subscriptions(request)


async def show_subscriptions(
    request: web.Request, problem: Problem | None = None, made: subscriptions.Subscription | None = None
) -> web.StreamResponse:
    """The list with what went wrong above it, or the address that was just made."""
    engine = engine_of(request)
    found = await subscriptions.subscriptions(engine, request[CALLER])
    teams = list(engine.directory.teams.values())
    context = {"subscriptions": found, "made": made, "teams": teams, "problem": problem}
    return render(request, "subscriptions.html", context, status=problem.status if problem else 200)


@signed_in
@form_on(show_subscriptions)
async def subscribe(request: web.Request) -> web.StreamResponse:
    """Make a feed address and show it, this once."""
    form = await request.post()
    team = str(form.get("team", ""))
    asked = subscriptions.NewSubscription(kind="team" if team else "person", team=team, gaps=bool(form.get("gaps")))
    made = await subscriptions.subscribe(engine_of(request), request[CALLER], asked)
    return await show_subscriptions(request, made=made)


@signed_in
@form_on(show_subscriptions)
async def unsubscribe(request: web.Request) -> web.StreamResponse:
    """End a feed address."""
    await subscriptions.unsubscribe(engine_of(request), request[CALLER], request.match_info["digest"])
    return see_other("/subscriptions")


async def feed(request: web.Request) -> web.StreamResponse:
    """A feed for calendar programs; the address is the secret."""
    body = await subscriptions.feed(engine_of(request), request.match_info["secret"])
    etag = ETag(hashlib.sha256(body).hexdigest()[:32])
    response = web.Response(body=body, content_type="text/calendar", charset="utf-8")
    response.etag = etag
    if request.if_none_match and etag in request.if_none_match:
        return web.Response(status=304, headers={"ETag": f'"{etag.value}"'})
    return response


def _names(request: web.Request) -> tuple[str, str]:
    return request.match_info["team"], request.match_info["schedule"]


def _address(request: web.Request) -> str:
    team, schedule = _names(request)
    return f"/rotations/{quote(team)}/{quote(schedule)}"


def _number(request: web.Request) -> int:
    text = request.match_info["id"]
    return int(text) if text.isdecimal() and len(text) < 16 else 0


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
    load = max(report.loads, key=lambda load: load.hours + load.past_hours - load.fair_hours_in_all)
    carried, whole = load.hours + load.past_hours, sum(load.hours + load.past_hours for load in report.loads)
    more = carried / load.fair_hours_in_all if load.fair_hours_in_all else 0.0
    part = 100 * carried / whole if whole else 0.0
    return f"{load.name} carries {part:.0f} % of the hours, {more:.1f} times a fair share"
