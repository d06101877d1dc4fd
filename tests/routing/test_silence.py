"""A silence covers what it says, as long as it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.matchers import parse_matchers
from routing.silence import Silence, silenced_by

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LABELS = {"service": "checkout"}


def silence(ident="s", matchers='service="checkout"', hours=1, **changes):
    return Silence(
        **{
            "id": ident,
            "matchers": parse_matchers(matchers),
            "starts_at": NINE,
            "ends_at": NINE + hours * HOUR,
            "by": "ana",
        }
        | changes
    )


@pytest.mark.parametrize(("minutes", "covered"), [(-1, False), (0, True), (59, True), (60, False)])
def test_it_holds_from_its_start_until_before_its_end(minutes, covered):
    found = silenced_by(LABELS, [silence()], NINE + timedelta(minutes=minutes))
    assert (found is not None) is covered


def test_every_matcher_must_hold():
    assert silenced_by(LABELS, [silence(matchers='service="checkout", env="dev"')], NINE) is None


def test_the_longest_of_several_is_named():
    silences = [silence("short"), silence("long", hours=8), silence("mid", hours=2)]
    assert silenced_by(LABELS, silences, NINE).id == "long"


def test_until_resolved_covers_the_run_it_was_placed_on_and_not_the_next():
    until = silence(ends_at=None, until_resolved=True)
    now = NINE + 48 * HOUR
    assert silenced_by(LABELS, [until], now, firing_since=NINE - HOUR) is until
    assert silenced_by(LABELS, [until], now, firing_since=NINE + HOUR) is None
    assert silenced_by(LABELS, [until], now) is None


def test_until_resolved_may_have_an_end_as_well():
    until = silence(until_resolved=True)
    assert silenced_by(LABELS, [until], NINE + 2 * HOUR, firing_since=NINE - HOUR) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"matchers": ()}, "at least one matcher"),
        ({"ends_at": None}, "needs an end"),
        ({"ends_at": NINE}, "ends after it starts"),
    ],
)
def test_what_would_silence_everything_or_for_ever_is_refused(changes, says):
    base = {"id": "s", "matchers": parse_matchers("a=b"), "starts_at": NINE, "ends_at": NINE + HOUR, "by": "ana"}
    with pytest.raises(ValueError, match=says):
        Silence(**(base | changes))


silences = st.lists(
    st.builds(
        lambda ident, matchers, begin, length, once: silence(
            str(ident), matchers, starts_at=NINE + begin * HOUR, until_resolved=once,
            ends_at=NINE + (begin + length) * HOUR if length else None,
        ) if length or once else silence(str(ident), matchers, starts_at=NINE + begin * HOUR, ends_at=NINE + (begin + 1) * HOUR),
        st.integers(0, 99), st.sampled_from(['service="checkout"', 'service=~"check.*"', 'service="billing"', 'env=""']),
        st.integers(-3, 3), st.integers(0, 4), st.booleans(),
    ),
    max_size=5,
)  # fmt: skip
since = st.none() | st.integers(-5, 5).map(lambda hours: NINE + hours * HOUR)


@given(silences, since)
def test_an_alert_is_heard_exactly_when_no_silence_of_those_covers_it(some, firing_since):
    found = silenced_by(LABELS, some, NINE, firing_since)
    alone = [one for one in some if silenced_by(LABELS, [one], NINE, firing_since)]
    assert (found is None) is (not alone)
    assert found is None or found in alone


@given(silences, since, st.randoms(use_true_random=False))
def test_in_which_order_silences_were_made_changes_nothing_for_how_long_it_is_quiet(some, firing_since, chance):
    shuffled = list(some)
    chance.shuffle(shuffled)
    one, other = silenced_by(LABELS, some, NINE, firing_since), silenced_by(LABELS, shuffled, NINE, firing_since)
    assert (one and one.ends_at) == (other and other.ends_at)


@given(silences)
def test_a_run_that_begins_now_is_never_silenced_until_resolved(some):
    found = silenced_by(LABELS, some, NINE, None)
    assert found is None or not found.until_resolved


@given(silences, since, silences)
def test_a_further_silence_never_makes_an_alert_heard(some, firing_since, more):
    if silenced_by(LABELS, some, NINE, firing_since):
        assert silenced_by(LABELS, [*some, *more], NINE, firing_since)
