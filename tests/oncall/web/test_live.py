from __future__ import annotations

import asyncio

from oncall.incident import Actor, Via
from oncall.services import incidents
from tests.oncall.web.conftest import firing

ANA = Actor("ana", Via.WEB)


async def lines(response, wanted: str) -> str:
    async with asyncio.timeout(10):
        while True:
            line = (await response.content.readline()).decode().strip()
            if line.startswith(wanted):
                return line


async def test_whoever_watches_an_incident_hears_that_it_changed(sign_in, happens, engine):
    number = await happens.receive(firing())
    browser = await sign_in("ana")
    async with browser.client.get(f"/live?incident={number}") as response:
        assert response.content_type == "text/event-stream"
        await lines(response, "retry")
        await incidents.note(engine, number, by=ANA, text="looking")
        assert await lines(response, "data") == "data: new"


async def test_the_phones_owner_hears_of_a_new_text(sign_in, happens):
    browser = await sign_in("ana")
    async with browser.client.get("/live?phone=ana") as response:
        await lines(response, "retry")
        await happens.receive(firing())
        assert await lines(response, "data") == "data: new"


async def test_a_stream_about_one_incident_is_silent_about_others(sign_in, happens, engine):
    first = await happens.receive(firing())
    browser = await sign_in("ana")
    async with browser.client.get(f"/live?incident={first}") as response:
        await lines(response, "retry")
        await happens.receive(firing("DiskFull", team="platform", service="disks"), group="other")
        assert await lines(response, ":") == ": still here"


async def test_another_persons_phone_is_not_watched(sign_in):
    ben = await sign_in("ben")
    assert (await ben.get("/live?phone=ana")).status == 403
    assert (await ben.get("/live?incident=x")).status == 400


async def test_stopping_the_application_ends_open_streams(sign_in, engine):
    browser = await sign_in("ana")
    async with browser.client.get("/live") as response:
        await lines(response, "retry")
        async with asyncio.timeout(5):
            await browser.client.close()
