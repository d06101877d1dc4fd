"""A calendar file that is written is read at once."""

from __future__ import annotations

import asyncio

from oncall.jobs.calendar_watch import CalendarWatch
from oncall.store import rotations
from tests.oncall.services.rotation_world import weeks, world


async def test_a_written_file_changes_who_is_on_call_without_waiting_for_its_turn(database_url, tmp_path):
    async with world(database_url, tmp_path) as ops:
        ops.write(weeks("ana", "ben", "cai"))
        await ops.refresh()
        watch = CalendarWatch(ops.engine)
        watch.start()
        try:
            async with asyncio.timeout(30):
                while await on_call(ops) != "ben":
                    # The watch begins some time after its start, so the edit is repeated until it is seen.
                    ops.write(weeks("ben", "ana", "cai"))
                    await asyncio.sleep(0.1)
        finally:
            await watch.stop()


async def on_call(ops) -> str:
    async with ops.engine.database.read() as tx:
        (segment,) = await rotations.segments_at(tx, ops.clock.now())
    return segment.on_call[0][0]
