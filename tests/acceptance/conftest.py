from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story


@pytest.fixture
async def story(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Story]:
    """A day of one engine, on SQLite and on PostgreSQL."""

    def data() -> Path:
        return request.getfixturevalue("shared_data")

    told = Story(database_url, data)
    await told.begin()
    try:
        yield told
    except BaseException:
        await told._stop()
        raise
    await told.end()
