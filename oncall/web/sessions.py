"""Who asks: the session cookie, the token of a form, the bearer token of a program."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web

from oncall.config.secret import Secret
from oncall.errors import Refused, SignedOut
from oncall.services.people import access
from oncall.services.people.rights import Caller
from oncall.web.keys import CALLER, FORM_TOKEN, VISIT, WRITTEN, Written, engine_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_FIELD = "form_token"
FORM_HEADER = "X-Form-Token"
#: A browser that is not signed in yet has one too, so that nobody can sign it in as somebody else.
VISIT_LIFE = 3600


def signed_in(handler: Handler) -> Handler:
    """A view for people: needs a session; a form must carry the token of this browser."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        secret = _session(request)
        if secret is None:
            raise SignedOut("nobody is signed in", "Sign in first.")
        request[CALLER] = await access.caller_of_session(engine_of(request), secret)
        request[FORM_TOKEN] = form_token(secret)
        await _check_form(request)
        return await handler(request)

    return guarded


def visitor(handler: Handler) -> Handler:
    """A view for people who are not signed in; its forms are tied to the browser all the same."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        visit = request.cookies.get(visit_cookie(request)) or secrets.token_urlsafe(24)
        request[FORM_TOKEN] = form_token(visit)
        request[VISIT] = visit
        await _check_form(request)
        response = await handler(request)
        if request.method in SAFE_METHODS:
            _set(request, response, visit_cookie(request), visit, VISIT_LIFE)
        return response

    return guarded


def api_caller(handler: Handler) -> Handler:
    """An address for programs: a bearer token, or a session whose writes carry the form token as a header."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        request[CALLER] = await _api_caller(request)
        return await handler(request)

    return guarded


async def _api_caller(request: web.Request) -> Caller:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if token:
        if kind.lower() != "bearer":
            raise SignedOut("only bearer tokens are taken here", "Send `Authorization: Bearer TOKEN`.")
        return await access.caller_of_token(engine_of(request), token.strip())
    secret = _session(request)
    if secret is None:
        raise SignedOut("nobody is signed in", "Send `Authorization: Bearer TOKEN`; tokens are made under Account.")
    caller = await access.caller_of_session(engine_of(request), secret)
    if request.method not in SAFE_METHODS:
        _same(request.headers.get(FORM_HEADER, ""), form_token(secret))
    return caller


def start_session(request: web.Request, response: web.StreamResponse, secret: Secret) -> None:
    """Hand the browser its session."""
    _set(request, response, session_cookie(request), secret.reveal(), int(access.SESSION_LIFE.total_seconds()))


def session_secret(request: web.Request) -> str | None:
    """What the browser showed, whether or not it still holds."""
    return _session(request)


def visit_secret(request: web.Request) -> str:
    """The secret of a browser that is not signed in; only inside a `visitor` view."""
    return request[VISIT]


def end_session(request: web.Request, response: web.StreamResponse) -> None:
    """Take the cookie back."""
    response.del_cookie(session_cookie(request), path="/", secure=_https(request), httponly=True, samesite="Lax")


def form_token(secret: str) -> str:
    """What this browser's forms carry; says nothing about the session itself."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def session_cookie(request: web.Request) -> str:
    """Under https the name makes browsers refuse a cookie set by a neighbour domain."""
    return "__Host-oncall" if _https(request) else "oncall"


def visit_cookie(request: web.Request) -> str:
    """The cookie of a browser that is not signed in."""
    return "__Host-oncall-visit" if _https(request) else "oncall-visit"


def _session(request: web.Request) -> str | None:
    return request.cookies.get(session_cookie(request)) or None


def _https(request: web.Request) -> bool:
    return engine_of(request).settings.address.startswith("https://")


def _set(request: web.Request, response: web.StreamResponse, name: str, value: str, life: int) -> None:
    response.set_cookie(name, value, max_age=life, path="/", secure=_https(request), httponly=True, samesite="Lax")


async def _check_form(request: web.Request) -> None:
    if request.method in SAFE_METHODS:
        return
    form = await request.post()
    said = {name: value for name, value in form.items() if isinstance(value, str) and name != FORM_FIELD}
    request[WRITTEN] = Written(request.path, said)
    sent = form.get(FORM_FIELD)
    _same(sent if isinstance(sent, str) else "", request[FORM_TOKEN])


def _same(sent: str, expected: str) -> None:
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise Refused("this form was not made for this browser", "Load the view again and send it once more.")
