"""Reading a Grafana OnCall."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec

from oncall.moving.api import TIMEOUT, Api, told
from oncall.moving.grafana_oncall import Dump, Shift

#: Pages of one list that are read at most.
MOST_PAGES = 1_000


async def dump_of(url: str, token: str, *, now: datetime, days: int) -> Dump:
    """Everything that is carried over, with the shifts of so many days ahead.

    Raises:
        Unavailable: it did not answer, or not as documented.
    """
    async with aiohttp.ClientSession(timeout=TIMEOUT, headers={"Authorization": token}) as session:
        api = Api(
            session,
            url.rstrip("/").removesuffix("/api/v1") + "/api/v1",
            where="Give the address shown in Grafana under OnCall, Settings, API URL.",
            key="Check the API key, made under OnCall, Settings.",
        )
        found = {name: await _every(api, name) for name in Dump.__struct_fields__ if name != "shifts"}
        dump = told(found, Dump, "Grafana's answers")
        span = {"start_date": f"{now:%Y-%m-%d}", "end_date": f"{now + timedelta(days=days):%Y-%m-%d}"}
        for schedule in dump.schedules:
            if schedule.type != "ical":
                shifts = await _every(api, f"schedules/{schedule.id}/final_shifts", span)
                dump.shifts[schedule.id] = told(shifts, list[Shift], f"the shifts of {schedule.name}")
        return dump


async def _every(api: Api, path: str, query: Mapping[str, str] | None = None) -> list[Any]:
    """All pages of a list. The links to further pages may name another host (a proxy's), so only their query counts."""
    found: list[Any] = []
    asked = dict(query or {})
    for _ in range(MOST_PAGES):
        page = await api.get(f"{path}/", asked, _Page)
        found += page.results
        if not page.next:
            break
        asked = {**asked, **dict(parse_qsl(urlsplit(page.next).query))}
    return found


class _Page(msgspec.Struct):
    results: list[Any]
    next: str | None = None
