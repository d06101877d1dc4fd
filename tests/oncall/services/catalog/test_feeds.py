"""Sources behind addresses are asked politely, and what cannot be used never replaces the last good text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from oncall import wiring
from oncall.config import Settings, load
from oncall.directory import CatalogFeed
from oncall.engine import Organisation
from oncall.services.catalog.feeds import SLOWEST, fetch_due
from oncall.services.catalog.sources import keep_up
from oncall.store import catalog as catalog_rows
from oncall.store.schema import metadata

COMPANY = Path(__file__).parents[4] / "examples" / "company"
GOOD = "coupons: {owner: payments}\n"
MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self):
        self.time = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self):
        return self.time


class Portal:
    """An address that serves a descriptor, and remembers who asked how."""

    def __init__(self):
        self.text, self.status, self.headers = GOOD, 200, {"ETag": '"1"'}
        self.asked = []

    async def answer(self, request):
        self.asked.append(dict(request.headers))
        if self.status == 200 and request.headers.get("If-None-Match") == self.headers.get("ETag"):
            return web.Response(status=304)
        return web.Response(text=self.text, status=self.status, headers=self.headers)


@pytest.fixture
async def portal():
    portal = Portal()
    app = web.Application()
    app.router.add_get("/services.yaml", portal.answer)
    server = TestServer(app)
    await server.start_server()
    portal.url = str(server.make_url("/services.yaml"))
    yield portal
    await server.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def engine(tmp_path, clock, portal):
    feed = CatalogFeed(name="portal", reader="own", url=portal.url, every=10 * MINUTE, token_env="TOKEN")
    directory = replace(load(COMPANY, {}).directory, feeds=(feed,))
    engine = wiring.open_engine(directory, Settings(data_dir=tmp_path), clock, config_dir=COMPANY)
    async with engine.database.write() as tx:
        await tx.run_sync(metadata.create_all)
    yield engine
    await wiring.close(engine)


async def fetched(engine, clock, minutes=0):
    clock.time += minutes * MINUTE
    changed = await fetch_due(engine, {"TOKEN": "s3cret"})
    await keep_up(engine)
    async with engine.database.read() as tx:
        return changed, (await catalog_rows.feeds(tx))["portal"]


def owner(engine):
    return engine.organisation.resolver.resolve({"service": "coupons"}).team


async def test_a_source_is_fetched_with_its_token_and_merged(engine, clock, portal):
    changed, _ = await fetched(engine, clock)
    assert changed == 1
    assert owner(engine) == "payments"
    assert portal.asked[0]["Authorization"] == "Bearer s3cret"
    assert str(engine.directory.catalog.find("coupons").origin()) == f"{portal.url}:1 (portal)"


async def test_it_is_asked_again_after_its_interval_and_only_for_changes(engine, clock, portal):
    await fetched(engine, clock)
    await fetched(engine, clock, minutes=5)
    assert len(portal.asked) == 1
    changed, feed = await fetched(engine, clock, minutes=20)
    assert (changed, len(portal.asked)) == (0, 2)
    assert portal.asked[1]["If-None-Match"] == '"1"'
    assert feed.read_at == clock.time


async def test_a_change_comes_into_force(engine, clock, portal):
    await fetched(engine, clock)
    portal.text, portal.headers = "coupons: {owner: data}\n", {"ETag": '"2"'}
    assert (await fetched(engine, clock, minutes=20))[0] == 1
    assert owner(engine) == "data"


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [
        (500, GOOD, "answered 500"),
        (302, GOOD, "answered 302"),
        (200, "", "holds nothing"),
        (200, "a: [\n", "holds nothing: the file is not YAML"),
        (200, "<html>sign in</html>", "holds nothing"),
    ],
)
async def test_what_cannot_be_used_leaves_the_last_good_text_in_force(engine, clock, portal, status, text, why):
    await fetched(engine, clock)
    portal.status, portal.text, portal.headers = status, text, {"Location": "/elsewhere"}
    changed, feed = await fetched(engine, clock, minutes=20)
    assert changed == 0
    assert why in feed.error
    assert owner(engine) == "payments"


async def test_a_source_that_fails_is_asked_less_and_less_often(engine, clock, portal):
    portal.status = 503
    waits = []
    for _ in range(8):
        _, feed = await fetched(engine, clock)
        waits.append(feed.next_at - clock.time)
        clock.time = feed.next_at
    assert waits[:3] == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    assert waits[-1] == SLOWEST


async def test_a_source_that_says_when_is_left_alone_until_then(engine, clock, portal):
    portal.status, portal.headers = 429, {"Retry-After": "7200"}
    _, feed = await fetched(engine, clock)
    assert feed.next_at == clock.time + timedelta(hours=2)


async def test_a_source_that_does_not_answer_is_told(engine, clock, portal):
    engine.organisation = Organisation(
        replace(engine.organisation.files, feeds=(CatalogFeed(name="portal", reader="own", url="http://127.0.0.1:1/"),))
    )
    _, feed = await fetched(engine, clock)
    assert "cannot be fetched" in feed.error


async def test_a_source_that_the_files_no_longer_name_is_forgotten(engine, clock, portal):
    await fetched(engine, clock)
    engine.organisation = engine.organisation.reloaded(replace(engine.organisation.files, feeds=()))
    assert owner(engine) == "platform"
    await fetch_due(engine, {})
    async with engine.database.read() as tx:
        assert await catalog_rows.feeds(tx) == {}
