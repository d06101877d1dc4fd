"""The OpenAPI document, made from the registry of operations and the types they name."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from oncall.web.operations import Operation
from oncall.web.problems import Problem

PREFIX = "/api/v1"
_REF = "#/components/schemas/{name}"
#: Alertmanager's own body: what it must have; everything else in it is taken as it comes.
WEBHOOK: Mapping[str, Any] = {
    "type": "object",
    "required": ["version", "groupKey", "receiver", "alerts"],
    "properties": {
        "version": {"const": "4"},
        "groupKey": {"type": "string"},
        "receiver": {"type": "string"},
        "truncatedAlerts": {"type": "integer"},
        "alerts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["status", "labels", "startsAt"],
                "properties": {
                    "status": {"enum": ["firing", "resolved"]},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "annotations": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
                    "startsAt": {"type": "string", "format": "date-time"},
                    "endsAt": {"type": ["string", "null"], "format": "date-time"},
                },
            },
        },
    },
}


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document."""
    types = [Problem, *(kind for op in operations for kind in (op.answer, op.body, op.query) if kind is not None)]
    unique = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(unique, ref_template=_REF)
    schema_of = dict(zip(unique, schemas, strict=True))
    paths: dict[str, Any] = {"/alertmanager/{key}": {"post": _alertmanager(schema_of[Problem])}}
    for op in operations:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op, schema_of, components)
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": "On-call engine",
            "version": "1",
            "description": "Incidents, who is on call, and what may be done about it. Instants are RFC 3339, in UTC.",
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "oncall"},
            },
        },
    }
    # Defaults are Python values until they have been JSON once.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))
    _widen_tuples(plain)
    return plain


def _widen_tuples(part: Any) -> None:
    """Tuples of a fixed size as arrays of that size: `prefixItems` is unknown to many generators of clients."""
    if isinstance(part, dict):
        if kinds := part.pop("prefixItems", None):
            unique = [kind for place, kind in enumerate(kinds) if kind not in kinds[:place]]
            part["items"] = unique[0] if len(unique) == 1 else {"anyOf": unique}
        for value in part.values():
            _widen_tuples(value)
    elif isinstance(part, list):
        for value in part:
            _widen_tuples(value)


def door(operations: Sequence[Operation]) -> Any:
    """The document as an address; it says nothing secret, so everybody may read it."""

    @functools.cache
    def body() -> bytes:
        return msgspec.json.encode(document(operations))

    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body(), content_type="application/json", charset="utf-8")

    return serve


def _operation(op: Operation, schema_of: Mapping[Any, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": op.name,
        "summary": op.about.split("\n")[0],
        "parameters": [*_path_parameters(op.path), *_query_parameters(op.query, schema_of, components)],
        "responses": {
            str(op.status): {"description": "As asked.", "content": _json(schema_of[op.answer])},
            **_problems((400, 401, 403, 500, 503, *op.problems), schema_of[Problem]),
        },
    }
    if op.body is not None:
        required = any(field.required for field in msgspec.structs.fields(op.body))
        found["requestBody"] = {"required": required, "content": _json(schema_of[op.body])}
        found["responses"] |= _problems((413,), schema_of[Problem])
    return found


def _path_parameters(path: str) -> list[dict[str, Any]]:
    kinds = {"id": {"type": "integer", "minimum": 1, "maximum": 10**15 - 1}}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(name, {"type": "string", "minLength": 1})}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(
    kind: type[msgspec.Struct] | None, schema_of: Mapping[Any, Any], components: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if kind is None:
        return []
    schema = components[schema_of[kind]["$ref"].rsplit("/", 1)[1]]
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": _given(value)}
        for name, value in schema["properties"].items()
    ]


def _given(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter is absent, never null."""
    kept = {k: v for k, v in schema.items() if not (k == "default" and v is None)}
    options = [option for option in kept.pop("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        kept |= options[0]
    if None in kept.get("enum", ()):
        kept["enum"] = [value for value in kept["enum"] if value is not None]
    return kept


def _problems(statuses: Sequence[int], schema: Any) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": schema}}
    return {
        str(status): {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(set(statuses))
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _alertmanager(problem: Any) -> dict[str, Any]:
    return {
        "operationId": "receive_alerts",
        "summary": "Where Alertmanager's webhook receiver posts; the key is the integration's.",
        "security": [],
        "parameters": _path_parameters("{key}"),
        "requestBody": {"required": True, "content": _json(WEBHOOK)},
        "responses": {"202": {"description": "On disk."}, **_problems((400, 401, 413, 500, 503), problem)},
    }
