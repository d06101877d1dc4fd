"""Signing in and out in a browser."""

from __future__ import annotations

from aiohttp import web

from oncall.services import access
from oncall.web import sessions
from oncall.web.keys import engine_of
from oncall.web.rendering import render, see_other


@sessions.visitor
async def sign_in(request: web.Request) -> web.StreamResponse:
    """How to get in."""
    return render(request, "sign_in.html")


@sessions.visitor
async def show_link(request: web.Request) -> web.StreamResponse:
    """Whom the link would sign in. Looking spends nothing: mail scanners and chat previews look too."""
    person = await access.person_of_link(engine_of(request), request.match_info["secret"])
    return render(request, "sign_in_link.html", {"person": person})


@sessions.visitor
async def use_link(request: web.Request) -> web.StreamResponse:
    """Spend the link."""
    session = await access.sign_in_by_link(engine_of(request), request.match_info["secret"])
    response = see_other("/")
    sessions.start_session(request, response, session)
    return response


@sessions.signed_in
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End this browser's session."""
    await access.sign_out(engine_of(request), sessions.session_secret(request) or "")
    response = see_other("/sign-in")
    sessions.end_session(request, response)
    return response
