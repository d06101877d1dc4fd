"""Gates, bands and single items."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.health.fixes import fixes
from schedules.health.notes import notes
from schedules.health.plan import Member, plan
from schedules.health.score import Band, health
from schedules.health.weights import Weights
from tests.schedules.build import MIDNIGHT, at, shift, tiled, weekly

DAY = 24
FOUR = {name: Member() for name in ("ana", "ben", "cai", "dov")}
UTC_ZONE = ZoneInfo("UTC")


def subject(shifts, members=None, pages=None, now=0, **more):
    return plan(tiled(shifts, -DAY, 200 * DAY), at(now), members=members or FOUR, pages=pages or {}, **more)


def turns(*people, weeks=14):
    return weekly(*people, weeks=weeks)


def without(shifts, begin, end):
    """The shifts, cut out of [begin, end) hours."""
    kept = [(one, max(one.start, at(0)), one.end) for one in shifts]
    parts = [
        part
        for one, start, stop in kept
        for part in ((one.person, start, min(stop, at(begin))), (one.person, max(start, at(end)), stop))
        if part[1] < part[2]
    ]
    return [
        shift((start - MIDNIGHT) / timedelta(hours=1), (end - MIDNIGHT) / timedelta(hours=1), who)
        for who, start, end in parts
    ]


def limits(found):
    return [gate.limit for gate in found.gates]


def item(found, name):
    return next(one for one in found.items if one.name == name)


def test_nothing_planned_scores_nothing():
    found = health(subject([]))
    assert (found.score, found.band) == (0, Band.AT_RISK)


def test_one_person_around_the_clock_is_at_risk_however_even():
    found = health(subject(turns("ana"), {"ana": Member()}))
    assert (found.score, found.band) == (50, Band.AT_RISK)
    assert found.gates[-1].reason == "ana carries everything: nobody else takes over"
    assert item(found, "balance").lost == 25


def test_one_person_of_four_around_the_clock_is_at_risk():
    assert health(subject(turns("ana"))).band is Band.AT_RISK


def test_nobody_reachable_now_gates_at_20():
    assert limits(health(subject(without(turns(*FOUR), 0, 2)))) == [20]


def test_a_gap_within_three_days_gates_at_40():
    assert limits(health(subject(without(turns(*FOUR), 71, 73)))) == [40]
    assert limits(health(subject(without(turns(*FOUR), 73, 75)))) == []


def test_a_plan_that_ends_within_three_days_gates_at_40():
    assert limits(health(subject([shift(0, 48, "ana"), shift(48, 60, "ben")]))) == [40]


def test_a_gap_of_more_than_a_day_gates_at_60():
    assert limits(health(subject(without(turns(*FOUR), 400, 425)))) == [60]
    assert limits(health(subject(without(turns(*FOUR), 400, 424)))) == []


def test_somebody_who_cannot_be_reached_is_a_gap():
    members = {**FOUR, "ana": Member(reachable=False)}
    assert limits(health(subject(turns(*FOUR), members))) == [20, 60]


def test_part_time_is_a_fair_share():
    weeks = turns("ana", "ben", "ana")
    members = {"ana": Member(), "ben": Member()}
    half = {"ana": Member(), "ben": Member(share=0.5)}
    pages = {"ana": 40, "ben": 20}
    assert item(health(subject(weeks, members, pages)), "balance").lost > 0
    assert item(health(subject(weeks, half, pages)), "balance").lost == 0


def test_few_pages_say_nothing():
    lucky = health(subject(turns(*FOUR), pages={"ana": 9}))
    assert item(lucky, "balance").lost == 0
    unlucky = health(subject(turns(*FOUR), pages={"ana": 10}))
    assert item(unlucky, "balance").facts == ("79 % of the pages would have to move to someone else (8.0 points)",)


def test_public_holidays_weigh_like_weekends():
    christmas = [
        shift(hour, hour + DAY, "ana" if hour in {51 * DAY, 52 * DAY, 53 * DAY} else "ben")
        for hour in range(0, 84 * DAY, DAY)
    ]
    berlin = {"ana": Member(timezone="Europe/Berlin", holidays="DE"), "ben": Member(timezone="Europe/Berlin")}
    with_holidays = subject(christmas, berlin).unsocial_hours["ana"]
    berlin["ana"] = Member(timezone="Europe/Berlin")
    # Christmas Day is a Friday; the Saturday after it is free anyway. 22:00 to 07:00 was unsocial before.
    assert with_holidays - subject(christmas, berlin).unsocial_hours["ana"] == pytest.approx(15)


def test_a_quick_return_costs_rest_and_names_it():
    days = [shift(12 * turn, 12 * turn + 8, "ana") for turn in range(4)]
    found = item(health(subject([*days, *turns("ben", "cai")])), "rest")
    # Three of 13 turnarounds: ana's three, ben's and cai's ten.
    assert found.lost == pytest.approx(16 * 3 / 13)
    assert found.facts[0] == "ana has 4 h of rest after 02 Nov 08:00 UTC"


def test_a_shift_cut_by_the_edge_of_the_timeline_is_not_too_short():
    assert item(health(subject(turns(*FOUR), now=167.5)), "shape").lost == 0


def test_weights_are_configuration():
    found = health(subject(turns(*FOUR, weeks=4), weights=Weights(horizon=20)))
    assert item(found, "horizon").lost == 10


def test_a_lone_persons_fix_is_a_second_one():
    best = fixes(subject(turns("ana"), {"ana": Member()}), UTC_ZONE)[0]
    assert best.what == "Share the weeks between ana and a second person"
    assert best.points > 40


def test_an_ending_plan_is_fixed_by_planning_on():
    found = fixes(subject(turns(*FOUR, weeks=4)), UTC_ZONE)
    assert [(fix.what, round(fix.points)) for fix in found] == [("Plan on until Mon 28 Dec", 4)]


def test_a_quick_return_is_fixed_by_giving_the_second_shift_away():
    days = [shift(12 * turn, 12 * turn + 8, "ana") for turn in range(2)]
    texts = [fix.what for fix in fixes(subject([*days, *turns("ben", "cai")]), UTC_ZONE) if fix.item == "rest"]
    assert texts == [
        "Give ana's shift from Mon 02 Nov 12:00 to Mon 02 Nov 20:00 UTC to dov: it follows the one before too closely"
    ]


def test_notes_cost_nothing_and_tell_what_a_manager_should_know():
    told = " ".join(notes(subject(turns("ana", "ben"), {"ana": Member(), "ben": Member()}, {"ana": 500})))
    assert "There is no secondary" in told
    assert "a quarter of the time, which wears people out: ana 50 %, ben 50 %" in told
    assert "ana got more than two pages per 12 h on call" in told
    assert "Handoffs outside the working hours" in told


def test_a_secondary_all_along_is_noticed():
    both = [*turns(*FOUR), *(shift(168 * week, 168 * (week + 1), "eve", "secondary") for week in range(14))]
    assert not [note for note in notes(subject(both)) if "no secondary" in note]
