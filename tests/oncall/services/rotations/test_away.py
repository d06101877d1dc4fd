"""An absence in somebody's own calendar asks for cover of the shifts it overlaps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from oncall.engine import Organisation
from oncall.errors import Invalid
from oncall.person import Away, Role
from oncall.services.people.rights import Caller
from oncall.services.rotations import away, cover, on_call
from oncall.services.rotations import calendars as rotations
from oncall.services.rotations.cover import NewCover
from oncall.store import covers
from oncall.store import rotations as rows
from routing.escalation import RotationTarget
from tests.oncall.services.rotation_world import START, ics, weeks, world

DAY = timedelta(days=1)


class Ana:
    """Ana, on call in the first week, and her calendar of absences."""

    def __init__(self, ops, calendar) -> None:
        self.ops = ops
        self.calendar = calendar
        self.named(Away(location=str(calendar)))

    def named(self, named: Away | None) -> None:
        directory = self.ops.engine.directory
        people = {**directory.people, "ana": replace(directory.people["ana"], away=named)}
        self.ops.engine.organisation = Organisation(replace(directory, people=people))

    def write(self, *events) -> None:
        """(first day, last day exclusive, summary), days from the start on."""
        self.calendar.write_bytes(ics([(START + a * DAY, START + b * DAY, text) for a, b, text in events]))

    async def look(self) -> int:
        return await away.ask_for_cover(self.ops.engine)

    async def requests(self) -> list[tuple[float, float, bool]]:
        """(first day, last day, withdrawn) of everything asked for."""
        async with self.ops.engine.database.read() as tx:
            found = await covers.of_person(tx, "ops/primary", "ana", START)
        return [((r.starts_at - START) / DAY, (r.ends_at - START) / DAY, r.withdrawn) for r in found]


@pytest.fixture
async def ana(database_url, tmp_path):
    async with world(database_url, tmp_path) as ops:
        ops.write(weeks("ana", "ben", "cai"))
        await ops.refresh()
        await ops.told()
        yield Ana(ops, tmp_path / "away.ics")


def who(name: str) -> Caller:
    return Caller(person=name, name=name.title(), role=Role.RESPONDER, teams=("ops",))


async def test_an_absence_asks_for_the_part_of_the_shift_it_overlaps_once(ana):
    ana.write((5, 10, "Out of office"))
    assert await ana.look() == 1
    assert await ana.requests() == [(5, 7, False)]
    told = await ana.ops.told()
    assert set(told) == {"cai", "ana"}, "Ben comes on call where it ends: he would have no rest"
    assert "Ana asks for cover for Operations / primary" in told["cai"][0]
    assert "(out of office)" in told["cai"][0]
    assert "You are away while on call for Operations / primary" in told["ana"][0]
    assert "Cai was asked for cover. You stay on call until somebody takes it: http://" in told["ana"][0]
    for _ in range(3):
        ana.ops.clock.move(minutes=5)
        assert await ana.look() == 0
    assert await ana.ops.told() == {}


async def test_one_that_runs_already_is_not_asked_for_anew_every_time(ana):
    ana.write((-2, 3, "vacation"))
    assert await ana.look() == 1
    ana.ops.clock.move(hours=1)
    assert await ana.look() == 0
    assert await ana.requests() == [(0, 3, False)]


@pytest.mark.parametrize(
    "event", [(1, 2, "Planning"), (7, 14, "Out of office"), (3, 3, "ooo"), (1, 2, "Ask Vacationer Inc. for a quote")]
)
async def test_what_is_no_absence_or_no_shift_asks_for_nothing(ana, event):
    ana.write(event)
    assert await ana.look() == 0
    assert await ana.ops.told() == {}


@pytest.mark.parametrize(
    "summary", ["OOO", "Ana: Out of the office", "Annual leave", "Urlaub", "sick", "Parental Leave"]
)
async def test_absences_are_known_by_the_usual_words(ana, summary):
    ana.write((1, 2, summary))
    assert await ana.look() == 1


async def test_own_words_take_the_place_of_the_usual_ones(ana):
    ana.named(Away(location=str(ana.calendar), match="kur|^x$"))
    ana.write((1, 2, "Kur in Bad Ems"), (3, 4, "vacation"))
    assert await ana.look() == 1
    assert await ana.requests() == [(1, 2, False)]


async def test_an_absence_that_is_gone_takes_its_request_back(ana):
    ana.write((1, 3, "vacation"))
    await ana.look()
    await ana.ops.told()
    ana.write((1, 3, "Planning"))
    assert await ana.look() == 0
    assert await ana.requests() == [(1, 3, True)]
    told = await ana.ops.told()
    assert set(told) == {"ben", "cai"}
    assert "Ana needs no cover any more for Operations / primary" in told["ben"][0]
    with pytest.raises(Invalid, match="nobody has to take it any more"):
        await cover.take(ana.ops.engine, who("ben"), 1)
    await ana.look()
    assert await ana.ops.told() == {}


async def test_a_longer_absence_asks_for_what_is_missing_and_a_shorter_one_for_what_is_left(ana):
    ana.write((1, 3, "vacation"))
    await ana.look()
    ana.write((1, 5, "vacation"))
    await ana.look()
    assert await ana.requests() == [(1, 3, False), (3, 5, False)]
    ana.write((1, 2, "vacation"))
    await ana.look()
    assert await ana.requests() == [(1, 3, True), (3, 5, True), (1, 2, False)]


async def test_an_absence_that_comes_back_is_asked_for_again(ana):
    for events in [[(1, 3, "vacation")], [], [(1, 3, "vacation")]]:
        ana.write(*events)
        await ana.look()
    assert await ana.requests() == [(1, 3, True), (1, 3, False)]


async def test_who_takes_it_is_on_call_and_nobody_is_asked_again(ana):
    ana.write((1, 3, "vacation"))
    await ana.look()
    await cover.take(ana.ops.engine, who("ben"), 1)
    assert await ana.look() == 0
    target = RotationTarget(team="ops", schedule="primary")
    async with ana.ops.engine.database.read() as tx:
        assert (await on_call.lookup_targets(tx, [target], START + 2 * DAY))(target) == ("ben",)
    assert await ana.requests() == [(1, 3, False)]
    ana.write()
    await ana.look()
    assert await ana.requests() == [(1, 3, False)]


async def test_what_was_asked_for_by_hand_is_neither_asked_again_nor_taken_back(ana):
    asked = NewCover(team="ops", schedule="primary", starts_at=START + DAY, ends_at=START + 3 * DAY)
    await cover.ask(ana.ops.engine, who("ana"), asked)
    ana.write((1, 3, "vacation"))
    assert await ana.look() == 0
    ana.write()
    await ana.look()
    assert await ana.requests() == [(1, 3, False)]


async def test_a_calendar_that_cannot_be_read_leaves_the_last_one_in_force_and_is_told_after_a_day_once(ana):
    ana.write((1, 5, "vacation"))
    await ana.look()
    await ana.ops.told()
    ana.calendar.write_bytes(b"<html>sign in</html>")
    for hours, told in [(0, []), (23, []), (1, ["ana"]), (1, []), (30, [])]:
        ana.ops.clock.move(hours=hours)
        assert await ana.look() == 0
        assert list(await ana.ops.told()) == told
    assert await ana.requests() == [(1, 5, False)]
    ana.write()
    await ana.look()
    assert await ana.requests() == [(1, 5, True)]


async def test_a_calendar_that_was_never_there_asks_for_nothing_and_breaks_nothing(ana):
    assert await ana.look() == 0


async def test_reading_the_rotations_keeps_the_absences_until_the_files_name_them_no_more(ana):
    ana.write((1, 2, "vacation"))
    await ana.look()
    for named, known in [(Away(location=str(ana.calendar)), True), (None, False)]:
        ana.named(named)
        await rotations.refresh(ana.ops.engine)
        async with ana.ops.engine.database.read() as tx:
            assert (await rows.get_feed(tx, "away:ana", str(ana.calendar)) is not None) is known
