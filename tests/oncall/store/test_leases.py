from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import leases
from oncall.store.database import Database

LENGTH = timedelta(seconds=10)


async def test_one_node_holds_a_lease(tx: AsyncConnection, nine: datetime) -> None:
    assert await leases.hold(tx, "grouping", "a", nine, LENGTH) is not None
    assert await leases.hold(tx, "grouping", "b", nine, LENGTH) is None


async def test_leases_are_separate(tx: AsyncConnection, nine: datetime) -> None:
    assert await leases.hold(tx, "grouping", "a", nine, LENGTH) is not None
    assert await leases.hold(tx, "calendars", "b", nine, LENGTH) is not None


async def test_the_holder_extends_its_lease_under_the_same_version(tx: AsyncConnection, nine: datetime) -> None:
    first = await leases.hold(tx, "grouping", "a", nine, LENGTH)
    assert await leases.hold(tx, "grouping", "a", nine + timedelta(seconds=8), LENGTH) == first
    assert await leases.hold(tx, "grouping", "b", nine + timedelta(seconds=12), LENGTH) is None


async def test_a_lease_that_ran_out_goes_to_another_node_under_a_new_version(
    tx: AsyncConnection, nine: datetime
) -> None:
    first = await leases.hold(tx, "grouping", "a", nine, LENGTH)
    second = await leases.hold(tx, "grouping", "b", nine + LENGTH, LENGTH)
    assert first is not None
    assert second == first + 1


async def test_a_lease_that_was_let_go_is_free_at_once(tx: AsyncConnection, nine: datetime) -> None:
    await leases.hold(tx, "grouping", "a", nine, LENGTH)
    await leases.let_go(tx, "grouping", "a", nine)
    assert await leases.hold(tx, "grouping", "b", nine, LENGTH) is not None


async def test_only_the_holder_can_let_go(tx: AsyncConnection, nine: datetime) -> None:
    await leases.hold(tx, "grouping", "a", nine, LENGTH)
    await leases.let_go(tx, "grouping", "b", nine)
    assert await leases.hold(tx, "grouping", "b", nine, LENGTH) is None


async def test_all_leases_of_a_dead_node_are_freed_and_nobody_elses(tx: AsyncConnection, nine: datetime) -> None:
    for name, node in (("grouping", "a"), ("calendars", "a"), ("digest", "b")):
        await leases.hold(tx, name, node, nine, LENGTH)
    assert await leases.let_go_all(tx, "a", nine) == 2
    assert await leases.hold(tx, "grouping", "b", nine, LENGTH) is not None
    assert await leases.hold(tx, "calendars", "c", nine, LENGTH) is not None
    assert await leases.hold(tx, "digest", "c", nine, LENGTH) is None
    assert await leases.let_go_all(tx, "a", nine) == 0


async def test_of_several_nodes_that_ask_at_once_one_gets_it(database: Database, nine: datetime) -> None:
    async def ask(node: str) -> int | None:
        async with database.write() as tx:
            return await leases.hold(tx, "grouping", node, nine, LENGTH)

    held = await asyncio.gather(*(ask(str(n)) for n in range(6)))
    assert sum(version is not None for version in held) == 1
