from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta

from oncall.services import acting
from oncall.services.insight import tallying
from oncall.services.insight.tally import KindTally, Load, PersonTally, Tally, merged_load
from oncall.services.views import insights
from oncall.services.views.insights import (
    PersonWeek,
    days_ahead,
    kinds_load,
    person_weeks,
    volume,
    week_of_people,
    weeks_between,
)
from oncall.store import insights as rows
from oncall.store.insights import KindCount
from oncall.web.chart import bars, by_week, heat
from oncall.web.csv_tables import as_csv
from tests.oncall.web.conftest import firing
from tests.oncall.web.test_hostile_content import ATTACK, hostile

MONDAY = date(2026, 1, 5)


def of_kind(**sums: object) -> Tally:
    return Tally(kinds={"Flap": KindTally(alerts=9, **sums)})


def test_a_kind_that_always_goes_by_itself_should_not_page():
    (kind,) = kinds_load(of_kind(incidents=5, critical=5, by_itself=5))
    assert kind.by_itself == 5
    assert "make it a warning" in kind.advice


def test_a_kind_somebody_did_something_about_is_left_alone():
    (kind,) = kinds_load(of_kind(incidents=5, critical=5, by_itself=4))
    assert kind.advice == ""


def test_a_kind_that_always_comes_with_another_is_called_redundant():
    (kind,) = kinds_load(of_kind(incidents=5, critical=5, beside={"Errors": 5, "Rare": 1}))
    assert "Comes with Errors 5 of 5 times" in kind.advice


def test_nothing_is_said_of_what_came_a_few_times():
    (kind,) = kinds_load(of_kind(incidents=4, critical=4, by_itself=4))
    assert kind.advice == ""


def test_a_day_far_beyond_the_same_weekdays_before_it_is_unusual():
    series = {MONDAY - timedelta(days=back): 4 for back in range(1, 29)} | {MONDAY: 15}
    days = volume(series, {}, MONDAY, 7)
    assert days[-1].incidents == 15
    assert days[-1].expected == 4
    assert days[-1].unusual
    assert not any(day.unusual for day in days[:-1])


def test_nothing_is_expected_of_days_before_there_was_any_history():
    days = volume({MONDAY: 1}, {MONDAY: 9}, MONDAY, 28)
    assert all(day.expected is None for day in days)
    assert not days[-1].unusual


def test_alerts_are_held_against_their_own_weekdays():
    alerts = {MONDAY - timedelta(weeks=week): 100 for week in range(1, 9)} | {MONDAY: 400}
    (day,) = volume({}, alerts, MONDAY, 1)
    assert (day.alerts, day.expected_alerts, day.unusual_alerts, day.unusual) == (400, 100, True, False)


def test_the_week_ahead_is_said_where_there_is_enough_to_go_by():
    series = {MONDAY - timedelta(days=back): 4 for back in range(60)}
    ahead = days_ahead(series, {}, MONDAY)
    assert [day.day for day in ahead] == [MONDAY + timedelta(days=n) for n in range(1, 8)]
    assert all((day.incidents, day.incidents_high, day.alerts) == (4, 10, None) for day in ahead)


def _days_in(name: str) -> int:
    return 1 if len(name) == tallying.DAY else len(tallying.days_in(name))


def named(weeks: Mapping[date, Load]) -> tuple[PersonWeek, ...]:
    people = {monday: week_of_people(monday, load) for monday, load in weeks.items()}
    return person_weeks(people, {"ana": "Ana Ruiz"})


def test_weeks_begin_on_monday_and_add_up():
    one = Load(people={"ana": PersonTally(pages=1, seconds=600)})
    parts = weeks_between(MONDAY - timedelta(days=1), MONDAY + timedelta(days=7))
    loads = {monday: merged_load([one] * sum(_days_in(name) for name in names)) for monday, names in parts.items()}
    weeks = named(loads)
    assert [(w.week, w.pages, w.interrupted_minutes) for w in weeks] == [
        (MONDAY - timedelta(days=7), 1, 10),
        (MONDAY, 7, 70),
        (MONDAY + timedelta(days=7), 1, 10),
    ]


def test_a_kind_that_is_always_taken_and_never_acted_on_says_what_it_costs():
    (kind,) = kinds_load(of_kind(incidents=6, critical=6, by_itself=6, idle=6, alone_pages=8, alone_night_pages=3))
    assert kind.advice == (
        "Acknowledged all 6 times, and nothing was done: a warning would do. "
        "It would have saved 8 pages, 3 of them at night."
    )
    assert (kind.idle, kind.saved_pages, kind.saved_night_pages) == (6, 8, 3)


def test_a_redundant_kind_saves_alerts_and_only_pages_of_its_own():
    (kind,) = kinds_load(of_kind(incidents=20, critical=20, beside={"Errors": 19}, alone_pages=1))
    assert kind.advice.endswith("Without it there were 9 alerts fewer. It would have saved 1 page.")


