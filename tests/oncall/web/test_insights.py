from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from oncall.services import tallying
from oncall.services.tally import KindTally, Tally
from oncall.services.views.insights import expected_on, kinds_load, volume
from oncall.store import insights as rows
from oncall.store.insights import KindCount
from oncall.web.csv_tables import as_csv
from tests.oncall.web.conftest import firing

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
    days = volume(series, MONDAY, 7)
    assert days[-1].incidents == 15
    assert days[-1].expected == 4
    assert days[-1].unusual
    assert not any(day.unusual for day in days[:-1])


def test_nothing_is_expected_of_days_before_there_was_any_history():
    days = volume({MONDAY: 1}, MONDAY, 28)
    assert all(day.expected is None for day in days)
    assert not days[-1].unusual


def test_two_weeks_are_needed_to_expect_anything():
    series = {MONDAY - timedelta(days=7): 3, MONDAY - timedelta(days=14): 5}
    assert expected_on(series, MONDAY) == 4
    assert expected_on({MONDAY - timedelta(days=7): 3}, MONDAY) is None


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
