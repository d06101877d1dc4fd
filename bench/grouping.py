"""What one alert costs: 20,000 kinds, 200 open incidents, and a growing history."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from grouping.arrival import Arrival
from grouping.grouper import Grouper
from grouping.relations import Calls
from routing.alert import Alert, AlertStatus, Severity

THINGS, RULES = 2_000, 10
#: An incident every five minutes, of six alerts that fire for most of a day: 200 are open at any time.
EVERY, ALERTS, FIRING = 300.0, 6, 1_200
START = datetime(2026, 1, 5, tzinfo=UTC)
HISTORY = 30_000
STRETCH = 10_000


def stream(rng: random.Random, calls: dict[int, list[int]]) -> Iterator[tuple[datetime, int, int]]:
    """Incidents that spread from a thing to its callers, one after the other and overlapping."""
    waiting: list[tuple[float, int, int]] = []
    begin = 0.0
    while True:
        begin += rng.expovariate(1 / EVERY)
        thing = rng.randrange(THINGS)
        hit = [thing, thing, *rng.choices(calls[thing], k=ALERTS - 2)]
        waiting += [(begin + rng.expovariate(1 / 60), t, rng.randrange(RULES)) for t in hit]
        waiting.sort()
        while waiting and waiting[0][0] < begin:
            at, t, rule = waiting.pop(0)
            yield START + timedelta(seconds=at), t, rule


def main() -> None:
    rng = random.Random(1)
    calls = {t: rng.sample(range(THINGS), 4) for t in range(THINGS)}
    grouper = Grouper(calls=Calls((f"s{b}", f"s{a}") for a, callers in calls.items() for b in callers))
    seconds: list[float] = []
    rows: list[int] = []
    medians: list[float] = []
    for number, (at, thing, rule) in enumerate(stream(rng, calls)):
        if number == HISTORY:
            break
        labels = {
            "alertname": f"Rule{rule}",
            "service": f"s{thing}",
            "cluster": f"c{thing % 4}",
            "team": f"t{thing % 50}",
        }
        severity = Severity.CRITICAL if rule < 2 else Severity.WARNING
        alert = Alert(
            fingerprint=f"{thing}-{rule}", status=AlertStatus.FIRING, labels=labels, annotations={}, starts_at=at
        )
        arrival = Arrival(episode=str(number), alert=alert, severity=severity, team=labels["team"])
        began = time.process_time()
        grouper.review(at)
        grouper.assign(arrival, at, new_incident=f"i{number}")
        seconds.append(time.process_time() - began)
        grouper.resolved(str(number - FIRING), at)
        rows.append(len(grouper.drain_changes()))
        if len(seconds) == STRETCH:
            busy = len({m.episode for m in grouper.open.since(at.timestamp() - 3600)})
            cuts = quantiles(seconds, n=100)
            medians.append(median(seconds))
            print(
                f"after {number + 1:7,} alerts: p50 {cuts[49] * 1e3:.3f} ms, p99 {cuts[98] * 1e3:.3f} ms,"
                f" {median(rows):.0f} rows an alert, {len(grouper.stats.kinds):,} kinds,"
                f" {len(grouper.stats.pairs):,} pairs, {busy} alerts in the last hour"
            )
            seconds, rows = [], []
    print(f"p50 at the end is {medians[-1] / medians[1]:.2f} of that after {2 * STRETCH:,} alerts")


if __name__ == "__main__":
    main()