async def test_the_first_incident_of_a_window_is_found(engine, happens, clock):
    numbers = []
    for n in range(4):
        numbers.append(await happens.receive(firing(f"A{n}", service=f"s{n}"), group=f"g{n}"))
        clock.move(timedelta(days=1))
    async with engine.database.read() as tx:
        assert await rows.first_since(tx, clock.now() - timedelta(days=2, hours=1)) == numbers[2]
        assert await rows.first_since(tx, clock.now()) == numbers[-1] + 1
        assert await rows.first_since(tx, clock.now() - timedelta(days=99)) == 1


async def test_the_view_and_its_csv_say_the_same(sign_in, happens):
    await happens.receive(firing())
    await tallying.keep_up(happens.engine)
    ana = await sign_in("ana")
    view = await ana.text("/insights?team=payments")
    assert "Ana Ruiz" in view
    table = list(csv.DictReader(io.StringIO(await (await ana.get("/insights/people.csv?team=payments")).text())))
    assert [(row["name"], row["pages"]) for row in table] == [("Ana Ruiz", "1")]
    assert (await ana.get("/insights/secrets.csv")).status == 404
    assert (await ana.get("/insights?days=0")).status == 400


def test_a_cell_never_becomes_a_formula():
    text = as_csv([KindCount(kind='=HYPERLINK("http://evil.example")', team="payments", episodes=1)])
    assert "\n\"'=HYPERLINK" in text.replace("\r", "")


async def test_a_view_before_anything_was_counted_says_so(sign_in, happens):
    await happens.receive(firing())
    assert "Today is being counted" in await (await sign_in("ana")).text("/insights")
    await tallying.keep_up(happens.engine)
    view = await (await sign_in("ana")).text("/insights")
    assert "just now" in view
    assert "Today is being counted" not in view


async def test_a_week_of_work_is_shown_with_links_to_what_lies_under_it(sign_in, happens, engine, caller, clock):
    number = await happens.receive(firing())
    clock.move(timedelta(minutes=3))
    await acting.perform(engine, caller("ana"), number, acting.Acknowledge())
    clock.move(timedelta(minutes=20))
    await acting.perform(engine, caller("ana"), number, acting.Resolve())
    clock.move(timedelta(days=8))
    await happens.on_call("payments/primary", "ana")
    await happens.receive(firing("LedgerSlow", service="ledger"), group="later")
    await tallying.keep_up(engine)
    ana = await sign_in("ana")
    found = await insights.view_insights(engine, caller("vic"), insights.InsightsQuery())
    assert [(w.pages, w.interrupted_minutes) for w in found.person_weeks if w.person == "ana"] == [(1, 23), (1, 240)]
    assert [(w.incidents, w.alerts) for w in found.weeks] == [(1, 1), (1, 1)]
    page = await ana.text("/insights")
    for link in ("/incidents?status=all&amp;paged=ana", "/incidents?status=all&amp;day=2026-01-05", "kind="):
        assert link in page
    assert "Pages by week" in page
    for table in ("weeks", "person_weeks", "ahead", "days", "kinds", "teams"):
        assert (await ana.get(f"/insights/{table}.csv")).status == 200


async def test_hostile_kinds_stay_words(sign_in, happens):
    await happens.receive(firing(ATTACK[:60], service=ATTACK))
    await tallying.keep_up(happens.engine)
    assert hostile(await (await sign_in("ana")).text("/insights")) == []


def test_the_busiest_week_is_the_warmest():
    weeks = {
        MONDAY + timedelta(weeks=n): Load(people={"ana": PersonTally(pages=pages)}) for n, pages in enumerate((1, 4, 8))
    }
    (row,) = heat(named(weeks), list(weeks))
    assert [warm for warm, _ in row.weeks] == [1, 2, 4]
    assert heat((), []) == []


def test_a_week_says_its_pages_and_its_broken_nights():
    first, second = PersonTally(pages=3, nights={MONDAY}), PersonTally(pages=9, nights={MONDAY, MONDAY + timedelta(1)})
    weeks = {MONDAY: Load(people={"ana": first}), MONDAY + timedelta(weeks=1): Load(people={"ana": second})}
    (row,) = heat(named(weeks), [*weeks, MONDAY + timedelta(weeks=2)])
    assert row.cells == (
        '<td class="numbers warm-1">3<span class="small" title="1 night broken"> ☾1</span></td>'
        '<td class="numbers warm-4">9<span class="small" title="2 nights broken"> ☾2</span></td>'
        '<td class="numbers warm-0"></td>'
    )


def test_a_year_is_drawn_by_week_and_adds_up():
    series = {MONDAY - timedelta(days=back): 2 for back in range(365)}
    days = volume(series, series, MONDAY, 365)
    assert by_week(days)
    drawn = bars(days)
    assert len(drawn) == 53
    assert drawn[-1].says.endswith("14 incidents; 14 alerts")
    assert {bar.day for bar in drawn} == {""}
    assert sum(bool(bar.label) and not bar.minor for bar in drawn) <= 5
    assert not by_week(days[-91:])
    assert [bar.day for bar in bars(days[-2:])] == [(MONDAY - timedelta(1)).isoformat(), MONDAY.isoformat()]
