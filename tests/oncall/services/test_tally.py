"""What incidents add up to, and that parts add up to the whole."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.services.insight.tally import (
    MOST_KINDS,
    History,
    KindTally,
    PersonTally,
    Tally,
    median_minutes,
    merged,
    merged_load,
    tallies,
)
from oncall.services.insight.tallying import DAY, days_in, periods_of, read_load, read_tally, spans_of
from oncall.store.insights import KindCount, PastAnswer, PastIncident, PastPage

MONDAY = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ZONES = {"ana": "Europe/Madrid"}


def history(**parts: object) -> History:
    return History(**{"incidents": (), "pages": (), "answers": (), "kinds": (), "noted": frozenset(), **parts})


def page(at: datetime, person: str = "ana", incident: int = 1) -> PastPage:
    return PastPage(person=person, team="payments", incident=incident, sent_at=at)


def past(number: int, *kinds: str, by: str = "alertmanager", team: str = "payments") -> PastIncident:
    return PastIncident(
        id=number,
        severity="critical",
        team=team,
        kinds=kinds,
        opened_at=MONDAY,
        resolved_at=MONDAY + timedelta(minutes=5),
        resolved_by=by,
    )


def answer(number: int, minutes: float, team: str = "payments") -> PastAnswer:
    at = MONDAY + timedelta(minutes=minutes)
    return PastAnswer(incident=number, team=team, person="ana", since=MONDAY, acknowledged_at=at)


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
    person = tallies(history(pages=pages), ZONES)[""].people["ana"]
    assert len(person.nights) == nights
    assert person.pages == len(hours)


def test_a_night_on_both_sides_of_midnight_in_utc_is_one_night_also_when_days_are_added():
    evening, morning = (datetime(2026, 1, day, hour, tzinfo=UTC) for day, hour in ((5, 23), (6, 2)))
    days = [tallies(history(pages=[page(at)]), ZONES)[""] for at in (evening, morning)]
    assert merged(days).people["ana"].nights == {date(2026, 1, 5)}


def test_the_median_time_to_answer_is_in_minutes():
    found = tallies(history(answers=[answer(n, minutes) for n, minutes in enumerate([1, 3, 60])]), ZONES)[""]
    assert median_minutes(found.people["ana"].answers) == 3


def test_what_went_away_by_itself_is_what_nobody_ended_and_nobody_wrote_about():
    incidents = [past(1, "Flap"), past(2, "Flap"), past(3, "Flap", by="ana")]
    kind = tallies(history(incidents=incidents, noted=frozenset({2})), ZONES)[""].kinds["Flap"]
    assert (kind.incidents, kind.critical, kind.by_itself) == (3, 3, 1)


def test_a_team_has_what_it_led_and_all_teams_have_everything():
    incidents = [past(1, "A"), past(2, "B", team="platform")]
    kinds = [KindCount(kind="A", team="payments", episodes=3), KindCount(kind="B", team="platform", episodes=4)]
    found = tallies(history(incidents=incidents, kinds=kinds, answers=[answer(2, 1, "platform")]), ZONES)
    assert found.keys() == {"", "payments", "platform"}
    assert found["payments"].teams.keys() == {"payments"}
    assert {name: kind.alerts for name, kind in found["payments"].kinds.items()} == {"A": 3}
    assert {name: kind.alerts for name, kind in found[""].kinds.items()} == {"A": 3, "B": 4}
    assert sum(found["platform"].teams["platform"].answers.values()) == 1


def test_only_the_kinds_that_came_most_are_kept():
    kinds = [KindCount(kind=f"K{n}", team="payments", episodes=n + 1) for n in range(MOST_KINDS + 50)]
    found = tallies(history(kinds=kinds), ZONES)[""].kinds
    assert len(found) == MOST_KINDS
    assert "K0" not in found
    assert f"K{MOST_KINDS + 49}" in found


def test_a_storm_of_kinds_in_one_incident_says_nothing_about_pairs():
    together = tallies(history(incidents=[past(1, *(f"K{n}" for n in range(200)))]), ZONES)[""].kinds
    assert all(kind.beside == {} for kind in together.values())


moments = st.datetimes(datetime(2026, 1, 5), datetime(2026, 1, 9), timezones=st.just(UTC))
people = st.sampled_from(["ana", "ben"])
teams = st.sampled_from(["payments", "platform"])
incidents = st.lists(
    st.builds(
        PastIncident,
        id=st.integers(1, 50),
        severity=st.sampled_from(["critical", "warning"]),
        team=teams,
        kinds=st.lists(st.sampled_from("ABCD"), unique=True).map(tuple),
        opened_at=moments,
        resolved_at=st.none() | moments,
        resolved_by=st.sampled_from(["", "ana", "alertmanager"]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)
histories = st.builds(
    History,
    incidents=incidents,
    pages=st.lists(
        st.builds(PastPage, person=people, team=teams, incident=st.integers(1, 50), sent_at=moments), max_size=8
    ),
    answers=st.just(()),
    kinds=st.lists(
        st.builds(KindCount, kind=st.sampled_from("ABCD"), team=teams, episodes=st.integers(1, 9)), max_size=8
    ),
    noted=st.frozensets(st.integers(1, 50)),
)


@given(one=histories, other=histories)
def test_two_days_added_are_the_tally_of_both_days(one, other):
    both = history(
        incidents=[*one.incidents, *other.incidents],
        pages=[*one.pages, *other.pages],
        kinds=[*one.kinds, *other.kinds],
        noted=one.noted | other.noted,
    )
    noted = (
        history(incidents=part.incidents, pages=part.pages, kinds=part.kinds, noted=both.noted) for part in (one, other)
    )
    parts = [tallies(part, ZONES)[""] for part in noted]
    assert merged(parts) == tallies(both, ZONES)[""]


@given(histories)
def test_a_tally_survives_being_kept(found):
    import msgspec

    for tally in tallies(found, ZONES).values():
        assert read_tally(msgspec.json.encode(tally).decode()) == tally


@given(st.lists(st.integers(0, 500), min_size=1))
def test_the_median_of_counts_is_the_median_of_what_was_counted(tenths):
    assert median_minutes(dict(Counter(tenths))) == pytest.approx(statistics.median(tenths) / 10, abs=0.051)


def test_the_median_of_nothing_is_nothing():
    assert median_minutes({}) is None


def test_sums_of_nothing_are_empty():
    assert merged([]) == Tally()
    assert merged([Tally(kinds={"A": KindTally(alerts=1)}), Tally()]).kinds["A"].alerts == 1


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
def test_months_weeks_and_days_make_up_every_day_once(first, length):
    last = first + timedelta(days=length)
    covered: list[date] = []
    for period in periods_of(first, last):
        covered += [date.fromisoformat(period)] if len(period) == DAY else days_in(period)
    assert covered == [first + timedelta(days=n) for n in range(length + 1)]
    # Days up to a Monday and weeks up to the first of a month at each end; whole months between them.
    assert len(periods_of(first, last)) <= 2 * (6 + 6 + 4) + length // 28


def test_no_row_is_read_that_a_month_or_a_week_could_stand_for():
    assert periods_of(date(2026, 2, 1), date(2026, 2, 28)) == ["2026-02"]
    assert periods_of(date(2026, 1, 5), date(2026, 1, 18)) == ["2026-W02", "2026-W03"]
    assert periods_of(date(2026, 1, 4), date(2026, 1, 12)) == ["2026-01-04", "2026-W02", "2026-01-12"]
    # A week that reaches into a month would take the month away.
    assert periods_of(date(2026, 4, 27), date(2026, 5, 31)) == [*(f"2026-04-{n}" for n in range(27, 31)), "2026-05"]
    assert periods_of(date(2026, 1, 2), date(2026, 1, 1)) == []


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_day_lies_in_its_month_and_its_week(day):
    month, week = spans_of(day)
    assert day in days_in(month)
    assert day in days_in(week)
    assert len({len(month), len(week), DAY}) == 3


@given(st.lists(st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 9)), max_size=5), st.integers(1, 5))
def test_the_kinds_that_came_most_are_added_up_whole(days, most):
    tallies = [Tally(kinds={name: KindTally(alerts=n, beside={"Z": n}) for name, n in day.items()}) for day in days]
    whole, some = merged(tallies), merged(tallies, most_kinds=most)
    wanted = sorted(whole.kinds, key=lambda name: (-whole.kinds[name].alerts, name))[:most]
    assert some.kinds == {name: whole.kinds[name] for name in some.kinds}
    assert set(some.kinds) == set(wanted)


def test_load_alone_adds_up_to_the_load_of_everything():
    tally = Tally(incidents=2, alerts=3, people={"ana": PersonTally(pages=1)}, kinds={"A": KindTally(alerts=3)})
    load = read_load(msgspec.json.encode(tally).decode())
    both, whole = merged_load([load, load]), merged([tally, tally])
    assert (both.incidents, both.alerts, both.people) == (whole.incidents, whole.alerts, whole.people)
