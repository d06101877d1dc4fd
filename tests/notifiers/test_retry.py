from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.outcome import Outcome, OutcomeKind
from notifiers.retry import LONGEST_WAIT, LOOK_FIRST, MOST_ATTEMPTS, decide

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def after(kind: OutcomeKind, *, attempts: int = 1, has_next: bool = True, doubtful: int = 0, **more):
    return decide(Outcome(kind=kind, **more), attempts=attempts, now=NOON, has_next=has_next, doubtful=doubtful)


@pytest.mark.parametrize("kind", [OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED])
def test_acceptance_asks_for_nothing_more(kind):
    decision = after(kind)
    assert (decision.retry_at, decision.next_method, decision.alarm_operator) == (None, False, False)


def test_a_contact_that_does_not_work_is_flagged_and_the_next_method_starts():
    decision = after(OutcomeKind.REFUSED, code="21610", detail="opted out")
    assert decision.next_method
    assert decision.flag_contact
    assert decision.retry_at is None
    assert "opted out" in decision.reason


def test_a_contact_not_reached_this_time_is_kept():
    decision = after(OutcomeKind.UNREACHABLE)
    assert decision.next_method
    assert not decision.flag_contact


def test_a_broken_channel_alarms_the_operator_and_the_next_method_starts():
    decision = after(OutcomeKind.BROKEN)
    assert decision.alarm_operator
    assert decision.next_method


def test_an_unknown_outcome_starts_the_next_method_and_sends_nothing_again():
    decision = after(OutcomeKind.UNKNOWN)
    assert decision.next_method
    assert decision.retry_at is None


def test_an_unknown_outcome_of_the_only_method_is_tried_once_more_and_never_a_third_time():
    assert after(OutcomeKind.UNKNOWN, has_next=False).retry_at == NOON + LOOK_FIRST
    assert after(OutcomeKind.UNKNOWN, has_next=False, attempts=2, doubtful=1).retry_at is None


def test_an_attempt_that_was_certainly_not_carried_out_does_not_use_up_the_one_more():
    assert after(OutcomeKind.UNKNOWN, has_next=False, attempts=2).retry_at == NOON + LOOK_FIRST


def test_a_short_back_off_waits_alone_and_a_second_one_lets_the_next_method_start():
    first, second = after(OutcomeKind.RETRY), after(OutcomeKind.RETRY, attempts=2)
    assert first.retry_at == NOON + timedelta(seconds=1)
    assert not first.next_method
    assert second.retry_at == NOON + timedelta(seconds=2)
    assert second.next_method


def test_retry_after_is_honoured_and_meanwhile_the_next_method_starts():
    decision = after(OutcomeKind.RETRY, retry_after=timedelta(seconds=30))
    assert decision.retry_at == NOON + timedelta(seconds=30)
    assert decision.next_method


def test_a_provider_cannot_put_a_page_off_for_hours():
    decision = after(OutcomeKind.RETRY, retry_after=timedelta(hours=6))
    assert decision.retry_at == NOON + LONGEST_WAIT


def test_retries_end():
    decision = after(OutcomeKind.RETRY, attempts=MOST_ATTEMPTS)
    assert decision.retry_at is None
    assert decision.next_method


@given(st.sampled_from(list(OutcomeKind)), st.integers(1, 20), st.booleans(), st.floats(0, 1))
def test_whatever_happens_a_page_that_was_not_accepted_goes_on_somewhere(kind, attempts, has_next, jitter):
    decision = decide(Outcome(kind=kind), attempts=attempts, now=NOON, has_next=has_next, jitter=jitter)
    accepted = kind in {OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED}
    assert accepted != (decision.next_method or decision.retry_at is not None)
    assert decision.reason
    if decision.retry_at is not None:
        assert attempts < MOST_ATTEMPTS
        assert NOON <= decision.retry_at <= NOON + LONGEST_WAIT
