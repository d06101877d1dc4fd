"""Old and new nodes side by side on one PostgreSQL behind HAProxy, while alerts flow: nothing is lost, nobody waits."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from oncall.store import migrations
from oncall.store.database import Database
from oncall.store.schema import alert
from tests.acceptance import invariants, story
from tests.e2e.processes import KEY, Node, Process, company, eventually, free_port, haproxy
from tests.e2e.waiting import inbox_empty

ROOT = Path(__file__).parents[2]
PACKAGES = ("oncall", "routing", "schedules", "grouping", "notifiers", "alembic")
#: What the next version will do to the tables: what migrations may do.
NEXT = '''"""test: what a next version adds."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("incident", sa.Column("mood", sa.Text()))
    op.add_column("alert", sa.Column("weight", sa.Integer(), nullable=False, server_default="0"))
    op.create_table("weather", sa.Column("id", sa.Integer(), primary_key=True))
'''


#: Each takes half a minute.
pytestmark = pytest.mark.soak


@pytest.fixture
def backend() -> str:
    """Several nodes need PostgreSQL."""
    return "postgresql"


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The code of a version that comes after this one."""
    folder = tmp_path / "newer"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "alembic" / "versions" / "9999_next.py").write_text(NEXT.format(head=migrations.head()))
    return folder


@pytest.fixture
async def nodes(empty_database_url: str, tmp_path: Path) -> AsyncIterator[list[Node]]:
    directory = company(tmp_path)
    made = []
    for name in "ab":
        (tmp_path / name).mkdir()
        made.append(Node(directory, empty_database_url, tmp_path / name))
    yield made
    for node in made:
        await node.stop()


@pytest.fixture
async def balancer(nodes: list[Node], tmp_path: Path) -> AsyncIterator[str]:
    port = free_port()
    process: Process = haproxy(nodes, tmp_path, port)
    await process.start()
    yield f"http://127.0.0.1:{port}"
    await process.stop()


@dataclass
class Alertmanager:
    """Posts one alert after the other; the same bytes again until they are taken."""

    door: str
    accepted: set[str] = field(default_factory=set)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:
            number = 0
            while not self._over.is_set():
                number += 1
                one = story.alert(f"Kind{number % 5}", service="ledger", pod=str(number))
                body = json.dumps(story.body(one, group=str(number), truncated=1)).encode()
                await eventually(lambda body=body: self._taken(session, body), within=60)
                self.accepted.add(one["fingerprint"])
                await asyncio.sleep(0.05)

    async def _taken(self, session: aiohttp.ClientSession, body: bytes) -> bool:
        try:
            async with session.post(self.door, data=body) as response:
                return response.status == 202
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def more(self, count: int) -> None:
        """Return when so many more were taken."""
        wanted = len(self.accepted) + count

        async def enough() -> bool:
            return len(self.accepted) >= wanted

        await eventually(enough, within=60)

    def stop(self) -> None:
        self._over.set()


async def test_invariant_1_a_rolling_upgrade_with_a_migration_loses_nothing(
    nodes: list[Node], balancer: str, newer: Path, empty_database_url: str
) -> None:
    first, second = nodes
    await first.start()
    await second.start()
    sender = Alertmanager(f"{balancer}/api/v1/alertmanager/{KEY}")
    sending = asyncio.create_task(sender.run())
    await sender.more(10)
    await first.upgrade(newer)
    await sender.more(10)  # old and new side by side
    await second.kill()
    await sender.more(10)  # the new one alone
    await second.start()  # the old one starts on the newer tables
    await sender.more(10)
    await second.upgrade(newer)
    await sender.more(10)
    sender.stop()
    await sending
    assert "upgraded by a newer version" in second.log.read_text()

    database = Database(empty_database_url)
    assert await migrations.current(database) == "9999"
    await eventually(lambda: inbox_empty(database), within=60)
    await invariants.check_always(database)
    async with database.read() as tx:
        found = list((await tx.execute(sa.select(alert.c.fingerprint))).scalars())
    await database.close()
    assert sorted(found) == sorted(sender.accepted)
