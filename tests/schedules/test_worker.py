"""Calendars are read in a process that can be killed and bounded."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from schedules.calendar_reader import CalendarReader
from schedules.frames import Request
from tests.schedules.expected import DATA

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
GOOD = (DATA / "malformed" / "m09_bad_event_among_good.ics").read_bytes()


def request(body: bytes, **more) -> Request:
    return Request(body=body, begin=BEGIN, end=BEGIN + timedelta(days=14), **more)


def calendar(*rules: str) -> bytes:
    events = [
        f"BEGIN:VEVENT\nUID:{index}\nDTSTART:20200101T000000Z\nDURATION:PT1H\nRRULE:{rule}\nSUMMARY:ana\nEND:VEVENT"
        for index, rule in enumerate(rules)
    ]
    return "\n".join(["BEGIN:VCALENDAR", *events, "END:VCALENDAR"]).encode()


@pytest.fixture
async def reader():
    async with CalendarReader() as found:
        yield found


async def test_the_worker_answers_one_request_after_the_other(reader):
    first, second = await asyncio.gather(reader.read(request(GOOD, source="a")), reader.read(request(GOOD, source="b")))
    assert [shift.person for shift in first.shifts] == ["ann", "bill", "cleo"]
    assert {shift.source for shift in second.shifts} == {"b"}


async def test_a_wrong_zone_is_refused_with_the_reason(reader):
    found = await reader.read(request(GOOD, default_tz="Mars/Base"))
    assert "Mars/Base" in (found.refused or "")


async def test_a_series_that_searches_for_ever_costs_itself_alone(reader):
    # No 20th week lies in December, which the expansion only learns in the year 9999.
    body = calendar("FREQ=DAILY;BYWEEKNO=20;BYMONTH=12", "FREQ=WEEKLY")
    found = await reader.read(request(body))
    assert {shift.uid for shift in found.shifts} == {"1"}
    assert len(found.warnings) == 1


async def test_a_feed_that_takes_too_long_is_refused_and_the_next_one_read():
    hostile = calendar(*["FREQ=HOURLY;BYMINUTE=1"] * 300)
    async with CalendarReader(seconds=0.05) as reader:
        found = await reader.read(request(hostile))
        assert "took more than" in (found.refused or "")
        reader._seconds = 30
        assert (await reader.read(request(GOOD))).refused is None


async def test_a_feed_that_needs_too_much_memory_is_refused_and_the_next_one_read():
    async with CalendarReader(megabytes=150) as reader:
        found = await reader.read(request(b"BEGIN:VCALENDAR\n" + b"X:" + b"\xff" * 60_000_000 + b"\nEND:VCALENDAR"))
        assert found.refused is not None
        assert (await reader.read(request(GOOD))).refused is None


async def test_a_cancelled_read_does_not_answer_the_next_request(reader):
    task = asyncio.create_task(reader.read(request(GOOD, source="first")))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    found = await reader.read(request(GOOD, source="second"))
    assert {shift.source for shift in found.shifts} == {"second"}


async def test_a_worker_without_work_ends_and_the_next_read_starts_another():
    async with CalendarReader(idle=0) as reader:
        assert (await reader.read(request(GOOD))).refused is None
        async with asyncio.timeout(30):
            while reader.running:  # noqa: ASYNC110 - ends with the next turn of the loop
                await asyncio.sleep(0)
        assert (await reader.read(request(GOOD))).refused is None


async def test_reading_one_calendar_after_the_other_keeps_the_worker(reader):
    await reader.read(request(GOOD))
    first = reader._process
    await reader.read(request(GOOD))
    assert reader.running
    assert reader._process is first


async def test_a_closed_reader_has_no_worker(reader):
    await reader.read(request(GOOD))
    await reader.close()
    assert not reader.running
