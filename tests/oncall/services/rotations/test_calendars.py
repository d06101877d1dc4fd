"""Calendars become segments; the last good ones stay in force, and whoever is concerned is told, once."""

from __future__ import annotations

import pytest

from oncall.services.rotations import calendars as rotations
from oncall.services.rotations import on_call
from oncall.store import incidents
from routing.escalation import RotationTarget
from tests.oncall.services.rotation_world import WEEK, weeks

PRIMARY = RotationTarget(team="ops", schedule="primary")


async def who(ops) -> tuple[str, ...]:
    async with ops.engine.database.read() as tx:
        return tuple((await on_call.lookup_targets(tx, [PRIMARY], ops.clock.now()))(PRIMARY))


async def test_an_edit_changes_who_is_asked_and_tells_both_people_once(ops):
    assert await who(ops) == ("ana",)
    ops.clock.move(minutes=1)
    ops.write(weeks("ben", "ana", "cai"))
    assert await ops.refresh()
    assert await who(ops) == ("ben",)
    told = await ops.told()
    assert set(told) == {"ana", "ben"}
    assert told["ana"][0].splitlines() == [
        "Your on-call shifts for Operations / primary changed:",
        "gone: now to Mon 09 Nov 10:00 CET",
        "new: Mon 09 Nov 10:00 to Mon 16 Nov 10:00 CET",
        "moved: Mon 30 Nov 10:00 to Mon 07 Dec 10:00 CET, was Mon 23 Nov 10:00 to Mon 30 Nov 10:00 CET",
        "moved: Mon 21 Dec 10:00 to Mon 28 Dec 10:00 CET, was Mon 14 Dec 10:00 to Mon 21 Dec 10:00 CET",
    ]
    ops.clock.move(minutes=1)
    assert not await ops.refresh()
    assert await ops.told() == {}


async def test_an_empty_calendar_is_held_back_and_the_team_told_once(ops):
    ops.write([])
    for _ in range(3):
        ops.clock.move(minutes=5)
        await ops.refresh()
        assert await who(ops) == ("ana",)
    told = await ops.told()
    assert {name: len(texts) for name, texts in told.items()} == {"ana": 1, "ben": 1, "cai": 1}
    assert "held back: covered hours in the next 14 days fall from 336 h to 0 h" in told["ana"][0]


async def test_a_calendar_that_comes_back_is_in_force_again_without_a_word(ops):
    good = ops.calendar.read_bytes()
    ops.write([])
    await ops.refresh()
    await ops.told()
    ops.calendar.write_bytes(good)
    ops.clock.move(minutes=5)
    await ops.refresh()
    assert await ops.told() == {}
    assert ops.engine.metrics.feed_errors.labels("ops/primary")._value.get() == 0


async def test_a_held_calendar_is_put_into_force_by_a_person(ops):
    ops.write(weeks("cai", repeat=1))
    await ops.refresh()
    assert await who(ops) == ("ana",)
    assert await rotations.accept(ops.engine, ops.team, ops.schedule)
    assert await who(ops) == ("cai",)
    assert not await rotations.accept(ops.engine, ops.team, ops.schedule)


@pytest.mark.parametrize("broken", [b"", b"<html>sign in</html>", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"])
async def test_a_broken_calendar_leaves_the_last_good_one_in_force(ops, broken):
    ops.calendar.write_bytes(broken)
    ops.clock.move(minutes=1)
    await ops.refresh()
    assert await who(ops) == ("ana",)
    assert await ops.told() == {}
    ops.clock.move(minutes=15)
    await ops.refresh()
    assert "The calendar cannot be used: the body" in (await ops.told())["ben"][0]


async def test_a_calendar_that_fails_for_a_day_is_an_incident_of_the_team(ops):
    ops.calendar.unlink()
    await ops.refresh()
    for _ in range(3):
        ops.clock.move(hours=12)
        await ops.refresh()
    async with ops.engine.database.read() as tx:
        found = await incidents.listed(tx, status="open", limit=10)
    assert [incident.title for incident in found] == [
        "The calendar of Operations / primary could not be read since 02 Nov 09:00 UTC"
    ]
    assert await who(ops) == ("ana",)


async def test_trouble_ahead_is_told_once_with_its_fix(ops):
    shifts = weeks("ana", "ben", "cai")
    shifts[2] = (*shifts[2][:2], "zed")
    shifts[4] = (shifts[4][0] + WEEK / 7, *shifts[4][1:])
    ops.write(shifts)
    ops.clock.move(minutes=1)
    await ops.refresh()
    text = next(text for text in (await ops.told())["cai"] if "look ahead" in text)
    assert "The calendar puts “zed” on call from Mon 16 Nov 10:00 to Mon 23 Nov 10:00 CET" in text
    assert "Nobody is on call from Mon 30 Nov 10:00 to Tue 01 Dec 10:00 CET. Add a shift" in text
    ops.clock.move(days=1)
    await ops.refresh(force=True)
    assert await ops.told() == {}
    assert ops.engine.metrics.rotation_findings.labels("ops/primary", "unknown_name")._value.get() == 1


async def test_trouble_that_was_mended_and_returns_is_told_again(ops):
    shifts = weeks("ana", "ben", "cai")
    for name, expected in (("zed", True), ("cai", False), ("zed", True)):
        ops.clock.move(minutes=1)
        ops.write([*shifts[:2], (*shifts[2][:2], name), *shifts[3:]])
        await ops.refresh()
        assert any("zed" in text for texts in (await ops.told()).values() for text in texts) is expected


async def test_names_in_other_spellings_are_the_same_people(ops):
    ops.write([(start, end, name.upper()) for start, end, name in weeks("ana", "ben", "cai")])
    ops.clock.move(minutes=1)
    await ops.refresh()
    assert await who(ops) == ("ana",)
    assert await ops.told() == {}


async def test_the_window_moves_on_daily_without_a_change(ops):
    ops.clock.move(hours=23)
    assert not await ops.refresh()
    ops.clock.move(hours=2)
    assert await ops.refresh()


async def test_a_shift_without_a_role_answers_for_primary(ops):
    secondary = RotationTarget(team="ops", schedule="primary", role="secondary")
    primary = RotationTarget(team="ops", schedule="primary", role="Primary")
    async with ops.engine.database.read() as tx:
        look = await on_call.lookup_targets(tx, [primary, secondary], ops.clock.now())
    assert (tuple(look(primary)), tuple(look(secondary))) == (("ana",), ())
