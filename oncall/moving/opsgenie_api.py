"""Reading an Opsgenie account."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import aiohttp
import msgspec

from oncall.moving.api import TIMEOUT, Api
from oncall.moving.opsgenie import Contact, Dump, Escalation, Period, Schedule, Team, User

_T = TypeVar("_T")

#: Users come so many at a time.
PAGE = 100


class _Data(msgspec.Struct, Generic[_T]):
    data: _T


class _Rotation(msgspec.Struct):
    periods: list[Period] = []


class _Final(msgspec.Struct):
    rotations: list[_Rotation] = []


class _Timeline(msgspec.Struct, rename="camel"):
    final_timeline: _Final


async def dump_of(url: str, key: str, *, now: datetime, months: int) -> Dump:
    """Everything that is carried over, with the shifts of so many months ahead.

    Raises:
        Unavailable: it did not answer, or not as documented.
    """
    async with aiohttp.ClientSession(timeout=TIMEOUT, headers={"Authorization": f"GenieKey {key}"}) as session:
        api = Api(
            session,
            f"{url.rstrip('/').removesuffix('/v2')}/v2",
            where="The address is https://api.opsgenie.com, or https://api.eu.opsgenie.com for accounts in Europe.",
            key="Check the key: that of an API integration with read and configuration access, not of a team's own.",
        )
        dump = Dump(users=await _users(api))
        for user in dump.users:
            dump.contacts[user.id] = await _data(api, f"users/{user.id}/contacts", list[Contact])
        for team in await _data(api, "teams", list[Team]):
            dump.teams.append(await _data(api, f"teams/{team.id}", Team))
        dump.schedules = await _data(api, "schedules", list[Schedule])
        span = {"identifierType": "id", "date": now.isoformat(), "interval": str(months), "intervalUnit": "months"}
        for schedule in dump.schedules:
            found = await _data(api, f"schedules/{schedule.id}/timeline", _Timeline, **span)
            dump.shifts[schedule.id] = [period for one in found.final_timeline.rotations for period in one.periods]
        dump.escalations = await _data(api, "escalations", list[Escalation])
        return dump


async def _users(api: Api) -> list[User]:
    found: list[User] = []
    while True:
        page = await _data(api, "users", list[User], limit=str(PAGE), offset=str(len(found)))
        found += page
        if len(page) < PAGE:
            return found


async def _data(api: Api, path: str, form: type[_T], **query: str) -> _T:
    return (await api.get(path, query, _Data[form])).data  # type: ignore[valid-type]
