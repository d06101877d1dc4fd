from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import catalog, check_reports, deploys, unowned
from oncall.store.catalog import FetchedFeed, Pushed
from oncall.store.check_reports import CheckReport
from oncall.store.deploys import Deploy
from oncall.store.unowned import Unowned

MINUTE = timedelta(minutes=1)


def pushed(nine: datetime, name: str = "checkout", **entry: object) -> Pushed:
    return Pushed(source="ci", name=name, entry=entry, pushed_at=nine, by="ana")


async def test_a_push_replaces_the_entry_of_its_name_and_every_change_is_counted(
    tx: AsyncConnection, nine: datetime
) -> None:
    assert await catalog.version(tx) == 0
    await catalog.push(tx, pushed(nine, owner="a"))
    await catalog.push(tx, pushed(nine, owner="b"))
    await catalog.push(tx, pushed(nine, "ledger"))
    assert [(row.name, row.entry) for row in await catalog.pushed(tx)] == [("checkout", {"owner": "b"}), ("ledger", {})]
    assert await catalog.withdraw(tx, "ci", "ledger")
    assert not await catalog.withdraw(tx, "ci", "ledger")
    assert await catalog.version(tx) == 4


async def test_a_fetched_source_is_kept_as_it_was_saved_last(tx: AsyncConnection, nine: datetime) -> None:
    first = FetchedFeed(source="portal", url="https://x", next_at=nine)
    await catalog.save_feed(tx, first)
    second = FetchedFeed(source="portal", url="https://x", etag="e", body="b", read_at=nine, next_at=nine + MINUTE)
    await catalog.save_feed(tx, second)
    assert await catalog.feeds(tx) == {"portal": second}
    await catalog.forget_feed(tx, "portal")
    assert await catalog.feeds(tx) == {}


async def test_deploys_of_some_services_in_a_span_come_newest_first(tx: AsyncConnection, nine: datetime) -> None:
    for minutes, service in enumerate(["a", "b", "c", "a"]):
        await deploys.add(tx, Deploy(service=service, version=str(minutes), at=nine + minutes * MINUTE))
    found = await deploys.of_services(tx, {"a", "b"}, nine, nine + 3 * MINUTE, limit=10)
    assert [deploy.version for deploy in found] == ["3", "1", "0"]
    assert [d.version for d in await deploys.of_services(tx, {"a"}, nine + MINUTE, nine + 9 * MINUTE, limit=1)] == ["3"]
    assert [d.version for d in await deploys.latest_of(tx, "a", until=nine + 2 * MINUTE, limit=5)] == ["0"]
    assert [deploy.service for deploy in await deploys.latest(tx, limit=2)] == ["a", "c"]


async def test_old_deploys_are_forgotten_a_batch_at_a_time(tx: AsyncConnection, nine: datetime) -> None:
    for minutes in range(5):
        await deploys.add(tx, Deploy(service="a", at=nine + minutes * MINUTE))
    assert await deploys.forget(tx, nine + 4 * MINUTE, 3) == 3
    assert await deploys.forget(tx, nine + 4 * MINUTE, 3) == 1
    assert len(await deploys.latest(tx, limit=9)) == 1


def nobodys(nine: datetime, matcher: str, minutes: int = 0, count: int = 1) -> Unowned:
    at = nine + minutes * MINUTE
    return Unowned(
        matcher=matcher, labels={"n": str(minutes)}, count=count, first_at=at, last_at=at, incident_id=minutes
    )


async def test_unowned_alerts_add_up_and_show_the_newest(tx: AsyncConnection, nine: datetime) -> None:
    await unowned.note(tx, [nobodys(nine, "a=1"), nobodys(nine, "b=1")])
    await unowned.note(tx, [nobodys(nine, "a=1", 5, count=3)])
    await unowned.note(tx, [])
    first, second = await unowned.newest(tx, limit=9)
    assert (first.matcher, first.count, first.labels, first.incident_id) == ("a=1", 4, {"n": "5"}, 5)
    assert (first.first_at, first.last_at) == (nine, nine + 5 * MINUTE)
    assert second.matcher == "b=1"


async def test_what_is_settled_or_old_is_off_the_list(tx: AsyncConnection, nine: datetime) -> None:
    await unowned.note(tx, [nobodys(nine, "a=1"), nobodys(nine, "b=1"), nobodys(nine, "c=1", 5)])
    assert await unowned.settle(tx, ["a=1", "z=1"]) == 1
    assert await unowned.settle(tx, []) == 0
    assert await unowned.forget(tx, nine + MINUTE, 10) == 1
    assert [row.matcher for row in await unowned.newest(tx, limit=9)] == ["c=1"]


async def test_the_last_report_of_a_check_counts(tx: AsyncConnection, nine: datetime) -> None:
    for passed in (False, True):
        report = CheckReport(service="a", check="backup", passed=passed, detail="", at=nine, by="ana")
        await check_reports.put(tx, report)
    assert [report.passed for report in await check_reports.everything(tx)] == [True]
