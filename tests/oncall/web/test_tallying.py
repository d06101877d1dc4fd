"""Tallies follow the history: late changes, days nobody counted, history that is no longer kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from oncall.incident import Actor, Via
from oncall.remembered import Remembered
from oncall.services import incidents
from oncall.services.insight import tallying
from oncall.services.insight.tally import VERSION
from oncall.services.operation import history
from oncall.services.people.rights import Caller
from oncall.services.views.insights import InsightsQuery, view_insights
from oncall.store import tallies
from tests.oncall.web.conftest import firing

ANA = Actor("ana", Via.WEB)


@pytest.fixture
def look(engine, caller):
    async def of(team: str = "", days: int = 28):
        viewer: Caller = caller("ana")
        return await view_insights(engine, viewer, InsightsQuery(team=team, days=days))

    return of


async def test_what_happened_is_in_the_next_count(happens, engine, look):
    await happens.receive(firing())
    assert (await look()).people == ()
    await tallying.keep_up(engine)
    found = await look("payments")
    assert [(one.person, one.pages) for one in found.people] == [("ana", 1)]
    assert [(one.team, one.incidents, one.paging) for one in found.teams] == [("payments", 1, 1)]
    assert found.days[-1].incidents == 1
    assert (await look("platform")).teams == ()


async def test_a_change_weeks_later_is_counted_on_the_day_the_incident_began(happens, engine, clock, look):
    number = await happens.receive(firing())
    await tallying.keep_up(engine)
    clock.move(timedelta(days=20))
    await tallying.keep_up(engine)
    assert (await look()).teams[0].minutes_to_resolve is None
    await incidents.resolve(engine, number, by=ANA)
    await tallying.keep_up(engine)
    found = await look()
    assert found.teams[0].minutes_to_resolve == 20 * 24 * 60
    assert (await look(days=7)).teams == ()


async def test_a_note_takes_back_that_it_went_away_by_itself(happens, engine, clock, look):
    alert = firing()
    number = await happens.receive(alert)
    clock.move(timedelta(minutes=10))
    await happens.receive(alert | {"status": "resolved", "endsAt": "2026-01-05T09:09:00Z"})
    await tallying.keep_up(engine)
    assert (await look()).kinds[0].by_itself == 1
    clock.move(timedelta(days=2))
    await tallying.keep_up(engine)
    await incidents.note(engine, number, by=ANA, text="the disk was full")
    await tallying.keep_up(engine)
    assert (await look()).kinds[0].by_itself == 0


async def test_nothing_is_counted_twice_however_often_it_is_added_up(happens, engine, look):
    await happens.receive(firing())
    for _ in range(3):
        await tallying.keep_up(engine)
    first = await look()
    await tallying.rebuild(engine)
    assert replace(await look(), counted_at=None) == replace(first, counted_at=None)
    assert first.days[-1].incidents == 1


async def test_drills_are_left_out(happens, engine, caller, look):
    from oncall.services.practice import drills

    await drills.start(engine, caller("ana"), drills.NewDrill(team="payments"))
    await tallying.keep_up(engine)
    found = await look()
    assert (found.teams, found.people, found.days[-1].incidents) == ((), (), 0)


async def test_a_long_history_is_added_up_a_stretch_at_a_time_newest_first(happens, engine, clock, look):
    await happens.receive(firing())
    clock.move(timedelta(days=100))
    assert await tallying.keep_up(engine) > 0
    assert (await look(days=14)).days[0].expected is None, "the weeks before are not counted yet"
    while await tallying.keep_up(engine):
        pass
    assert (await look(days=120)).teams[0].incidents == 1


async def test_months_and_days_say_the_same(happens, engine, clock, look):
    for n in range(5):
        await happens.receive(firing(f"A{n}", service=f"s{n}"), group=f"g{n}")
        clock.move(timedelta(days=13))
    while await tallying.keep_up(engine):
        pass
    whole = await look(days=70)
    assert whole.teams[0].incidents == 5 == sum(day.incidents for day in whole.days)
    assert sum(person.pages for person in whole.people) >= 5


async def test_what_was_learned_stays_when_the_incidents_are_deleted(happens, engine, clock, look):
    number = await happens.receive(firing())
    await incidents.resolve(engine, number, by=ANA)
    await tallying.keep_up(engine)
    engine.settings = replace(engine.settings, keep_history=timedelta(days=30))
    clock.move(timedelta(days=40))
    assert await history.trim(engine) == 1
    await tallying.rebuild(engine)
    assert (await look(days=60)).teams[0].incidents == 1


async def test_lines_that_may_still_be_overtaken_are_looked_at_again(happens, engine, clock):
    await happens.receive(firing())
    await tallying.keep_up(engine)
    async with engine.database.read() as tx:
        assert await tallies.mark(tx) == 0
    clock.move(tallying.SETTLED + timedelta(seconds=1))
    await tallying.keep_up(engine)
    async with engine.database.read() as tx:
        assert await tallies.mark(tx) > 0


async def test_rows_are_kept_the_same_on_both_databases(database):
    now = datetime(2026, 1, 5, tzinfo=UTC)
    async with database.write() as tx:
        for period, count in (("2026-01-04", 3), ("2026-01-05", 4), ("2026-01", 7), ("2026-W01", 3), ("2026-W02", 4)):
            await tallies.save(tx, period, {"": (count, 2 * count, "{}"), "payments": (1, 2, "{}")}, VERSION, now)
        await tallies.save(tx, "2026-01-05", {"": (5, 9, '{"incidents":5}')}, VERSION, now)
        await tallies.set_mark(tx, 7)
        await tallies.set_mark(tx, 9)
    async with database.read() as tx:
        known = await tallies.counted(tx, "2026-01", "")
        assert known["2026-01-04"] == (3, 6, now)
        # Written twice at the same instant, and yet told apart.
        assert known["2026-01-05"] == (5, 9, now + timedelta(microseconds=1))
        assert known["2026-W02"] == (4, 8, now)
        assert len(known) == 5
        assert await tallies.counted(tx, "2026-02", "") == {name: known[name] for name in ("2026-W01", "2026-W02")}
        assert await tallies.sums(tx, ["2026-01-05", "2026-02"], "") == {"2026-01-05": '{"incidents":5}'}
        assert await tallies.sums(tx, ["2026-01-05"], "payments") == {}
        assert await tallies.periods(tx, VERSION) == {
            "2026-01-04",
            "2026-01-05",
            "2026-01",
            "2026-W01",
            "2026-W02",
        }
        assert await tallies.periods(tx, VERSION + 1) == set()
        assert await tallies.made_at(tx, "2026-01-04") == now
        assert await tallies.mark(tx) == 9
    async with database.write() as tx:
        await tallies.forget(tx, from_day="2026-01-05", from_spans=("2026-01", "2026-W02"))
    async with database.read() as tx:
        assert await tallies.periods(tx, VERSION) == {"2026-01-04", "2026-W01"}
        assert await tallies.mark(tx) == 0


async def test_weeks_are_kept_beside_days_and_months(happens, engine, clock):
    await happens.receive(firing())
    await tallying.keep_up(engine)
    async with engine.database.read() as tx:
        assert await tallies.periods(tx, VERSION) == {"2026-01-05", "2026-01", "2026-W02"}
        sums = await tallies.sums(tx, ["2026-01-05", "2026-01", "2026-W02"], "payments")
        assert len(sums) == 3
        assert len(set(sums.values())) == 1


async def test_days_counted_before_there_were_weeks_get_theirs(happens, engine, clock):
    await happens.receive(firing())
    await tallying.keep_up(engine)
    async with engine.database.write() as tx:
        await tx.exec_driver_sql("delete from tally where period like '%W%'")
    await tallying.keep_up(engine)
    async with engine.database.read() as tx:
        assert "2026-W02" in await tallies.periods(tx, VERSION)


async def test_sums_are_remembered_until_one_of_them_is_written_anew(happens, engine, clock, look):
    number = await happens.receive(firing())
    clock.move(timedelta(days=40))
    await tallying.keep_up(engine)
    first = await look(days=60)
    assert len(engine.sums) == 1
    assert await look(days=60) == first
    assert len(engine.sums) == 1
    clock.move(timedelta(seconds=1))
    await incidents.resolve(engine, number, by=ANA)
    await tallying.keep_up(engine)
    assert (await look(days=60)).teams[0].minutes_to_resolve is not None
    assert len(engine.sums) == 2


async def test_what_a_team_had_keeps_its_writing_where_nothing_changed(database):
    first = datetime(2026, 1, 5, 9, tzinfo=UTC)
    later = first + timedelta(minutes=1)
    day = {"": (3, 6, "[3]"), "payments": (1, 2, "[1]"), "platform": (2, 4, "[2]"), "gone": (1, 1, "[0]")}
    async with database.write() as tx:
        await tallies.save(tx, "2026-01-05", day, VERSION, first)
        del day["gone"]
        day |= {"platform": (2, 4, "[7]"), "data": (1, 1, "[1]")}
        await tallies.save(tx, "2026-01-05", day, VERSION, later)
        made = {team: (await tallies.counted(tx, "2026-01", team)).get("2026-01-05") for team in (*day, "gone")}
        assert {team: one and one.made_at for team, one in made.items()} == {
            "": later,
            "payments": first,
            "platform": later,
            "data": later,
            "gone": None,
        }
        assert await tallies.sums(tx, ["2026-01-05"], "platform") == {"2026-01-05": "[7]"}
        # What another version wrote is written anew, however much the same it looks.
        await tallies.save(tx, "2026-01-05", day, VERSION + 1, later + timedelta(minutes=1))
        assert (await tallies.counted(tx, "2026-01", "payments"))["2026-01-05"].made_at > later
        assert await tallies.periods(tx, VERSION + 1) == {"2026-01-05"}


@pytest.mark.parametrize("days", [1, 7, 28, 91, 365])
async def test_what_is_remembered_reads_like_what_is_read_for_the_first_time(happens, engine, clock, look, days):
    """Weeks, days and sums of the past are remembered; whoever looks sees today as it is, and late changes of before."""
    numbers = []
    for n in range(5):
        numbers.append(await happens.receive(firing(f"A{n}", service=f"s{n}"), group=f"g{n}"))
        clock.move(timedelta(days=9))
        await tallying.keep_up(engine)
        await look(days=days)
    for number in numbers[2:]:
        await incidents.resolve(engine, number, by=ANA)
        clock.move(timedelta(hours=1))
        await tallying.keep_up(engine)
        for team in ("", "payments", "platform"):
            seen = await look(team, days=days)
            engine.sums, engine.weeks = Remembered(9), Remembered(9)
            assert await look(team, days=days) == seen


async def test_a_week_that_is_over_is_read_once(happens, engine, clock, look, monkeypatch):
    await happens.receive(firing())
    clock.move(timedelta(days=20))
    await happens.receive(firing("Other", service="s"), group="other")
    await tallying.keep_up(engine)
    first = await look(days=28)
    read = []
    sums = tallies.sums

    async def noted(tx, wanted, team):
        read.extend(wanted)
        return await sums(tx, wanted, team)

    monkeypatch.setattr(tallies, "sums", noted)
    assert await look(days=28) == first
    today = clock.now().date()
    assert set(read) <= {today.isoformat(), *tallying.spans_of(today)}


async def test_the_newest_page_of_each_service_is_remembered_and_still_todays(happens, engine, clock):
    async def paged() -> dict[str, datetime]:
        today = clock.now().date()
        async with engine.database.read() as tx:
            return await tallying.last_paged(engine, tx, today - timedelta(days=183), today)

    assert await paged() == {}
    began = clock.now()
    await happens.receive(firing(service="checkout"))
    clock.move(timedelta(days=40))
    await tallying.keep_up(engine)
    assert await paged() == {"checkout": began}
    again = clock.now()
    await happens.receive(firing("Other", service="checkout"), group="other")
    await happens.receive(firing("Third", service="search"), group="third")
    await tallying.keep_up(engine)
    assert await paged() == {"checkout": again, "search": again}
    clock.move(timedelta(days=183))
    await tallying.keep_up(engine)
    assert await paged() == {"checkout": again, "search": again}
    clock.move(timedelta(days=1))
    assert await paged() == {}
