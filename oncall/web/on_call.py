"""Who is on call, in the browser."""

from __future__ import annotations

from aiohttp import web

from oncall.services.rotations import on_call_view
from oncall.services.rotations.on_call_view import OnCallQuery
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render
from oncall.web.sessions import signed_in


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Every rotation now, by team; the reader's teams first."""
    caller = request[CALLER]
    found = await on_call_view.who_is_on_call(engine_of(request), caller, OnCallQuery())
    teams: dict[str, list[on_call_view.Rotation]] = {}
    for rotation in sorted(found.rotations, key=lambda r: (r.team not in caller.teams, r.team_name)):
        teams.setdefault(rotation.team, []).append(rotation)
    return render(request, "on_call.html", {"teams": teams})
