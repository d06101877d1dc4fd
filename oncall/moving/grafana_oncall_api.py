"""Reading a Grafana OnCall through its HTTP API, politely."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec

from oncall.errors import Unavailable
from oncall.moving.grafana_oncall import Dump, Shift

_T = TypeVar("_T")

TIMEOUT = aiohttp.ClientTimeout(total=60)
#: It takes 300 requests in five minutes; one that is refused for that is asked again, at most so often.
MOST_TRIES = 8
LONGEST_WAIT = 60.0
#: Pages of one list that are read at most.
MOST_PAGES = 1_000


async def dump_of(url: str, token: str, *, now: datetime, days: int) -> Dump:
    """Everything that is carried over, with the shifts of so many days ahead.

    Raises:
        Unavailable: it did not answer, or not as documented.
    """
    headers = {"Authorization": token}
    async with aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session:
        api = _Api(session, url.rstrip("/").removesuffix("/api/v1") + "/api/v1")
        found = {name: await api.every(name) for name in Dump.__struct_fields__ if name != "shifts"}
        dump = api.told(found, Dump, "the answers")
        span = {"start_date": f"{now:%Y-%m-%d}", "end_date": f"{now + timedelta(days=days):%Y-%m-%d}"}
        for schedule in dump.schedules:
            if schedule.type != "ical":
                shifts = await api.every(f"schedules/{schedule.id}/final_shifts", span)
                dump.shifts[schedule.id] = api.told(shifts, list[Shift], f"the shifts of {schedule.name}")
        return dump


class _Api:
    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base

    async def every(self, path: str, query: Mapping[str, str] | None = None) -> list[Any]:
        """All pages of a list. The links to further pages may name another host (a proxy's), so only their query counts."""
        found: list[Any] = []
        asked = dict(query or {})
        for _ in range(MOST_PAGES):
            page = await self._page(path, asked)
            found += page.results
            if not page.next:
                break
            asked = {**asked, **dict(parse_qsl(urlsplit(page.next).query))}
        return found

    def told(self, found: Any, form: type[_T], what: str) -> _T:
        """What was read, as the values it should be."""
        try:
            return msgspec.convert(found, form)
        except msgspec.ValidationError as error:
            raise Unavailable(
                f"{self._base}: {what} are not as documented: {error}",
                "Say so with the version you run; it can be mended.",
            ) from error

    async def _page(self, path: str, query: Mapping[str, str]) -> _Page:
        address = f"{self._base}/{path}/"
        for attempt in range(MOST_TRIES):
            try:
                async with self._session.get(address, params=query, allow_redirects=False) as answer:
                    body = await answer.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Unavailable(f"{address}: {type(error).__name__}", _WHERE) from error
            if answer.status == 429:
                told = answer.headers.get("Retry-After", "")
                await asyncio.sleep(min(LONGEST_WAIT, float(told) if told.isdecimal() else 2.0**attempt))
                continue
            if answer.status in {401, 403}:
                raise Unavailable(
                    f"{address} answered {answer.status}", "Check the API key, made under OnCall, Settings."
                )
            if answer.status != 200:
                raise Unavailable(f"{address} answered {answer.status}", _WHERE)
            try:
                return msgspec.json.decode(body, type=_Page)
            except msgspec.DecodeError as error:
                raise Unavailable(f"{address} answered no list: {error}", _WHERE) from error
        raise Unavailable(f"{address} takes no more requests", "Try again in five minutes.")


class _Page(msgspec.Struct):
    results: list[Any]
    next: str | None = None


_WHERE = "Give the address shown in Grafana under OnCall, Settings, API URL."
