"""Learning from what happened before the engine was there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from grouping.grouper import Grouper
from grouping.replay import Recorded, Replay

#: Labels that Prometheus itself adds to its ALERTS series.
OF_THE_SERIES = frozenset({"__name__", "alertstate"})


def runs(labels: Mapping[str, str], seconds: Sequence[float], step: timedelta) -> Iterator[Recorded]:
    """The runs from firing to resolved that a series' sample times stand for.

    A gap of more than two steps ends a run; the end is one step after its last sample.
    """
    kept = {name: value for name, value in labels.items() if name not in OF_THE_SERIES}
    width = step.total_seconds()
    first = last = None
    for at in (*seconds, None):
        if first is not None and last is not None and (at is None or at - last > 2 * width):
            begin, end = (datetime.fromtimestamp(t, UTC) for t in (first, last + width))
            yield Recorded(labels=kept, starts_at=begin, ends_at=end)
            first = None
        if first is None:
            first = at
        last = at


def joined(found: Iterable[Recorded], step: timedelta) -> list[Recorded]:
    """Runs in order of their start, with those that a page boundary cut put together again."""
    open_runs: dict[frozenset[tuple[str, str]], int] = {}
    out: list[Recorded] = []
    for run in sorted(found, key=lambda r: r.starts_at):
        key = frozenset(run.labels.items())
        index = open_runs.get(key)
        before = out[index] if index is not None else None
        if index is not None and before and before.ends_at and run.starts_at - before.ends_at <= step:
            out[index] = Recorded(labels=run.labels, starts_at=before.starts_at, ends_at=run.ends_at)
        else:
            open_runs[key] = len(out)
            out.append(run)
    return out


def learn_from(grouper: Grouper, history: Iterable[Recorded]) -> int:
    """Replay past alerts, oldest first, for the counts alone: no incident of the past stays open. How many."""
    replay = Replay(grouper, prefix="past-")
    count = 0
    for line in history:
        replay.feed(line)
        count += 1
    for assigned in replay.assigned():
        grouper.closed(assigned.incident)
    return count
