"""A series that takes too long is stopped, whatever Python is doing when the signal comes."""

from __future__ import annotations

import pytest

from schedules.deadline import TookTooLong, cpu_deadline


def spin() -> None:
    while True:
        pass


def test_a_series_that_never_ends_is_stopped():
    with pytest.raises(TookTooLong), cpu_deadline(0.02)():
        spin()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_a_finalizer_swallows_comes_again():
    class Slow:
        def __del__(self) -> None:
            spin()

    def drop_one_and_go_on() -> None:
        Slow()
        spin()

    with pytest.raises(TookTooLong), cpu_deadline(0.02)():
        drop_one_and_go_on()


def test_what_ends_in_time_is_left_alone_and_the_signal_stops_with_it():
    with cpu_deadline(0.05)():
        pass
    sum(range(3_000_000))
