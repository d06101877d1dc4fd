"""What the view of one incident reads narrowly, on both databases: the same as reading everything, and no more of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Case
from grouping.cases import CASE
from oncall.incident import Actor, Entry, EntryKind, Incident, IncidentStatus, Involvement, InvolvementStatus, Via
from oncall.store import alerts, grouping_answers, incidents, past, views
from oncall.store.alerts import Begun, Episode

MINUTE = timedelta(minutes=1)
Build = Callable[..., Incident]


@pytest.fixture
def over(incident: Build, involvement: Callable[..., Involvement], nine: datetime) -> Build:
    """An incident that ended five minutes after it began."""

    def build(number: int, *, team: str = "payments", **changes: object) -> Incident:
        part = involvement(team=team, status=InvolvementStatus.RESOLVED)
        given: dict[str, object] = {"involvements": (part,), "status": IncidentStatus.RESOLVED, "resolved_by": "ana"}
        return incident(number, **(given | {"resolved_at": nine + 5 * MINUTE} | changes))

    return build


async def test_the_first_alerts_come_in_the_order_they_came(
    tx: AsyncConnection, opened: Incident, episode: Callable[..., Episode], nine: datetime
) -> None:
    written = [
        episode(incident=opened.id, starts_at=nine - n * MINUTE, ended_at=nine if n % 2 else None) for n in range(5)
    ]
    await alerts.add(tx, written)
    first = await alerts.first_of_incident(tx, opened.id, limit=3)
    assert first == [
        Begun(
            id=one.id,
            kind=one.kind,
            paging=one.paging,
            starts_at=one.starts_at,
            ended_at=one.ended_at,
            why_group=one.why_group,
        )
        for one in (await alerts.of_incident(tx, opened.id))[:3]
    ]
    assert await alerts.first_of_incident(tx, opened.id + 1, limit=3) == []


async def test_what_is_remembered_comes_of_the_first_alerts_alone_the_most_probable_first(
    tx: AsyncConnection, opened: Incident, episode: Callable[..., Episode], nine: datetime
) -> None:
    written = [episode(incident=opened.id) for _ in range(4)]
    await alerts.add(tx, written)
    measures = tuple(0.0 for _ in CASE)

    def cases(*probabilities: float) -> list[Case]:
        return [
            Case(incident=str(number), measures=measures, probability=probability, joined=number == 1)
            for number, probability in enumerate(probabilities, 1)
        ]

    await grouping_answers.keep(tx, {one.id: cases(0.4, 0.9, 0.6) for one in written}, nine)
    found = await grouping_answers.of_first_alerts(tx, opened.id, limit=2)
    ids = [one.id for one in written]
    assert [(case.alert, case.incident) for case in found] == [(n, i) for n in ids[:2] for i in (2, 3, 1)]
    assert [case.joined for case in found[:3]] == [False, False, True]
    assert await grouping_answers.of_first_alerts(tx, opened.id + 1, limit=2) == []


async def test_the_newest_open_incidents_are_named_without_those_that_are_over(
    tx: AsyncConnection, incident: Build, over: Build, nine: datetime
) -> None:
    await incidents.save(tx, [incident(1, title="A"), over(2), incident(3, title="C"), incident(4)], [], nine)
    assert await views.newest_open(tx, limit=9) == [(4, "Database primary down"), (3, "C"), (1, "A")]
    assert await views.newest_open(tx, limit=1) == [(4, "Database primary down")]


async def test_incidents_are_compared_with_those_their_team_led_before_them(
    tx: AsyncConnection, incident: Build, over: Build, nine: datetime
) -> None:
    written = [
        over(1, kinds=frozenset({"Disk", "Memory"})),
        over(2, team="platform"),
        incident(3),
        over(4, drill=True),
        over(5, merged_into=1),
        over(6, title="Newer"),
        incident(7, kinds=frozenset({"Disk"})),
        over(8),
    ]
    await incidents.save(tx, written, [], nine)
    own = await past.comparable(tx, 7)
    assert own is not None
    assert (own.id, own.team, own.service, own.kinds) == (7, "payments", "ledger", {"Disk"})
    assert await past.comparable(tx, 99) is None
    found = await past.newest_resolved(tx, team=own.team, before=7, limit=9)
    assert [(one.id, one.title) for one in found] == [(6, "Newer"), (1, "Database primary down")]
    assert found[1].kinds == {"Disk", "Memory"}
    assert [one.id for one in await past.newest_resolved(tx, team=own.team, before=7, limit=1)] == [6]


async def test_how_incidents_ended_is_said_of_those_that_did(
    tx: AsyncConnection, incident: Build, over: Build, nine: datetime
) -> None:
    await incidents.save(tx, [over(1), incident(2)], [], nine)
    ends = await past.ends_of(tx, [1, 2, 3])
    assert ends == {1: past.Ended(opened_at=nine, resolved_at=nine + 5 * MINUTE, resolved_by="ana")}
    assert await past.ends_of(tx, []) == {}


async def test_the_last_words_are_the_newest_note_or_else_why_it_was_resolved(
    tx: AsyncConnection, over: Build, nine: datetime
) -> None:
    def line(number: int, kind: EntryKind, text: str, **data: str) -> Entry:
        return Entry(incident=number, at=nine, kind=kind, text=text, actor=Actor("ana", Via.WEB), data=data)

    said = [
        line(1, EntryKind.NOTE, "first"),
        line(1, EntryKind.NOTE, "second"),
        line(1, EntryKind.NOTE, "is commander", about="role"),
        line(1, EntryKind.RESOLVED, "over"),
        line(2, EntryKind.RESOLVED, "every alert is over"),
        line(3, EntryKind.PAGE, "asked"),
    ]
    await incidents.save(tx, [over(1), over(2), over(3)], said, nine)
    last = await past.last_words(tx, [1, 2, 3])
    assert {number: entry.text for number, entry in last.items()} == {1: "second", 2: "every alert is over"}
    assert await past.last_words(tx, []) == {}
