"""What people's answers gain: labelled streams, replayed with a few of the decisions answered, and scored.

    python -m bench.grouping_feedback TOOLS_DIR WORK_DIR [--share 0.03] [--wrong 0.05] [SET ...]

Of the alerts that joined an incident or are shown as possibly related to one, `share` are answered an hour later,
and of the answers `wrong` are wrong. Twice a week a model is fitted to them as the engine does it: from 250 answers
on, in force only after its backtest. TOOLS_DIR holds generate_stream.py and evaluate.py; the seeds are others than
those of `grouping_table.py`. Needs the `learn` extra.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter, deque
from datetime import timedelta
from pathlib import Path
from statistics import mean

import msgspec

from grouping import Grouper, Learned
from grouping.fitting import fit
from grouping.learned import LEAST_ANSWERS
from grouping.lesson import Example
from grouping.relations import Calls
from grouping.replay import Recorded, Replay
from grouping.settings import MEASURED

SETS = {
    "base": ((51, 52), ["--services", "200", "--days", "60"]),
    "dense": ((61, 62), ["--incidents", "32", "--noise", "2"]),
}
SHOWN = ("b3_f1", "pair_f1", "swallowed", "swallowed_held", "pages_per_true", "over_merge", "noise_in", "ctx_r")
REFIT = timedelta(days=3.5)
LATER = timedelta(hours=1)


class Answering:
    """People who answer a few of the questions, and the model that follows from it."""

    def __init__(self, grouper: Grouper, trouble: list[str], share: float, wrong: float, seed: int) -> None:
        self.grouper, self.trouble, self.share, self.wrong = grouper, trouble, share, wrong
        self.rng = random.Random(seed)
        self.waiting: deque = deque()
        self.examples: list[Example] = []
        self.next_fit = None
        self.accepted = self.refused = 0

    def before(self, now) -> None:
        """Answers given by now; and a model, when its time has come."""
        while self.waiting and self.waiting[0][0] <= now:
            self.examples.append(self.waiting.popleft()[1])
        self.next_fit = self.next_fit or now + REFIT
        if self.share and now >= self.next_fit:
            self.next_fit = now + REFIT
            if len(self.examples) >= LEAST_ANSWERS:
                self._fit()

    def _fit(self) -> None:
        fitted = fit(self.examples, MEASURED.bars.join)
        self.accepted += fitted.accepted
        self.refused += not fitted.accepted
        if fitted.accepted:
            model = Learned(version=self.accepted, constant=fitted.constant, weights=fitted.weights)
            self.grouper.take_learned(model)

    def after(self, index: int, grouping, now) -> None:
        """Ask about a few of the decisions."""
        for case in grouping.cases:
            if not (case.joined or case.probability >= MEASURED.bars.related) or self.rng.random() >= self.share:
                continue
            incident = self.grouper.open.get(case.incident)
            others = [int(episode) for episode in incident.members if int(episode) != index] if incident else []
            if not others:
                continue
            most = Counter(self.trouble[other] for other in others).most_common(1)[0][0]
            related = (most == self.trouble[index]) != (self.rng.random() < self.wrong)
            example = Example(
                incident=case.incident, measures=case.measures, probability=case.probability, related=related
            )
            self.waiting.append((now + LATER, example))


def run(tools: Path, stream: Path, share: float, wrong: float, seed: int) -> dict[str, float]:
    """One replay, scored."""
    truth = [json.loads(line) for line in (stream / "truth/alerts.jsonl").read_text().splitlines()]
    calls = json.loads((stream / "catalog.json").read_text())["calls"]
    grouper = Grouper(calls=Calls(map(tuple, calls)))
    replay = Replay(grouper)
    people = Answering(grouper, [t["incident"] or t["noise"] for t in truth], share, wrong, seed)
    decoder = msgspec.json.Decoder(Recorded)
    for index, text in enumerate((stream / "alerts.jsonl").read_bytes().splitlines()):
        line = decoder.decode(text)
        people.before(line.starts_at)
        people.after(index, replay.feed(line), line.starts_at)
    out = stream / "feedback.jsonl"
    out.write_bytes(b"\n".join(map(msgspec.json.encode, replay.assigned())))
    score = [sys.executable, str(tools / "evaluate.py"), str(stream), str(out), "--json", "--from-day", "30"]
    found = json.loads(subprocess.run(score, check=True, capture_output=True).stdout)
    found["swallowed_held"] = json.loads(subprocess.run([*score, "--held"], check=True, capture_output=True).stdout)[
        "swallowed"
    ]
    return found | {"answers": len(people.examples), "accepted": people.accepted, "refused": people.refused}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("tools", type=Path)
    asked.add_argument("work", type=Path)
    asked.add_argument("--share", type=float, default=0.03)
    asked.add_argument("--wrong", type=float, default=0.05)
    asked.add_argument("sets", nargs="*", default=list(SETS))
    given = asked.parse_args()
    shown = (*SHOWN, "answers", "accepted", "refused")
    print("| set | answered | " + " | ".join(shown) + " |")
    print("| --- " * (len(shown) + 2) + "|", flush=True)
    for name in given.sets:
        seeds, options = SETS[name]
        for share in (0.0, given.share):
            found = []
            for seed in seeds:
                stream = given.work / f"{name}-{seed}"
                make = [sys.executable, str(given.tools / "generate_stream.py"), *options]
                subprocess.run([*make, "--seed", str(seed), "--out", str(stream)], check=True, capture_output=True)
                found.append(run(given.tools, stream, share, given.wrong, seed))
            values = " | ".join(f"{mean(f[k] for f in found):.4g}" for k in shown)
            print(f"| {name} | {share:.0%} | {values} |", flush=True)


if __name__ == "__main__":
    main()
