from __future__ import annotations

from pathlib import Path

import pytest

from oncall import wiring
from oncall.clock import SystemClock
from oncall.config import Settings, load
from oncall.services.rotations import calendars as rotations
from oncall.store import migrations

COMPANY = Path(__file__).parents[3] / "examples" / "company"


@pytest.fixture
async def engine(tmp_path):
    engine = wiring.open_engine(
        load(COMPANY, {}).directory, Settings(data_dir=tmp_path), SystemClock(), config_dir=COMPANY
    )
    await migrations.upgrade(engine.database)
    yield engine
    await wiring.close(engine)


async def test_who_is_on_call_is_unknown_until_every_calendar_was_read_once(engine):
    assert not await rotations.all_read(engine)
    await rotations.refresh(engine)
    assert await rotations.all_read(engine)
