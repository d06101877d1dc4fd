"""What must hold of the score whatever the rotation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schedules.health.plan import Member, plan
from schedules.health.score import health
from schedules.shift import Shift
from schedules.tiling import tile
from tests.schedules.health import naive

#: A Thursday; no zone below changes its offset within 84 days.
NOW = datetime(2026, 11, 12, 10, tzinfo=UTC)
WINDOW = (NOW - timedelta(days=60), NOW + timedelta(days=160))
QUARTER = timedelta(minutes=15)
MEMBERS = {
    "ana": Member(timezone="Europe/Berlin"),
    "ben": Member(timezone="America/New_York"),
    "cai": Member(timezone="Asia/Singapore", reachable=False),
}
PAGES = st.fixed_dictionaries({name: st.integers(0, 12) for name in MEMBERS})
#: Begin and length in quarters of an hour, and who.
SHIFTS = st.lists(
    st.tuples(st.integers(-200, 40 * 96), st.integers(1, 12 * 96), st.sampled_from(["ana", "ben", "cai", "zed"])),
    min_size=5,
    max_size=25,
)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def spans(drawn, since=NOW):
    return [(since + begin * QUARTER, since + (begin + size) * QUARTER, who) for begin, size, who in drawn]


def judged(found, now=NOW, members=None, pages=None, **more):
    shifts = [Shift(start=start, end=end, person=person) for start, end, person in found]
    begin, end = WINDOW
    segments = tile(shifts, (begin + (now - NOW), end + (now - NOW)))
    return health(plan(segments, now, members=members or MEMBERS, pages=pages or {}, **more))


def lost(found):
    return {item.name: item.lost for item in found.items}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SHIFTS, PAGES)
def test_every_item_equals_a_naive_recomputation(drawn, pages):
    expected = naive.deductions(spans(drawn), NOW, MEMBERS, pages)
    assert lost(judged(spans(drawn), pages=pages)) == pytest.approx(expected, abs=1e-6)


@quick
@given(SHIFTS, PAGES)
def test_every_item_is_within_its_cap_and_the_score_within_its_scale(drawn, pages):
    found = judged(spans(drawn), pages=pages)
    assert all(0 <= item.lost <= item.cap + 1e-9 for item in found.items)
    assert 0 <= found.score <= 100


@quick
@given(SHIFTS, st.integers(0, 84 * 96), st.integers(1, 400))
def test_somebody_reachable_more_never_raises_the_coverage_item(drawn, begin, size):
    before = judged(spans(drawn))
    end = before.plan_end
    start = min(NOW + begin * QUARTER, end)
    more = (start, min(start + size * QUARTER, end), "ana")
    assert lost(judged([*spans(drawn), more]))["coverage"] <= lost(before)["coverage"] + 1e-9


@quick
@given(SHIFTS)
def test_a_second_person_all_along_never_raises_the_coverage_item(drawn):
    before = judged(spans(drawn))
    both = [*spans(drawn), (NOW, before.plan_end, "ben")]
    assert lost(judged(both))["coverage"] <= lost(before)["coverage"] + 1e-9


@quick
@given(SHIFTS, PAGES)
def test_names_do_not_matter(drawn, pages):
    names = {"ana": "Özlem", "ben": "Zoë", "cai": "a", "zed": "nobody@example.com"}
    renamed = judged(
        [(start, end, names[who]) for start, end, who in spans(drawn)],
        members={names[who]: member for who, member in MEMBERS.items()},
        pages={names[who]: count for who, count in pages.items()},
    )
    before = judged(spans(drawn), pages=pages)
    assert renamed.exact == pytest.approx(before.exact)
    assert lost(renamed) == pytest.approx(lost(before))


@quick
@given(SHIFTS, st.floats(0.01, 0.99))
def test_splitting_a_shift_into_two_adjacent_ones_changes_nothing(drawn, part):
    first, *others = spans(drawn)
    middle = first[0] + (first[1] - first[0]) * part
    assert judged([(first[0], middle, first[2]), (middle, first[1], first[2]), *others]) == judged([first, *others])


@quick
@given(SHIFTS)
def test_duplicated_shifts_change_nothing(drawn):
    assert judged(spans(drawn) * 2) == judged(spans(drawn))


@quick
@given(SHIFTS)
def test_moving_everything_by_a_week_changes_nothing_outside_changes_of_the_clock(drawn):
    week = timedelta(days=7)
    members = {name: Member(timezone="Asia/Singapore", reachable=one.reachable) for name, one in MEMBERS.items()}
    before = judged(spans(drawn), members=members)
    after = judged(spans(drawn, NOW + week), now=NOW + week, members=members)
    assert lost(after) == pytest.approx(lost(before))
    assert after.plan_end - week == before.plan_end
