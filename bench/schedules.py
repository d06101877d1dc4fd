"""Calendars: reading a big one beside a paging loop, looking up who is on call, judging health; each beside the naive way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from schedules.calendar_reader import CalendarReader
from schedules.frames import Request
from schedules.health.fixes import fixes
from schedules.health.plan import Member, Plan, plan
from schedules.health.score import health
from schedules.identity import identity
from schedules.reading import read
from schedules.shift import Segment
from schedules.who import who_at

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
WINDOW = (NOW - timedelta(days=40), NOW + timedelta(days=400))
EVENTS = 10_000
TEAMS = 1_000
#: The naive walk is measured over so many days of one schedule.
WALKED_DAYS = 4
PEOPLE = ("ana", "ben", "cai", "dov", "eli")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Singapore", "UTC")


def main() -> None:
    """Three measurements."""
    asyncio.run(_big_feed())
    _lookup()
    _health()


async def _big_feed() -> None:
    body = _calendar(EVENTS, timedelta(hours=6), NOW - timedelta(days=1250))
    request = Request(body=body, begin=WINDOW[0], end=WINDOW[1])
    async with CalendarReader() as reader:
        await reader.read(Request(body=_calendar(1, timedelta(hours=6), NOW), begin=WINDOW[0], end=WINDOW[1]))
        took, lag = await _beside_a_loop(lambda: reader.read(request))
    naive_took, naive_lag = await _beside_a_loop(lambda: _naive_read(body))
    print(
        f"reading {EVENTS:,} events ({len(body) / 1e6:.1f} MB): {took:.2f} s in the worker, loop lag {1000 * lag:.0f} ms"
    )
    print(f"  naively in the loop: {naive_took:.2f} s, loop lag {1000 * naive_lag:.0f} ms")
    print(f"  {naive_took / took:.1f} times as fast, {naive_lag / lag:.0f} times less lag")


async def _beside_a_loop(work: Callable[[], object]) -> tuple[float, float]:
    """How long the work took, and how late a loop that wakes every five milliseconds was at worst."""
    worst = 0.0

    async def page() -> None:
        nonlocal worst
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            worst = max(worst, time.perf_counter() - before - 0.005)

    pager = asyncio.create_task(page())
    await asyncio.sleep(0.02)
    started = time.perf_counter()
    await work()
    took = time.perf_counter() - started
    await asyncio.sleep(0.02)
    pager.cancel()
    return took, max(worst, 1e-6)


async def _naive_read(body: bytes) -> None:
    recurring_ical_events.of(icalendar.Calendar.from_ical(body)).between(*WINDOW)


def _lookup() -> None:
    teams = [_segments(number) for number in range(TEAMS)]
    instants = [NOW + timedelta(hours=17 * step) for step in range(5)]
    took = _best(lambda: [who_at(segments, instants[0]) for segments in teams], 50)
    # One calendar is enough to know what a thousand would take.
    naive = _best(lambda: [_ask(_rota(0), instant) for instant in instants], 3) / 5 * TEAMS
    print(f"who is on call in {TEAMS:,} teams: {1000 * took:.2f} ms by bisection of {sum(map(len, teams)):,} segments")
    print(f"  naively from the calendars: {naive:.1f} s; {naive / took:,.0f} times as fast")


def _ask(body: bytes, instant: datetime) -> object:
    return recurring_ical_events.of(icalendar.Calendar.from_ical(body)).at(instant)


def _health() -> None:
    plans = [_plan(number) for number in range(TEAMS)]
    started = time.perf_counter()
    scores = [health(subject).score for subject in plans]
    scored = time.perf_counter() - started
    plans = [_plan(number) for number in range(TEAMS)]
    started = time.perf_counter()
    for subject in plans:
        fixes(subject, ZoneInfo(subject.timezone))
    fixed = time.perf_counter() - started
    started = time.perf_counter()
    _walk(plans[0])
    naive = (time.perf_counter() - started) * TEAMS * 84 / WALKED_DAYS
    print(
        f"health of {TEAMS:,} schedules over 84 days: {scored:.2f} s, with every fix tried {fixed:.2f} s, on one core"
    )
    print(
        f"  naively, minute by minute: {naive:.0f} s; {naive / scored:,.0f} times as fast ({min(scores)} to {max(scores)} points)"
    )


def _walk(subject: Plan) -> float:
    """Hours per person and at night, and without anybody, by a walk over every minute."""
    zones = {name: ZoneInfo(member.timezone) for name, member in subject.members.items()}
    minute, now, empty, loads = timedelta(minutes=1), subject.begin, 0, dict.fromkeys(subject.members, 0)
    while now < subject.begin + timedelta(days=WALKED_DAYS):
        on_call = {
            who.person for segment in subject.segments if segment.start <= now < segment.end for who in segment.on_call
        }
        empty += not on_call
        for name in on_call & loads.keys():
            local = now.astimezone(zones[name])
            loads[name] += 1 + (local.hour >= 22 or local.hour < 7 or local.weekday() >= 5)
        now += minute
    return empty + sum(loads.values())


def _plan(number: int) -> Plan:
    members = {
        name: Member(reachable=(number + place) % 7 > 0, timezone=ZONES[(number + place) % 4], holidays="DE")
        for place, name in enumerate(PEOPLE)
    }
    zone = ZONES[number % 4]
    return plan(_segments(number), NOW, members=members, pages=dict.fromkeys(PEOPLE, 5), timezone=zone)


@cache
def _read(kind: int) -> tuple[Segment, ...]:
    return read(_rota(kind), WINDOW, identity=identity()).segments


def _segments(number: int) -> tuple[Segment, ...]:
    """Of one of four rotations: what is measured here does not depend on reading a thousand of them."""
    return _read(number % 4)


def _rota(number: int) -> bytes:
    """Shifts of 8, 12, 24 or 168 hours, in turn for ever, in one of four zones."""
    hours = (8, 12, 24, 168)[number % 4]
    zone = ZONES[number % 4]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for turn, name in enumerate(PEOPLE):
        start = datetime(2026, 9, 7, 9, tzinfo=UTC) + timedelta(hours=hours * turn)
        stop = start + timedelta(hours=hours)
        every = (
            f"FREQ=HOURLY;INTERVAL={hours * len(PEOPLE)}"
            if hours < 24
            else f"FREQ=DAILY;INTERVAL={hours // 24 * len(PEOPLE)}"
        )
        lines += ["BEGIN:VEVENT", f"UID:{number}-{turn}", f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}"]
        lines += [f"DTEND;TZID={zone}:{stop:%Y%m%dT%H%M%S}", f"RRULE:{every}", f"SUMMARY:{name}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _calendar(events: int, length: timedelta, start: datetime) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN"]
    for number in range(events):
        begin = start + number * length
        lines += ["BEGIN:VEVENT", f"UID:{number}@bench", "DTSTAMP:20261101T000000Z", f"DTSTART:{begin:%Y%m%dT%H%M%SZ}"]
        lines += [f"DTEND:{begin + length:%Y%m%dT%H%M%SZ}", f"SUMMARY:{PEOPLE[number % len(PEOPLE)]}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _best(work: Callable[[], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)
