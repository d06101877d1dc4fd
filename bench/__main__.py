"""Run the benchmarks: `python -m bench [name ...]`. Each prints ratios within one run, beside what it measured."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench import catalog, grouping, growth, ingest, latency, machine, paging, pipeline, scale, schedules, storm, views

#: Name to function; add a file and a line.
BENCHMARKS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("catalog", catalog.main),
    ("grouping", grouping.main),
    ("growth", growth.main),
    ("ingest", ingest.main),
    ("latency", latency.main),
    ("paging", paging.main),
    ("pipeline", pipeline.main),
    ("scale", scale.main),
    ("schedules", schedules.main),
    ("storm", storm.main),
    ("views", views.main),
)


def main(names: list[str]) -> None:
    """Run the benchmarks named, or all."""
    unknown = set(names) - {name for name, _ in BENCHMARKS}
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(name for name, _ in BENCHMARKS)}")
    print(machine.told(), flush=True)
    for name, run in BENCHMARKS:
        if not names or name in names:
            print(f"== {name}", flush=True)
            run()


if __name__ == "__main__":
    main(sys.argv[1:])
