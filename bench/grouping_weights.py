"""Measure the weights that grouping ships with, from streams whose truth is known.

    python -m bench.grouping_weights TOOLS_DIR WORK_DIR > grouping/weights.json

TOOLS_DIR holds generate_stream.py and real_faults.py (`grouping/` of the shared test data). The streams of `STREAMS` are
made and counted by the code that ships; what was measured of their pairs is kept in WORK_DIR, so that a run that was stopped goes on. Every pair
of alerts that is scored becomes an example, true where both belong to one trouble. A logistic regression over the
measures, and over a few bends and products of them found greedily, gives the weights. Streams count alike, whatever
their size. The same command gives the same file. Needs the `learn` extra.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from grouping.decay import SLOW_WINDOW, WINDOW
from grouping.groups import Member
from grouping.kinds import kind_of
from grouping.learning import learn
from grouping.measures import FAST, SLOW
from grouping.memory import PairMemory
from grouping.relations import Calls
from grouping.replay import Recorded
from grouping.rows import Changes
from grouping.score import Model, Weights, scorers
from grouping.statistics import Statistics
from grouping.ties import Tie, Tying
from grouping.volatility import Volatility
from routing.alert import Severity

BASE, DENSE, SINGLE = (
    ["--services", "200"],
    ["--incidents", "32", "--noise", "2"],
    ["--clusters", "1", "--incidents", "16"],
)
#: None of these seeds is among those of the tables.
STREAMS: dict[str, tuple[str, list[str]]] = {
    **{f"base-{seed}": ("generate_stream.py", [*BASE, "--seed", str(seed)]) for seed in (11, 12, 13, 14)},
    **{f"dense-{seed}": ("generate_stream.py", [*DENSE, "--seed", str(seed)]) for seed in (21, 22)},
    **{f"single-{seed}": ("generate_stream.py", [*SINGLE, "--seed", str(seed)]) for seed in (49, 50, 51)},
    "small-61": ("generate_stream.py", ["--services", "50", "--seed", "61"]),
    **{
        f"{mode}-{seed}": ("real_faults.py", ["--mode", mode, "--seed", str(seed)])
        for mode in ("cross", "within")
        for seed in (10, 11)
    },
}
EXAMPLES = 8_000
#: Pairs scored before this share of the stream, at most so many days, say more about the priors than about the world.
WARM_UP_SHARE, WARM_UP_DAYS = 0.08, 4.0
#: Bends and products are added so many at a time, so often.
ADDED, ROUNDS = 4, 8
KNOTS = (15, 35, 55, 75, 90)


def examples(tools: Path, work: Path, name: str) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each scale: measures, truth and weight of pairs scored in a replay; kept, and made only once."""
    kept = work / f"{name}.npz"
    if not kept.exists():
        found = replayed(tools, work, name)
        np.savez(kept, **{f"{scale}_{n}": part for scale, parts in found.items() for n, part in enumerate(parts)})
    with np.load(kept) as file:
        return {
            scale: (file[f"{scale}_0"], file[f"{scale}_1"], file[f"{scale}_2"])
            for scale in ("fast", "slow")
            if f"{scale}_0" in file
        }


def replayed(tools: Path, work: Path, name: str) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The stream's alerts counted and tied by the code that ships; where they would be placed does not matter."""
    script, options = STREAMS[name]
    directory = work / name
    subprocess.run(
        [sys.executable, str(tools / script), *options, "--out", str(directory)], check=True, stdout=subprocess.DEVNULL
    )
    truth = [json.loads(line) for line in (directory / "truth/alerts.jsonl").read_text().splitlines()]
    trouble = [t["incident"] or t["noise"] for t in truth]
    calls = json.loads((directory / "catalog.json").read_text())["calls"]
    decoder = msgspec.json.Decoder(Recorded)
    alerts = [decoder.decode(line) for line in (directory / "alerts.jsonl").read_bytes().splitlines()]
    length = (alerts[-1].starts_at - alerts[0].starts_at) * WARM_UP_SHARE
    from_instant = alerts[0].starts_at + min(length, timedelta(days=WARM_UP_DAYS))
    rows: dict[str, list] = {"fast": [], "slow": []}
    counting = Counting(Calls(map(tuple, calls)))
    for index, alert in enumerate(alerts):
        ties = counting.ties(alert, index)
        warm = alert.starts_at > from_instant
        for tie in ties if warm else ():
            share = sum(t.slow == tie.slow for t in ties) ** -0.5
            same = trouble[index] == trouble[int(tie.member.episode)]
            rows["slow" if tie.slow else "fast"].append((tie.values, same, share))
    return {scale: sampled(found) for scale, found in rows.items() if len(found) > 200}


