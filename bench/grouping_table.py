"""Print the table of docs/grouping.md: make labelled streams, replay them through the command line, score them.

    python bench/grouping_table.py TOOLS_DIR WORK_DIR [SET ...]

TOOLS_DIR holds generate_stream.py, real_faults.py and evaluate.py (`grouping/` of the shared test data). Sets: base,
dense, single, the same with -fresh, cross, within; all without a name. Streams and assignments are kept in WORK_DIR.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean

SETS: dict[str, tuple[tuple[int, ...], str, list[str]]] = {
    "base": ((1, 2, 3), "generate_stream.py", ["--services", "200", "--days", "60"]),
    "dense": ((31, 32, 33), "generate_stream.py", ["--incidents", "32", "--noise", "2"]),
    "single": ((41, 42, 43), "generate_stream.py", ["--clusters", "1", "--incidents", "16"]),
    # Seeds on which nothing was chosen.
    "base-fresh": ((101, 102, 103), "generate_stream.py", ["--services", "200", "--days", "60"]),
    "dense-fresh": ((131, 132, 133), "generate_stream.py", ["--incidents", "32", "--noise", "2"]),
    "single-fresh": ((141, 142, 143), "generate_stream.py", ["--clusters", "1", "--incidents", "16"]),
    "cross": ((0, 1, 2), "real_faults.py", ["--mode", "cross"]),
    "within": ((0, 1, 2), "real_faults.py", ["--mode", "within"]),
}
SHOWN = (
    "b3_f1",
    "pair_f1",
    "swallowed",
    "swallowed_held",
    "pages_per_true",
    "over_merge",
    "noise_in",
    "ctx_r",
    "ctx_p",
    "storm_pages",
    "b3_days_0_5",
    "seconds",
)


def run(*command: str) -> str:
    return subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True).stdout


def scored(tools: Path, work: Path, name: str, seed: int) -> dict[str, float]:
    _, script, options = SETS[name]
    stream = work / f"{name}-{seed}"
    made = json.loads(run(str(tools / script), *options, "--seed", str(seed), "--out", str(stream)))
    out = stream / "assignments.jsonl"
    before = os.times().children_user
    catalog = ["--catalog", str(stream / "catalog.json")]
    run("-m", "oncall", "grouping", "replay", str(stream / "alerts.jsonl"), "--out", str(out), *catalog)
    seconds = os.times().children_user - before

    def evaluate(*more: str) -> dict[str, float]:
        found: dict[str, float] = json.loads(run(str(tools / "evaluate.py"), str(stream), str(out), "--json", *more))
        return found

    since = ["--from-day", str(made.get("from_day", 30))]
    found = evaluate(*since)
    found["swallowed_held"] = evaluate(*since, "--held")["swallowed"]
    found["b3_days_0_5"] = evaluate("--from-day", "0", "--to-day", "5")["b3_f1"]
    return found | {"seconds": seconds}


def main(tools: Path, work: Path, names: list[str]) -> None:
    print("| set | " + " | ".join(SHOWN) + " |")
    print("| --- " * (len(SHOWN) + 1) + "|", flush=True)
    for name in names or SETS:
        found = [scored(tools, work, name, seed) for seed in SETS[name][0]]
        print(f"| {name} | " + " | ".join(f"{mean(f[k] for f in found):.4g}" for k in SHOWN) + " |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
