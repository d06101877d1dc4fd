"""How often suggestions are right: made from the first part of labelled streams, judged by the truth and by the rest.

    python -m bench.grouping_suggestions TOOLS_DIR WORK_DIR [SEED ...]

A suggestion is right where in most of its cases both alerts belong to one trouble. `held` is the share that still
holds in the last third of the stream, where at least three new cases tell. TOOLS_DIR holds generate_stream.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import msgspec

from grouping.past import Past, occurrence
from grouping.replay import Recorded
from grouping.suggestions import About, suggest
from routing.alert import Severity

SETS = {"base": ["--services", "200", "--days", "60"], "dense": ["--incidents", "32", "--noise", "2"]}
LEARNED_SHARE = 2 / 3
LEAST_NEW = 3


def judged(stream: Path) -> dict[str, list[tuple[bool, bool | None]]]:
    """For each sort of suggestion: whether each is right, and whether it held later (None: too few cases to tell)."""
    truth = [json.loads(line) for line in (stream / "truth/alerts.jsonl").read_text().splitlines()]
    trouble = [t["incident"] or t["noise"] for t in truth]
    decoder = msgspec.json.Decoder(Recorded)
    lines = [decoder.decode(text) for text in (stream / "alerts.jsonl").read_bytes().splitlines()]
    every = [
        occurrence(i, line.labels, line.starts_at.timestamp(), pages=line.severity is Severity.CRITICAL)
        for i, line in enumerate(lines)
    ]
    cut = every[0].at + (every[-1].at - every[0].at) * LEARNED_SHARE
    later = {(f.suggestion.about, f.suggestion.alerts, f.suggestion.page): f for f in suggest(Past(every))}
    found = defaultdict(list)
    for one in suggest(Past(o for o in every if o.at < cut)):
        said = one.suggestion
        right = sum(trouble[a] == trouble[b] for a, b in one.cases) * 2 > len(one.cases)
        again = later.get((said.about, said.alerts, said.page))
        new = again.suggestion.episodes - said.episodes if again else LEAST_NEW
        found[said.about].append((right, (again is not None) if new >= LEAST_NEW else None))
    return found


def main(tools: Path, work: Path, seeds: list[str]) -> None:
    print("| set | suggestion | made | right | held |")
    print("| --- | --- | --- | --- | --- |")
    for name, options in SETS.items():
        total = defaultdict(list)
        for seed in seeds or ["51", "52"]:
            stream = work / f"{name}-{seed}"
            make = [sys.executable, str(tools / "generate_stream.py"), *options, "--seed", seed, "--out", str(stream)]
            subprocess.run(make, check=True, capture_output=True)
            for about, results in judged(stream).items():
                total[about] += results
        for about in About:
            made = total[about]
            told = [held for _, held in made if held is not None]
            right = f"{sum(r for r, _ in made) / len(made):.3f}" if made else "–"
            held = f"{sum(told)} of {len(told)}" if told else "–"
            print(f"| {name} | {about} | {len(made)} | {right} | {held} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
