"""Teams in the browser."""

from __future__ import annotations

from aiohttp import web

from oncall.services.views import team_view
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render
from oncall.web.sessions import signed_in


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """Every team."""
    found = await team_view.list_teams(engine_of(request), request[CALLER])
    return render(request, "teams.html", {"found": found})


@signed_in
async def one(request: web.Request) -> web.StreamResponse:
    """One team."""
    found = await team_view.view_team(engine_of(request), request[CALLER], request.match_info["team"])
    return render(request, "team.html", {"team": found})
