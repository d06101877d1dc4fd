"""One operation of the API: what it takes and gives as types, from which the door and the OpenAPI document are made."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.services.people.rights import Caller
from oncall.web.keys import CALLER, engine_of
from oncall.web.sessions import Handler, api_caller

#: Largest body of an operation; alerts have their own door with its own limit.
MOST_BODY = 1_000_000
_WHERE = re.compile(r" - at `(?P<path>[^`]*)`$")


@dataclass(frozen=True, slots=True)
class Asked:
    """What came with a request, decoded. `query` and `body` are of the operation's types."""

    path: Mapping[str, str]
    query: Any
    body: Any

    @property
    def number(self) -> int:
        """The path's `{id}`.

        Raises:
            NotFound: it is no number, or one that was never handed out.
        """
        text = self.path["id"]
        if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) is None:
            raise NotFound(f"there is nothing numbered {text[:40]!r}", "Numbers are digits only.")
        return int(text)

    @property
    def cursor(self) -> int | None:
        """Where the list goes on, where its query is a `Cursor`; None at its begin."""
        return int(self.query.cursor) if self.query.cursor else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One line of the registry.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: Under `/api/v1`, with `{id}` and the like.
        name: Unique; the OpenAPI `operationId`.
        about: One sentence.
        call: The service behind it.
        answer: What it gives, as JSON.
        query: What it takes in the address, if anything.
        body: What it takes as JSON, if anything; an empty body stands for `{}`.
        status: Of the answer.
        most_body: Largest body it takes, in bytes.
        problems: Statuses besides 400, 401 and 403 that it may answer with.
    """

    method: str
    path: str
    name: str
    about: str
    call: Callable[[Engine, Caller, Asked], Awaitable[Any]]
    answer: Any
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    status: int = 200
    most_body: int = MOST_BODY
    problems: tuple[int, ...] = ()


def door(operation: Operation) -> Handler:
    """The operation as a request handler: who asks, what they ask, the service's answer."""

    @api_caller
    async def handle(request: web.Request) -> web.StreamResponse:
        asked = Asked(
            path=request.match_info,
            query=_query(request, operation.query),
            body=await _body(request, operation),
        )
        found = await operation.call(engine_of(request), request[CALLER], asked)
        return web.Response(
            body=msgspec.json.encode(found), status=operation.status, content_type="application/json", charset="utf-8"
        )

    return handle


def _query(request: web.Request, kind: type[msgspec.Struct] | None) -> Any:
    if kind is None:
        return None
    given = dict(request.query)
    if len(given) != len(request.query):
        raise Invalid("a parameter is given twice", "Give each once.", "query")
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error, "query") from error


async def _body(request: web.Request, operation: Operation) -> Any:
    kind = operation.body
    if kind is None:
        return None
    raw = await request.read()
    if len(raw) > operation.most_body:
        raise web.HTTPRequestEntityTooLarge(max_size=operation.most_body, actual_size=len(raw))
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _invalid(error, "$") from error


def _invalid(error: Exception, root: str) -> Invalid:
    text = str(error)
    where = _WHERE.search(text)
    path = where.group("path").replace("$", root, 1) if where else root
    return Invalid(_WHERE.sub("", text), "What is taken is in /api/v1/openapi.json.", path)
