"""What a report means: retries change nothing, an end ends one run only, nothing resolved ever opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.alert import Alert, AlertStatus
from routing.merge import MergeKind, merge
from routing.sources.alertmanager import decode

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def minute(n):
    return NINE + timedelta(minutes=n)


def firing(start=0, **annotations):
    return Alert(
        fingerprint="f", status=AlertStatus.FIRING, labels={}, annotations=annotations, starts_at=minute(start)
    )


def resolved(start=0, end=5):
    return Alert(
        fingerprint="f",
        status=AlertStatus.RESOLVED,
        labels={},
        annotations={},
        starts_at=minute(start),
        ends_at=None if end is None else minute(end),
    )


@pytest.mark.parametrize(
    ("known", "incoming", "kind"),
    [
        (None, firing(), MergeKind.NEW_EPISODE),
        (None, resolved(), MergeKind.BORN_RESOLVED),
        (firing(), firing(), MergeKind.REPEAT),
        (firing(), firing(start=3), MergeKind.REPEAT),
        (firing(), firing(start=-3), MergeKind.REPEAT),
        (firing(), firing(summary="worse"), MergeKind.UPDATED),
        (firing(), resolved(), MergeKind.RESOLVED),
        (firing(), resolved(start=-9), MergeKind.RESOLVED),
        (firing(), resolved(end=None), MergeKind.RESOLVED),
        (firing(start=10), resolved(start=0, end=5), MergeKind.LATE),
        (resolved(), resolved(), MergeKind.REPEAT),
        (resolved(), resolved(start=7, end=8), MergeKind.BORN_RESOLVED),
        (resolved(), firing(start=6), MergeKind.NEW_EPISODE),
        (resolved(), firing(start=0), MergeKind.REOPENED),
    ],
)
def test_a_report_means(known, incoming, kind):
    assert merge(known, incoming, minute(20)).kind is kind


def test_the_earliest_start_of_a_run_is_kept():
    assert merge(firing(), firing(start=-3), minute(20)).alert.starts_at == minute(-3)
    assert merge(firing(), firing(start=3), minute(20)).alert.starts_at == minute(0)
    assert merge(firing(), resolved(start=-9), minute(20)).alert.starts_at == minute(-9)


def test_an_end_in_the_future_or_none_is_now():
    assert merge(firing(), resolved(end=90), minute(20)).alert.ends_at == minute(20)
    assert merge(firing(), resolved(end=None), minute(20)).alert.ends_at == minute(20)


def test_an_unchanged_repeat_hands_back_the_known_value_itself():
    known = firing()
    assert merge(known, firing(), minute(20)).alert is known


def test_every_decision_has_a_reason():
    for known in (None, firing(10), resolved()):
        for incoming in (firing(), resolved(), firing(30), resolved(7, 8)):
            assert merge(known, incoming, minute(40)).reason


@given(
    st.lists(
        st.one_of(st.builds(firing, st.integers(0, 60)), st.builds(resolved, st.integers(0, 60), st.integers(61, 90)))
    )
)
def test_delivering_every_body_twice_in_a_row_opens_nothing_more(reports):
    def openings(stream):
        known, opened = None, 0
        for incoming in stream:
            merged = merge(known, incoming, minute(100))
            opened += merged.kind in {MergeKind.NEW_EPISODE, MergeKind.REOPENED}
            known = merged.alert
        return opened

    assert openings(reports) == openings([report for report in reports for _ in range(2)])


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["01-critical-firing-bearer", "02-critical-repeat", "03-critical-resolved"], ["new_episode", "repeat", "resolved"]),
        (["53-api-flap-1-three-firing", "54-api-flap-2-two-resolved", "55-api-flap-3-refired", "56-api-flap-4-all-resolved"],
         ["new_episode", "resolved", "new_episode", "resolved"]),
        (["61-fail500-attempt-1", "62-fail500-attempt-4"], ["new_episode", "repeat"]),
        (["67-outage-firing", "68-outage-resolved-earlier-start"], ["new_episode", "resolved"]),
        (["65-ha-peer-0", "66-ha-peer-1"], ["new_episode", "repeat"]),
        (["69-silence-before", "70-silence-after", "71-silence-expired"], ["new_episode", "repeat"]),
    ],
)  # fmt: skip
def test_recorded_sequences_open_each_run_once(shared_data, names, kinds):
    known, seen = {}, {}
    for name in names:
        for alert in decode((shared_data / "alertmanager" / f"{name}.json").read_bytes()).alerts:
            merged = merge(known.get(alert.fingerprint), alert, datetime(2026, 11, 21, tzinfo=UTC))
            known[alert.fingerprint] = merged.alert
            history = seen.setdefault(alert.fingerprint, [])
            if not history or history[-1] != merged.kind:
                history.append(str(merged.kind))
    assert kinds in seen.values()
    assert all(history.count("new_episode") <= kinds.count("new_episode") for history in seen.values())


def test_an_end_by_a_clock_that_is_ahead_of_ours_is_said_once():
    """It must not make the next identical report look like a later run."""
    first = merge(firing(start=2), resolved(start=2, end=3), minute(0))
    assert first.kind is MergeKind.RESOLVED
    assert merge(first.alert, resolved(start=2, end=3), minute(0)).kind is MergeKind.REPEAT
