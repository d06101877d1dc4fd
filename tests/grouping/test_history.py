from __future__ import annotations

from datetime import UTC, datetime, timedelta

from grouping import Grouper
from grouping.history import joined, learn_from, runs
from grouping.replay import Recorded

STEP = timedelta(seconds=30)
LABELS = {"__name__": "ALERTS", "alertstate": "firing", "alertname": "Slow", "service": "cart"}


def test_samples_without_a_gap_are_one_run_and_the_series_own_labels_are_left_out():
    (run,) = runs(LABELS, [600.0, 630.0, 660.0], STEP)
    assert run.labels == {"alertname": "Slow", "service": "cart"}
    assert (run.starts_at, run.ends_at) == (at(600), at(690))


def test_a_gap_ends_a_run():
    assert [r.starts_at for r in runs(LABELS, [600.0, 630.0, 900.0], STEP)] == [at(600), at(900)]


def test_one_missed_sample_ends_nothing():
    assert len(list(runs(LABELS, [600.0, 660.0, 690.0], STEP))) == 1


def test_a_run_cut_by_a_page_of_the_answer_is_put_together_again():
    first = list(runs(LABELS, [600.0, 630.0], STEP))
    second = list(runs(LABELS, [660.0, 690.0], STEP))
    (run,) = joined([*second, *first], STEP)
    assert (run.starts_at, run.ends_at) == (at(600), at(720))


def test_learning_from_the_past_leaves_counts_and_no_open_incident():
    grouper = Grouper()
    past = [
        Recorded(
            labels={"alertname": name, "service": service},
            starts_at=at(day * 86400 + lag),
            ends_at=at(day * 86400 + 900),
        )
        for day in range(8)
        for lag, (name, service) in enumerate([("Down", "db"), ("Errors", "shop")])
    ]
    assert learn_from(grouper, past) == 16
    tables = {row.table for row in grouper.drain_changes() if row.value is not None}
    assert {"kind", "pair", "tie"} <= tables
    assert "member" not in tables


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
