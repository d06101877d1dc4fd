"""Managers see how rotations stand; snapshots, handoffs and the weekly digest follow from the stored segments."""

from __future__ import annotations

import pytest

from notifiers.message import MessageKind
from oncall.errors import NotFound, Refused
from oncall.person import Role
from oncall.services.people.rights import Caller
from oncall.services.rotations import digest as rotation_digest
from oncall.services.rotations import handoffs
from oncall.services.rotations import views as rotation_views
from oncall.services.trouble import open_trouble
from oncall.store import pages
from oncall.store.pages import Page, PageStatus
from tests.oncall.services.rotation_world import START, WEEK, weeks, world

READER = Caller(person="ana", name="Ana", role=Role.VIEWER)


@pytest.fixture
async def ops(database_url, tmp_path):
    async with world(database_url, tmp_path) as found:
        found.write(weeks("ana", "ben", "cai", repeat=5))
        await found.refresh()
        await found.told()
        yield found


async def test_a_sound_rotation_has_full_marks_and_nothing_to_mend(ops):
    found = await rotation_views.view_rotation(ops.engine, READER, "ops", "primary")
    assert (found.report.score, found.report.band, found.report.top) == (100, "healthy", "nothing to mend")
    assert [(load.name, load.hours, load.fair_hours) for load in found.report.loads] == [
        ("Ana", 672, 672), ("Ben", 672, 672), ("Cai", 672, 672)
    ]  # fmt: skip
    assert found.report.next_gap is None


async def test_what_was_carried_in_the_last_quarter_counts_and_is_shown(ops):
    """An even plan is not fair to whoever had the twelve weeks before; a newcomer to them owes nothing."""
    past = weeks("ana", "ana", "ana", "ben", since=START - 12 * WEEK)
    ops.write([*past, *weeks("ana", "ben", "cai", repeat=5)])
    await ops.refresh(force=True)
    found = (await rotation_views.view_rotation(ops.engine, READER, "ops", "primary")).report
    assert {load.name: (load.hours, load.past_hours) for load in found.loads} == {
        "Ana": (672, 9 * 168), "Ben": (672, 3 * 168), "Cai": (672, 0)
    }  # fmt: skip
    assert {load.name: load.fair_hours_in_all for load in found.loads} == {
        "Ana": 672 + 6 * 168, "Ben": 672 + 6 * 168, "Cai": 672
    }  # fmt: skip
    (lost,) = (item for item in found.items if item.name == "balance")
    assert lost.lost > 0
    assert "of the last 90 days and the plan" in lost.facts[0]


async def test_the_list_has_the_top_sentence_and_the_trend_of_the_days(ops):
    await rotation_views.snapshot_all(ops.engine)
    ops.clock.move(days=1)
    ops.write([(START, START + 2 * WEEK, "ana"), (START + 2 * WEEK, START + 12 * WEEK, "zed")])
    await ops.refresh()
    await rotation_views.snapshot_all(ops.engine)
    (item,) = (await rotation_views.list_rotations(ops.engine, READER)).rotations
    assert item.trend == (100, item.score)
    assert item.band == "at risk"
    assert ops.engine.metrics.rotation_health.labels("ops/primary")._value.get() == item.score


async def test_an_unknown_rotation_is_not_found(ops):
    with pytest.raises(NotFound, match="there is no rotation ops/other"):
        await rotation_views.view_rotation(ops.engine, READER, "ops", "other")


async def test_who_comes_on_call_hears_half_an_hour_before_with_what_is_open_and_once(ops):
    async with ops.engine.database.write() as tx:
        await open_trouble(
            ops.engine, tx, title="it broke", service="shop", why="test", now=ops.clock.now(), team="ops"
        )
    ops.clock.move(weeks=1, minutes=-31)
    assert await handoffs.tell(ops.engine) == 0
    ops.clock.move(minutes=1)
    assert await handoffs.tell(ops.engine) == 1
    assert await handoffs.tell(ops.engine) == 0
    (text,) = (await ops.told())["ben"]
    assert text == "Your shift for Operations / primary begins at 10:00 CET. Open: #1 it broke"


async def test_who_goes_off_call_hears_who_has_taken_over(ops):
    ops.clock.move(weeks=1)
    assert await handoffs.tell(ops.engine) == 1
    assert await ops.told() == {"ana": ["Your shift for Operations / primary is over; on call now: Ben."]}


async def test_a_handoff_nobody_was_told_of_in_time_is_not_told_hours_later(ops):
    ops.clock.move(weeks=1, minutes=31)
    assert await handoffs.tell(ops.engine) == 0


async def test_the_digest_comes_on_monday_morning_once(ops):
    ops.clock.move(days=6, hours=22)
    assert await rotation_digest.send_due(ops.engine) == 0
    ops.clock.move(hours=1)
    assert await rotation_digest.send_due(ops.engine) == 1
    assert await rotation_digest.send_due(ops.engine) == 0
    text = (await ops.told())["cai"][0]
    assert text.startswith(
        "On call this week, Operations\n\nprimary: 100 of 100, healthy\n  Mon 09:00 Ana; Mon 10:00 Ben"
    )
    assert "http://127.0.0.1:8080/rotations/ops/primary" in text


async def test_pages_count_once_for_each_incident_somebody_was_asked_about(ops):
    now = ops.clock.now()
    async with ops.engine.database.write() as tx:
        for _ in range(2):
            number = await open_trouble(
                ops.engine, tx, title="it broke", service="shop", why="test", now=now, team="ops"
            )
            await pages.add(tx, [page(number, "sms"), page(number, "voice"), page(number, "sms", MessageKind.NOTICE)])
    found = await rotation_views.view_rotation(ops.engine, READER, "ops", "primary")
    assert {load.name: load.pages for load in found.report.loads} == {"Ana": 2, "Ben": 0, "Cai": 0}


def page(incident: int, channel: str, kind: MessageKind = MessageKind.PAGE) -> Page:
    return Page(
        id=f"{incident}-{channel}-{kind}", incident=incident, team="ops", person="ana", channel=channel, address="x",
        kind=kind, important=True, step=0, reason="", status=PageStatus.SENT, planned_at=START, due_at=START,
        sent_at=START,
    )  # fmt: skip


async def test_nobody_without_the_right_to_see_reads_it(ops):
    class Nobody(Caller, frozen=True):
        def may(self, right, *, team="", person=""):
            return False

    with pytest.raises(Refused):
        await rotation_views.list_rotations(ops.engine, Nobody(person="x", name="X", role=Role.VIEWER))
