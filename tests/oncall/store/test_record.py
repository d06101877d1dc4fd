"""What is written beside incidents, on both databases: records, notes from Slack, reviews, action items, searches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Actor, Entry, EntryKind, Incident, Via
from oncall.incident.record import Record, Said
from oncall.review import Review
from oncall.store import digest_refusals, history, incidents, posts, record, reviews, slack_notes
from oncall.store.reviews import ActionItem
from oncall.store.search import Search

Build = Callable[..., Incident]


@pytest.fixture
async def seven(tx: AsyncConnection, incident: Build, nine: datetime) -> int:
    """An incident to write beside."""
    await incidents.save(tx, [incident(7, title="Checkout fails", service="checkout")], [], nine)
    return 7


def item(number: int, **changed: object) -> ActionItem:
    given: dict[str, object] = {
        "incident": number,
        "team": "payments",
        "text": "Alert earlier",
        "owner": "alice",
        "due": date(2026, 3, 9),
        "made_at": datetime.fromisoformat("2026-03-02T09:00:00+00:00"),
        "made_by": "bob",
    }
    return ActionItem(**(given | changed))  # type: ignore[arg-type]


async def test_a_record_comes_back_with_its_roles_in_the_order_given(
    tx: AsyncConnection, seven: int, nine: datetime
) -> None:
    assert await record.get(tx, seven) == Record()
    roles = {"scribe": "bob", "commander": "alice", "a liaison": "carol"}
    written = Record(impact=Said(text="größer", by="alice", at=nine), roles=roles)
    await record.save(tx, seven, written)
    found = await record.get(tx, seven)
    assert found == written
    assert list(found.roles) == list(roles)
    await record.save(tx, seven, Record())
    assert await record.get(tx, seven) == Record()


async def test_a_message_becomes_one_line_that_follows_it(tx: AsyncConnection, seven: int, nine: datetime) -> None:
    await posts.add(tx, [(seven, "#payments")])
    assert await slack_notes.line_of(tx, "C1", "9.1") is None
    data = {slack_notes.CHANNEL: "C1"}
    entry = Entry(incident=seven, at=nine, kind=EntryKind.NOTE, text="x", actor=Actor("alice", Via.SLACK), data=data)
    await slack_notes.add(tx, "C1", "9.1", entry)
    line = await slack_notes.line_of(tx, "C1", "9.1")
    assert line is not None
    await slack_notes.change(tx, line, "x")
    await slack_notes.change(tx, line, "y")
    ((_, found),) = await incidents.entries(tx, seven)
    assert (found.text, found.data) == ("y", {**data, slack_notes.EDITED: True})


async def test_a_place_names_its_incident(tx: AsyncConnection, seven: int, nine: datetime) -> None:
    await posts.add(tx, [(seven, "#payments")])
    await posts.touch(tx, [seven], nine)
    (post,) = await posts.claim(tx, nine, nine, 1)
    await posts.settle(tx, post, place="C1/1.0", told=0, free_at=nine, again=None)
    assert await posts.incident_at(tx, "C1/1.0") == seven
    assert await posts.incident_at(tx, "C1/2.0") is None


async def test_a_review_is_written_and_written_over(tx: AsyncConnection, seven: int, nine: datetime) -> None:
    assert await reviews.get(tx, seven) is None
    first = Review(
        sections={"summary": "a"}, version=1, drafted_at=nine, drafted_by="alice", saved_at=nine, saved_by="alice"
    )
    await reviews.save(tx, seven, first)
    assert await reviews.get(tx, seven, lock=True) == first
    second = replace(first, sections={"summary": "b", "impact": "größer"}, version=2, saved_by="bob")
    await reviews.save(tx, seven, second)
    assert await reviews.get(tx, seven) == second


async def test_action_items_are_found_by_incident_team_owner_and_state(
    tx: AsyncConnection, seven: int, nine: datetime
) -> None:
    first = await reviews.add_action(tx, item(seven))
    second = await reviews.add_action(tx, item(seven, owner="", team="platform", due=None))
    kept = await reviews.action(tx, first, lock=True)
    assert kept == item(seven, id=first)
    assert kept is not None
    await reviews.change_action(tx, replace(kept, done_at=nine, done_by="bob", text="Done"))

    async def ids(**query: object) -> list[int]:
        return [one.id for one in await reviews.actions(tx, **query)]  # type: ignore[arg-type]

    assert await ids() == [first, second]
    assert await ids(done=False) == [second]
    assert await ids(done=True, owner="alice") == [first]
    assert await ids(team="platform") == [second]
    assert await ids(incident_number=8) == []
    assert await ids(after=first) == [second]


async def test_only_open_items_with_a_day_are_due(tx: AsyncConnection, seven: int, nine: datetime) -> None:
    due = await reviews.add_action(tx, item(seven))
    await reviews.add_action(tx, item(seven, due=None))
    await reviews.add_action(tx, item(seven, done_at=nine, done_by="bob"))
    assert await reviews.open_and_due(tx, date(2026, 3, 8)) == []
    assert [one.id for one in await reviews.open_and_due(tx, date(2026, 3, 9))] == [due]


async def test_critical_incidents_without_a_review_are_named(
    tx: AsyncConnection, seven: int, incident: Build, nine: datetime
) -> None:
    over = incident(8, title="Ledger", resolved_at=nine)
    drill = incident(9, resolved_at=nine, drill=True)
    merged = incident(10, resolved_at=nine, merged_into=8)
    await incidents.save(tx, [over, drill, merged], [], nine)
    assert await reviews.unreviewed(tx, "payments", nine - timedelta(days=1), 5) == [(8, "Ledger")]
    assert await reviews.unreviewed(tx, "payments", nine + timedelta(days=1), 5) == []
    done = Review(sections={}, version=1, drafted_at=nine, drafted_by="a", saved_at=nine, saved_by="a")
    await reviews.save(tx, 8, done)
    assert await reviews.unreviewed(tx, "payments", nine - timedelta(days=1), 5) == []


async def test_what_is_written_beside_an_incident_is_exported_and_goes_with_it(
    tx: AsyncConnection, seven: int, nine: datetime
) -> None:
    await record.save(tx, seven, Record(status=Said(text="looking", by="alice", at=nine)))
    await reviews.add_action(tx, item(seven))
    (exported,) = await history.records(tx, [seven])
    assert exported["record"][0]["status"] == "looking"
    assert exported["actions"][0]["due"] == date(2026, 3, 9)
    while await history.delete_some(tx, [seven], 100):
        pass
    assert await record.get(tx, seven) == Record()
    assert await reviews.actions(tx) == []


async def test_a_refusal_stands_until_it_is_taken_back(tx: AsyncConnection, nine: datetime) -> None:
    for _ in range(2):
        await digest_refusals.refuse(tx, "alice", by="alice", at=nine)
    assert await digest_refusals.refused(tx) == {"alice"}
    await digest_refusals.want(tx, "alice")
    assert await digest_refusals.refused(tx) == set()


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(words="checkout FAILS"), True),
        (Search(words="ails"), True),
        (Search(words="ledger"), False),
        (Search(words="#7"), True),
        (Search(words="%"), False),
        (Search(words="größe"), True),
        (Search(kind="größe of checkout"), True),
        (Search(kind="größe"), False),
        (Search(service="checkout"), True),
        (Search(paged="alice"), False),
        (Search(day=date(2026, 3, 2)), True),
        (Search(day=date(2026, 3, 3)), False),
    ],
)
async def test_incidents_are_found_alike_on_both_databases(
    tx: AsyncConnection, incident: Build, nine: datetime, search: Search, found: bool
) -> None:
    one = incident(
        7, title="Checkout fails", service="checkout", kinds=frozenset({"größe of checkout"}), opened_at=nine
    )
    await incidents.save(tx, [one], [], nine)
    assert [i.id for i in await incidents.listed(tx, search=search)] == [7] * found