class Counting:
    """Counts alerts and ties each to those before it, as the grouper does, and places none."""

    def __init__(self, calls: Calls) -> None:
        self._changes = Changes()
        self._volatility = Volatility(self._changes)
        self._stats = Statistics(self._changes, calls)
        nothing = Model(fast=Weights(constant=0.0, measures={}), slow=Weights(constant=0.0, measures={}))
        self._tying = Tying(self._stats, scorers(nothing, {}), PairMemory(self._changes))
        self._latest: dict[int, Member] = {}

    def ties(self, alert: Recorded, index: int) -> list[Tie]:
        """The ties of the next alert, which is counted then."""
        at = alert.starts_at.timestamp()
        self._stats.at(at)
        team = alert.labels.get("team") or alert.labels.get("owner", "")
        named = kind_of(alert.labels, self._volatility)
        kind = self._stats.kind(named, alert.labels.get("namespace", ""), team)
        pages = alert.severity is Severity.CRITICAL
        found = self._tying.ties(kind, at, reversed(self._latest.values()), pages=pages)
        self._volatility.learn(named.rule, alert.labels, at)
        began = {number: m.at for number, m in self._latest.items() if m.at >= at - WINDOW}
        learn(self._stats, kind, at, began)
        member = Member(str(index), kind, at, team, called=False, pages=pages)
        member.resolved_at = alert.ends_at.timestamp() if alert.ends_at else None
        self._latest.pop(kind.id, None)
        self._latest[kind.id] = member
        while next(iter(self._latest.values())).at < at - SLOW_WINDOW:
            del self._latest[next(iter(self._latest))]
        self._changes.take()
        return found


def sampled(rows: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At most `EXAMPLES` of them; a stream weighs the same whatever its size, only very small ones less."""
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(rows), min(EXAMPLES, len(rows)), replace=False)
    weight = np.array([rows[i][2] for i in chosen])
    return (
        np.array([rows[i][0] for i in chosen]),
        np.array([rows[i][1] for i in chosen], float),
        weight / weight.sum() * min(EXAMPLES, len(rows)),
    )


def column(term: tuple, x: np.ndarray) -> np.ndarray:
    """The values of a measure, bend or product."""
    kind, i, more = term
    if kind == "measure":
        return x[:, i]
    return np.maximum(0, x[:, i] - more) if kind == "bend" else x[:, i] * x[:, more]


def terms_of(names: tuple[str, ...], x: np.ndarray) -> list[tuple]:
    """All measures, and every bend and product that may be added."""
    measures = [("measure", i, 0) for i in range(len(names))]
    bends = [
        ("bend", i, round(float(np.percentile(x[:, i], knot)), 2))
        for i in range(len(names))
        if len(np.unique(x[:2000, i])) > 5
        for knot in KNOTS
    ]
    return measures + bends + [("product", i, j) for i, j in itertools.combinations(range(len(names)), 2)]


def fitted(names: tuple[str, ...], parts: list, rounds: int) -> dict:
    """The weights of one scale."""
    x, y, w = (np.concatenate([p[k] for p in parts]) for k in range(3))
    terms = terms_of(names, x)
    z = np.stack([column(t, x) for t in terms], 1)
    mean, spread = z.mean(0), z.std(0) + 1e-9
    z = (z - mean) / spread
    chosen = [k for k in range(len(names)) if spread[k] > 1e-6]
    for left in range(rounds, -1, -1):
        model = LogisticRegression(C=0.3, max_iter=500).fit(z[:, chosen], y, sample_weight=w)
        if left:
            gain = np.abs(z.T @ ((y - model.predict_proba(z[:, chosen])[:, 1]) * w))
            chosen += best_new(gain, z, chosen, spread)
    weight = model.coef_[0] / spread[chosen]
    found = {"constant": round(float(model.intercept_[0] - (weight * mean[chosen]).sum()), 4), "measures": {}}
    found |= {"bends": [], "products": []}
    for k, value in zip(chosen, weight, strict=True):
        kind, i, more = terms[k]
        if kind == "measure":
            found["measures"][names[i]] = round(float(value), 4)
        elif kind == "bend":
            found["bends"].append([names[i], more, round(float(value), 4)])
        else:
            found["products"].append([names[i], names[more], round(float(value), 4)])
    return found


def best_new(gain: np.ndarray, z: np.ndarray, chosen: list[int], spread: np.ndarray) -> list[int]:
    """The terms that would help most and do not say the same as one another."""
    added: list[int] = []
    for k in np.argsort(-gain):
        alike = any(abs(np.corrcoef(z[:5000, k], z[:5000, other])[0, 1]) > 0.8 for other in added)
        if k not in chosen and spread[k] > 1e-6 and not alike:
            added.append(int(k))
        if len(added) == ADDED:
            break
    return added


def main(tools: Path, work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    found = [examples(tools, work, name) for name in STREAMS]
    fast = [f["fast"] for f in found if "fast" in f]
    slow = [f["slow"] for f in found if "slow" in f]
    print(json.dumps({"fast": fitted(FAST, fast, ROUNDS), "slow": fitted(SLOW, slow, 0)}, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
