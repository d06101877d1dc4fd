"""Drills and game days, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Incident
from oncall.practice import GameDay, PlannedDrill
from oncall.store import incidents, practice

Build = Callable[..., Incident]


def drill(starts_at: datetime, game_day: int | None = None, **changed: object) -> PlannedDrill:
    given: dict[str, object] = {
        "game_day": game_day,
        "team": "payments",
        "service": "",
        "title": "Practice",
        "text": "",
        "announced": False,
        "starts_at": starts_at,
        "made_by": "alice",
    }
    return PlannedDrill(**(given | changed))  # type: ignore[arg-type]


async def day(tx: AsyncConnection, nine: datetime) -> int:
    return await practice.add_game_day(tx, GameDay(title="x", starts_at=nine, made_at=nine, made_by="alice"))


async def test_a_game_day_comes_back_with_its_drills_in_order(tx: AsyncConnection, nine: datetime) -> None:
    number = await day(tx, nine)
    for minutes in (40, 0):
        starts = nine + timedelta(minutes=minutes)
        await practice.add_drill(tx, drill(starts, number, minutes=minutes, announced=minutes > 0))
    found = await practice.drills_of(tx, number)
    assert [(one.minutes, one.announced, one.game_day) for one in found] == [(0, False, number), (40, True, number)]
    assert await practice.open_game_days(tx) == [number]
    await practice.end_game_day(tx, number, at=nine, by="alice", why="enough")
    ended = await practice.game_day_of(tx, number, lock=True)
    assert ended is not None
    assert (ended.ended_at, ended.ended_by, ended.ended_why) == (nine, "alice", "enough")
    assert await practice.open_game_days(tx) == []
    assert await practice.game_day_of(tx, number + 1) is None


async def test_game_days_are_listed_newest_first_a_stretch_at_a_time(tx: AsyncConnection, nine: datetime) -> None:
    numbers = [await day(tx, nine) for _ in range(3)]
    assert [one.id for one in await practice.game_days(tx, limit=2)] == numbers[:0:-1]
    assert [one.id for one in await practice.game_days(tx, before=numbers[1])] == numbers[:1]


async def test_a_drill_is_due_until_it_began_or_was_left_out(
    tx: AsyncConnection, incident: Build, nine: datetime
) -> None:
    for minutes in (0, 1, 60):
        await practice.add_drill(tx, drill(nine + timedelta(minutes=minutes)))
    now = nine + timedelta(minutes=2)
    first, second = await practice.due(tx, now, 10)
    assert await practice.any_due(tx, now)
    await incidents.save(tx, [incident(7, drill=True)], [], nine)
    await practice.begun(tx, first.id, 7)
    await practice.leave_out(tx, second.id, "a real incident")
    assert await practice.due(tx, now, 10) == []
    assert not await practice.any_due(tx, now)
    assert (await practice.by_incident(tx, [7, 8])).keys() == {7}


async def test_the_last_drill_is_the_newest_that_is_over(tx: AsyncConnection, incident: Build, nine: datetime) -> None:
    assert await practice.last_of_teams(tx, ["payments"]) == {}
    over = [incident(number, drill=True, resolved_at=nine) for number in (3, 5)]
    await incidents.save(tx, [*over, incident(6, drill=True), incident(7, resolved_at=nine)], [], nine)
    for number in (5, 3, 6, None):
        await practice.add_drill(tx, drill(nine, incident=number))
    assert await practice.last_of_teams(tx, ["payments", "data"]) == {"payments": 5}
    assert await practice.open_drill_of(tx, "payments") == 6
    assert await practice.open_drill_of(tx, "data") is None


async def test_a_real_incident_is_critical_open_and_no_drill(
    tx: AsyncConnection, incident: Build, nine: datetime
) -> None:
    await incidents.save(tx, [incident(3, drill=True), incident(4, resolved_at=nine)], [], nine)
    assert await practice.real_open(tx, "payments") is None
    await incidents.save(tx, [incident(5)], [], nine)
    assert await practice.real_open(tx, "payments") == 5
    assert await practice.real_open(tx, "data") is None
