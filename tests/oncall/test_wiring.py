"""What the engine lends to notifiers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifiers.message import Message, MessageKind
from oncall import wiring
from oncall.clock import SystemClock
from oncall.config import Settings, load
from oncall.engine import Engine
from oncall.store import migrations, phone

COMPANY = Path(__file__).parents[2] / "examples" / "company"
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    directory = load(COMPANY, {}).directory
    assert directory is not None
    engine = wiring.open_engine(directory, Settings(data_dir=tmp_path), SystemClock(), config_dir=COMPANY)
    await migrations.upgrade(engine.database)
    yield engine
    await wiring.close(engine)


def _page(page_id: str) -> Message:
    return Message(kind=MessageKind.PAGE, page_id=page_id, at=NINE, incident=1, code="1", summary="ledger is down")


async def test_the_same_page_put_twice_is_one_text_on_the_built_in_phone(engine: Engine) -> None:
    """A node that dies between sending and recording sends again; the phone shows it once."""
    first = await engine.notifiers["phone"].send("ana", _page("p1"))
    again = await engine.notifiers["phone"].send("ana", _page("p1"))
    await engine.notifiers["phone"].send("ana", _page("p2"))
    assert again.provider_id == first.provider_id
    async with engine.database.read() as tx:
        assert [m.page_id for m in await phone.of_person(tx, "ana")] == ["p1", "p2"]
