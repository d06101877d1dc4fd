"""The built-in phone in the browser."""

from __future__ import annotations

import msgspec
from aiohttp import web

from oncall.errors import Invalid
from oncall.services.views import phone_view
from oncall.services.views.phone_view import PhoneReply
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import problem_of
from oncall.web.rendering import render, see_other
from oncall.web.sessions import FORM_FIELD, signed_in


@signed_in
async def choose(request: web.Request) -> web.StreamResponse:
    """The phones I may use; with only my own, that one at once."""
    found = await phone_view.phones(engine_of(request), request[CALLER])
    if len(found.phones) == 1:
        return see_other(f"/phone/{found.phones[0].person}")
    return render(request, "phones.html", {"found": found})


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """One phone."""
    return await _show(request)


@signed_in
async def reply(request: web.Request) -> web.StreamResponse:
    """A text written or a key pressed."""
    engine, caller = engine_of(request), request[CALLER]
    person = request.match_info["person"]
    form = await request.post()
    fields = {name: value for name, value in form.items() if name != FORM_FIELD and isinstance(value, str)}
    try:
        said = msgspec.convert(fields, PhoneReply, strict=False)
        await phone_view.reply(engine, caller, person, said)
    except msgspec.ValidationError as error:
        return await _show(request, Invalid("that cannot be sent", str(error)))
    except Invalid as error:
        return await _show(request, error)
    return see_other(f"/phone/{person}")


async def _show(request: web.Request, error: Invalid | None = None) -> web.Response:
    engine, caller = engine_of(request), request[CALLER]
    found = await phone_view.view_phone(engine, caller, request.match_info["person"])
    context = {"phone": found, "problem": problem_of(error) if error else None, "once": engine.new_id()}
    return render(request, "phone.html", context, status=400 if error else 200)
