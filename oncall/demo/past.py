"""Two months of alerts of the example company, so that grouping has something to go by at the first try.

What it teaches is what the demo's outage then shows: the disk takes the shop along, and an old image of a node has
nothing to do with it. Times are counted back from the present, for counts fade with age.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from grouping.replay import Recorded
from oncall.demo.alertmanager import labels_of
from oncall.demo.outage import OUTAGE, Report

DAYS = 60
#: Days between two outages of the database.
RHYTHM = 6.0
#: Services whose trouble in the demo has nothing to do with the outage; the past ones had none of it.
_UNRELATED = frozenset({"kubernetes"})
#: How often a trouble came alone, by the service and the rule, in `DAYS`.
_ALONE = {
    ("kafka", "ConsumerLagGrowing"): 7,
    ("checkout", "LatencyHigh"): 8,
    ("catalog-api", "HighErrorRate"): 4,
    ("postgres", "PostgresDiskFillingUp"): 3,
    ("kubernetes", "NodeImageOutdated"): 9,
}


def past(now: datetime, seed: int = 1) -> list[Recorded]:
    """Past alerts, oldest first; the same for the same seed but for the day they end at."""
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    found = [*_outages(now, chance), *_troubles(now, chance)]
    return sorted(found, key=lambda run: run.starts_at)


def _outages(now: datetime, chance: random.Random) -> Iterator[Recorded]:
    at = now - timedelta(days=DAYS)
    while at < now - timedelta(days=2):
        pace, over = chance.uniform(1, 4), at + timedelta(minutes=chance.uniform(20, 50))
        for beat in OUTAGE:
            for report in beat.reports:
                if report.resolved or report.service in _UNRELATED or chance.random() < 0.1:
                    continue
                begins = at + timedelta(seconds=beat.at * pace + chance.uniform(0, 4))
                yield _run(report, begins, over + timedelta(seconds=chance.uniform(0, 300)), chance)
        at += timedelta(days=chance.uniform(0.6, 1.4) * RHYTHM)


def _troubles(now: datetime, chance: random.Random) -> Iterator[Recorded]:
    reports = {(r.service, r.name): r for beat in OUTAGE for r in beat.reports if not r.resolved}
    for name, times in _ALONE.items():
        for _ in range(times):
            begins = now - timedelta(days=chance.uniform(1, DAYS))
            yield _run(reports[name], begins, begins + timedelta(minutes=chance.uniform(5, 40)), chance)


def _run(report: Report, begins: datetime, ends: datetime, chance: random.Random) -> Recorded:
    again = report
    if "pod" in report.labels:
        pod = f"{report.service}-{chance.randrange(16**9):09x}-{chance.randrange(16**5):05x}"
        again = replace(report, labels={**report.labels, "pod": pod})
    return Recorded(labels=labels_of(again), annotations={"summary": report.summary}, starts_at=begins, ends_at=ends)
