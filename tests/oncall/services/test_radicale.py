"""A calendar edited on a real CalDAV server changes who is paged."""

from __future__ import annotations

import sqlalchemy as sa

from notifiers.message import MessageKind
from oncall.services import escalation
from oncall.services.trouble import open_trouble
from oncall.store.schema import page
from tests.oncall.services.rotation_world import world
from tests.schedules.sources import radicale_server

WEEK = ("DTSTART;VALUE=DATE:20261102", "DTEND;VALUE=DATE:20261116")


async def paged(ops) -> list[str]:
    """Who is asked when something breaks now."""
    now = ops.clock.now()
    async with ops.engine.database.write() as tx:
        number = await open_trouble(ops.engine, tx, title="it broke", service="shop", why="test", now=now, team="ops")
    await escalation.advance_due(ops.engine)
    async with ops.engine.database.read() as tx:
        asked = sa.select(page.c.person).where(page.c.incident_id == number, page.c.kind == MessageKind.PAGE.value)
        return list((await tx.execute(asked)).scalars())


async def test_an_edit_of_the_calendar_pages_the_new_person_and_tells_both(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("ROTA_LOGIN", f"{radicale_server.USER}:{radicale_server.PASSWORD}")
    async with radicale_server.running(tmp_path) as calendar:
        await radicale_server.put_event(calendar, "first", *WEEK, "SUMMARY:ana")
        location = calendar.replace("http://", "caldav://")
        async with world(database_url, tmp_path, location, credentials_env="ROTA_LOGIN") as ops:
            assert await ops.refresh()
            assert await paged(ops) == ["ana"]
            await ops.told()

            await radicale_server.put_event(calendar, "first", *WEEK, "SUMMARY:ben")
            ops.clock.move(minutes=4)
            assert not await ops.refresh()
            ops.clock.move(minutes=1)
            assert await ops.refresh()
            assert await paged(ops) == ["ben"]
            told = await ops.told()
            assert "gone: now to Mon 16 Nov" in told["ana"][0]
            assert "new: now to Mon 16 Nov" in told["ben"][0]


async def test_a_password_that_is_not_set_leaves_the_last_good_calendar_in_force(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("ROTA_LOGIN", f"{radicale_server.USER}:{radicale_server.PASSWORD}")
    async with radicale_server.running(tmp_path) as calendar:
        await radicale_server.put_event(calendar, "first", *WEEK, "SUMMARY:ana")
        location = calendar.replace("http://", "caldav://")
        async with world(database_url, tmp_path, location, credentials_env="ROTA_LOGIN") as ops:
            await ops.refresh()
            monkeypatch.delenv("ROTA_LOGIN")
            ops.clock.move(minutes=5)
            await ops.refresh()
            assert await paged(ops) == ["ana"]
            ops.clock.move(minutes=20)
            await ops.refresh()
            texts = [text for texts in (await ops.told()).values() for text in texts]
            assert any("the environment variable ROTA_LOGIN must hold user:password" in text for text in texts)
