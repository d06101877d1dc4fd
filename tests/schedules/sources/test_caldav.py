"""A real CalDAV server's calendar is read, with credentials and change by change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from schedules.identity import identity
from schedules.reading import read
from schedules.sources.base import Ask, FetchFailed
from schedules.sources.caldav import CalDavSource
from tests.schedules.sources.radicale_server import PASSWORD, USER, put_event, remove_event

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = ("DTSTART:20261102T080000Z", "DTEND:20261109T080000Z")


def ask(calendar: str, **more) -> Ask:
    return Ask(location=calendar.replace("http://", "caldav://"), credentials=(USER, PASSWORD), **more)


def people(body: bytes) -> set[str]:
    found = read(body, (BEGIN, BEGIN + timedelta(days=14)), identity=identity())
    assert found.refused is None
    return {shift.person for shift in found.shifts}


async def test_an_edit_in_the_calendar_is_seen_and_no_edit_costs_one_small_request(calendar, allowed_web):
    source = CalDavSource(allowed_web)
    assert people((await source.fetch(ask(calendar))).body) == set()
    await put_event(calendar, "one", *WEEK, "SUMMARY:ana")
    await put_event(calendar, "two", *WEEK, "SUMMARY:ben")
    first = await source.fetch(ask(calendar))
    assert people(first.body) == {"ana", "ben"}
    assert (await source.fetch(ask(calendar, etag=first.etag))).body is None
    await put_event(calendar, "one", *WEEK, "SUMMARY:cai")
    await remove_event(calendar, "two")
    assert people((await source.fetch(ask(calendar, etag=first.etag))).body) == {"cai"}


async def test_wrong_credentials_are_told(calendar, allowed_web):
    location = calendar.replace("http://", "caldav://")
    with pytest.raises(FetchFailed, match="answers 401: it asks for credentials, or refuses ours"):
        await CalDavSource(allowed_web).fetch(Ask(location=location, credentials=(USER, "wrong")))


@pytest.mark.parametrize(
    ("body", "says"),
    [(b"<html>", "no XML"), (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type, which is not read")],
)
async def test_an_answer_that_is_none_of_a_caldav_server_is_told(serve, allowed_web, body, says):
    async def handler(request):
        return web.Response(status=207, body=body)

    base = await serve({"/rota/": handler})
    with pytest.raises(FetchFailed, match=says):
        await CalDavSource(allowed_web).fetch(ask(f"{base}/rota/"))
