"""A flood of one integration is held off where it would take what the others need."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.admission import BURST_SECONDS, Admission
from oncall.directory import Integration
from oncall.errors import Unavailable

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FLOOD = Integration(name="flood", key_sha256="a")
CALM = Integration(name="calm", key_sha256="b")


def admitted(admission: Admission, integration: Integration, size: int = 1, now: datetime = NINE) -> bool:
    try:
        with admission.hold(integration, size, now):
            return True
    except Unavailable:
        return False


def test_a_flood_gets_half_of_the_memory_and_the_others_find_room():
    admission = Admission(most_bytes=1000)
    with contextlib.ExitStack() as held:
        for _ in range(5):
            held.enter_context(admission.hold(FLOOD, 100, NINE))
        assert not admitted(admission, FLOOD, 100)
        assert admitted(admission, CALM, 100)


def test_memory_is_given_back_when_the_body_is_written():
    admission = Admission(most_bytes=100)
    assert all(admitted(admission, FLOOD, 50) for _ in range(100))


def test_a_queue_on_disk_that_one_fills_is_closed_to_it_alone():
    admission = Admission(most_bodies=100)
    admission.measured({"flood": 60})
    assert not admitted(admission, FLOOD)
    assert admitted(admission, CALM)


def test_bodies_taken_since_the_last_count_are_counted():
    admission = Admission(most_bodies=10)
    assert sum(admitted(admission, FLOOD) for _ in range(20)) == 5
    admission.measured({})
    assert admitted(admission, FLOOD)


def test_a_limit_allows_a_burst_and_then_its_rate():
    limited = Integration(name="limited", key_sha256="c", limit=2)
    admission = Admission()
    assert sum(admitted(admission, limited) for _ in range(1000)) == 2 * BURST_SECONDS
    assert sum(admitted(admission, limited, now=NINE + timedelta(seconds=3)) for _ in range(100)) == 6


def test_a_clock_that_is_set_back_closes_nobody_out():
    limited = Integration(name="limited", key_sha256="c", limit=1)
    admission = Admission()
    assert admitted(admission, limited)
    assert admitted(admission, limited, now=NINE - timedelta(hours=1))


def test_the_refusal_names_who_and_what_and_is_told_once():
    admission = Admission(most_bodies=0)
    with pytest.raises(Unavailable, match="flood has 0 bodies waiting"), admission.hold(FLOOD, 1, NINE):
        pass
    assert set(admission.take_refused()) == {"flood"}
    assert admission.take_refused() == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 400)), max_size=60))
def test_whoever_holds_nothing_is_never_refused_for_what_others_hold(arrivals):
    admission = Admission(most_bytes=10_000)
    with contextlib.ExitStack() as held:
        for name, size in arrivals:
            with contextlib.suppress(Unavailable):
                held.enter_context(admission.hold(Integration(name=name, key_sha256=name), size, NINE))
        assert admitted(admission, CALM, 400)
