from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import rotations, views
from oncall.store.rotations import Feed, StoredSegment

HOUR = timedelta(hours=1)
PRIMARY, SECONDARY = "payments/primary", "payments/secondary"


def _segment(schedule: str, start: datetime, hours: int, *names: str) -> StoredSegment:
    return StoredSegment(
        schedule=schedule, starts_at=start, ends_at=start + hours * HOUR, on_call=tuple((name, "") for name in names)
    )


async def _names(tx: AsyncConnection, at: datetime) -> list[tuple[tuple[str, str], ...]]:
    return [segment.on_call for segment in await rotations.segments_at(tx, at, [PRIMARY])]


async def test_a_feed_comes_back_as_it_was_written(tx: AsyncConnection, nine: datetime) -> None:
    feed = Feed(
        schedule=PRIMARY,
        location="https://calendar.example.com/a.ics",
        checked_at=nine,
        read_at=nine - HOUR,
        etag='"1"',
        last_modified="Mon, 02 Mar 2026 09:00:00 GMT",
        digest="abc",
        body=b"BEGIN:VCALENDAR",
        held=b"",
        error="304 forever",
        warnings=("no end",),
    )
    await rotations.save_feed(tx, feed)
    assert await rotations.get_feed(tx, PRIMARY, feed.location) == feed
    assert await rotations.get_feed(tx, SECONDARY, feed.location) is None


async def test_a_feed_is_written_in_place(tx: AsyncConnection, nine: datetime) -> None:
    feed = Feed(schedule=PRIMARY, location="a.ics", body=b"good")
    await rotations.save_feed(tx, feed)
    await rotations.save_feed(tx, replace(feed, error="gone", checked_at=nine))
    (found,) = await rotations.feeds(tx)
    assert (found.error, found.held_back) == ("gone", False)
    kept = await rotations.get_feed(tx, PRIMARY, "a.ics")
    assert kept is not None
    assert kept.body == b"good"


async def test_how_it_stands_with_calendars_is_told_of_all_or_of_some_schedules(
    tx: AsyncConnection, nine: datetime
) -> None:
    held = Feed(schedule=PRIMARY, location="a.ics", read_at=nine, body=b"x", held=b"y", error="e", warnings=("w",))
    await rotations.save_feed(tx, held)
    await rotations.save_feed(tx, Feed(schedule=SECONDARY, location="b.ics"))
    known = rotations.KnownFeed(
        schedule=PRIMARY, location="a.ics", read_at=nine, held_back=True, error="e", warnings=("w",)
    )
    assert await rotations.feeds(tx, [PRIMARY, "none/at-all"]) == [known]
    assert [f.schedule for f in await rotations.feeds(tx)] == [PRIMARY, SECONDARY]
    assert await rotations.feeds(tx, []) == []


async def test_segments_ahead_come_of_all_or_of_some_schedules(tx: AsyncConnection, nine: datetime) -> None:
    for schedule in (SECONDARY, PRIMARY):
        await rotations.replace_segments(tx, schedule, [_segment(schedule, nine + n * HOUR, 1, str(n)) for n in (1, 0)])
    everything = await views.segments_of_all(tx, nine, nine + 9 * HOUR)
    assert {key: [s.starts_at for s in found] for key, found in everything.items()} == {
        key: [nine, nine + HOUR] for key in (PRIMARY, SECONDARY)
    }
    assert await views.segments_of_all(tx, nine, nine + 9 * HOUR, [PRIMARY]) == {PRIMARY: everything[PRIMARY]}
    assert await views.segments_of_all(tx, nine, nine + 9 * HOUR, []) == {}


async def test_spans_are_half_open(tx: AsyncConnection, nine: datetime) -> None:
    both = [_segment(PRIMARY, nine, 1, "Alice"), _segment(PRIMARY, nine + HOUR, 1, "Bob")]
    await rotations.replace_segments(tx, PRIMARY, both)
    assert await _names(tx, nine - timedelta(microseconds=1)) == []
    assert await _names(tx, nine) == [(("Alice", ""),)]
    assert await _names(tx, nine + HOUR) == [(("Bob", ""),)]
    assert await _names(tx, nine + 2 * HOUR) == []


async def test_every_schedule_answers_when_none_is_named(tx: AsyncConnection, nine: datetime) -> None:
    for schedule in (SECONDARY, PRIMARY):
        await rotations.replace_segments(tx, schedule, [_segment(schedule, nine, 1, "Alice")])
    assert [s.schedule for s in await rotations.segments_at(tx, nine)] == [PRIMARY, SECONDARY]


async def test_replacing_touches_one_schedule(tx: AsyncConnection, nine: datetime) -> None:
    for schedule in (PRIMARY, SECONDARY):
        await rotations.replace_segments(tx, schedule, [_segment(schedule, nine, 1, "Alice")])
    await rotations.replace_segments(tx, PRIMARY, [])
    assert [s.schedule for s in await rotations.segments_at(tx, nine)] == [SECONDARY]


async def test_a_window_gives_all_that_touches_it_uncut(tx: AsyncConnection, nine: datetime) -> None:
    day = [_segment(PRIMARY, nine + n * HOUR, 1, str(n)) for n in range(6)]
    await rotations.replace_segments(tx, PRIMARY, day)
    assert await rotations.segments_between(tx, PRIMARY, nine + 1.5 * HOUR, nine + 4 * HOUR) == day[1:4]


async def test_what_the_files_no_longer_name_is_forgotten(tx: AsyncConnection, nine: datetime) -> None:
    for schedule in (PRIMARY, SECONDARY):
        await rotations.save_feed(tx, Feed(schedule=schedule, location="a.ics"))
        await rotations.replace_segments(tx, schedule, [_segment(schedule, nine, 1, "Alice")])
    await rotations.forget_feeds(tx, {(SECONDARY, "a.ics")})
    assert [f.schedule for f in await rotations.feeds(tx)] == [SECONDARY]
    assert [s.schedule for s in await rotations.segments_at(tx, nine)] == [SECONDARY]
