"""What views read in one go, on both databases: the answers are those of reading everything one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.incident import Incident, IncidentStatus, Involvement, InvolvementStatus
from oncall.review import Review
from oncall.store import incidents, page_counts, pages, reachability, reviews, tallies, views
from oncall.store.pages import Page, PageStatus
from oncall.store.reviews import ActionItem

Build = Callable[..., Page]
MINUTE = timedelta(minutes=1)
SENT, FAILED = PageStatus.SENT, PageStatus.FAILED


@pytest.fixture
def carried(opened: Incident, page: Build, nine: datetime) -> Callable[..., Page]:
    """A page to Alice's number that came to something `minutes` after nine."""

    def build(minutes: int, status: PageStatus, **changes: object) -> Page:
        at = nine + minutes * MINUTE
        given = {"planned_at": at, "status": status, "sent_at": at if status is SENT else None, "person": "alice"}
        return page(**(given | {"channel": "sms", "address": "+1"} | changes))

    return build


@pytest.mark.parametrize(
    ("history", "refused"),
    [
        ([], False),
        ([(0, SENT)], False),
        ([(0, FAILED)], True),
        ([(0, SENT), (1, FAILED)], True),
        ([(0, FAILED), (1, SENT)], False),
        ([(0, FAILED), (1, SENT), (2, FAILED)], True),
        ([(0, FAILED), (1, PageStatus.PLANNED), (2, PageStatus.CANCELLED)], True),
    ],
)
async def test_an_address_is_refused_while_the_last_that_came_of_it_failed(
    tx: AsyncConnection, carried: Callable[..., Page], history: list[tuple[int, PageStatus]], *, refused: bool
) -> None:
    await pages.add(tx, [carried(minutes, status) for minutes, status in history])
    found = await reachability.refused_addresses(tx, {"alice", "bob"})
    assert found == ({("sms", "+1")} if refused else set())


async def test_each_address_is_judged_by_itself(tx: AsyncConnection, carried: Callable[..., Page]) -> None:
    written = [carried(0, FAILED), carried(1, SENT, channel="voice"), carried(2, SENT, address="+2")]
    written += [carried(0, FAILED, person="bob", address="+3"), carried(0, FAILED, person="eve", address="+4")]
    await pages.add(tx, written)
    assert await reachability.refused_addresses(tx, {"alice", "bob"}) == {("sms", "+1"), ("sms", "+3")}
    assert await reachability.refused_addresses(tx, set()) == set()


async def test_people_are_counted_by_the_incidents_they_were_asked_about(
    tx: AsyncConnection, carried: Callable[..., Page], nine: datetime
) -> None:
    await pages.add(
        tx, [carried(0, SENT), carried(1, SENT), carried(1, FAILED), carried(2, SENT, kind=MessageKind.NOTICE)]
    )
    assert await page_counts.by_person(tx, "payments", nine) == {"alice": 1}
    assert await page_counts.by_person(tx, "payments", nine + 2 * MINUTE) == {}


async def test_who_was_asked_for_which_team_is_known(
    tx: AsyncConnection,
    carried: Callable[..., Page],
    incident: Callable[..., Incident],
    involvement: Callable[..., Involvement],
    nine: datetime,
) -> None:
    over = involvement(status=InvolvementStatus.RESOLVED)
    gone = incident(2, involvements=(over,), status=IncidentStatus.RESOLVED, resolved_at=nine)
    await incidents.save(tx, [gone, incident(3)], [], nine)
    written = [carried(0, SENT), carried(1, SENT, team="platform"), carried(0, SENT, incident=2)]
    written += [carried(0, PageStatus.PLANNED, incident=3), carried(0, SENT, team="data", kind=MessageKind.NOTICE)]
    await pages.add(tx, written)
    assert await views.open_asking(tx, "alice", limit=9) == {1: {"payments", "platform"}}
    assert await views.open_asking(tx, "bob", limit=9) == {}
    assert await views.asked_for(tx, 1, "alice") == {"payments", "platform"}
    assert await views.asked_for(tx, 2, "bob") == set()


