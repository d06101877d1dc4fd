"""Old incidents are read whole and deleted in small steps."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifiers.outcome import Outcome, OutcomeKind
from oncall.incident import Entry, EntryKind, IncidentStatus
from oncall.store import alerts, deliveries, grouping_state, history, incidents, pages
from oncall.store.grouping_state import StateRow
from oncall.store.schema import metadata


@pytest.fixture
async def past(tx, incident, episode, page, nine):
    """Incident 1 was over an hour ago, with 7 alerts and a page; incident 2 is open."""
    over = {"resolved_at": nine - timedelta(hours=1), "resolved_by": "ana", "status": IncidentStatus.RESOLVED}
    line = Entry(incident=1, at=nine, kind=EntryKind.NOTE, text="disk replaced")
    await incidents.save(tx, [incident(1, **over), incident(2)], [line], nine)
    await alerts.add(tx, [episode() for _ in range(7)] + [episode(incident=2)])
    asked = page()
    await pages.add(tx, [asked, page(incident=2)])
    outcome = Outcome(kind=OutcomeKind.ACCEPTED, provider_id="SM1")
    await deliveries.record(tx, [deliveries.Attempt(asked.id, "sms", nine, nine, outcome)])


async def delete_all(tx, numbers: list[int], limit: int) -> list[int]:
    steps = []
    while gone := await history.delete_some(tx, numbers, limit):
        steps.append(gone)
    return steps


async def test_only_what_is_over_for_long_enough_is_found(tx, past, nine):
    assert await history.over_before(tx, nine, 10) == [1]
    assert await history.over_before(tx, nine - timedelta(hours=1), 10) == []


async def test_a_record_holds_everything_that_is_known(tx, past):
    (record,) = await history.records(tx, [1])
    assert record["title"] == "Database primary down"
    assert len(record["alerts"]) == 7
    assert record["alerts"][0]["labels"] == {"alertname": "Down"}
    assert record["timeline"][0]["text"] == "disk replaced"
    assert record["pages"][0]["deliveries"][0]["provider_id"] == "SM1"
    assert record["involvements"][0]["team"] == "payments"


async def test_deleting_goes_in_steps_and_leaves_nothing_of_it(tx, past):
    steps = await delete_all(tx, [1], limit=3)
    assert max(steps) <= 3
    assert await history.records(tx, [1]) == []
    for table in ("alert", "timeline", "page", "involvement"):
        column = metadata.tables[table].c.incident_id
        assert (await tx.execute(sa.select(column).where(column == 1))).all() == []
    assert (await tx.execute(sa.select(metadata.tables["delivery"].c.id))).all() == []


async def test_what_is_open_and_what_was_learned_stays(tx, past):
    await grouping_state.save(tx, [StateRow(table="pair", key="a|b", value="7")])
    await delete_all(tx, [1], limit=100)
    (record,) = await history.records(tx, [2])
    assert len(record["alerts"]) == 1
    assert len(await grouping_state.load(tx)) == 1


async def test_incidents_of_a_stretch_come_by_number_page_by_page(tx, past, nine):
    until = nine + timedelta(seconds=1)
    assert await history.opened_between(tx, nine, until, after=0, limit=1) == [1]
    assert await history.opened_between(tx, nine, until, after=1, limit=9) == [2]
    assert await history.opened_between(tx, until, until + timedelta(days=1), after=0, limit=9) == []
