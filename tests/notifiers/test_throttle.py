from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifiers.message import MessageKind
from notifiers.throttle import (
    CALL_LIMITS,
    TEXT_LIMITS,
    UNLIMITED,
    UPDATE_LIMITS,
    DuePage,
    Send,
    Wait,
    decide,
    limits_for,
)
from routing.alert import Severity

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def due(name: str, severity: Severity = Severity.CRITICAL, since: timedelta = timedelta(0)) -> DuePage:
    return DuePage(page_id=name, severity=severity, due_at=NOON - since)


def test_the_first_page_goes_out_at_once_by_itself():
    decision = decide([due("a")], [], TEXT_LIMITS, NOON)
    assert decision == Send(messages=(("a",),), reason="within the limits")


def test_a_storm_is_one_message_with_the_loudest_first():
    pages = [due("w", Severity.WARNING), due("new"), due("old", since=MINUTE)]
    decision = decide(pages, [], TEXT_LIMITS, NOON)
    assert isinstance(decision, Send)
    assert decision.messages == (("old", "new", "w"),)


def test_an_ordinary_page_waits_for_the_limit_and_says_which():
    decision = decide([due("w", Severity.WARNING)], [NOON - timedelta(seconds=20)], TEXT_LIMITS, NOON)
    assert decision == Wait(until=NOON + timedelta(seconds=40), reason="limit of 1 in 1 min to one contact")


def test_a_critical_page_waits_ten_seconds_at_most_after_a_message_a_moment_ago():
    decision = decide([due("c")], [NOON - timedelta(seconds=1)], TEXT_LIMITS, NOON)
    assert isinstance(decision, Wait)
    assert decision.until == NOON + timedelta(seconds=10)


def test_a_critical_page_that_waited_its_time_takes_the_ordinary_ones_along():
    pages = [due("w", Severity.WARNING), due("c", since=timedelta(seconds=10))]
    decision = decide(pages, [NOON - timedelta(seconds=11)], TEXT_LIMITS, NOON)
    assert isinstance(decision, Send)
    assert decision.messages == (("c", "w"),)


def test_the_sixth_text_in_a_quarter_of_an_hour_waits_a_minute_even_if_critical():
    recent = [NOON - 2 * MINUTE * n for n in range(1, 6)]
    decision = decide([due("c")], recent, TEXT_LIMITS, NOON)
    assert isinstance(decision, Wait)
    assert decision.until == NOON + MINUTE


def test_a_second_call_within_the_minute_waits_because_the_line_is_busy():
    decision = decide([due("c")], [NOON], CALL_LIMITS, NOON)
    assert isinstance(decision, Wait)
    assert decision.until == NOON + MINUTE


def test_machines_get_every_page_by_itself_and_at_once():
    decision = decide([due("a"), due("b")], [NOON] * 100, UNLIMITED, NOON)
    assert isinstance(decision, Send)
    assert sorted(decision.messages) == [("a",), ("b",)]


def test_answers_are_never_held_back_and_notices_have_limits_of_their_own():
    assert limits_for(MessageKind.ANSWER, TEXT_LIMITS) == UNLIMITED
    assert limits_for(MessageKind.PAGE, TEXT_LIMITS) == TEXT_LIMITS
    assert limits_for(MessageKind.RESOLVED, TEXT_LIMITS) == UPDATE_LIMITS
    assert limits_for(MessageKind.RESOLVED, UNLIMITED) == UNLIMITED


ages = st.floats(0, 4 * 3600).map(lambda seconds: timedelta(seconds=seconds))
severities = st.sampled_from(list(Severity))


@given(
    st.lists(st.tuples(severities, ages), min_size=1, max_size=8),
    st.lists(ages, max_size=30),
    st.sampled_from([TEXT_LIMITS, CALL_LIMITS, UPDATE_LIMITS, UNLIMITED]),
)
def test_every_due_page_is_sent_once_or_waits_and_a_critical_one_never_longer_than_a_minute(pages, recent, limits):
    waiting = [due(str(n), severity, age) for n, (severity, age) in enumerate(pages)]
    decision = decide(waiting, [NOON - age for age in recent], limits, NOON)
    if isinstance(decision, Wait):
        assert decision.until > NOON
        criticals = [page.due_at for page in waiting if page.severity is Severity.CRITICAL]
        assert all(decision.until <= at + MINUTE for at in criticals)
    else:
        sent = [page for message in decision.messages for page in message]
        assert sorted(sent) == sorted(page.page_id for page in waiting)


@given(st.lists(st.floats(0, 900), min_size=1, max_size=60))
def test_a_stream_of_criticals_to_one_contact_stays_bounded(offsets):
    """Over a quarter of an hour no more than one text in ten seconds, and none lost."""
    sent: list[datetime] = []
    queue = sorted(NOON + timedelta(seconds=offset) for offset in offsets)
    pending: list[DuePage] = []
    delivered = 0
    clock = NOON
    while queue or pending:
        pending += [
            DuePage(page_id=str(n), severity=Severity.CRITICAL, due_at=at) for n, at in enumerate(queue) if at <= clock
        ]
        queue = [at for at in queue if at > clock]
        if pending:
            decision = decide(pending, sent, TEXT_LIMITS, clock)
            if isinstance(decision, Send):
                sent.append(clock)
                delivered += len(pending)
                pending = []
            else:
                clock = decision.until
                continue
        if queue:
            clock = queue[0]
    assert delivered == len(offsets)
    assert len(sent) <= 1 + 900 / 10 + 1
