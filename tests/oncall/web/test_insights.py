from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest

from oncall.services.views.insights import expected_on, kinds_load, people_load, volume
from oncall.store import insights as rows
from oncall.store.insights import KindCount, PastAnswer, PastIncident, PastPage
from oncall.web.csv_tables import as_csv
from tests.oncall.web.conftest import firing

MONDAY = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def page(at: datetime, person: str = "ana", incident: int = 1) -> PastPage:
    return PastPage(person=person, team="payments", incident=incident, sent_at=at)


def past(number: int, *kinds: str, by: str = "alertmanager", severity: str = "critical") -> PastIncident:
    return PastIncident(
        id=number,
        severity=severity,
        team="payments",
        kinds=kinds,
        opened_at=MONDAY,
        resolved_at=MONDAY + timedelta(minutes=5),
        resolved_by=by,
    )


@pytest.mark.parametrize(
    ("hours", "nights"),
    [
        ([(5, 20)], 0),
        ([(5, 22)], 1),
        ([(5, 22), (6, 3)], 1),  # one night, two pages
        ([(6, 3), (6, 23)], 2),
        ([(6, 6)], 0),  # 07:00 in Madrid
    ],
)
def test_a_night_counts_once_in_the_persons_own_zone(hours, nights):
    pages = [page(datetime(2026, 1, day, hour, tzinfo=UTC), incident=n) for n, (day, hour) in enumerate(hours)]
    (load,) = people_load(pages, [], {"ana": "Europe/Madrid"}, {"ana": "Ana"})
    assert load.nights == nights
    assert load.pages == len(hours)


def test_the_median_time_to_answer_is_in_minutes():
    answers = [
        PastAnswer(
            incident=n,
            team="payments",
            person="ana",
            since=MONDAY,
            acknowledged_at=MONDAY + timedelta(minutes=minutes),
        )
        for n, minutes in enumerate([1, 3, 60])
    ]
    (load,) = people_load([], answers, {}, {"ana": "Ana"})
    assert load.minutes_to_answer == 3


def test_a_kind_that_always_goes_by_itself_should_not_page():
    own = [past(n, "Flap") for n in range(5)]
    (kind,) = kinds_load([KindCount(kind="Flap", episodes=9)], own, set())
    assert kind.by_itself == 5
    assert "make it a warning" in kind.advice


def test_a_kind_somebody_wrote_about_is_left_alone():
    own = [past(n, "Flap") for n in range(5)]
    (kind,) = kinds_load([KindCount(kind="Flap", episodes=9)], own, {2})
    assert kind.by_itself == 4
    assert kind.advice == ""


def test_a_kind_that_always_comes_with_another_is_called_redundant():
    own = [past(n, "Latency", "Errors", by="ana") for n in range(5)]
    (kind,) = kinds_load([KindCount(kind="Latency", episodes=5)], own, set())
    assert "Comes with Errors 5 of 5 times" in kind.advice


def test_nothing_is_said_of_what_came_a_few_times():
    own = [past(n, "Flap") for n in range(4)]
    (kind,) = kinds_load([KindCount(kind="Flap", episodes=4)], own, set())
    assert kind.advice == ""


def test_a_day_far_beyond_the_same_weekdays_before_it_is_unusual():
    opened = [MONDAY - timedelta(weeks=w) for w in (1, 2, 3) for _ in range(4)] + [MONDAY] * 15
    days = volume(opened, MONDAY, 28)
    assert days[-1].incidents == 15
    assert days[-1].expected == 4
    assert days[-1].unusual
    assert not any(day.unusual for day in days[:-1])


def test_nothing_is_expected_of_days_before_there_was_any_history():
    days = volume([MONDAY], MONDAY, 28)
    assert all(day.expected is None for day in days)
    assert not days[-1].unusual


def test_two_weeks_are_needed_to_expect_anything():
    monday = date(2026, 1, 5)
    series = [(monday - timedelta(days=7), 3), (monday - timedelta(days=14), 5)]
    assert expected_on(series, monday) == 4
    assert expected_on(series[:1], monday) is None


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
    ana = await sign_in("ana")
    view = await ana.text("/insights?team=payments")
    assert "Ana Ruiz" in view
    table = list(csv.DictReader(io.StringIO(await (await ana.get("/insights/people.csv?team=payments")).text())))
    assert [(row["name"], row["pages"]) for row in table] == [("Ana Ruiz", "1")]
    assert (await ana.get("/insights/secrets.csv")).status == 404
    assert (await ana.get("/insights?days=0")).status == 400


def test_a_cell_never_becomes_a_formula():
    text = as_csv([KindCount(kind='=HYPERLINK("http://evil.example")', episodes=1)])
    assert "\n\"'=HYPERLINK" in text.replace("\r", "")
