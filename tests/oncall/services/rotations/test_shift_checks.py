"""Ahead of each shift it is known whether its person can be reached, and the right people hear if not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifiers.message import MessageKind
from notifiers.outcome import Outcome, OutcomeKind
from oncall.services.rotations import shift_checks
from oncall.services.rotations.report import report
from oncall.store import contacts, rotations
from oncall.store import deliveries as delivery_rows
from oncall.store import pages as page_rows
from oncall.store import shift_checks as rows
from oncall.store.deliveries import Attempt
from oncall.store.pages import Page, PageStatus
from oncall.store.rotations import StoredSegment
from oncall.store.schema import page
from tests.oncall.services.rotation_world import START, world

KEY = "ops/primary"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def ops(database_url, tmp_path):
    async with world(database_url, tmp_path) as found:
        yield found


@pytest.fixture
async def rota(ops):
    """Ana until tomorrow noon, then Ben for two days."""
    noon = START + timedelta(hours=27)
    turns = [("ana", START - DAY, noon), ("ben", noon, noon + 2 * DAY)]
    segments = [StoredSegment(schedule=KEY, starts_at=a, ends_at=b, on_call=((who, ""),)) for who, a, b in turns]
    async with ops.engine.database.write() as tx:
        await rotations.replace_segments(tx, KEY, segments)
    return noon


async def told(ops) -> list[tuple[str, str]]:
    """Whom anybody told what about a check, oldest first."""
    async with ops.engine.database.read() as tx:
        query = sa.select(page.c.person, page.c.text).where(page.c.reason == "check before a shift")
        return [
            (row.person, row.text) for row in (await tx.execute(query.order_by(page.c.planned_at, page.c.person))).all()
        ]


async def checks(ops) -> dict[str, bool]:
    async with ops.engine.database.read() as tx:
        return {one.person: one.works for one in await rows.of_schedule(tx, KEY, START - DAY)}


async def arrived(ops, person: str, kind: OutcomeKind) -> None:
    """Something was sent to this person's phone, with this outcome."""
    now = ops.engine.clock.now()
    sent = Page(
        id=f"test-{person}-{now:%H%M%S}",
        incident=None,
        team="ops",
        person=person,
        channel="phone",
        address=person,
        kind=MessageKind.TEST,
        important=False,
        step=0,
        reason="",
        status=PageStatus.SENT,
        planned_at=now,
        due_at=now,
        sent_at=now,
    )
    async with ops.engine.database.write() as tx:
        await page_rows.add(tx, [sent])
        await delivery_rows.record(tx, [Attempt(sent.id, "phone", now, now, Outcome(kind=kind))])


async def test_nothing_is_looked_at_more_than_a_day_ahead(ops, rota):
    ops.clock.move(hours=2)
    assert await shift_checks.check(ops.engine) == 0
    assert await checks(ops) == {}


async def test_a_day_ahead_the_person_hears_that_nothing_came_back_lately_and_how_to_prove_it(ops, rota):
    ops.clock.move(hours=3)
    assert await shift_checks.check(ops.engine) == 1
    assert await checks(ops) == {"ben": False}
    ((person, text),) = await told(ops)
    assert person == "ben"
    assert "Operations / primary begins Tue 13:00 CET" in text
    assert "/contacts" in text


async def test_it_is_said_once_to_the_person_and_once_to_the_team(ops, rota):
    ops.clock.move(hours=3)
    for _ in range(30):
        await shift_checks.check(ops.engine)
        ops.clock.move(hours=1)
    texts = [text for _, text in await told(ops)]
    assert sum(text.startswith("Your shift") for text in texts) == 1
    to_team = [person for person, text in await told(ops) if text.startswith("Ben comes on call")]
    assert sorted(to_team) == ["ana", "ben", "cai"]


@pytest.mark.parametrize("sign", ["answered", "delivered"])
async def test_whoever_can_be_reached_is_left_in_peace(ops, rota, sign):
    if sign == "delivered":
        await arrived(ops, "ben", OutcomeKind.DELIVERED)
    else:
        async with ops.engine.database.write() as tx:
            await contacts.change(tx, "phone", "ben", answered_at=ops.clock.now())
    ops.clock.move(hours=3)
    assert await shift_checks.check(ops.engine) == 0
    assert await checks(ops) == {"ben": True}


@pytest.mark.parametrize("kind", [OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN, OutcomeKind.UNREACHABLE])
async def test_accepted_by_a_provider_proves_nothing(ops, rota, kind):
    await arrived(ops, "ben", kind)
    ops.clock.move(hours=3)
    assert await shift_checks.check(ops.engine) == 1


async def test_what_worked_long_ago_or_was_stopped_since_proves_nothing(ops, rota):
    long_ago = START - timedelta(days=91)
    async with ops.engine.database.write() as tx:
        await contacts.change(tx, "phone", "ben", answered_at=long_ago)
    ops.clock.move(hours=3)
    assert await shift_checks.check(ops.engine) == 1
    async with ops.engine.database.write() as tx:
        await contacts.change(tx, "phone", "ben", answered_at=ops.clock.now(), stopped_at=ops.clock.now())
    ops.clock.move(hours=21)
    assert await shift_checks.check(ops.engine) == 1, "the team hears of it"


async def test_a_sign_of_life_in_time_spares_the_team(ops, rota):
    ops.clock.move(hours=3)
    await shift_checks.check(ops.engine)
    async with ops.engine.database.write() as tx:
        await contacts.change(tx, "phone", "ben", answered_at=ops.clock.now())
    ops.clock.move(hours=22)
    assert await shift_checks.check(ops.engine) == 0
    assert await checks(ops) == {"ben": True}


async def test_it_goes_to_the_health_of_the_rotation_and_away_again(ops, rota):
    team = ops.engine.directory.teams["ops"]

    async def people_item():
        async with ops.engine.database.read() as tx:
            found = await report(ops.engine, tx, team, team.schedules["primary"], ops.clock.now())
        return next(item for item in found.items if item.name == "people")

    ops.clock.move(hours=3)
    before = await people_item()
    await shift_checks.check(ops.engine)
    after = await people_item()
    assert after.lost == before.lost + 1
    assert any("no contact method of Ben worked lately" in fact for fact in after.facts)
    await arrived(ops, "ben", OutcomeKind.DELIVERED)
    assert (await people_item()).lost == before.lost
