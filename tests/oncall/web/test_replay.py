"""An admin has a stretch of time processed again, in the browser and by API; what was done before changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import Invalid, Refused
from oncall.services.intake import intake
from oncall.services.operation import administration
from oncall.services.operation.administration import Replay
from oncall.store import alerts, inbox, incidents
from tests.oncall.web.conftest import START, firing

HOUR = timedelta(hours=1)
ADDRESS = "/api/v1/operator/replay"


@pytest.fixture
def admin(token):
    async def headers(person: str = "dee") -> dict[str, str]:
        return {"Authorization": f"Bearer {(await token(person)).reveal()}"}

    return headers


async def waiting(engine) -> int:
    async with engine.database.read() as tx:
        return await inbox.depth(tx)


async def audited(sign_in) -> str:
    return await (await sign_in("dee")).text("/operator/audit")


async def test_what_came_in_that_stretch_waits_again_and_pages_nobody_twice(client, admin, happens, engine, clock):
    number = await happens.receive(firing())
    before = await (await client.get(f"/api/v1/incidents/{number}", headers=await admin())).json()
    clock.move(HOUR)
    answer = await client.post(ADDRESS, json={"since": (START - HOUR).isoformat()}, headers=await admin())
    assert (answer.status, await answer.json()) == (202, {"bodies": 1})
    assert await waiting(engine) == 1
    assert engine.wake.intake.is_set()
    while await intake.process_due(engine):
        pass
    assert await waiting(engine) == 0
    after = await (await client.get(f"/api/v1/incidents/{number}", headers=await admin())).json()
    assert after["alerts"] == before["alerts"] == 1
    assert len(after["pages"]) == len(before["pages"])
    async with engine.database.read() as tx:
        assert [one.id for one in await incidents.listed(tx)] == [number]
        assert len(await alerts.of_incident(tx, number)) == 1


async def test_only_the_stretch_and_the_integration_asked_for_wait_again(engine, caller, happens, clock):
    dee = caller("dee")
    await happens.receive(firing())
    clock.move(2 * HOUR)
    await happens.receive(firing("Other", service="ledger"), group="other")
    clock.move(HOUR)
    (only,) = [one.name for one in engine.directory.integrations]
    asked = Replay(since=START - HOUR, until=START + HOUR)
    assert (await administration.replay(engine, dee, asked)).bodies == 1
    assert (await administration.replay(engine, dee, asked)).bodies == 0, "it waits already"
    rest = Replay(since=START - HOUR, integration=only)
    assert (await administration.replay(engine, dee, rest)).bodies == 1, "the later one"
    nothing = Replay(since=START + 9 * HOUR, until=START + 10 * HOUR)
    assert (await administration.replay(engine, dee, nothing)).bodies == 0


@pytest.mark.parametrize("person", ["vic", "ana", "ben"])
async def test_nobody_but_an_admin_may(engine, caller, client, admin, sign_in, person):
    with pytest.raises(Refused, match="administer the engine"):
        await administration.replay(engine, caller(person), Replay(since=START - HOUR))
    refused = await client.post(ADDRESS, json={"since": START.isoformat()}, headers=await admin(person))
    assert refused.status == 403
    browser = await sign_in(person)
    assert (await browser.send("/operator/quarantine", on="/account", since="2026-01-05T08:00")).status == 403
    assert "replay" not in await audited(sign_in)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"since": "2026-01-05T10:00:00Z", "until": "2026-01-05T10:00:00Z"}, "$.until"),
        ({"since": "2200-01-01T00:00:00Z"}, "$.until"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "$.since"),
        ({"since": "2026-01-05T10:00:00Z", "until": "9999-12-31T23:59:59-14:00"}, "$.since"),
        ({"since": "2026-01-05T08:00:00Z", "integration": "nobody"}, "$.integration"),
        ({"since": "2026-01-05T08:00:00"}, "$.since"),
        ({"since": "2026-01-05T08:00:00Z", "unitl": "x"}, "$"),
        ({}, "$"),
    ],
)
async def test_what_cannot_be_meant_says_which_part_and_changes_nothing(client, admin, sign_in, asked, path):
    answer = await client.post(ADDRESS, json=asked, headers=await admin())
    assert answer.status == 400
    assert (await answer.json())["path"] == path
    assert "replay" not in await audited(sign_in)


async def test_an_unknown_integration_is_told_which_there_are(engine, caller):
    with pytest.raises(Invalid) as found:
        await administration.replay(engine, caller("dee"), Replay(since=START - HOUR, integration="nobody"))
    assert engine.directory.integrations[0].name in found.value.mend


async def test_the_browser_asks_in_the_readers_zone_and_says_how_many_wait(engine, sign_in, happens, clock):
    await happens.receive(firing())
    clock.move(HOUR)
    dee = await sign_in("dee")
    sent = await dee.send("/operator/quarantine", on="/operator/quarantine", since="2026-01-04T00:00")
    assert (sent.status, sent.headers["Location"]) == (303, "/operator/quarantine?again=1")
    assert "1 body waits to be processed again." in await dee.text("/operator/quarantine?again=1")
    assert await waiting(engine) == 1
    log = await dee.text("/operator/audit")
    assert "replay" in log
    assert "2026-01-0" in log


async def test_a_form_that_says_no_time_keeps_what_was_written(sign_in):
    dee = await sign_in("dee")
    answer = await dee.send(
        "/operator/quarantine", on="/operator/quarantine", since="2026-01-04T07:30", until="yesterday"
    )
    shown = await answer.text()
    assert answer.status == 400
    assert "That is no date and time." in shown
    assert 'value="2026-01-04T07:30"' in shown


@pytest.mark.parametrize("words", ["-1", "1e3", "<b>", "99999999999999", "٣"])
async def test_what_an_address_claims_of_bodies_is_shown_only_as_a_number(sign_in, words):
    page = await (await sign_in("dee")).text(f"/operator/quarantine?again={words}")
    assert "to be processed again" not in page


async def test_an_admin_begins_with_the_oldest_that_is_shown(client, sign_in, clock):
    key = "demo-key-for-trying-out"
    await client.post(f"/api/v1/alertmanager/{key}", data=b'{"version": "3"}')
    clock.move(5 * HOUR)
    await client.post(f"/api/v1/alertmanager/{key}", data=b'{"version": "3"}')
    page = await (await sign_in("dee")).text("/operator/quarantine")
    assert page.count('value="2026-01-05T') == 1
