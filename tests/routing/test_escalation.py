from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.alert import Severity
from routing.escalation import Condition, PersonTarget, Policy, Step, clock_time, in_daily_span, next_step, unmet

#: A Monday, winter time in Berlin.
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
minutes = st.integers(0, 24 * 60 - 1)
conditions = st.none() | st.builds(
    Condition,
    severities=st.sampled_from([(), (Severity.CRITICAL,), (Severity.WARNING,)]),
    weekdays=st.sampled_from([(), (1,), (6, 7)]),
    since=minutes,
    until=minutes,
)
steps = st.lists(
    st.builds(Step, targets=st.just((PersonTarget(person="alice"),)), wait=st.just(5 * MINUTE), when=conditions),
    max_size=5,
)
policies = st.builds(
    Policy, name=st.just("p"), steps=steps.map(tuple), repeats=st.integers(0, 3), timezone=st.just("Europe/Berlin")
)


def _walk(policy: Policy, now: datetime) -> list[int]:
    """The numbers of the steps taken, one after the other, all at the same instant."""
    taken, step, walked = [], 0, 0
    while (found := next_step(policy, step, walked, Severity.CRITICAL, now)) is not None:
        taken.append(found.number)
        step, walked = found.next_step, found.next_round
    return taken


@given(policies)
def test_a_policy_is_walked_in_order_once_and_then_as_often_as_it_repeats(policy: Policy) -> None:
    local = NINE.astimezone(ZoneInfo(policy.timezone))
    usable = [n for n, step in enumerate(policy.steps, 1) if unmet(step.when, Severity.CRITICAL, local) is None]
    assert _walk(policy, NINE) == usable * (policy.repeats + 1)


@given(policies, st.integers(0, 5), st.integers(0, 3))
def test_every_step_that_is_passed_over_says_why(policy: Policy, step: int, walked: int) -> None:
    found = next_step(policy, step, walked, Severity.CRITICAL, NINE)
    if found is not None and found.next_round == walked:
        assert len(found.skipped) == found.number - 1 - step
        assert all(": only " in reason or ": not on " in reason for reason in found.skipped)


@given(minutes, minutes, minutes)
def test_a_daily_span_and_its_complement_share_no_minute_and_leave_none_out(
    minute: int, since: int, until: int
) -> None:
    if since != until:
        assert in_daily_span(minute, since, until) != in_daily_span(minute, until, since)
    else:
        assert in_daily_span(minute, since, until)


@pytest.mark.parametrize(
    ("condition", "local", "why"),
    [
        (Condition(severities=(Severity.WARNING,)), NINE, "only for warning"),
        (Condition(weekdays=(6, 7)), NINE, "not on a Monday"),
        (Condition(since=22 * 60, until=6 * 60), NINE, "only from 22:00 to 06:00"),
        (Condition(since=22 * 60, until=6 * 60), NINE.replace(hour=23), None),
        (Condition(since=9 * 60, until=17 * 60), NINE, None),
        (Condition(since=8 * 60, until=9 * 60), NINE, "only from 08:00 to 09:00"),
        (None, NINE, None),
    ],
)
def test_a_condition_that_does_not_hold_says_why(condition: Condition | None, local: datetime, why: str | None) -> None:
    assert unmet(condition, Severity.CRITICAL, local) == why


def test_conditions_are_read_on_the_clock_of_the_policys_zone() -> None:
    """Nine in the morning UTC is ten in Berlin in winter and eleven in summer."""
    ten = Condition(since=10 * 60, until=11 * 60)
    step = Step(targets=(PersonTarget(person="alice"),), wait=MINUTE, when=ten)
    policy = Policy(name="p", steps=(step,), timezone="Europe/Berlin")
    assert next_step(policy, 0, 0, Severity.CRITICAL, NINE) is not None
    assert next_step(policy, 0, 0, Severity.CRITICAL, NINE.replace(month=7)) is None


def test_times_are_written_as_people_write_them() -> None:
    assert [clock_time(0), clock_time(570)] == ["00:00", "09:30"]
