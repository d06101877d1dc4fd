"""Signing in and out in a browser."""

from __future__ import annotations

from aiohttp import web

from oncall.errors import SignedOut
from oncall.services.people import access, oidc, passwords
from oncall.web import sessions
from oncall.web.keys import engine_of
from oncall.web.problems import Problem, problem_of
from oncall.web.rendering import render, see_other
from oncall.web.sessions import Handler


@sessions.visitor
async def sign_in(request: web.Request) -> web.StreamResponse:
    """How to get in."""
    return _ways(request, request.query.get("next", "/"))


@sessions.visitor
async def by_password(request: web.Request) -> web.StreamResponse:
    """Name and password."""
    form = await request.post()
    name, password, place = (str(form.get(field, "")) for field in ("name", "password", "next"))
    try:
        session = await passwords.sign_in(engine_of(request), name, password)
    except SignedOut as error:
        return _ways(request, place, problem_of(error))
    response = see_other(within(place))
    sessions.start_session(request, response, session)
    return response


def to_provider(name: str) -> Handler:
    """To the OpenID provider of that name."""

    @sessions.visitor
    async def handle(request: web.Request) -> web.StreamResponse:
        return see_other(await oidc.begin(engine_of(request), name, sessions.visit_secret(request)))

    return handle


def from_provider(name: str) -> Handler:
    """Back from it."""

    @sessions.visitor
    async def handle(request: web.Request) -> web.StreamResponse:
        code, state = request.query.get("code", ""), request.query.get("state", "")
        try:
            visit = sessions.visit_secret(request)
            session = await oidc.finish(engine_of(request), name, visit, code=code, state=state)
        except SignedOut as error:
            return _ways(request, "/", problem_of(error))
        response = see_other("/")
        sessions.start_session(request, response, session)
        return response

    return handle


def within(place: str) -> str:
    """The address if it is one of ours, else the first view: nobody is led elsewhere by a link to the sign-in."""
    ours = place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable()
    return place if ours else "/"


def _ways(request: web.Request, place: str, problem: Problem | None = None) -> web.Response:
    context = {"place": within(place), "problem": problem, "providers": tuple(oidc.ways(engine_of(request)).values())}
    return render(request, "sign_in.html", context, status=problem.status if problem else 200)


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
