from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from notifiers.outcome import Outcome, OutcomeKind
from oncall.incident import Incident, IncidentStatus
from oncall.store import deliveries, incidents, pages
from oncall.store.pages import Page, PageStatus

MINUTE = timedelta(minutes=1)
Build = Callable[..., Page]


async def _due(tx: AsyncConnection, now: datetime) -> list[str]:
    return [page.id for page in await pages.due(tx, now, 100)]


@pytest.fixture(autouse=True)
async def _an_incident(opened: Incident) -> None:
    """Every page here is for incident 1."""


async def test_a_page_comes_back_as_it_was_written(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    written = page(
        text="hello", code="7", status=PageStatus.SENT, attempts=2, sent_at=nine, bundled_into="pg_0", detail="why"
    )
    await pages.add(tx, [written])
    assert await pages.get(tx, written.id) == written
    assert await pages.get(tx, "pg_none") is None


async def test_a_page_is_due_from_its_instant_on(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    later = page(due_at=nine + MINUTE)
    await pages.add(tx, [later])
    assert await _due(tx, nine + MINUTE - timedelta(microseconds=1)) == []
    assert await _due(tx, nine + MINUTE) == [later.id]
    assert await pages.next_due(tx) == nine + MINUTE


async def test_important_pages_are_due_first(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    ordinary, urgent = page(important=False), page(due_at=nine + MINUTE)
    await pages.add(tx, [ordinary, urgent])
    assert await _due(tx, nine + MINUTE) == [urgent.id, ordinary.id]


@pytest.mark.parametrize("status", [PageStatus.SENT, PageStatus.FAILED, PageStatus.CANCELLED])
async def test_a_page_that_is_over_is_never_due(
    tx: AsyncConnection, page: Build, nine: datetime, status: PageStatus
) -> None:
    await pages.add(tx, [page(status=status)])
    assert await _due(tx, nine + timedelta(days=1)) == []


async def test_invariant_4_a_page_whose_sender_died_is_due_when_its_lease_has_run_out(
    tx: AsyncConnection, page: Build, nine: datetime
) -> None:
    stuck = page(status=PageStatus.SENDING, leased_by="dead", leased_until=nine + MINUTE)
    await pages.add(tx, [stuck])
    assert await _due(tx, nine) == []
    assert await _due(tx, nine + MINUTE) == [stuck.id]


async def test_cancelling_stops_what_is_planned_for_a_team(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    await pages.add(tx, [page(), page(due_at=nine + MINUTE), page(team="platform")])
    assert await pages.cancel(tx, 1, ["payments"], "alice acknowledged") == 2
    kept = [p.team for p in await pages.due(tx, nine + MINUTE, 10)]
    assert kept == ["platform"]
    assert (await pages.get(tx, "pg_1") or page()).detail == "alice acknowledged"


async def test_cancelling_leaves_what_has_begun_and_what_only_tells(tx: AsyncConnection, page: Build) -> None:
    sending = page(status=PageStatus.SENDING)
    notice = page(kind=MessageKind.NOTICE, person="")
    await pages.add(tx, [sending, notice])
    assert await pages.cancel(tx, 1, ["payments"], "") == 0


async def test_the_next_method_of_a_person_can_be_brought_forward(
    tx: AsyncConnection, page: Build, nine: datetime
) -> None:
    call, late = page(channel="voice", due_at=nine + 3 * MINUTE), page(channel="email", due_at=nine + 9 * MINUTE)
    failed = page(status=PageStatus.FAILED)
    await pages.add(tx, [failed, late, call])
    assert await pages.hasten(tx, failed, nine)
    assert await _due(tx, nine) == [call.id]


async def test_hastening_says_when_no_method_is_left(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    failed = page(status=PageStatus.FAILED)
    later_step = page(planned_at=nine + MINUTE, due_at=nine + MINUTE)
    await pages.add(tx, [failed, page(person="bob", due_at=nine + MINUTE), later_step])
    assert not await pages.hasten(tx, failed, nine)
    assert await _due(tx, nine) == []


async def test_hastening_never_puts_a_page_off(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    waiting = page(due_at=nine - MINUTE)
    failed = page(status=PageStatus.FAILED)
    await pages.add(tx, [failed, waiting])
    assert await pages.hasten(tx, failed, nine)
    assert (await pages.get(tx, waiting.id) or page()).due_at == nine - MINUTE


async def test_asked_are_those_to_whom_a_page_went_out(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    await pages.add(
        tx,
        [
            page(status=PageStatus.SENT),
            page(person="bob", status=PageStatus.SENDING),
            page(person="carol"),
            page(person="dora", status=PageStatus.FAILED),
            page(person="emil", status=PageStatus.SENT, kind=MessageKind.NOTICE),
        ],
    )
    assert await pages.asked(tx, [1, 2]) == {1: {"alice", "bob"}, 2: set()}


async def test_recent_messages_count_a_bundle_once(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    await pages.add(
        tx,
        [
            page(sent_at=nine + MINUTE),
            page(sent_at=nine),
            page(sent_at=nine, bundled_into="pg_1"),
            page(sent_at=nine, address="+44"),
            page(sent_at=nine - timedelta(hours=1)),
        ],
    )
    await pages.add(tx, [page(sent_at=nine + 2 * MINUTE, kind=MessageKind.NOTICE)])
    recent = await pages.recent(tx, ["+4915112345678"], nine)
    assert recent["sms", "+4915112345678", True] == [nine, nine + MINUTE]
    assert recent["sms", "+4915112345678", False] == [nine + 2 * MINUTE]


async def test_the_latest_incident_of_an_address(
    tx: AsyncConnection, page: Build, nine: datetime, incident: Callable[..., Incident]
) -> None:
    await incidents.save(tx, [incident(2)], [], nine)
    await pages.add(tx, [page(incident=2, sent_at=nine), page(sent_at=nine + MINUTE), page(incident=2)])
    assert await pages.latest_incident(tx, "sms", "+4915112345678") == 1
    assert await pages.latest_incident(tx, "sms", "+44") is None


async def test_a_bare_word_is_about_what_was_asked_last_and_is_not_over(
    tx: AsyncConnection, page: Build, nine: datetime, incident: Callable[..., Incident]
) -> None:
    over = replace(incident(2), status=IncidentStatus.RESOLVED, resolved_at=nine + 3 * MINUTE)
    await incidents.save(tx, [over, incident(3)], [], nine)
    await pages.add(tx, [page(sent_at=nine), page(incident=2, sent_at=nine + MINUTE)])
    assert await pages.latest_incident(tx, "sms", "+4915112345678") == 1, "not the one that is over"
    told = page(incident=3, sent_at=nine + 2 * MINUTE, kind=MessageKind.NOTICE)
    await pages.add(tx, [told, page(incident=2, sent_at=nine + 3 * MINUTE, kind=MessageKind.RESOLVED)])
    assert await pages.latest_incident(tx, "sms", "+4915112345678") == 1, "not one nobody was asked about"
    loudest = page(incident=3, sent_at=nine + 4 * MINUTE)
    await pages.add(tx, [page(sent_at=nine + 4 * MINUTE, bundled_into=loudest.id), loudest])
    assert await pages.latest_incident(tx, "sms", "+4915112345678") == 3, "the loudest of a bundle"


async def test_a_bare_word_may_be_about_a_page_whose_node_died_before_it_recorded_the_sending(
    tx: AsyncConnection, page: Build, nine: datetime, incident: Callable[..., Incident]
) -> None:
    await incidents.save(tx, [incident(2)], [], nine)
    on_its_way = page(incident=2, status=PageStatus.SENDING, leased_until=nine + MINUTE)
    await pages.add(tx, [on_its_way, page(incident=2)])
    assert await pages.latest_incident(tx, "sms", "+4915112345678") == 2
    await pages.add(tx, [page(sent_at=nine - MINUTE)])
    assert await pages.latest_incident(tx, "sms", "+4915112345678") == 2, "it is the newest"


async def test_all_is_about_the_open_incidents_whose_page_has_set_out_to_this_address(
    tx: AsyncConnection, page: Build, nine: datetime, incident: Callable[..., Incident]
) -> None:
    over = replace(incident(2), status=IncidentStatus.RESOLVED, resolved_at=nine)
    await incidents.save(tx, [over, *map(incident, (3, 4, 5, 6))], [], nine)
    await pages.add(
        tx,
        [
            page(sent_at=nine),
            page(sent_at=nine + MINUTE, kind=MessageKind.REMINDER),
            page(incident=2, sent_at=nine),
            page(incident=3),
            page(incident=4, status=PageStatus.SENDING, leased_until=nine + MINUTE),
            page(incident=5, sent_at=nine, kind=MessageKind.NOTICE),
            page(incident=6, sent_at=nine, address="+44"),
        ],
    )
    assert sorted(await pages.open_incidents(tx, "sms", "+4915112345678")) == [1, 4]


async def test_what_a_dead_node_was_sending_is_due_at_once_and_nothing_else_is(
    tx: AsyncConnection, page: Build, nine: datetime
) -> None:
    later = nine + MINUTE
    its = page(status=PageStatus.SENDING, leased_by="a", leased_until=later)
    of_another = page(status=PageStatus.SENDING, leased_by="b", leased_until=later)
    over = page(status=PageStatus.SENT, leased_by="a", leased_until=later)
    not_due = page(due_at=later)
    await pages.add(tx, [its, of_another, over, not_due])
    assert await pages.let_go(tx, "a", nine) == 1
    assert [one.id for one in await pages.due(tx, nine, 10)] == [its.id]


async def test_every_attempt_is_recorded_in_order(tx: AsyncConnection, page: Build, nine: datetime) -> None:
    await pages.add(tx, [page()])
    for kind in (OutcomeKind.RETRY, OutcomeKind.ACCEPTED):
        outcome = Outcome(kind=kind, provider_id="SM1", code="429", detail="slow down")
        await deliveries.record(tx, [deliveries.Attempt("pg_1", "sms", nine, nine + MINUTE, outcome)])
    first, second = await deliveries.of_pages(tx, ["pg_1", "pg_none"])
    assert (first.outcome, second.outcome) == ("retry", "accepted")
    assert (first.page, first.provider_id, first.started_at) == ("pg_1", "SM1", nine)


async def test_what_a_limit_holds_back_is_found_beside_what_is_due_to_the_same_contact(
    tx: AsyncConnection, page: Build, nine: datetime
) -> None:
    due = page()
    held = page(due_at=nine + MINUTE, held_since=nine)
    elsewhere = page(due_at=nine + MINUTE, held_since=nine, address="+4930000000")
    by_another_channel = page(due_at=nine + MINUTE, held_since=nine, channel="voice")
    not_held = page(due_at=nine + MINUTE)
    over = page(due_at=nine + MINUTE, held_since=nine, status=PageStatus.CANCELLED)
    await pages.add(tx, [due, held, elsewhere, by_another_channel, not_held, over])
    assert [one.id for one in await pages.held_beside(tx, [due])] == [held.id]
    assert await pages.held_beside(tx, [due, held]) == []
    assert await pages.held_beside(tx, []) == []
