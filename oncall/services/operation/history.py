"""History as files: exported for a stretch of time, and archived before it is trimmed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from oncall.engine import Engine
from oncall.incident import Entry, EntryKind
from oncall.incident.reading import readable
from oncall.store import history, incidents

#: Incidents that are read, archived and trimmed together.
INCIDENTS = 20
#: Rows one transaction deletes, so that alerts being taken in wait for milliseconds.
ROWS = 500


async def export(engine: Engine, since: datetime, until: datetime) -> AsyncIterator[bytes]:
    """The incidents opened in that stretch of time, one line of JSON each, by number."""
    after = 0
    while True:
        async with engine.database.read() as tx:
            numbers = await history.opened_between(tx, since, until, after=after, limit=INCIDENTS)
            found = await history.records(tx, numbers)
        if not numbers:
            return
        for record in found:
            yield _line(_with_names(engine, record))
        after = numbers[-1]


async def trim(engine: Engine) -> int:
    """Delete incidents that were over before what the policy keeps, archived first where it says so; how many.

    What was learned from them (co-firing counts, health snapshots, load) has rows of its own and stays.
    """
    keep = engine.settings.keep_history
    trimmed = 0
    while True:
        async with engine.database.read() as tx:
            numbers = await history.over_before(tx, engine.clock.now() - keep, INCIDENTS)
            found = await history.records(tx, numbers) if engine.settings.archive_dir else []
        if not numbers:
            return trimmed
        if engine.settings.archive_dir:
            named = [_with_names(engine, record) for record in found]
            await asyncio.to_thread(_archive, Path(engine.settings.archive_dir), named)
        gone = ROWS
        while gone:
            async with engine.database.write() as tx:
                gone = await history.delete_some(tx, numbers, ROWS)
        trimmed += len(numbers)


def _with_names(engine: Engine, record: dict[str, Any]) -> dict[str, Any]:
    """The record with its timeline as people read it beside what was written, while the files still know the names."""
    for row in record["timeline"]:
        entry = Entry(
            incident=record["id"],
            at=row["at"],
            kind=EntryKind(row["kind"]),
            text=row["text"],
            marks=incidents.marks_of(row["marks"]),
        )
        row["readable"] = readable(entry, engine.directory, "UTC")
    return record


def _archive(folder: Path, records: list[dict[str, Any]]) -> None:
    """On disk when this returns. After a crash an incident may stand there twice, never not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for month in sorted({f"{record['opened_at']:%Y-%m}" for record in records}):
        with (folder / f"incidents-{month}.jsonl").open("ab") as file:
            file.writelines(_line(r) for r in records if f"{r['opened_at']:%Y-%m}" == month)
            file.flush()
            os.fsync(file.fileno())


def _line(record: dict[str, Any]) -> bytes:
    return msgspec.json.encode(record) + b"\n"
