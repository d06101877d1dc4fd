"""Feeds behind addresses: conditional, bounded, and never from the inside of the network."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest
from aiohttp import web

from schedules.sources.base import Ask, FetchFailed
from schedules.sources.url import UrlSource
from schedules.sources.web import Web, shown
from tests.schedules.sources.conftest import LOOPBACK

BODY = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
SECRET = "private-0123456789"


def answers(body=BODY, status=200, **headers):
    async def handler(request):
        return web.Response(body=body, status=status, headers=headers)

    return handler


@pytest.fixture
def source(allowed_web):
    return UrlSource(allowed_web)


async def test_the_body_comes_with_the_tags_to_ask_with_next_time(serve, source):
    base = await serve({"/a.ics": answers(ETag='"7"', **{"Last-Modified": "Mon, 02 Nov 2026 08:00:00 GMT"})})
    found = await source.fetch(Ask(location=f"{base}/a.ics"))
    assert (found.body, found.etag, found.last_modified) == (BODY, '"7"', "Mon, 02 Nov 2026 08:00:00 GMT")


async def test_an_unchanged_feed_is_not_sent_again(serve, source):
    async def handler(request):
        assert request.headers["If-None-Match"] == '"7"'
        assert request.headers["If-Modified-Since"] == "Mon, 02 Nov 2026 08:00:00 GMT"
        return web.Response(status=304)

    base = await serve({"/a.ics": handler})
    ask = Ask(location=f"{base}/a.ics", etag='"7"', last_modified="Mon, 02 Nov 2026 08:00:00 GMT")
    found = await source.fetch(ask)
    assert (found.body, found.etag) == (None, '"7"')


async def test_we_say_who_we_are_and_sign_in(serve, source):
    seen = {}

    async def handler(request):
        seen.update(request.headers)
        return web.Response(body=BODY)

    base = await serve({"/a.ics": handler})
    await source.fetch(Ask(location=f"{base}/a.ics", credentials=("ana", "pw:1")))
    assert seen["User-Agent"].startswith("oncall-engine")
    assert seen["Authorization"] == "Basic YW5hOnB3OjE="


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 204])
async def test_any_other_status_fails_without_the_secret_part_of_the_address(serve, source, status):
    base = await serve({f"/{SECRET}/a.ics": answers(b"", status)})
    with pytest.raises(FetchFailed, match=f"answers {status}") as failed:
        await source.fetch(Ask(location=f"{base}/{SECRET}/a.ics"))
    assert SECRET not in str(failed.value)


async def test_a_body_over_the_limit_is_not_read_to_its_end(serve):
    small = Web(allowed=LOOPBACK, largest=1_000_000)
    base = await serve({"/a.ics": answers(b"x" * 1_000_001)})
    with pytest.raises(FetchFailed, match="more than 1 MB"):
        await UrlSource(small).fetch(Ask(location=f"{base}/a.ics"))
    await small.close()


async def test_a_server_that_hangs_is_given_up(serve):
    hasty = Web(allowed=LOOPBACK, seconds=0.2)
    release = asyncio.Event()

    async def handler(request):
        await release.wait()
        return web.Response()

    base = await serve({"/a.ics": handler})
    with pytest.raises(FetchFailed, match="did not answer in time"):
        await UrlSource(hasty).fetch(Ask(location=f"{base}/a.ics"))
    release.set()
    await hasty.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"]
)
async def test_internal_addresses_are_refused_before_a_connection(host):
    guarded = Web()
    with pytest.raises(FetchFailed, match="internal address"):
        await UrlSource(guarded).fetch(Ask(location=f"http://{host}:9/a.ics"))
    await guarded.close()


async def test_a_redirect_to_the_inside_is_refused(serve):
    inside = await serve({"/a.ics": answers(b"secret")})
    host = inside.replace("127.0.0.1", "127.0.0.2")
    outside = await serve({"/a.ics": answers(b"", 302, Location=f"{host}/a.ics")})
    only_one = Web(allowed=[ipaddress.ip_network("127.0.0.1/32")])
    with pytest.raises(FetchFailed, match="internal address"):
        await UrlSource(only_one).fetch(Ask(location=f"{outside}/a.ics"))
    await only_one.close()


async def test_a_redirect_is_followed_and_credentials_stay_at_home(serve, source):
    seen = {}

    async def elsewhere(request):
        seen.update(request.headers)
        return web.Response(body=BODY)

    other = await serve({"/b.ics": elsewhere})
    base = await serve({"/a.ics": answers(b"", 302, Location=f"{other}/b.ics")})
    found = await source.fetch(Ask(location=f"{base}/a.ics", credentials=("ana", "pw")))
    assert found.body == BODY
    assert "Authorization" not in seen


async def test_redirects_in_a_circle_end(serve, source):
    base = await serve({"/a.ics": answers(b"", 302, Location="/a.ics")})
    with pytest.raises(FetchFailed, match="redirects more than 5 times"):
        await source.fetch(Ask(location=f"{base}/a.ics"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/a.ics"])
async def test_a_redirect_to_another_kind_of_address_is_not_followed(serve, source, target):
    base = await serve({"/a.ics": answers(b"", 302, Location=target)})
    with pytest.raises(FetchFailed, match="which is not followed"):
        await source.fetch(Ask(location=f"{base}/a.ics"))


def test_addresses_are_shown_without_path_query_and_user():
    assert shown(f"https://ana:pw@calendar.example.com/{SECRET}?key={SECRET}") == "https://calendar.example.com/…"
