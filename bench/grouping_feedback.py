"""What people's answers gain: labelled streams, replayed with a few of the decisions answered, and scored.

    python -m bench.grouping_feedback TOOLS_DIR WORK_DIR [--share 0.03] [--wrong 0.05] [SET ...]

Answers come an hour after the alert, `share` of the decisions in which an alert joined an incident or is shown as
possibly related to one; of them `wrong` are wrong. They do what they do in the product: "related" makes two incidents
one or confirms an alert, "not related" keeps them apart or splits the alert off, and twice a week a model is fitted to
them: from 1,000 answers on, in force only after its backtest. Once they are about whatever decisions, once about the
doubtful ones, which the product asks about. TOOLS_DIR holds generate_stream.py and evaluate.py. What there is to choose
was chosen on the sets named `-chosen`. Needs the `learn` extra.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter, deque
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import msgspec

from grouping import Answer, Case, Grouper, Grouping, Learned, Saying
from grouping.cases import is_doubtful
from grouping.fitting import fit
from grouping.learned import LEAST_ANSWERS
from grouping.lesson import Example
from grouping.relations import Calls
from grouping.replay import Recorded, Replay
from grouping.settings import MEASURED

BASE, DENSE = ["--services", "200", "--days", "60"], ["--incidents", "32", "--noise", "2"]
SETS = {
    "base": ((1, 2, 3), BASE),
    "dense": ((31, 32, 33), DENSE),
    "base-chosen": ((51, 52), BASE),
    "dense-chosen": ((61, 62), DENSE),
}
SHOWN = ("b3_f1", "pair_f1", "swallowed", "swallowed_held", "pages_per_true", "over_merge", "noise_in", "ctx_r")
REFIT = timedelta(days=3.5)
LATER = timedelta(hours=1)


class About(StrEnum):
    """Which decisions are answered."""

    NOTHING = "nothing"
    WHATEVER = "whatever"
    DOUBTFUL = "doubtful"


class Asked(NamedTuple):
    """A decision somebody will answer: whether the alert is related to the case's incident, and when."""

    at: datetime
    index: int
    case: Case
    related: bool


class People:
    """They answer a few of the questions; the alerts follow, and so does a model."""

    def __init__(
        self, grouper: Grouper, trouble: list[str], about: About, given: argparse.Namespace, seed: int
    ) -> None:
        self.grouper, self.trouble, self.about = grouper, trouble, about
        self.share, self.wrong = (0.0 if about is About.NOTHING else given.share), given.wrong
        self.rng = random.Random(seed)
        self.decisions = self.accepted = self.refused = 0
        self.examples: list[Example] = []
        self._waiting: deque[Asked] = deque()
        self._pairs: set[tuple[str, str]] = set()
        self._next_fit: datetime | None = None
        #: Alerts that were split off, and incidents that went over to another.
        self._split: dict[int, str] = {}
        self._into: dict[str, str] = {}

    def home(self, index: int, assigned: str) -> str:
        """Where people left an alert that grouping assigned there."""
        return self._now(self._split.get(index, assigned))

    def before(self, now: datetime) -> None:
        """Answers given by now; and a model, when its time has come."""
        while self._waiting and self._waiting[0].at <= now:
            self._answer(self._waiting.popleft())
        self._next_fit = self._next_fit or now + REFIT
        if now >= self._next_fit:
            self._next_fit = now + REFIT
            if len(self.examples) >= LEAST_ANSWERS:
                self._fit()

    def after(self, index: int, grouping: Grouping, now: datetime) -> None:
        """Ask about a few of the decisions."""
        for case in grouping.cases:
            if not (case.joined or case.probability >= MEASURED.bars.related):
                continue
            self.decisions += 1
            incident = self.grouper.open.get(case.incident)
            others = [int(episode) for episode in incident.members if int(episode) != index] if incident else []
            if others and self._is_asked(grouping, case):
                most = Counter(self.trouble[other] for other in others).most_common(1)[0][0]
                related = (most == self.trouble[index]) != (self.rng.random() < self.wrong)
                self._waiting.append(Asked(now + LATER, index, case, related))

    def _is_asked(self, grouping: Grouping, case: Case) -> bool:
        if self.about is not About.DOUBTFUL:
            return self.rng.random() < self.share
        if len(self.examples) + len(self._waiting) >= self.share * self.decisions or not is_doubtful(
            case.probability, joined=case.joined
        ):
            return False
        pair = (grouping.incident, case.incident)
        if not case.joined and pair in self._pairs:
            return False
        self._pairs.add(pair)
        return True

    def _answer(self, asked: Asked) -> None:
        case = asked.case
        example = Example(
            incident=case.incident, measures=case.measures, probability=case.probability, related=asked.related
        )
        self.examples.append(example)
        episode, there = str(asked.index), self._now(case.incident)
        here = self.grouper.open.home(episode)
        if here is None:
            return
        if not case.joined and here != there:
            self._say_of_both(here, there, related=asked.related)
        elif case.joined and here == there and asked.related:
            self.grouper.said(Answer(saying=Saying.RELATED, incident=here, episodes=(episode,)))
        elif case.joined and here == there and self._has_others(here):
            self._split[asked.index] = f"split-{episode}"
            made = self._split[asked.index]
            self.grouper.said(Answer(saying=Saying.SPLIT, incident=here, other=made, episodes=(episode,)))

    def _say_of_both(self, here: str, there: str, *, related: bool) -> None:
        older, newer = sorted((here, there), key=lambda name: int(name.rpartition("-")[2]))
        if related:
            self.grouper.said(Answer(saying=Saying.MERGED, incident=newer, other=older))
            self._into[newer] = older
        else:
            self.grouper.said(Answer(saying=Saying.UNRELATED, incident=here, other=there))

    def _has_others(self, incident: str) -> bool:
        found = self.grouper.open.get(incident)
        return found is not None and len(found.members) > 1

    def _now(self, incident: str) -> str:
        while incident in self._into:
            incident = self._into[incident]
        return incident

    def _fit(self) -> None:
        fitted = fit(self.examples, MEASURED.bars.join)
        self.accepted += fitted.accepted
        self.refused += not fitted.accepted
        if fitted.accepted:
            model = Learned(version=self.accepted, constant=fitted.constant, weights=fitted.weights)
            self.grouper.take_learned(model)


