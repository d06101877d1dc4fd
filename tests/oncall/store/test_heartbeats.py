from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import heartbeats


async def test_the_last_beat_of_each_integration_is_known(tx: AsyncConnection, nine: datetime) -> None:
    later = nine + timedelta(minutes=1)
    for integration, at in (("prod", nine), ("staging", nine), ("prod", later)):
        assert await heartbeats.heard(tx, integration, at) is None
    assert await heartbeats.all_beats(tx) == {"prod": (later, None), "staging": (nine, None)}


async def test_the_first_beat_after_a_pause_names_the_incident_it_ends(tx: AsyncConnection, nine: datetime) -> None:
    await heartbeats.heard(tx, "prod", nine)
    await heartbeats.missed(tx, "prod", 7)
    assert await heartbeats.all_beats(tx) == {"prod": (nine, 7)}
    assert await heartbeats.heard(tx, "prod", nine) == 7
    assert await heartbeats.heard(tx, "prod", nine) is None
