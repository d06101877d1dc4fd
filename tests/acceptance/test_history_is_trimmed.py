"""Old history goes in small steps beside alerts that come in, exported first; what was learned from it stays."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from oncall.services.operation import history, watch
from oncall.store import grouping_state
from oncall.store.history import PARTS
from oncall.store.schema import alert as alerts
from oncall.store.schema import grouping_state as learned
from oncall.store.schema import health_snapshot, inbox, incident, metadata, page, phone_message
from tests.acceptance.story import Story, alert, body

OLD = 12
LONG_AFTER = timedelta(days=401)


async def _live(story: Story) -> None:
    """A year ago: troubles that came and went."""
    for number in range(OLD):
        one = alert(f"Trouble{number}", service="ledger", pod=str(number))
        await story.receive(body(one, group=str(number)))
        await story.receive(body({**one, "status": "resolved", "endsAt": "2026-11-20T08:55:00Z"}, group=str(number)))
        story.clock.move_to(story.clock.now() + timedelta(hours=3))
    await story.settle()
    story.forget_messages()
    story.clock.move_to(story.clock.now() + LONG_AFTER)


async def _count(story: Story, table: sa.Table) -> int:
    async with story.engine.database.read() as tx:
        return int((await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def test_trimming_beside_ingest_takes_small_bites_and_loses_no_new_alert(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _live(story)
    monkeypatch.setattr(history, "ROWS", 20)
    story.engine.settings = msgspec.structs.replace(story.engine.settings, archive_dir=tmp_path / "archive")
    bites: list[int] = []

    def seen(_connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.lower().startswith("delete"):
            bites.append(cursor.rowcount)  # type: ignore[attr-defined]

    sa.event.listen(story.engine.database.engine.sync_engine, "after_cursor_execute", seen)
    posts = [body(alert("New", service="checkout", pod=str(n)), group=f"new {n}") for n in range(10)]
    trimmed, *_ = await asyncio.gather(history.trim(story.engine), *(story.post(one) for one in posts))
    assert trimmed == OLD
    assert max(bites) <= 20
    await story.settle()
    async with story.engine.database.read() as tx:
        pods = {labels["pod"] for (labels,) in (await tx.execute(sa.select(alerts.c.labels))).all()}
    assert pods == {str(number) for number in range(10)}
    lines = [json.loads(line) for file in (tmp_path / "archive").iterdir() for line in file.read_text().splitlines()]
    assert len({line["id"] for line in lines}) == OLD
    assert all(line["alerts"] and line["timeline"] and line["pages"] for line in lines)
    story.forget_messages()


async def test_what_was_learned_outlives_the_incidents_it_was_learned_from(story: Story) -> None:
    await _live(story)
    async with story.engine.database.read() as tx:
        before = await grouping_state.load(tx)
    snapshots = await _count(story, health_snapshot)
    assert before
    assert await history.trim(story.engine) == OLD
    assert await _count(story, incident) == 0
    assert await _count(story, learned) == len(before)
    assert await _count(story, health_snapshot) == snapshots


async def test_while_the_archive_cannot_be_written_nothing_is_deleted(story: Story, tmp_path: Path) -> None:
    await _live(story)
    (tmp_path / "file").write_text("in the way")
    story.engine.settings = msgspec.structs.replace(story.engine.settings, archive_dir=tmp_path / "file")
    with pytest.raises(OSError):
        await history.trim(story.engine)
    assert await _count(story, incident) == OLD


async def test_clean_up_leaves_nothing_that_only_grows(story: Story) -> None:
    await _live(story)
    await watch.forget_old(story.engine)
    assert await _count(story, inbox) == 0
    assert await _count(story, phone_message) == 0
    async with story.engine.database.read() as tx:
        loose = sa.select(sa.func.count()).select_from(page).where(page.c.incident_id.is_(None))
        assert (await tx.execute(loose)).scalar() == 0


def test_whatever_hangs_on_an_incident_is_exported_with_it() -> None:
    """What is left out is made again from the rest, or belongs to a chat."""
    hanging = {
        table.name
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "incident" and key.ondelete == "CASCADE"
    }
    assert hanging - {table.name for _, table in PARTS} == {"incident_post", "slack_note"}
