"""Runbooks are tried politely: one of a host at a time, each once a day, and a sign-in page counts as an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from oncall import wiring
from oncall.config import Settings, load
from oncall.engine import Organisation
from oncall.services.catalog.runbooks import CHECK, try_runbooks
from oncall.store import check_reports
from oncall.store.schema import metadata
from routing.catalog import Catalog, Entry, Origin, Tool, ToolKind
from routing.catalog.assembly import SourceContent

COMPANY = Path(__file__).parents[4] / "examples" / "company"


class Clock:
    time = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self):
        return self.time


@pytest.fixture
async def wiki():
    asked = []

    async def answer(request):
        asked.append(request.path)
        return web.Response(status=int(request.match_info["status"]))

    app = web.Application()
    app.router.add_get("/{status}/{page}", answer)
    server = TestServer(app)
    await server.start_server()
    yield server, asked
    await server.close()


def service(name, url, source="own"):
    tool = Tool(kind=ToolKind.RUNBOOK, name="r", url=url)
    return Entry(name=name, owner="payments", tools=(tool,), origins={"tools": Origin(source=source)})


@pytest.fixture
async def tried(tmp_path):
    clock = Clock()
    files = load(COMPANY, {}).directory
    engine = wiring.open_engine(files, Settings(data_dir=tmp_path), clock, config_dir=COMPANY)
    async with engine.database.write() as tx:
        await tx.run_sync(metadata.create_all)

    async def run(*entries, hours=0):
        clock.time += timedelta(hours=hours)
        contents = (SourceContent(source="own", entries=entries),)
        engine.organisation = Organisation(replace(files, catalog=Catalog.of(entries), contents=contents))
        count = await try_runbooks(engine)
        async with engine.database.read() as tx:
            found = {
                row.service: (row.passed, row.detail)
                for row in await check_reports.everything(tx)
                if row.check == CHECK
            }
        return count, found

    yield run
    await wiring.close(engine)


@pytest.mark.parametrize(
    ("status", "passed"), [(200, True), (302, True), (401, True), (403, True), (404, False), (500, False)]
)
async def test_the_answer_decides(tried, wiki, status, passed):
    _, found = await tried(service("a", str(wiki[0].make_url(f"/{status}/a"))))
    assert found["a"] == (passed, f"the runbook answered {status}")


async def test_each_host_is_asked_once_a_round_and_each_runbook_once_a_day(tried, wiki):
    entries = [service(name, str(wiki[0].make_url(f"/200/{name}"))) for name in "ab"]
    assert [(await tried(*entries))[0] for _ in range(3)] == [1, 1, 0]
    assert (await tried(*entries, hours=25))[0] == 1
    assert wiki[1] == ["/200/a", "/200/b", "/200/a"]


async def test_places_are_filled_where_the_service_alone_can_fill_them(tried, wiki):
    base = str(wiki[0].make_url("/200/"))
    await tried(service("a", base + "{service}?var-instance={instance}"), service("b", base + "{pod}"))
    assert wiki[1] == ["/200/a"]


async def test_no_answer_is_said(tried):
    _, found = await tried(service("a", "http://127.0.0.1:1/x"))
    assert found["a"][0] is False
    assert "does not answer" in found["a"][1]


async def test_what_was_pushed_does_not_make_the_engine_knock_inside(tried, wiki):
    _, found = await tried(service("a", str(wiki[0].make_url("/404/a")), source="ci"))
    assert found["a"][0] is True
    assert "internal address" in found["a"][1]
    assert wiki[1] == []