async def test_open_incidents_of_teams_are_found_without_those_that_are_over(
    tx: AsyncConnection, incident: Callable[..., Incident], involvement: Callable[..., Involvement], nine: datetime
) -> None:
    both = (involvement(), involvement(team="platform", lead=False))
    over = tuple(involvement(team=team, status=InvolvementStatus.RESOLVED) for team in ("payments", "platform"))
    gone = incident(2, involvements=over, status=IncidentStatus.RESOLVED, resolved_at=nine)
    await incidents.save(tx, [incident(1, involvements=both), gone, incident(3)], [], nine)
    assert await views.open_for_teams(tx, ["platform", "data"], limit=9) == [1]
    assert await views.open_for_teams(tx, ["payments"], limit=1) == [3]
    for status, expected in (("open", [1]), ("triggered", [1]), ("resolved", [2]), ("", [2, 1])):
        assert [i.id for i in await incidents.listed(tx, status=status, team="platform")] == expected


async def test_reviews_and_items_of_several_teams_come_at_once(
    tx: AsyncConnection, incident: Callable[..., Incident], involvement: Callable[..., Involvement], nine: datetime
) -> None:
    written = []
    for number in range(1, 9):
        team = "payments" if number % 2 else "platform"
        over = involvement(team=team, status=InvolvementStatus.RESOLVED)
        written.append(incident(number, title=f"T{number}", involvements=(over,), resolved_at=nine))
    await incidents.save(tx, written, [], nine)
    done = Review(sections={}, version=1, drafted_at=nine, drafted_by="a", saved_at=nine, saved_by="a")
    await reviews.save(tx, 7, done)
    since = nine - timedelta(days=1)
    teams = ["payments", "platform", "data"]
    found = await reviews.unreviewed_of(tx, teams, since, 2)
    assert found == {"platform": [(8, "T8"), (6, "T6")], "payments": [(5, "T5"), (3, "T3")]}
    assert found == {t: one for t in teams if (one := await reviews.unreviewed(tx, t, since, 2))}
    for team, ended in (("payments", None), ("payments", nine), ("platform", None), ("data", None)):
        item = ActionItem(incident=1, team=team, text="x", owner="", due=None, made_at=nine, made_by="a", done_at=ended)
        await reviews.add_action(tx, item)
    assert [one.team for one in await reviews.open_actions(tx, ["payments", "platform"])] == ["payments", "platform"]


async def test_sums_of_several_teams_come_at_once(tx: AsyncConnection, nine: datetime) -> None:
    for period, count in (("2026-03-01", 1), ("2026-03-02", 2), ("2026-W10", 3)):
        sums = {team: (count, count, f'"{team} {count}"') for team in ("", "payments", "data")}
        await tallies.save(tx, period, sums, 1, nine)
    wanted = ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert await tallies.sums_of_teams(tx, ["payments", "nobody"], wanted) == {
        "payments": {"2026-03-01": '"payments 1"', "2026-03-02": '"payments 2"'}
    }
    assert await tallies.sums_of_teams(tx, [], wanted) == {}


async def test_days_of_several_teams_come_as_one_text_each_that_changes_when_one_of_them_does(
    tx: AsyncConnection, nine: datetime
) -> None:
    def sums(count: int, *teams: str) -> dict[str, tuple[int, int, str]]:
        return {team: (count, count, f'"{team} {count}"') for team in ("", *teams)}

    for period, count in (("2026-03-01", 1), ("2026-03-02", 2), ("2026-W10", 3), ("2026-03", 3), ("2026-03-09", 9)):
        await tallies.save(tx, period, sums(count, "payments", "data"), 1, nine)
    teams = ["payments", "data", "nobody"]
    first = await tallies.days_of_teams(tx, teams, "2026-03-01", "2026-03-07")
    assert {team: tallies.read_days(text) for team, text in first.items()} == {
        team: {"2026-03-01": 1, "2026-03-02": 2} for team in ("payments", "data")
    }
    assert tallies.read_days("") == {}
    assert await tallies.days_of_teams(tx, teams, "2026-03-01", "2026-03-07") == first
    # Of the same number, and yet not the same.
    changed = sums(2, "payments", "data") | {"data": (2, 2, '"another 2"')}
    await tallies.save(tx, "2026-03-02", changed, 1, nine + MINUTE)
    second = await tallies.days_of_teams(tx, teams, "2026-03-01", "2026-03-07")
    assert second["payments"] == first["payments"]
    assert second["data"] != first["data"]
    assert tallies.read_days(second["data"]) == tallies.read_days(first["data"])
