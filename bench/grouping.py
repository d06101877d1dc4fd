"""What one alert costs: 20,000 kinds, 200 open incidents, then as much history as is ever kept."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from grouping.arrival import Arrival
from grouping.grouper import Grouper
from grouping.kinds import Kind
from grouping.pruning import MAX_KINDS, MAX_PAIRS
from grouping.relations import Calls
from grouping.rows import to_text
from grouping.statistics import Statistics
from routing.alert import Alert, AlertStatus, Severity

THINGS, RULES = 2_000, 10
#: An incident every five minutes, of six alerts that fire for most of a day: 200 are open at any time.
EVERY, ALERTS, FIRING = 300.0, 6, 1_200
START = datetime(2026, 1, 5, tzinfo=UTC)
#: Twice so many alerts as the engine comes to know them, then as many with all the history it would ever keep.
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


def remember_all(stats: Statistics, rng: random.Random) -> None:
    """Fill the counts to their bounds: ten million alerts leave no more kinds and pairs than that."""
    for number in range(MAX_KINDS - len(stats.kinds)):
        kind = stats.kind(
            Kind(f"Rule{number % RULES}", f"old{number // RULES}", f"c{number % 4}"), "", f"t{number % 50}"
        )
        kind.count, kind.last = stats.weight * rng.uniform(1, 9), stats.now
        stats.components[kind.component].count += kind.count
    kinds, components = list(stats.kinds), list(stats.components)
    for table, numbers in ((stats.pairs, kinds), (stats.ties, components), (stats.slow_pairs, kinds)):
        while len(table) < MAX_PAIRS:
            a, b = rng.choice(numbers), rng.choice(numbers)
            if a != b:
                table.load(str(min(a, b) << 32 | max(a, b)), to_text([stats.weight * rng.uniform(1, 9), stats.now]))


class Measured:
    """A grouper under a stream, and what each alert cost."""

    def __init__(self) -> None:
        self.rng = random.Random(1)
        calls = {t: self.rng.sample(range(THINGS), 4) for t in range(THINGS)}
        self.grouper = Grouper(calls=Calls((f"s{b}", f"s{a}") for a, callers in calls.items() for b in callers))
        self._stream = stream(self.rng, calls)
        self._number = 0

    def stretch(self) -> float:
        """The median of the next alerts in seconds, printed with what else is worth knowing."""
        seconds, rows = [], []
        for _ in range(STRETCH):
            at, thing, rule = next(self._stream)
            spent, changed = self._one(at, thing, rule)
            seconds.append(spent)
            rows.append(changed)
        stats = self.grouper.stats
        busy = len({m.episode for m in self.grouper.open.since(at.timestamp() - 3600)})
        cuts = quantiles(seconds, n=100)
        print(
            f"after {self._number:7,} alerts: p50 {cuts[49] * 1e3:.3f} ms, p99 {cuts[98] * 1e3:.3f} ms,"
            f" {median(rows):.0f} rows an alert, {len(stats.kinds):,} kinds, {len(stats.pairs):,} pairs,"
            f" {busy} alerts in the last hour",
            flush=True,
        )
        return cuts[49]

    def _one(self, at: datetime, thing: int, rule: int) -> tuple[float, int]:
        number = self._number
        self._number += 1
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
        self.grouper.review(at)
        self.grouper.assign(arrival, at, new_incident=f"i{number}")
        spent = time.process_time() - began
        self.grouper.resolved(str(number - FIRING), at)
        return spent, len(self.grouper.drain_changes())


def main() -> None:
    measured = Measured()
    measured.stretch()
    before = measured.stretch()
    remember_all(measured.grouper.stats, measured.rng)
    gc.freeze()
    after = measured.stretch()
    print(
        f"with {MAX_KINDS:,} kinds and {MAX_PAIRS:,} pairs of each sort, the most that is ever kept, p50 is {after / before:.2f} of that before"
    )


if __name__ == "__main__":
    main()
