"""Calendars and overrides laid over one another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from schedules.layers import Layer, Override, lay
from schedules.shift import OnCall, Shift
from schedules.who import same_role, who_at

MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = (MIDNIGHT, MIDNIGHT + timedelta(hours=24))


def at(hour: int) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def shift(begin: int, end: int, person: str, role: str | None = None) -> Shift:
    return Shift(start=at(begin), end=at(end), person=person, role=role, source="calendar")


def override(begin: int, end: int, person: str, **more) -> Override:
    return Override(start=at(begin), end=at(end), person=person, **more)


def rota(layers, overrides=()):
    """{begin hour: who} of every segment, roles in brackets."""
    return {
        (segment.start - MIDNIGHT).seconds // 3600: " ".join(
            who.person + (f"({who.role})" if who.role else "") for who in segment.on_call
        )
        for segment in lay(layers, overrides, DAY)
    }


ANA_ALL_DAY = Layer(shifts=(shift(0, 24, "ana"),))


def test_calendars_of_one_priority_are_on_call_together():
    primary = Layer(shifts=(shift(0, 24, "ana"),), role="primary")
    secondary = Layer(shifts=(shift(0, 12, "ben"),), role="secondary")
    assert rota([primary, secondary]) == {0: "ana(primary) ben(secondary)", 12: "ana(primary)"}


def test_a_higher_priority_replaces_the_lower_while_it_has_somebody():
    assert rota([ANA_ALL_DAY, Layer(shifts=(shift(6, 8, "ben"),), priority=1)]) == {0: "ana", 6: "ben", 8: "ana"}


def test_a_higher_priority_replaces_only_the_roles_it_fills():
    base = Layer(shifts=(shift(0, 24, "ana"), shift(0, 24, "cai", "secondary")))
    over = Layer(shifts=(shift(6, 8, "ben", "secondary"),), priority=1)
    assert rota([base, over])[6] == "ana ben(secondary)"


def test_an_override_calendar_lies_over_every_priority():
    high = Layer(shifts=(shift(0, 24, "ben"),), priority=9)
    assert rota([ANA_ALL_DAY, high, Layer(shifts=(shift(6, 8, "cai"),), override=True)])[6] == "cai"


def test_an_override_without_a_name_takes_the_role_whoever_has_it():
    base = Layer(shifts=(shift(0, 24, "ana"), shift(0, 24, "cai", "secondary")))
    assert rota([base], [override(6, 8, "ben")])[6] == "ben cai(secondary)"


def test_an_override_for_one_person_leaves_the_others():
    base = Layer(shifts=(shift(0, 24, "ana"), shift(0, 24, "cai")))
    assert rota([base], [override(6, 8, "ben", replaces="ana")]) == {0: "ana cai", 6: "ben cai", 8: "ana cai"}


def test_an_override_takes_every_role_of_the_replaced_person():
    base = Layer(shifts=(shift(0, 24, "ana", "secondary"),))
    assert rota([base], [override(6, 8, "ben", replaces="ana")])[6] == "ben(secondary)"


def test_who_promised_to_cover_is_on_call_even_when_the_calendar_moved():
    moved = Layer(shifts=(shift(12, 24, "ana"),))
    assert rota([moved], [override(6, 8, "ben", replaces="ana")]) == {0: "", 6: "ben", 8: "", 12: "ana"}


def test_the_latest_override_wins():
    assert rota([ANA_ALL_DAY], [override(6, 10, "ben"), override(8, 9, "cai")]) == {
        0: "ana",
        6: "ben",
        8: "cai",
        9: "ben",
        10: "ana",
    }


def test_without_calendars_the_window_is_one_gap():
    assert rota([]) == {0: ""}


people = st.sampled_from(["ana", "ben", "cai"])
roles = st.sampled_from([None, "primary", "Secondary", "secondary"])
hours = st.tuples(st.integers(-3, 26), st.integers(1, 12)).map(lambda one: (one[0], sum(one)))
shifts = st.builds(
    lambda span, who, role: Shift(
        start=MIDNIGHT + span[0] * HOUR, end=MIDNIGHT + span[1] * HOUR, person=who, role=role
    ),
    hours,
    people,
    roles,
)
layers = st.lists(
    st.builds(
        Layer,
        shifts=st.lists(shifts, max_size=4).map(tuple),
        priority=st.integers(0, 2),
        override=st.booleans(),
        role=roles,
    ),
    max_size=4,
)
overrides = st.lists(
    st.builds(lambda span, who, replaces, role: Override(start=MIDNIGHT + span[0] * HOUR, end=MIDNIGHT + span[1] * HOUR, person=who, replaces=replaces, role=role), hours, people, st.none() | people, roles),
    max_size=4,
)  # fmt: skip


def pairs(on_call) -> set[tuple[str, str]]:
    return {(who.person, who.role or "") for who in on_call}


def by_the_book(some_layers, some_overrides, at) -> set[tuple[str, str]]:
    """Who is on call at one instant, from the three sentences of the documentation."""
    now: list[tuple[str, str | None]] = []
    for rank in sorted({(layer.override, layer.priority) for layer in some_layers}):
        here = [
            (one.person, one.role if one.role is not None else layer.role)
            for layer in some_layers
            if (layer.override, layer.priority) == rank
            for one in layer.shifts
            if one.start <= at < one.end
        ]
        now = [(who, role) for who, role in now if not any(same_role(role, over) for _, over in here)] + here
    for over in some_overrides:
        if not over.start <= at < over.end:
            continue
        if over.replaces is None:
            now = [(who, role) for who, role in now if not same_role(role, over.role)] + [(over.person, over.role)]
            continue
        left = [one for one in now if one[0] == over.replaces and (over.role is None or same_role(one[1], over.role))]
        now = [one for one in now if one not in left]
        now += [(over.person, role) for _, role in left] or [(over.person, over.role)]
    return {(who, role or "") for who, role in now}


@given(layers, overrides)
def test_every_hour_has_whom_the_rules_name(some_layers, some_overrides):
    found = lay(some_layers, some_overrides, DAY)
    for hour in range(24):
        assert pairs(who_at(found, MIDNIGHT + hour * HOUR)) == by_the_book(
            some_layers, some_overrides, MIDNIGHT + hour * HOUR
        )


@given(layers, overrides)
def test_the_segments_tile_the_window(some_layers, some_overrides):
    found = lay(some_layers, some_overrides, DAY)
    assert (found[0].start, found[-1].end) == DAY
    assert all(one.end == other.start and one.on_call != other.on_call for one, other in pairwise(found))


@given(layers, overrides, st.randoms(use_true_random=False))
def test_in_which_order_calendars_are_named_does_not_matter(some_layers, some_overrides, chance):
    shuffled = list(some_layers)
    chance.shuffle(shuffled)
    assert lay(shuffled, some_overrides, DAY) == lay(some_layers, some_overrides, DAY)


@given(layers, overrides.filter(bool))
def test_whoever_was_put_on_call_last_is_on_call(some_layers, some_overrides):
    found, last = lay(some_layers, some_overrides, DAY), some_overrides[-1]
    for hour in range(24):
        if last.start <= MIDNIGHT + hour * HOUR < last.end:
            assert last.person in {who.person for who in who_at(found, MIDNIGHT + hour * HOUR)}


@given(layers, overrides)
def test_outside_of_overrides_the_calendars_hold(some_layers, some_overrides):
    with_them, without = lay(some_layers, some_overrides, DAY), lay(some_layers, (), DAY)
    for hour in range(24):
        at_hour = MIDNIGHT + hour * HOUR
        if not any(over.start <= at_hour < over.end for over in some_overrides):
            assert who_at(with_them, at_hour) == who_at(without, at_hour)


@given(layers, shifts)
def test_a_calendar_laid_over_takes_nobody_off_whose_role_it_does_not_fill(some_layers, over):
    before = lay(some_layers, (), DAY)
    after = lay([*some_layers, Layer(shifts=(over,), priority=9, override=True)], (), DAY)
    for hour in range(24):
        kept: set[OnCall] = {
            who for who in who_at(before, MIDNIGHT + hour * HOUR) if not same_role(who.role, over.role)
        }
        assert kept <= set(who_at(after, MIDNIGHT + hour * HOUR))
