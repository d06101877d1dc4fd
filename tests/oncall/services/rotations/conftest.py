"""A team whose three people take turns by the week."""

from __future__ import annotations

import pytest

from tests.oncall.services.rotation_world import weeks, world


@pytest.fixture
async def ops(database_url, tmp_path):
    async with world(database_url, tmp_path) as found:
        found.write(weeks("ana", "ben", "cai"))
        await found.refresh()
        await found.told()
        yield found
