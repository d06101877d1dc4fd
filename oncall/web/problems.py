"""Errors of the services to HTTP, in one place: problem JSON (RFC 9457) for programs, a view for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from urllib.parse import quote

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from oncall.errors import (
    AlreadyDone,
    AlreadyTaken,
    Invalid,
    NotFound,
    OncallError,
    Refused,
    SignedOut,
    Unavailable,
)
from oncall.incident.reading import local_time
from oncall.review import SECTIONS
from oncall.services.record.attachments import LARGEST
from oncall.web.keys import CALLER, WRITTEN, Written, engine_of
from oncall.web.rendering import render, see_other

Door = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)

STATUSES: tuple[tuple[type[OncallError], HTTPStatus], ...] = (
    (SignedOut, HTTPStatus.UNAUTHORIZED),
    (Refused, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Invalid, HTTPStatus.BAD_REQUEST),
    (AlreadyDone, HTTPStatus.CONFLICT),
    (AlreadyTaken, HTTPStatus.CONFLICT),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
#: Addresses that programs ask; everything else is answered in HTML to whoever accepts it.
FOR_PROGRAMS = ("/api/", "/webhooks/", "/-/", "/healthz", "/readyz", "/metrics")
#: Fields of forms in which people write sentences.
SENTENCES = ("title", "text", "impact", "status", "why", "note", *SECTIONS)
#: How long a caller should wait when the database cannot take it, in seconds.
RETRY_AFTER = 5


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An RFC 9457 problem. `path` names the wrong part of what was sent, `mend` says what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    path: str = ""
    mend: str = ""


def problem_of(error: OncallError) -> Problem:
    """What a service's error says to a program."""
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    return Problem(
        title=status.phrase,
        status=status.value,
        detail=str(error),
        path=error.path if isinstance(error, Invalid) else "",
        mend=error.mend,
    )


def _for_reader(request: web.Request, error: OncallError) -> Problem:
    """The same to a person: with names, and times in their own zone."""
    problem = problem_of(error)
    caller = request.get(CALLER)
    if not isinstance(error, AlreadyDone) or caller is None:
        return problem
    engine = engine_of(request)
    at = local_time(error.at, engine.clock.now(), caller.timezone)
    return msgspec.structs.replace(problem, detail=error.told(engine.directory.shown(error.by), at))


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into an answer that says what, where and how to mend it."""
    try:
        return await handler(request)
    except OncallError as error:
        if isinstance(error, SignedOut) and _for_people(request):
            return await _sign_in_first(request, error)
        return answer(request, _for_reader(request, error) if _for_people(request) else problem_of(error))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        response = answer(request, _of_http(request, error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except (ConnectionResetError, ConnectionAbortedError):
        raise  # nobody is left to answer
    except Exception:
        # The outermost edge: nothing is swallowed, the log has the trace and the caller a plain answer.
        log.exception("request failed", method=request.method, route=_route(request))
        return answer(
            request,
            Problem(
                title="Internal Server Error",
                status=500,
                detail="something went wrong here, and it is in the log",
                mend="Try again; if it stays, tell whoever runs this engine.",
            ),
        )


Show = Callable[[web.Request, Problem | None], Awaitable[web.StreamResponse]]


def form_on(show: Show) -> Callable[[Door], Door]:
    """A form of the view `show`: what goes wrong is said above that view, with everything in it as it was written."""

    def decorate(door: Door) -> Door:
        @wraps(door)
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await door(request)
            except SignedOut:
                raise
            except OncallError as error:
                return await show(request, _for_reader(request, error))

        return guarded

    return decorate


def answer(request: web.Request, problem: Problem) -> web.Response:
    """The problem as the caller can read it."""
    if _for_people(request):
        context = {"problem": problem, "words": _words(request)}
        return render(request, "problem.html", context, status=problem.status)
    headers = {"Retry-After": str(RETRY_AFTER)} if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="oncall"'
    return web.Response(
        body=msgspec.json.encode(problem),
        status=problem.status,
        content_type="application/problem+json",
        headers=headers,
    )


async def _sign_in_first(request: web.Request, error: SignedOut) -> web.Response:
    """To the sign-in and back; what somebody wrote while their session ended is shown, so that they can copy it."""
    if request.method in {"GET", "HEAD"}:
        return see_other(f"/sign-in?next={quote(request.path_qs, safe='/?')}")
    # Only what comes from our own views: nobody else puts words on a view of ours.
    if request.headers.get("Sec-Fetch-Site") == "same-origin" and WRITTEN not in request:
        form = await request.post()
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        request[WRITTEN] = Written(request.path, said)
    response = answer(request, problem_of(error))
    return response if WRITTEN in request else see_other("/sign-in")


def _words(request: web.Request) -> list[str]:
    """What people wrote in sentences into a form that is not shown again; never a password or a code."""
    fields = request.get(WRITTEN, Written()).fields
    return [fields[name] for name in SENTENCES if fields[name].strip()]


def _of_http(request: web.Request, error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    detail, mend = {
        HTTPStatus.NOT_FOUND: ("there is nothing at this address", ""),
        HTTPStatus.METHOD_NOT_ALLOWED: ("this address does not take that method", ""),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
            "the body is too large",
            "Send less at once; Alertmanager's max_alerts bounds a group. The setting max_body is the limit.",
        ),
    }.get(status, (error.text or "", ""))
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE and _for_people(request):
        detail, mend = "that is too much at once", f"A file may have {LARGEST // 1_000_000} MB."
    return Problem(title=status.phrase, status=status.value, detail=detail, mend=mend)


def _for_people(request: web.Request) -> bool:
    return not request.path.startswith(FOR_PROGRAMS) and "text/html" in request.headers.get("Accept", "")


def _route(request: web.Request) -> str:
    # The template of the address, never the address itself: keys and one-time links are parts of it.
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
