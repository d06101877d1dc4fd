"""History leaves the engine as lines of JSON, and is archived before it is trimmed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oncall.cli.loading import engine_for
from oncall.cli.main import main
from oncall.engine import Engine
from oncall.incident import ALERTMANAGER, Actor, Via, acknowledge, resolve
from oncall.services.insight.tallying import DAY
from oncall.services.operation import history
from oncall.services.trouble import open_trouble
from oncall.store import incidents, tallies

COMPANY = Path(__file__).parents[3] / "examples" / "company"
LONG_AGO = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def oncall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("ONCALL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ONCALL_ARCHIVE_DIR", str(tmp_path / "archive"))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--config", str(COMPANY)])

    assert run("db", "upgrade").exit_code == 0
    asyncio.run(fill())
    return run


def engine() -> AbstractAsyncContextManager[Engine]:
    return engine_for(COMPANY)


async def fill() -> None:
    """One incident of long ago that is over, and one of today."""
    async with engine() as running, running.database.write() as tx:
        old = await open_trouble(running, tx, title="Old", service="x", why="test", now=LONG_AGO)
        found = (await incidents.get(tx, [old]))[old]
        over = resolve(found, by=ALERTMANAGER, now=LONG_AGO + timedelta(hours=1), why="test")
        await incidents.save(tx, [over.incident], over.entries, LONG_AGO)
        await open_trouble(running, tx, title="New", service="x", why="test", now=datetime.now(UTC))


async def acknowledged(by: str) -> None:
    """The incident of today is acknowledged."""
    async with engine() as running, running.database.write() as tx:
        found = (await incidents.get(tx, [2]))[2]
        now = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
        taken = acknowledge(found, by=Actor(by, Via.WEB), now=now, expiry=timedelta(hours=1))
        await incidents.save(tx, [taken.incident], taken.entries, now)


async def counted() -> int:
    async with engine() as running, running.database.read() as tx:
        known = await tallies.counted(tx, "2024-01", "")
        return sum(one.incidents for period, one in known.items() if len(period) == DAY)


async def trim() -> int:
    async with engine() as running:
        return await history.trim(running)


def test_a_stretch_of_time_is_written_one_line_each(oncall, tmp_path):
    answer = oncall("export", "--since", "2024-01-01", "--until", "2024-12-31", "--out", str(tmp_path / "h.jsonl"))
    assert answer.output == "1 incidents written.\n"
    (record,) = map(json.loads, (tmp_path / "h.jsonl").read_text().splitlines())
    assert record["title"] == "Old"
    assert [line["kind"] for line in record["timeline"]][-1] == "resolved"


def test_trimming_archives_first_and_keeps_what_is_open(oncall, tmp_path):
    assert asyncio.run(trim()) == 1
    (record,) = map(json.loads, (tmp_path / "archive" / "incidents-2024-01.jsonl").read_text().splitlines())
    assert record["title"] == "Old"
    left = oncall("export", "--since", "2020-01-01", "--out", str(tmp_path / "left.jsonl"), "--json")
    assert json.loads(left.output) == {"incidents": 1}
    assert asyncio.run(trim()) == 0


def test_what_cannot_be_archived_is_not_deleted(oncall, tmp_path):
    (tmp_path / "archive").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="archive"):
        asyncio.run(trim())
    assert json.loads(oncall("export", "--since", "2020-01-01", "--out", str(tmp_path / "x"), "--json").output) == {
        "incidents": 2
    }


def test_maintenance_leaves_everything_in_place(oncall, tmp_path):
    answer = oncall("db", "maintain", "--json")
    assert json.loads(answer.output) == {"maintained": True}
    assert json.loads(oncall("export", "--since", "2020-01-01", "--out", str(tmp_path / "x"), "--json").output) == {
        "incidents": 2
    }


def test_what_insights_show_is_counted_anew(oncall):
    assert json.loads(oncall("db", "recount", "--json").output) == {"recounted": True}
    assert asyncio.run(counted()) > 0


def test_the_timeline_is_exported_as_it_was_written_and_as_people_read_it(oncall, tmp_path):
    asyncio.run(acknowledged("ana"))
    oncall("export", "--since", "2025-01-01", "--out", str(tmp_path / "h.jsonl"))
    (record,) = map(json.loads, (tmp_path / "h.jsonl").read_text().splitlines())
    last = record["timeline"][-1]
    assert last["text"] == "ana acknowledged by web, expires at 23:30 UTC unless confirmed"
    assert last["readable"] == "Ana Ruiz acknowledged by web, expires at 23:30 UTC unless confirmed"
    assert [mark["value"] for mark in last["marks"]] == ["ana", "2026-07-01T23:30:00Z"]
    (grouping,) = [row for row in record["timeline"] if row["kind"] == "grouping"]
    assert (grouping["readable"], grouping["marks"]) == ("raised by the engine itself", None)
