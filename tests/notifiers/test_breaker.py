from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.breaker import FAILURES, WINDOW, Attempt, Breakers, decide
from notifiers.outcome import OutcomeKind

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DOWN = [OutcomeKind.BROKEN, OutcomeKind.RETRY, OutcomeKind.UNKNOWN]
UP = [OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED, OutcomeKind.REFUSED, OutcomeKind.UNREACHABLE]


def attempts(*kinds: OutcomeKind) -> list[Attempt]:
    return [Attempt(NOON - timedelta(seconds=len(kinds) - n), kind) for n, kind in enumerate(kinds)]


def test_three_failures_in_a_row_open_it_and_two_do_not():
    assert decide(attempts(*DOWN), NOON).open
    assert not decide(attempts(*DOWN[:2]), NOON).open


@pytest.mark.parametrize("kind", UP)
def test_anything_that_proves_the_provider_up_closes_it(kind):
    assert not decide(attempts(*DOWN, *DOWN, kind), NOON).open


def test_it_says_how_many_failures_since_when():
    assert decide(attempts(*DOWN), NOON).reason == "3 failures in a row since 11:59:57 UTC"


def test_old_failures_say_nothing_about_now():
    assert not decide(attempts(*DOWN), NOON + WINDOW).open


@given(st.lists(st.sampled_from(list(OutcomeKind)), max_size=20))
def test_it_is_open_exactly_while_the_latest_attempts_all_failed(kinds):
    latest = kinds[-FAILURES:]
    assert decide(attempts(*kinds), NOON).open == (len(latest) == FAILURES and all(kind in DOWN for kind in latest))


def test_channels_do_not_share_their_failures():
    breakers = Breakers()
    for _ in range(50):
        breakers.note("sms", NOON, OutcomeKind.UNKNOWN)
    assert breakers.state("sms", NOON).open
    assert not breakers.state("voice", NOON).open
