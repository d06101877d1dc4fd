"""All 75 recorded bodies, in the order and at the times in which a real Alertmanager sent them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from oncall.store.schema import alert, inbox, incident, page, quarantine, silence_log
from tests.acceptance import invariants
from tests.acceptance.story import Story


async def _replay(story: Story, folder: Path) -> list[dict[str, Any]]:
    """Post every body, and then again as a retry does, which changes nothing; the decoded bodies."""
    story.checking = False
    bodies = []
    for recorded in json.loads((folder / "index.json").read_text()):
        at = datetime.fromtimestamp(recorded["captured_at"], UTC)
        await story.run_until(max(story.clock.now(), at))
        raw = (folder / recorded["file"]).read_bytes()
        await story.receive(raw)
        before = await _standing(story)
        await story.receive(raw)
        assert await _standing(story) == before, recorded["file"]
        bodies.append(json.loads(raw))
    assert len(bodies) == 75
    return bodies


def _last_reports(bodies: list[dict[str, Any]]) -> dict[str, str]:
    """What was said last of each alert; the Watchdog is a heartbeat and no trouble."""
    last = {}
    for body in bodies:
        for one in body["alerts"]:
            if one["labels"].get("alertname") != "Watchdog":
                last[one["fingerprint"]] = one["status"]
    return last


async def test_every_recorded_body_goes_through_with_no_alert_lost_and_no_page_doubled(
    story: Story, shared_data: Path
) -> None:
    bodies = await _replay(story, shared_data / "alertmanager")
    await invariants.check(story.engine.database, story.clock.now())
    async with story.engine.database.read() as tx:
        rows = {t: (await tx.execute(sa.select(t))).all() for t in (alert, incident, inbox, page, quarantine)}
        assert (await tx.execute(sa.select(sa.func.count()).select_from(silence_log))).scalar() == 0
    assert not rows[quarantine]
    last = _last_reports(bodies)

    # Invariant 1: every alert is in an incident; what was last reported firing runs, what was resolved does not.
    assert {a.fingerprint for a in rows[alert]} == set(last)
    running = {a.fingerprint for a in rows[alert] if a.ended_at is None}
    assert running == {fingerprint for fingerprint, status in last.items() if status == "firing"}

    # Invariant 12: an incident is open exactly while one of its alerts runs, or while some were left out.
    open_ones = {i.id for i in rows[incident] if i.resolved_at is None}
    assert {a.incident_id for a in rows[alert] if a.ended_at is None} <= open_ones

    # Invariant 4: whoever a step asked was asked once by each method, and whatever was due went out.
    asked = Counter((p.incident_id, p.team, p.person, p.channel, p.step, p.planned_at) for p in rows[page])
    doubled = [key for key, count in asked.items() if count > 1 and key[2] and key[4]]
    assert not doubled
    paged = {p.incident_id for p in rows[page] if p.kind == "page" and p.status == "sent"}
    critical = {a.incident_id for a in rows[alert] if a.paging}
    over_before_its_turn = {p.incident_id for p in rows[page] if p.status == "cancelled"} - open_ones
    assert critical <= paged | over_before_its_turn
    story.forget_messages()


async def _standing(story: Story) -> tuple[int, ...]:
    async with story.engine.database.read() as tx:
        counts = [
            (await tx.execute(sa.select(sa.func.count()).select_from(t))).scalar() for t in (alert, incident, page)
        ]
    return tuple(count or 0 for count in counts)
