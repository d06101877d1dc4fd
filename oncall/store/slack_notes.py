"""Which messages of Slack threads became which lines of timelines."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Entry
from oncall.store.incidents import entry_row
from oncall.store.schema import slack_note, timeline

#: Keys in a line's data: the channel a note was written in, and that it was changed afterwards.
CHANNEL = "slack_channel"
EDITED = "edited"


async def line_of(tx: AsyncConnection, channel: str, ts: str) -> int | None:
    """The timeline line a message became, if it did."""
    query = sa.select(slack_note.c.timeline_id).where(slack_note.c.channel == channel, slack_note.c.ts == ts)
    line: int | None = (await tx.execute(query)).scalar()
    return line


async def add(tx: AsyncConnection, channel: str, ts: str, entry: Entry) -> None:
    """Write a line and remember which message it was."""
    line = (await tx.execute(sa.insert(timeline).values(entry_row(entry)).returning(timeline.c.id))).scalar_one()
    row = {"channel": channel, "ts": ts, "incident_id": entry.incident, "timeline_id": line}
    await tx.execute(sa.insert(slack_note).values(row))


async def change(tx: AsyncConnection, line: int, text: str) -> None:
    """Give a line other words and mark it; the same words are no change."""
    query = sa.select(timeline.c.text, timeline.c.data).where(timeline.c.id == line)
    row = (await tx.execute(query)).one_or_none()
    if row is not None and row.text != text:
        values = {"text": text, "data": {**row.data, EDITED: True}}
        await tx.execute(sa.update(timeline).where(timeline.c.id == line).values(values))
