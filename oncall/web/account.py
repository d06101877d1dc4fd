"""A person's own view: who they are here, their API tokens, signing out."""

from __future__ import annotations

from aiohttp import web

from oncall.person import Role
from oncall.services import access
from oncall.services.access import NewToken
from oncall.services.rights import lower
from oncall.web import sessions
from oncall.web.keys import CALLER, engine_of
from oncall.web.rendering import render, see_other


@sessions.signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Role, teams, tokens."""
    return await _show(request)


@sessions.signed_in
async def create_token(request: web.Request) -> web.StreamResponse:
    """Make a token and show it, this once."""
    form = await request.post()
    days = str(form.get("days", "90"))
    asked = NewToken(
        name=str(form.get("name", "")),
        scope=Role(str(form.get("scope", "viewer"))) if form.get("scope") in set(Role) else Role.VIEWER,
        days=int(days) if days.isdecimal() and len(days) < 6 else 0,
    )
    secret = await access.create_token(engine_of(request), request[CALLER], asked)
    return await _show(request, made=secret.reveal())


@sessions.signed_in
async def revoke_token(request: web.Request) -> web.StreamResponse:
    """End a token."""
    await access.revoke_token(engine_of(request), request[CALLER], request.match_info["digest"])
    return see_other("/account")


async def _show(request: web.Request, made: str = "") -> web.StreamResponse:
    caller = request[CALLER]
    tokens = await access.tokens_of(engine_of(request), caller)
    scopes = [role for role in Role if lower(role, caller.role) is role]
    return render(request, "account.html", {"tokens": tokens, "scopes": scopes, "made": made})
