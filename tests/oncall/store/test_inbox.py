from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import inbox
from oncall.store.database import Database
from oncall.store.inbox import Quarantined, Received

Body = Callable[..., Received]


async def add(tx: AsyncConnection, bodies: list[Received]) -> None:
    sqlite = tx.dialect.name == "sqlite"
    statement, rows = inbox.insertion(inbox.pack(bodies), sqlite=sqlite)
    await tx.exec_driver_sql(statement, rows if sqlite else tuple(rows))


async def _taken(tx: AsyncConnection, limit: int = 100) -> list[bytes]:
    return [row.body for row in (await inbox.take(tx, limit=limit)).bodies]


@pytest.mark.parametrize("size", [0, 100, inbox.COMPRESS_OVER, inbox.COMPRESS_OVER + 1, 200_000])
async def test_a_body_comes_back_byte_for_byte(tx: AsyncConnection, body: Body, size: int) -> None:
    await add(tx, [body(body=b"\x00\xff" * (size // 2))])
    assert await _taken(tx) == [b"\x00\xff" * (size // 2)]


async def test_invariant_1_a_body_is_there_for_everybody_once_its_transaction_has_committed(
    database: Database, body: Body
) -> None:
    async with database.write() as tx:
        await add(tx, [body()])
    async with database.read() as other:
        assert await inbox.depth(other) == 1


async def test_a_transaction_that_fails_leaves_nothing(database: Database, body: Body) -> None:
    async def fail() -> None:
        async with database.write() as tx:
            await add(tx, [body()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.read() as other:
        assert await inbox.depth(other) == 0


async def test_bodies_come_in_the_order_they_were_received(tx: AsyncConnection, body: Body) -> None:
    await add(tx, [body(body=b"%d" % n) for n in range(5)])
    assert await _taken(tx, limit=3) == [b"0", b"1", b"2"]


async def test_critical_bodies_come_first(tx: AsyncConnection, body: Body) -> None:
    await add(tx, [body(stream=f"quiet {n}") for n in range(20)])
    await add(tx, [body(stream="loud", priority=0, body=b"critical")])
    assert await _taken(tx, limit=1) == [b"critical"]


async def test_a_critical_body_never_overtakes_its_own_stream(tx: AsyncConnection, body: Body) -> None:
    """The resolved message before it would otherwise end what has just begun."""
    await add(tx, [body(stream="other", body=b"other")])
    await add(tx, [body(stream="loud", body=b"first"), body(stream="loud", body=b"second")])
    await add(tx, [body(stream="loud", priority=0, body=b"critical")])
    assert await _taken(tx, limit=3) == [b"first", b"second", b"critical"]


async def test_a_long_stream_is_taken_from_its_beginning_in_parts(tx: AsyncConnection, body: Body) -> None:
    """A batch is never larger than asked, however much a critical body has before it."""
    await add(tx, [body(body=b"%d" % n) for n in range(9)] + [body(priority=0, body=b"critical")])
    assert await _taken(tx, limit=4) == [b"0", b"1", b"2", b"3"]


async def test_large_bodies_are_taken_a_few_at_a_time_but_never_none(tx: AsyncConnection, body: Body) -> None:
    await add(tx, [body(body=b"%d" % n * 1000) for n in range(5)])
    for most_bytes, count in ((2500, 2), (10, 1)):
        assert len((await inbox.take(tx, limit=10, most_bytes=most_bytes)).bodies) == count


async def test_streams_of_two_integrations_with_one_name_are_two(tx: AsyncConnection, body: Body) -> None:
    await add(tx, [body(integration="a", body=b"a"), body(integration="b", priority=0, body=b"b")])
    assert await _taken(tx, limit=1) == [b"b"]


async def test_a_flood_from_one_integration_does_not_starve_another(tx: AsyncConnection, body: Body) -> None:
    await add(tx, [body(integration="flood", stream=str(n)) for n in range(1000)])
    await add(tx, [body(integration="calm", body=b"calm")])
    assert b"calm" in await _taken(tx, limit=4)


async def test_a_backlog_of_warnings_does_not_hold_back_the_same_integrations_critical_body(
    tx: AsyncConnection, body: Body
) -> None:
    """Turns are counted among bodies of one priority."""
    await add(tx, [body(integration="calm", stream=str(n)) for n in range(100)])
    await add(tx, [body(integration="flood", stream=str(n), priority=0) for n in range(50)])
    await add(tx, [body(integration="calm", stream="loud", priority=0, body=b"critical")])
    assert b"critical" in await _taken(tx, limit=4)


async def test_what_is_done_is_not_taken_again(tx: AsyncConnection, body: Body, nine: datetime) -> None:
    await add(tx, [body(body=b"1"), body(body=b"2")])
    first, _ = (await inbox.take(tx, limit=10)).bodies
    await inbox.done(tx, [first.id], nine)
    assert await _taken(tx) == [b"2"]
    assert await inbox.depth(tx) == 1


async def test_a_large_body_goes_on_where_it_was_left(tx: AsyncConnection, body: Body) -> None:
    await add(tx, [body()])
    (row,) = (await inbox.take(tx, limit=1)).bodies
    await inbox.progressed(tx, row.id, 500)
    (again,) = (await inbox.take(tx, limit=1)).bodies
    assert again.done == 500


async def test_failures_are_counted(tx: AsyncConnection, body: Body) -> None:
    await add(tx, [body()])
    (row,) = (await inbox.take(tx, limit=1)).bodies
    assert [await inbox.failed(tx, row.id, "disk full") for _ in range(2)] == [1, 2]


async def test_a_stretch_of_time_can_be_replayed(tx: AsyncConnection, body: Body, nine: datetime) -> None:
    hours = [nine + timedelta(hours=n) for n in range(4)]
    await add(tx, [body(received_at=at, body=b"%d" % at.hour) for at in hours])
    await inbox.done(tx, [row.id for row in (await inbox.take(tx, limit=10)).bodies], nine)
    assert await inbox.replay(tx, since=hours[1], until=hours[3]) == 2
    assert await _taken(tx) == [b"10", b"11"]


async def test_a_replay_can_be_of_one_integration(tx: AsyncConnection, body: Body, nine: datetime) -> None:
    await add(tx, [body(integration="a", body=b"a"), body(integration="b", body=b"b")])
    await inbox.done(tx, [row.id for row in (await inbox.take(tx, limit=10)).bodies], nine)
    assert await inbox.replay(tx, since=nine, until=nine + timedelta(hours=1), integration="b") == 1
    assert await _taken(tx) == [b"b"]


async def test_only_processed_bodies_are_forgotten(tx: AsyncConnection, body: Body, nine: datetime) -> None:
    await add(tx, [body(body=b"old"), body(body=b"waits")])
    old, _ = (await inbox.take(tx, limit=10)).bodies
    await inbox.done(tx, [old.id], nine)
    assert await inbox.forget(tx, nine + timedelta(days=30), limit=100) == 1
    assert await _taken(tx) == [b"waits"]


def _unusable(at: datetime, reason: str) -> Quarantined:
    return Quarantined(received_at=at, integration="prod", reason=reason, path="$.alerts[0]", body=b"\x00{")


async def test_the_quarantine_is_listed_newest_first_in_parts(tx: AsyncConnection, nine: datetime) -> None:
    await inbox.quarantined(tx, [_unusable(nine, str(n)) for n in range(5)])
    first = await inbox.list_quarantine(tx, limit=2)
    rest = await inbox.list_quarantine(tx, before=first[-1].id, limit=2)
    assert [row.reason for row in [*first, *rest]] == ["4", "3", "2", "1"]
    assert first[0].body == b"\x00{"


async def test_the_quarantine_is_bounded_and_keeps_the_newest(tx: AsyncConnection, nine: datetime) -> None:
    await inbox.quarantined(tx, [_unusable(nine, str(n)) for n in range(inbox.QUARANTINE_ROWS)])
    await inbox.quarantined(tx, [_unusable(nine, "newest")])
    kept = await inbox.list_quarantine(tx, limit=inbox.QUARANTINE_ROWS + 10)
    assert len(kept) == inbox.QUARANTINE_ROWS
    assert (kept[0].reason, kept[-1].reason) == ("newest", "1")
