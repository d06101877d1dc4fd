"""Drills and game days in the browser."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from oncall.errors import Invalid, OncallError
from oncall.misfit import misfit
from oncall.services.people.rights import Right
from oncall.services.practice import drills, game_days
from oncall.services.practice.drills import NewDrill
from oncall.services.practice.game_days import MOST_STEPS, Abort, NewGameDay
from oncall.web.forms import cursor_of, read_form
from oncall.web.incidents import number_of
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on, problem_of
from oncall.web.rendering import render, see_other
from oncall.web.sessions import signed_in

#: Rows of the script's form; "more rows" gives twice as many.
ROWS = 5
#: Game days shown beside the drills; the others have a view of their own.
NEWEST = 10
#: A row of the form nobody has written into.
BLANK = {"minutes": "0", "team": "", "title": "", "service": "", "text": "", "announced": ""}
_STEP = re.compile(r"(minutes|team|title|service|text|announced)-([0-9]{1,2})")


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """What was practised, and forms for more."""
    return await show_drills(request)


async def show_drills(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The list with what went wrong above it."""
    engine, caller, cursor = engine_of(request), request[CALLER], cursor_of(request)
    found = await drills.list_drills(engine, caller, cursor)
    days = await game_days.list_game_days(engine, caller)
    context = {
        "found": found,
        "older": cursor is not None,
        "days": days.game_days[:NEWEST],
        "mine": _mine(request),
        "problem": problem,
    }
    return render(request, "drills.html", context, status=problem.status if problem else 200)


@signed_in
async def list_game_days(request: web.Request) -> web.StreamResponse:
    """Every game day, newest first."""
    found = await game_days.list_game_days(engine_of(request), request[CALLER], cursor_of(request))
    return render(request, "game_days.html", {"found": found, "mine": _mine(request)})


@signed_in
@form_on(show_drills)
async def start(request: web.Request) -> web.StreamResponse:
    """Begin one."""
    asked = await read_form(request, NewDrill)
    number = await drills.start(engine_of(request), request[CALLER], asked)
    return see_other(f"/incidents/{number}")


@signed_in
async def script(request: web.Request) -> web.StreamResponse:
    """The form of a game day."""
    wanted = request.query.get("rows", "")
    rows = min(int(wanted), MOST_STEPS) if wanted.isdecimal() and len(wanted) < 4 else ROWS
    return _form(request, [{} for _ in range(max(rows, 1))], {}, None)


@signed_in
async def plan(request: web.Request) -> web.StreamResponse:
    """Take the script down; what is wrong is said above what was written."""
    form = await request.post()
    given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    written: dict[int, dict[str, str]] = {}
    for name, value in given.items():
        if found := _STEP.fullmatch(name):
            written.setdefault(int(found[2]), {})[found[1]] = value
    steps = [written[place] for place in sorted(written)]
    try:
        asked = _read(request, given, [step for step in steps if step.get("team")])
        number = await game_days.plan(engine_of(request), request[CALLER], asked)
    except OncallError as error:
        return _form(request, steps, given, error)
    return see_other(f"/game-days/{number}")


@signed_in
async def game_day(request: web.Request) -> web.StreamResponse:
    """Its script and how each drill stands."""
    return await show_game_day(request)


async def show_game_day(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The game day with what went wrong above it."""
    engine = engine_of(request)
    found = await game_days.view(engine, request[CALLER], number_of(request))
    context = {"day": found, "teams": engine.directory.teams, "problem": problem}
    return render(request, "game_day.html", context, status=problem.status if problem else 200)


@signed_in
@form_on(show_game_day)
async def abort(request: web.Request) -> web.StreamResponse:
    """End it now."""
    number = number_of(request)
    await game_days.abort(engine_of(request), request[CALLER], number, await read_form(request, Abort))
    return see_other(f"/game-days/{number}")


def _read(request: web.Request, given: dict[str, str], steps: list[dict[str, str]]) -> NewGameDay:
    fields: dict[str, Any] = {
        "title": given.get("day", ""),
        "steps": [{name: value for name, value in step.items() if value} for step in steps],
    }
    try:
        if given.get("begins"):
            local = datetime.fromisoformat(given["begins"])
            fields["starts_at"] = local.replace(tzinfo=ZoneInfo(request[CALLER].timezone))
        return msgspec.convert(fields, NewGameDay, strict=False)
    except msgspec.ValidationError as error:
        raise misfit(error, "A game day needs a title and at least one drill with its team.") from error
    except ValueError as error:
        raise Invalid("that is no day and time", "Choose one, or leave it empty to begin now.", "begins") from error


def _form(
    request: web.Request, steps: list[dict[str, str]], given: dict[str, str], error: OncallError | None
) -> web.Response:
    problem = problem_of(error) if error else None
    context = {
        "steps": [BLANK | step for step in steps],
        "given": {"day": "", "begins": ""} | given,
        "mine": _mine(request),
        "problem": problem,
        "most": MOST_STEPS,
    }
    return render(request, "game_day_form.html", context, status=problem.status if problem else 200)


def _mine(request: web.Request) -> list[Any]:
    teams = engine_of(request).directory.teams.values()
    return [team for team in teams if request[CALLER].may(Right.EDIT_TEAM, team=team.id)]
