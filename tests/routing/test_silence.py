"""A silence covers what it says, as long as it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

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
