"""A person's own view: who they are here, their API tokens, signing out."""

from __future__ import annotations

from aiohttp import web

from oncall.person import Role
from oncall.services.people import access, passwords
from oncall.services.people.access import NewToken
from oncall.services.people.rights import lower
from oncall.web import sessions
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other


async def show_account(
    request: web.Request, problem: Problem | None = None, made: str = "", said: str = ""
) -> web.StreamResponse:
    """The view with what went wrong above it, the token just made, or what was done."""
    caller = request[CALLER]
    own = access.digest(sessions.session_secret(request) or "")
    others = [s for s in await access.sessions_of(engine_of(request), caller) if s.digest != own]
    tokens = await access.tokens_of(engine_of(request), caller)
    scopes = [role for role in Role if lower(role, caller.role) is role]
    context = {
        "tokens": tokens,
        "scopes": scopes,
        "made": made,
        "said": said,
        "problem": problem,
        "others": others,
        "shortest": passwords.SHORTEST,
    }
    return render(request, "account.html", context, status=problem.status if problem else 200)


@sessions.signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Role, teams, tokens."""
    return await show_account(request)


@sessions.signed_in
@form_on(show_account)
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
    return await show_account(request, made=secret.reveal())


@sessions.signed_in
@form_on(show_account)
async def revoke_token(request: web.Request) -> web.StreamResponse:
    """End a token."""
    await access.revoke_token(engine_of(request), request[CALLER], request.match_info["digest"])
    return see_other("/account")


@sessions.signed_in
@form_on(show_account)
async def set_password(request: web.Request) -> web.StreamResponse:
    """Set or change the password."""
    form = await request.post()
    new, old = str(form.get("new", "")), str(form.get("old", ""))
    await passwords.set_password(engine_of(request), request[CALLER], new, old=old)
    return await show_account(request, said="The password is set.")


@sessions.signed_in
@form_on(show_account)
async def revoke_session(request: web.Request) -> web.StreamResponse:
    """End a session on another device."""
    await access.revoke_session(engine_of(request), request[CALLER], request.match_info["digest"])
    return see_other("/account")
