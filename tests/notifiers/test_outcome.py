from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.outcome import Outcome, OutcomeKind, answered, moves_forward


@pytest.mark.parametrize("order", list(itertools.permutations([OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED] * 2)))
def test_reports_in_any_order_and_number_end_the_same(order):
    known = None
    for reported in order:
        if moves_forward(known, reported):
            known = reported
    assert known is OutcomeKind.DELIVERED


def test_a_failure_replaces_an_acceptance_and_not_the_other_way():
    assert moves_forward(OutcomeKind.ACCEPTED, OutcomeKind.UNREACHABLE)
    assert not moves_forward(OutcomeKind.UNREACHABLE, OutcomeKind.ACCEPTED)


def test_an_unknown_outcome_is_settled_by_any_report():
    for kind in (OutcomeKind.ACCEPTED, OutcomeKind.UNREACHABLE, OutcomeKind.REFUSED, OutcomeKind.DELIVERED):
        assert moves_forward(OutcomeKind.UNKNOWN, kind)


KINDS = st.sampled_from(OutcomeKind)
NAMES = st.sampled_from(["", "SM1", "SM2"])
OUTCOMES = st.builds(Outcome, kind=KINDS, provider_id=NAMES, detail=st.sampled_from(["one", "two"]))


@given(OUTCOMES, st.lists(OUTCOMES, max_size=5))
def test_what_was_reported_before_the_record_takes_an_attempt_no_step_back(
    answer: Outcome, reports: list[Outcome]
) -> None:
    found = answered(answer, reports)
    assert found == answer or moves_forward(answer.kind, found.kind)
    for report in reports:
        if not answer.provider_id or report.provider_id in {"", answer.provider_id}:
            assert not moves_forward(found.kind, report.kind)


@given(st.builds(Outcome, kind=KINDS, provider_id=st.just("SM1")), st.lists(OUTCOMES, max_size=5))
def test_what_is_reported_of_another_message_says_nothing_of_this_one(answer: Outcome, reports: list[Outcome]) -> None:
    ours = [report for report in reports if report.provider_id != "SM2"]
    assert answered(answer, reports) == answered(answer, ours)
    assert answered(answer, reports).provider_id == "SM1"


@given(OUTCOMES, st.lists(OUTCOMES, max_size=5))
def test_reports_that_come_twice_say_nothing_more(answer: Outcome, reports: list[Outcome]) -> None:
    assert answered(answered(answer, reports), reports) == answered(answer, reports)


def test_an_attempt_of_which_nothing_was_reported_is_what_its_answer_says() -> None:
    answer = Outcome(kind=OutcomeKind.UNKNOWN, trace="to be found by")
    assert answered(answer, []) is answer
