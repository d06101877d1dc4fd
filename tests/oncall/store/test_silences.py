from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import silences
from oncall.store.silences import Silenced
from routing.matchers import parse_matchers
from routing.silence import Silence

HOUR = timedelta(hours=1)


def _silence(nine: datetime, **changes: object) -> Silence:
    values: dict[str, object] = {
        "id": "1",
        "matchers": tuple(parse_matchers('{service="ledger", "odd name"=~"a|\\"b\\""}')),
        "starts_at": nine,
        "ends_at": nine + HOUR,
        "by": "alice",
        "comment": "deploy",
    }
    return Silence(**(values | changes))


async def test_a_silence_comes_back_as_it_was_written(tx: AsyncConnection, nine: datetime) -> None:
    written = _silence(nine)
    assert await silences.add(tx, written, nine) == 1
    assert await silences.in_force(tx, nine) == [written]


async def test_a_silence_that_is_planned_is_listed_and_one_that_is_over_is_not(
    tx: AsyncConnection, nine: datetime
) -> None:
    await silences.add(tx, _silence(nine), nine)
    assert len(await silences.in_force(tx, nine - HOUR)) == 1
    assert await silences.in_force(tx, nine + HOUR) == []


async def test_a_silence_until_resolved_needs_no_end(tx: AsyncConnection, nine: datetime) -> None:
    await silences.add(tx, _silence(nine, ends_at=None, until_resolved=True), nine)
    assert [s.until_resolved for s in await silences.in_force(tx, nine + 999 * HOUR)] == [True]


async def test_a_silence_can_be_ended_once(tx: AsyncConnection, nine: datetime) -> None:
    number = await silences.add(tx, _silence(nine), nine)
    soon = nine + timedelta(minutes=5)
    assert await silences.end(tx, number, soon)
    assert not await silences.end(tx, number, soon)
    assert not await silences.end(tx, 99, soon)
    assert await silences.in_force(tx, soon) == []


async def test_a_planned_silence_can_be_ended_before_it_begins(tx: AsyncConnection, nine: datetime) -> None:
    """It must not make the list unreadable: a silence that ends before it starts is no silence."""
    number = await silences.add(tx, _silence(nine), nine - HOUR)
    assert await silences.end(tx, number, nine - HOUR)
    assert await silences.in_force(tx, nine - 2 * HOUR) == []


async def test_invariant_1_what_a_silence_kept_quiet_is_in_its_log(tx: AsyncConnection, nine: datetime) -> None:
    kept = [
        Silenced(at=nine, silence=1, integration="prod", fingerprint=str(n), labels={"alertname": "Down"})
        for n in range(3)
    ]
    await silences.log(tx, [*kept, Silenced(at=nine, silence=2, integration="prod", fingerprint="x", labels={})])
    assert await silences.logged(tx, 1, limit=2) == [kept[2], kept[1]]
