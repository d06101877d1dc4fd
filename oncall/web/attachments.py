"""Files beside an incident, in the browser."""

from __future__ import annotations

import re

from aiohttp import web

from oncall.errors import Invalid, NotFound
from oncall.services.record import attachments
from oncall.services.record.attachments import NewAttachment
from oncall.web.incidents import number_of, show_incident
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import form_on
from oncall.web.rendering import see_other
from oncall.web.sessions import signed_in


@signed_in
@form_on(show_incident)
async def upload(request: web.Request) -> web.StreamResponse:
    """A file from a form."""
    form = await request.post()
    file = form.get("file")
    if not isinstance(file, web.FileField):
        raise Invalid("no file was chosen", "Choose one and send it again.")
    number = number_of(request)
    given = NewAttachment(name=file.filename[:200] or "file", data=file.file.read(), text=str(form.get("text", "")))
    await attachments.attach(engine_of(request), request[CALLER], number, given)
    return see_other(f"/incidents/{number}")


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """The file, as nothing that could run."""
    text = request.match_info["file"]
    if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) is None:
        raise NotFound("there is no such file")
    found = await attachments.fetch(engine_of(request), request[CALLER], number_of(request), int(text))
    return web.Response(
        body=found.body,
        content_type=found.content_type,
        charset="utf-8" if found.content_type == attachments.TEXT else None,
        headers={"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=86400"},
    )
