from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.processes import Node, company


@pytest.fixture
async def node(database_url: str, tmp_path: Path) -> AsyncIterator[Node]:
    """A node that is not started yet, on SQLite and on PostgreSQL."""
    made = Node(company(tmp_path), database_url, tmp_path)
    try:
        yield made
    finally:
        await made.stop()
