"""Forms as the structs of services: what a browser sends is text, and an empty field says nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import msgspec
from aiohttp import web

from oncall.errors import Invalid
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
        what, _, path = str(error).partition(" - at `")
        raise Invalid(what, "Correct the form and send it again.", path.rstrip("`") or "$") from error
