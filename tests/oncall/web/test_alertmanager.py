from __future__ import annotations

import json

import pytest

from oncall.services.operation import watch
from oncall.store import inbox, incidents
from routing.sources import SOURCES
from tests.oncall.web.conftest import KEY

BODY = SOURCES[0].example


@pytest.mark.parametrize("path", [f"/api/v1/alertmanager/{KEY}", f"/api/v1/alertmanager/{KEY}/"])
async def test_a_good_body_is_on_disk_when_it_is_answered_with_or_without_a_trailing_slash(client, engine, path):
    response = await client.post(path, data=BODY, allow_redirects=False)
    assert response.status == 202
    async with engine.database.read() as tx:
        assert await inbox.depth(tx) == 1


async def test_an_unknown_key_gets_401_without_a_hint_and_nothing_is_kept(client, engine):
    response = await client.post("/api/v1/alertmanager/not-the-key", data=BODY)
    assert response.status == 401
    assert (await response.json())["detail"] == "unauthorized"
    async with engine.database.read() as tx:
        assert await inbox.depth(tx) == 0
        assert await inbox.list_quarantine(tx) == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"not json", "$"),
        (b'{"version": "3"}', "$.version"),
        (BODY.replace(b'"labels"', b'"lables"'), "$.alerts[0].labels"),
    ],
)
async def test_a_body_no_retry_would_mend_gets_400_naming_the_wrong_part_and_is_quarantined(client, engine, body, path):
    response = await client.post(f"/api/v1/alertmanager/{KEY}", data=body)
    assert response.status == 400
    assert response.content_type == "application/problem+json"
    problem = await response.json()
    assert problem["path"] == path
    assert problem["mend"]
    async with engine.database.read() as tx:
        (kept,) = await inbox.list_quarantine(tx)
    assert kept.body == body
    assert kept.path == path


async def test_a_body_over_the_limit_gets_413(client, engine):
    big = json.loads(BODY)
    big["alerts"][0]["annotations"]["summary"] = "x" * engine.settings.max_body
    response = await client.post(f"/api/v1/alertmanager/{KEY}", data=json.dumps(big))
    assert response.status == 413
    assert response.content_type == "application/problem+json"


async def test_a_database_that_cannot_be_written_gets_503_so_that_alertmanager_tries_again(client, engine):
    async with engine.database.write() as tx:
        await tx.exec_driver_sql("drop table inbox")
    response = await client.post(f"/api/v1/alertmanager/{KEY}", data=BODY)
    assert response.status == 503
    assert response.headers["Retry-After"]


async def test_other_methods_are_refused(client):
    response = await client.get(f"/api/v1/alertmanager/{KEY}")
    assert response.status == 405
    assert "POST" in response.headers["Allow"]


async def test_a_flood_is_held_off_with_503_others_are_taken_and_the_team_is_paged_once(client, engine):
    engine.admission.measured({"production": 500_000})
    for _ in range(2):
        response = await client.post(f"/api/v1/alertmanager/{KEY}", data=BODY)
        assert response.status == 503
        assert "production" in (await response.json())["detail"]
    assert await watch.tell_held_off(engine) == 1
    assert (await client.post(f"/api/v1/alertmanager/{KEY}", data=BODY)).status == 503
    assert await watch.tell_held_off(engine) == 0
    async with engine.database.read() as tx:
        (incident,) = await incidents.listed(tx, status="open")
    assert incident.title.startswith("Alerts from production are late")
    await watch.measure(engine)
    assert (await client.post(f"/api/v1/alertmanager/{KEY}", data=BODY)).status == 202
