"""What must hold in the database whenever the engine has nothing left to do, by the numbers of the design."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import sqlalchemy as sa

from oncall.store.database import Database
from oncall.store.schema import alert, delivery, inbox, incident, involvement, page, timeline


async def check(database: Database, now: datetime) -> None:
    """Raise AssertionError with the first invariant that does not hold when nothing is left to do."""
    rows = await _rows(database)
    _always(rows)
    _triggered_waits_for_something(rows[involvement], rows[timeline], now)
    _nothing_is_overdue(rows[inbox], rows[involvement], rows[page], now)


async def check_always(database: Database) -> None:
    """The same for what holds at every moment, also while work waits."""
    _always(await _rows(database))


async def _rows(database: Database) -> dict[sa.Table, Rows]:
    async with database.read() as tx:
        return {table: list((await tx.execute(sa.select(table))).all()) for table in _LOOKED_AT}


def _always(rows: dict[sa.Table, Rows]) -> None:
    _alerts_have_one_home(rows[alert], rows[incident])
    _planned_pages_were_attempted(rows[page], rows[delivery])
    _nothing_starts_after_an_acknowledgement(rows[page], rows[delivery], rows[timeline])
    _status_follows_from_involvements(rows[incident], rows[involvement])
    _something_is_due(rows[involvement], rows[timeline])
    _steps_are_taken_once(rows[timeline])
    _acknowledgements_expire(rows[involvement], rows[timeline])


#: What starts an escalation from its first step, or has it walk on at once.
BEGINS = frozenset(
    {"opened", "involved", "released", "expired", "escalated", "reassigned", "reopened", "exhausted", "nobody"}
)
Rows = list[sa.Row]
_LOOKED_AT = (alert, delivery, inbox, incident, involvement, page, timeline)


def _alerts_have_one_home(alerts: Rows, incidents: Rows) -> None:
    running = [(a.integration, a.fingerprint) for a in alerts if a.ended_at is None]
    assert len(running) == len(set(running)), "invariant 1: an alert runs twice"
    torn = [a.id for a in alerts if (a.status == "resolved") != (a.ended_at is not None)]
    assert not torn, f"invariant 12: alerts {torn} are over by one column and not by another"
    known = {i.id for i in incidents}
    assert {a.incident_id for a in alerts} <= known, "invariant 1: an alert is in no incident"
    used = {a.incident_id for a in alerts}
    about_itself = {i.id for i in incidents if all(kind.startswith("oncall:") for kind in i.kinds)}
    merged = {i.id for i in incidents if i.merged_into is not None}
    orphans = known - used - about_itself - merged
    assert not orphans, f"incidents {orphans} have no alerts"


def _triggered_waits_for_something(involvements: Rows, entries: Rows, now: datetime) -> None:
    told = {(e.incident_id, e.team) for e in entries if e.kind == "exhausted"}
    for part in involvements:
        if part.status == "triggered":
            waits = part.next_due_at is not None and part.next_due_at > now
            assert waits or (part.incident_id, part.team) in told, f"invariant 2: {part.team} waits for nothing"


def _nothing_is_overdue(bodies: Rows, involvements: Rows, pages: Rows, now: datetime) -> None:
    assert all(b.processed_at is not None for b in bodies), "invariant 1: a body was left in the inbox"
    late = [p.incident_id for p in involvements if p.next_due_at is not None and p.next_due_at <= now]
    assert not late, f"invariant 3: steps of {late} were not taken"
    stuck = [p.id for p in pages if p.status == "planned" and p.due_at <= now]
    stuck += [p.id for p in pages if p.status == "sending" and p.leased_until <= now]
    assert not stuck, f"invariant 4: pages {stuck} were not sent"


def _planned_pages_were_attempted(pages: Rows, deliveries: Rows) -> None:
    attempted = {d.page_id for d in deliveries}
    for p in pages:
        if p.status in {"sent", "failed"}:
            assert (p.bundled_into or p.id) in attempted, f"invariant 4: {p.id} says {p.status} and was never attempted"


def _nothing_starts_after_an_acknowledgement(pages: Rows, deliveries: Rows, entries: Rows) -> None:
    planned = {p.id: p for p in pages if p.kind == "page"}
    taken = [e for e in entries if e.kind == "acknowledged"]
    for d in deliveries:
        p = planned.get(d.page_id)
        if p is None:
            continue
        late = [
            e
            for e in taken
            if (e.incident_id, e.team) == (p.incident_id, p.team) and p.planned_at <= e.at < d.started_at
        ]
        assert not late, f"invariant 5: {p.id} for #{p.incident_id} began after {late[0].text}"


def _status_follows_from_involvements(incidents: Rows, involvements: Rows) -> None:
    for i in incidents:
        statuses = {p.status for p in involvements if p.incident_id == i.id}
        assert statuses, f"#{i.id} involves nobody"
        assert (i.resolved_at is not None) == (statuses == {"resolved"}), f"#{i.id} is {i.status} with {statuses}"
        assert ("triggered" in statuses) <= (i.status == "triggered"), f"#{i.id} is {i.status} with {statuses}"


def _something_is_due(involvements: Rows, entries: Rows) -> None:
    exhausted = {(e.incident_id, e.team) for e in entries if e.kind == "exhausted"}
    for part in involvements:
        if part.status == "triggered":
            waits = part.next_due_at is not None or (part.incident_id, part.team) in exhausted
            assert waits, f"invariant 2: {part.team} waits for nothing in #{part.incident_id}"


def _steps_are_taken_once(entries: Rows) -> None:
    said = Counter((e.incident_id, e.team, e.at, e.text) for e in entries if e.kind == "step")
    begun = Counter((e.incident_id, e.team, e.at) for e in entries if e.kind in BEGINS)
    for (number, team, at, text), times in said.items():
        # Two restarts at one instant of a clock that stands are two askings.
        most = max(1, sum(begun[number, who, at] for who in (team, "")))
        assert times <= most, f"invariant 3: #{number} took a step {times} times at {at}: {text}"


def _acknowledgements_expire(involvements: Rows, entries: Rows) -> None:
    asked = {(e.incident_id, e.team) for e in entries if e.kind == "step"}
    for part in involvements:
        if part.status == "acknowledged" and (part.incident_id, part.team) in asked:
            lasting = part.expires_at is None or part.next_due_at is None
            assert not lasting, f"invariant 10: {part.team} has #{part.incident_id} for ever"
