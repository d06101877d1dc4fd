from __future__ import annotations

import itertools

import pytest

from notifiers.outcome import OutcomeKind, moves_forward


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
