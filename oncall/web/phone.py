"""The built-in phone in the browser."""

from __future__ import annotations

from aiohttp import web

from oncall.services.views import phone_view
from oncall.services.views.phone_view import PhoneReply
from oncall.web.forms import read_form
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other
from oncall.web.sessions import signed_in


@signed_in
async def choose(request: web.Request) -> web.StreamResponse:
    """The phones I may use; with only my own, that one at once."""
    found = await phone_view.phones(engine_of(request), request[CALLER])
    if len(found.phones) == 1:
        return see_other(f"/phone/{found.phones[0].person}")
    return render(request, "phones.html", {"found": found})


async def show_phone(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The phone with what went wrong above the line to write in."""
    engine, caller = engine_of(request), request[CALLER]
    found = await phone_view.view_phone(engine, caller, request.match_info["person"])
    context = {"phone": found, "problem": problem, "once": engine.new_id()}
    return render(request, "phone.html", context, status=problem.status if problem else 200)


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """One phone."""
    return await show_phone(request)


@signed_in
@form_on(show_phone)
async def reply(request: web.Request) -> web.StreamResponse:
    """A text written or a key pressed."""
    engine, caller = engine_of(request), request[CALLER]
    person = request.match_info["person"]
    await phone_view.reply(engine, caller, person, await read_form(request, PhoneReply))
    return see_other(f"/phone/{person}")
