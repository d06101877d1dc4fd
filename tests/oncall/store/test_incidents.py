from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Actor, Entry, EntryKind, Incident, IncidentStatus, Involvement, InvolvementStatus, Via
from oncall.incident.telling import instant, person, sentence, team
from oncall.incident.values import Position
from oncall.store import incidents, schema
from routing.alert import Severity
from routing.escalation import ChannelTarget, Condition, Policy, RotationTarget, Step, TeamTarget

Build = Callable[..., Incident]
Part = Callable[..., Involvement]


async def test_an_incident_comes_back_as_it_was_written(
    tx: AsyncConnection, incident: Build, involvement: Part, nine: datetime
) -> None:
    first = involvement(
        status=InvolvementStatus.ACKNOWLEDGED,
        position=Position(step=2, round=1),
        turn=7,
        acknowledged_by="alice",
        acknowledged_at=nine,
        acknowledged_via=Via.SMS,
        expires_at=nine + timedelta(hours=1),
        reminded=True,
    )
    written = incident(
        4711,
        involvements=(first, involvement(team="platform", lead=False, next_due_at=None)),
        kinds=frozenset({"a", "b"}),
        group_key="{}/{team='x'}",
        status=IncidentStatus.RESOLVED,
        resolved_at=nine,
        resolved_by="alice",
        merged_into=3,
        drill=True,
    )
    await incidents.save(tx, [written], [], nine)
    assert await incidents.get(tx, [4711, 1]) == {4711: written}


async def test_a_running_escalation_keeps_the_whole_policy_it_started_with(
    tx: AsyncConnection, incident: Build, involvement: Part, nine: datetime
) -> None:
    condition = Condition(severities=(Severity.CRITICAL,), weekdays=(1, 7), since=1320, until=360)
    targets = (
        RotationTarget(team="payments", schedule="primary", role="lead"),
        TeamTarget(team="payments"),
        ChannelTarget(channel="#payments"),
    )
    steps = (Step(targets=targets, wait=timedelta(seconds=90), round_robin=True, important=False, when=condition),)
    kept = involvement(policy=Policy(name="night", steps=steps, repeats=3, timezone="Asia/Kathmandu"))
    await incidents.save(tx, [incident(involvements=(kept,))], [], nine)
    assert (await incidents.get(tx, [1]))[1].lead.policy == kept.policy


async def test_saving_again_changes_the_incident_in_place(tx: AsyncConnection, incident: Build, nine: datetime) -> None:
    await incidents.save(tx, [incident()], [], nine)
    louder = replace(incident(), title="Both primaries down", kinds=frozenset({"x"}))
    await incidents.save(tx, [louder], [], nine)
    assert await incidents.get(tx, [1]) == {1: louder}


async def test_involvements_keep_their_order(
    tx: AsyncConnection, incident: Build, involvement: Part, nine: datetime
) -> None:
    teams = ("zebra", "ant", "mole")
    await incidents.save(tx, [incident(involvements=tuple(involvement(team=t) for t in teams))], [], nine)
    assert tuple(i.team for i in (await incidents.get(tx, [1]))[1].involvements) == teams


async def test_many_incidents_are_read_at_once(tx: AsyncConnection, incident: Build, nine: datetime) -> None:
    """More than one statement may carry."""
    await incidents.save(tx, [incident(n) for n in range(1, 1202)], [], nine)
    assert len(await incidents.get(tx, range(1, 2000))) == 1201


async def test_numbers_are_handed_out_in_order(tx: AsyncConnection) -> None:
    assert [await incidents.new_ids(tx, 3), await incidents.new_ids(tx)] == [1, 4]


async def test_the_newest_open_incident_of_a_group_is_found(
    tx: AsyncConnection, incident: Build, nine: datetime
) -> None:
    over = incident(9, group_key="g", resolved_at=nine)
    await incidents.save(tx, [incident(1, group_key="g"), incident(2, group_key="g"), over], [], nine)
    assert await incidents.open_by_group(tx, ["g", "other"]) == {"g": 2}


async def test_due_incidents_come_longest_waiting_first_and_once(
    tx: AsyncConnection, incident: Build, involvement: Part, nine: datetime
) -> None:
    def waiting(number: int, *minutes: int | None) -> Incident:
        parts = [
            involvement(team=str(n), next_due_at=None if m is None else nine + timedelta(minutes=m))
            for n, m in enumerate(minutes)
        ]
        return incident(number, involvements=tuple(parts))

    await incidents.save(tx, [waiting(1, 5, 2), waiting(2, 1), waiting(3, 9), waiting(4, None)], [], nine)
    assert await incidents.due(tx, nine + timedelta(minutes=5), 10) == [2, 1]
    assert await incidents.due(tx, nine, 10) == []
    assert await incidents.next_due(tx) == nine + timedelta(minutes=1)


