"""What matters to one person now: what is open for them, and what they are on call for."""

from __future__ import annotations

from datetime import datetime

import msgspec

from oncall.engine import Engine
from oncall.incident import IncidentStatus
from oncall.services.people.rights import Caller, Right
from oncall.services.record.actions import ActionView, viewed
from oncall.services.rotations import on_call_view
from oncall.services.rotations.on_call_view import OnCallQuery
from oncall.services.views.incident_list import IncidentItem, items_of
from oncall.store import incidents as incident_rows
from oncall.store import reviews, views

MOST = 50


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """A rotation the caller is on call in, or is next in."""

    team: str
    team_name: str
    schedule: str
    since: datetime
    until: datetime


class NowView(msgspec.Struct, frozen=True, kw_only=True):
    """What is open. `mine`: the caller was paged for it or has it; `teams`: their teams' other ones; then the rest."""

    mine: tuple[IncidentItem, ...]
    #: Of those the one to answer first: it waits for the caller or for a team they answer for; null where none does.
    first: IncidentItem | None
    teams: tuple[IncidentItem, ...]
    others: tuple[IncidentItem, ...]
    #: Open incidents in all, by status; the lists above are bounded.
    open: dict[str, int]
    on_call: tuple[Duty, ...]
    next: tuple[Duty, ...]
    #: Open action items of the caller.
    actions: tuple[ActionView, ...]


async def view_now(engine: Engine, caller: Caller) -> NowView:
    """What is open for the caller, triggered ones first."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        asked = await views.open_asking(tx, caller.person, limit=MOST)
        of_teams = set(await views.open_for_teams(tx, caller.teams, limit=MOST)) if caller.teams else set()
        newest = {number for number, _ in await views.newest_open(tx, limit=MOST)}
        shown = list((await incident_rows.get(tx, newest | asked.keys() | of_teams)).values())
        items = await items_of(engine, tx, shown)
        counts = await incident_rows.count_open(tx)
        todo = await reviews.actions(tx, owner=caller.person, done=False, limit=MOST)
    items = tuple(sorted(items, key=lambda i: (i.status is not IncidentStatus.TRIGGERED, -i.severity.rank, -i.id)))
    mine = tuple(i for i in items if i.id in asked or i.acknowledged_by == caller.person)
    teams = tuple(i for i in items if i not in mine and i.id in of_teams)
    asking = {i.id for i in shown if not i.waiting or i.asks({*caller.teams, *asked.get(i.id, ())})}
    duties = await _duties(engine, caller)
    return NowView(
        mine=mine,
        first=next((i for i in mine if i.status is IncidentStatus.TRIGGERED and i.id in asking), None),
        teams=teams,
        others=tuple(i for i in items if i not in mine and i not in teams),
        open={status: counts.get(status, 0) for status in ("triggered", "acknowledged")},
        on_call=duties[0],
        next=duties[1],
        actions=tuple(viewed(engine, item) for item in todo),
    )


async def _duties(engine: Engine, caller: Caller) -> tuple[tuple[Duty, ...], tuple[Duty, ...]]:
    found = await on_call_view.who_is_on_call(engine, caller, OnCallQuery())
    now: list[Duty] = []
    following: list[Duty] = []
    for rotation in found.rotations:
        for shift, duties in ((rotation.current, now), (rotation.following, following)):
            if shift is not None and any(p.person == caller.person for p in shift.on_call):
                duties.append(
                    Duty(
                        team=rotation.team,
                        team_name=rotation.team_name,
                        schedule=rotation.schedule,
                        since=shift.since,
                        until=shift.until,
                    )
                )
    return tuple(now), tuple(sorted(following, key=lambda duty: duty.since))
