"""What grouping makes of the demo's outage once it has learned from the example's past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grouping import Grouper
from grouping.history import learn_from
from grouping.replay import Recorded, Replay
from oncall.config import load
from oncall.demo.alertmanager import labels_of
from oncall.demo.outage import OUTAGE
from oncall.demo.past import DAYS, past
from oncall.services.grouping.setup import configure

COMPANY = Path(__file__).resolve().parents[3] / "examples" / "company"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def incidents(seed: int | None) -> dict[str, str]:
    """Into which incident each alert of the outage goes, by service and rule."""
    grouper = Grouper()
    directory = load(COMPANY, {}).directory
    assert directory is not None
    configure(grouper, directory)
    if seed is not None:
        learn_from(grouper, past(NOW, seed))
    replay, names = Replay(grouper), []
    for beat in OUTAGE:
        for report in (report for report in beat.reports if not report.resolved):
            begins = NOW + timedelta(seconds=beat.at)
            names.append(f"{report.service} {report.name}")
            replay.feed(Recorded(labels=labels_of(report), starts_at=begins, ends_at=begins + timedelta(minutes=1)))
    return {name: assigned.incident for name, assigned in zip(names, replay.assigned(), strict=True)}


@pytest.mark.parametrize("seed", range(1, 6))
def test_after_two_months_the_outage_is_one_incident_and_the_unrelated_warning_another(seed):
    found = incidents(seed)
    unrelated = found.pop("kubernetes NodeImageOutdated")
    assert len(set(found.values())) == 1, found
    assert unrelated not in found.values()


def test_on_the_first_day_the_unrelated_warning_is_kept_apart_too():
    found = incidents(None)
    unrelated = found.pop("kubernetes NodeImageOutdated")
    assert unrelated not in found.values()


def test_the_past_is_the_same_each_time_in_order_and_over():
    runs = past(NOW)
    assert runs == past(NOW)
    assert [run.starts_at for run in runs] == sorted(run.starts_at for run in runs)
    for run in runs:
        assert run.ends_at is not None
        assert NOW - timedelta(days=DAYS) <= run.starts_at < run.ends_at < NOW
