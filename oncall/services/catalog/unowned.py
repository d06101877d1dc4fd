"""Alerts that nobody owns: how often they come, who probably owns them, and the line that settles it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from oncall.directory import Directory
from oncall.engine import Engine
from oncall.services.people.rights import Caller, Right
from oncall.store import unowned as unowned_rows
from oncall.store.unowned import Unowned
from routing.alert import Alert, AlertStatus
from routing.orphans import Orphan, orphans
from routing.suggest import Suggestion, rule_line, suggest

#: Label sets shown at once.
SHOWN = 100
#: Acknowledgements count as evidence this long.
REMEMBERED = timedelta(days=90)


class UnownedItem(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that one matcher would settle. `line` belongs under `ownership:` in oncall.yaml."""

    matcher: str
    labels: Mapping[str, str]
    count: int
    first_at: datetime
    last_at: datetime
    incident: int
    suggestions: tuple[Suggestion, ...]
    line: str


class UnownedView(msgspec.Struct, frozen=True, kw_only=True):
    """What went to the fallback team because nobody owns it, newest first; and services without a team."""

    fallback_team: str
    unowned: tuple[UnownedItem, ...]
    orphans: tuple[Orphan, ...]


async def view_unowned(engine: Engine, caller: Caller) -> UnownedView:
    """The list of unowned alerts; what has an owner by now is taken off it."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        rows = await unowned_rows.newest(tx, limit=SHOWN)
        names = sorted({_name(row) for row in rows})
        since = engine.clock.now() - REMEMBERED
        acknowledged = await unowned_rows.acknowledged_by(tx, names, since) if names else {}
    resolver = engine.organisation.resolver
    open_rows = [row for row in rows if resolver.resolve(row.labels).rule == "fallback"]
    settled = [row.matcher for row in rows if row not in open_rows]
    if settled:
        async with engine.database.write() as tx:
            await unowned_rows.settle(tx, settled)
    directory = engine.directory
    members = {team.id: len(team.members) for team in directory.teams.values()}
    return UnownedView(
        fallback_team=directory.defaults.fallback_team,
        unowned=tuple(_item(engine, row, acknowledged.get(_name(row), {})) for row in open_rows),
        orphans=orphans(directory.catalog, resolver, directory.ownership, members),
    )


def _item(engine: Engine, row: Unowned, acknowledged: Mapping[str, int]) -> UnownedItem:
    by_team = _by_team(engine.directory, acknowledged)
    found = suggest(row.labels, engine.directory.catalog, engine.organisation.resolver, by_team)
    likeliest = found[0].team if found else "TEAM"
    return UnownedItem(
        matcher=row.matcher,
        labels=row.labels,
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
        incident=row.incident_id,
        suggestions=found,
        line=rule_line(row.labels, likeliest),
    )


def _by_team(directory: Directory, people: Mapping[str, int]) -> dict[str, int]:
    """Acknowledgements by the teams of who made them. The fallback team took them for lack of anybody else."""
    found: dict[str, int] = {}
    for person, count in people.items():
        for team in directory.teams_of(person):
            if team.id != directory.defaults.fallback_team:
                found[team.id] = found.get(team.id, 0) + count
    return found


def _name(row: Unowned) -> str:
    return Alert(
        fingerprint="", status=AlertStatus.FIRING, labels=row.labels, annotations={}, starts_at=row.last_at
    ).name
