"""Drills in the browser."""

from __future__ import annotations

import msgspec
from aiohttp import web

from oncall.errors import Invalid
from oncall.services import drills
from oncall.services.drills import NewDrill
from oncall.services.people.rights import Right
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render, see_other
from oncall.web.sessions import FORM_FIELD, signed_in


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """What was practised, and a form for more."""
    engine, caller = engine_of(request), request[CALLER]
    found = await drills.list_drills(engine, caller)
    mine = [team for team in engine.directory.teams.values() if caller.may(Right.EDIT_TEAM, team=team.id)]
    return render(request, "drills.html", {"found": found, "mine": mine})


@signed_in
async def start(request: web.Request) -> web.StreamResponse:
    """Begin one."""
    form = await request.post()
    fields = {name: value for name, value in form.items() if name != FORM_FIELD and isinstance(value, str)}
    try:
        asked = msgspec.convert(fields, NewDrill)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), "Choose a team.") from error
    number = await drills.start(engine_of(request), request[CALLER], asked)
    return see_other(f"/incidents/{number}")