def run(stream: Path, about: About, given: argparse.Namespace, seed: int) -> dict[str, float]:
    """One replay, scored."""
    truth = [json.loads(line) for line in (stream / "truth/alerts.jsonl").read_text().splitlines()]
    calls = json.loads((stream / "catalog.json").read_text())["calls"]
    grouper = Grouper(calls=Calls(map(tuple, calls)))
    replay = Replay(grouper)
    people = People(grouper, [t["incident"] or t["noise"] for t in truth], about, given, seed)
    decoder = msgspec.json.Decoder(Recorded)
    for index, text in enumerate((stream / "alerts.jsonl").read_bytes().splitlines()):
        line = decoder.decode(text)
        people.before(line.starts_at)
        people.after(index, replay.feed(line), line.starts_at)
    out = stream / f"feedback-{about}.jsonl"
    placed = (
        msgspec.structs.replace(found, incident=people.home(found.index, found.incident)) for found in replay.assigned()
    )
    out.write_bytes(b"\n".join(map(msgspec.json.encode, placed)))
    score = [sys.executable, str(given.tools / "evaluate.py"), str(stream), str(out), "--json", "--from-day", "30"]
    found = json.loads(subprocess.run(score, check=True, capture_output=True).stdout)
    held = json.loads(subprocess.run([*score, "--held"], check=True, capture_output=True).stdout)
    counted = {"answers": len(people.examples), "accepted": people.accepted, "refused": people.refused}
    return found | {"swallowed_held": held["swallowed"], **counted}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("tools", type=Path)
    asked.add_argument("work", type=Path)
    asked.add_argument("--share", type=float, default=0.03)
    asked.add_argument("--wrong", type=float, default=0.05)
    asked.add_argument("sets", nargs="*", default=["base", "dense"])
    given = asked.parse_args()
    shown = (*SHOWN, "answers", "accepted", "refused")
    print("| set | answered about | " + " | ".join(shown) + " |")
    print("| --- " * (len(shown) + 2) + "|", flush=True)
    for name in given.sets:
        seeds, options = SETS[name]
        for about in About:
            found = []
            for seed in seeds:
                stream = given.work / f"{name}-{seed}"
                make = [sys.executable, str(given.tools / "generate_stream.py"), *options]
                subprocess.run([*make, "--seed", str(seed), "--out", str(stream)], check=True, capture_output=True)
                found.append(run(stream, about, given, seed))
            values = " | ".join(f"{mean(f[k] for f in found):.4g}" for k in shown)
            print(f"| {name} | {about} | {values} |", flush=True)


if __name__ == "__main__":
    main()