async def test_nothing_is_due_in_an_empty_database(tx: AsyncConnection, nine: datetime) -> None:
    assert await incidents.due(tx, nine, 10) == []
    assert await incidents.next_due(tx) is None


async def test_a_timeline_reads_in_the_order_it_was_written(
    tx: AsyncConnection, incident: Build, nine: datetime
) -> None:
    by = Actor("alice", Via.SLACK)
    lines = [
        Entry(incident=1, at=nine, kind=EntryKind.NOTE, text=f"note {n}", actor=by, team="payments", data={"n": n})
        for n in range(5)
    ]
    await incidents.save(tx, [incident(), incident(2)], lines, nine)
    read = await incidents.entries(tx, 1)
    assert [line for _, line in read] == lines
    assert [line.text for _, line in await incidents.entries(tx, 1, after=read[1][0], limit=2)] == ["note 2", "note 3"]
    assert await incidents.entries(tx, 2) == []


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"limit": 2}, [4, 3]),
        ({"before": 3}, [2, 1]),
        ({"status": "open"}, [4, 2, 1]),
        ({"status": "resolved"}, [3]),
        ({"status": "acknowledged"}, [2]),
        ({"team": "platform"}, [4]),
        ({"team": "nobody"}, []),
    ],
)
async def test_incidents_are_listed_newest_first(
    tx: AsyncConnection,
    incident: Build,
    involvement: Part,
    nine: datetime,
    asked: dict[str, object],
    numbers: list[int],
) -> None:
    four = [
        incident(1),
        incident(2, status=IncidentStatus.ACKNOWLEDGED),
        incident(3, status=IncidentStatus.RESOLVED, resolved_at=nine),
        incident(4, involvements=(involvement(), involvement(team="platform", lead=False))),
    ]
    await incidents.save(tx, four, [], nine)
    assert [found.id for found in await incidents.listed(tx, **asked)] == numbers


async def test_open_incidents_are_counted_by_status(tx: AsyncConnection, incident: Build, nine: datetime) -> None:
    over = incident(3, status=IncidentStatus.RESOLVED, resolved_at=nine)
    await incidents.save(tx, [incident(1), incident(2), over], [], nine)
    assert await incidents.count_open(tx) == {"triggered": 2}
    assert await incidents.count_open_by_team(tx) == {"payments": 2}


def test_an_incident_is_written_whole(incident: Callable[..., Incident], nine: datetime) -> None:
    """Writing one again replaces every column, so a column that is left out would be emptied."""
    value = incident()
    assert incidents._incident_row(value, nine).keys() == set(schema.incident.c.keys())
    assert incidents._involvement_row(value.id, 0, value.lead).keys() == set(schema.involvement.c.keys())


async def test_the_marks_of_a_line_come_back_with_it_and_a_line_without_has_none(
    tx: AsyncConnection, incident: Build, nine: datetime
) -> None:
    marked = Entry.saying(
        sentence(person("ben"), " of ", team("search"), " has it until ", instant(nine)),
        incident=1,
        at=nine,
        kind=EntryKind.ACKNOWLEDGED,
    )
    plain = Entry(incident=1, at=nine, kind=EntryKind.NOTE, text="ben was here at 09:00 UTC")
    await incidents.save(tx, [incident(1)], [marked, plain], nine)
    assert [entry for _, entry in await incidents.entries(tx, 1)] == [marked, plain]
    stored = (await tx.execute(sa.select(schema.timeline.c.marks).order_by(schema.timeline.c.id))).scalars().all()
    assert stored[0][0] == {"kind": "person", "start": 0, "end": 3, "value": "ben"}
    assert stored[1] is None


async def test_a_line_of_a_node_that_knows_no_marks_is_read(
    tx: AsyncConnection, incident: Build, nine: datetime
) -> None:
    await incidents.save(tx, [incident(1)], [], nine)
    old = {"incident_id": 1, "at": nine, "kind": "note", "text": "x", "by": "ben", "via": "web", "team": "", "data": {}}
    await tx.execute(sa.insert(schema.timeline).values(old))
    ((_, entry),) = await incidents.entries(tx, 1)
    assert (entry.text, entry.marks) == ("x", ())


def test_marks_of_a_kind_that_only_newer_nodes_know_are_plain_text() -> None:
    known = {"kind": "team", "start": 0, "end": 6, "value": "search"}
    assert incidents.marks_of([known, {**known, "kind": "rotation"}]) == team("search").marks
    assert incidents.marks_of(None) == ()
