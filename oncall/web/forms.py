"""Forms and addresses as the structs of services: what a browser sends is text, and what is empty says nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from oncall.errors import Invalid
from oncall.misfit import misfit
from oncall.services.views.incident_view import Cursor
from oncall.web.sessions import FORM_FIELD

_T = TypeVar("_T", bound=msgspec.Struct)


async def read_form(request: web.Request, kind: type[_T], *, empty_counts: Collection[str] = ()) -> _T:
    """The form as a value of that type; fields of `empty_counts` say something when they are empty.

    Raises:
        Invalid: a field is missing, unknown or cannot be used; `path` names it.
    """
    form = await request.post()
    given = {
        name: value.strip()
        for name, value in form.items()
        if name != FORM_FIELD and isinstance(value, str) and (value.strip() or name in empty_counts)
    }
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise misfit(error, "Correct the form and send it again.") from error


def read_query(given: Mapping[str, str], kind: type[_T]) -> _T:
    """What an address asks for, as a value of that type.

    Raises:
        Invalid: a part is unknown or cannot be used; the sentence names it.
    """
    try:
        return msgspec.convert({name: value for name, value in given.items() if value}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise misfit(error, "Choose one of the filters.", root="query") from error


def cursor_of(request: web.Request) -> int | None:
    """Where a list goes on; None at its begin.

    Raises:
        Invalid: it is no cursor of ours.
    """
    found = read_query({"cursor": request.query.get("cursor", "")}, Cursor).cursor
    return int(found) if found else None


def local_time(text: object, timezone: str, name: str) -> datetime:
    """What a browser's field for date and time says, in the reader's zone.

    Raises:
        Invalid: it is none; `name` is the field.
    """
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except ValueError:
        raise Invalid("that is no date and time", "Write it like 2026-11-02T09:00.", f"$.{name}") from None
