from __future__ import annotations

from oncall.store.database import Database


async def test_the_process_says_that_it_is_alive(client):
    assert (await client.get("/healthz")).status == 200


async def test_ready_when_the_database_answers_and_the_loop_keeps_time(client):
    response = await client.get("/readyz")
    assert response.status == 200
    assert (await response.json())["database"] == "ok"


async def test_not_ready_while_the_loop_lags(client, engine):
    engine.metrics.loop_lag.set(30)
    response = await client.get("/readyz")
    assert response.status == 503
    assert (await response.json())["lag_seconds"] == 30


async def test_not_ready_without_a_database(client, engine):
    real = engine.database
    engine.database = Database("postgresql+asyncpg://nobody:secret@127.0.0.1:1/none")
    response = await client.get("/readyz")
    await engine.database.close()
    engine.database = real
    assert response.status == 503
    answer = await response.text()
    assert "cannot be reached" in answer
    assert "secret" not in answer


async def test_counters_are_offered_to_prometheus(client):
    response = await client.get("/metrics")
    assert response.status == 200
    assert "oncall_intake_queue" in await response.text()
