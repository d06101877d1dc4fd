"""One's own contact methods in the browser: prove, try, order, leave out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.services.people import contacts, preferences
from oncall.services.people.contacts import Code, Method
from oncall.services.people.preferences import Move
from oncall.services.people.rights import Caller
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other
from oncall.web.sessions import signed_in

#: What a form may ask for: the act in its address, what does it, and what is said when it is done.
_ACTS: dict[str, tuple[Callable[[Engine, Caller, str], Awaitable[object]], str]] = {
    "test": (lambda engine, caller, channel: contacts.send_test(engine, caller, Method(channel=channel)), "test"),
    "code": (lambda engine, caller, channel: contacts.send_code(engine, caller, Method(channel=channel)), "code"),
    "up": (lambda engine, caller, channel: preferences.move_up(engine, caller, Move(channel=channel)), ""),
    "leave-out": (lambda engine, caller, channel: preferences.leave_out(engine, caller, Move(channel=channel)), ""),
    "take-back": (lambda engine, caller, channel: preferences.take_back(engine, caller, Move(channel=channel)), ""),
}
_SAID = {
    "test": "A test page is on its way. Answer it, or press its button: that proves the method.",
    "code": "A code is on its way. Enter it below within ten minutes.",
    "verified": "Proved. Pages can reach you this way.",
}


async def show_contacts(request: web.Request, problem: Problem | None = None, said: str = "") -> web.StreamResponse:
    """The methods with what went wrong above them, or what was done."""
    found = await contacts.list_contacts(engine_of(request), request[CALLER])
    context = {"found": found, "said": said, "problem": problem}
    return render(request, "contacts.html", context, status=problem.status if problem else 200)


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """The methods and how each stands."""
    return await show_contacts(request, said=_SAID.get(request.query.get("said", ""), ""))


@signed_in
@form_on(show_contacts)
async def act(request: web.Request) -> web.StreamResponse:
    """One button of the view."""
    engine, caller, name = engine_of(request), request[CALLER], request.match_info["act"]
    form = await request.post()
    channel = str(form.get("channel", ""))
    if name == "verify":
        await contacts.verify(engine, caller, Code(channel=channel, code=str(form.get("code", ""))[:20]))
        said = "verified"
    elif name in _ACTS:
        run, said = _ACTS[name]
        await run(engine, caller, channel)
    else:
        raise NotFound(f"contact methods know no {name[:40]!r}", "Use the buttons of the view.")
    return see_other(f"/contacts?said={said}" if said else "/contacts")
