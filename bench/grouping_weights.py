"""Measure the weights that grouping ships with, from streams whose truth is known.

    python bench/grouping_weights.py STREAM_DIR... > grouping/weights.json

Each STREAM_DIR holds alerts.jsonl, catalog.json and truth/alerts.jsonl (one line per alert, with `incident` or `noise`).
The production code is replayed over each stream; every pair of alerts it scores becomes an example, true where both
belong to one trouble. A logistic regression over the measures, and over a few bends and products of them found
greedily, gives the weights. Streams count alike, whatever their size. Needs the `learn` extra.
"""

from __future__ import annotations

import itertools
import json
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from grouping.grouper import Grouper
from grouping.measures import FAST, SLOW
from grouping.relations import Calls
from grouping.replay import Recorded, Replay

EXAMPLES = 15_000
#: Pairs scored before this share of the stream, at most so many days, say more about the priors than about the world.
WARM_UP_SHARE, WARM_UP_DAYS = 0.08, 4.0
#: Bends and products are added so many at a time, so often.
ADDED, ROUNDS = 4, 8
KNOTS = (15, 35, 55, 75, 90)


def examples(directory: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each scale: measures, truth and weight of every pair scored in a replay."""
    truth = [json.loads(line) for line in (directory / "truth/alerts.jsonl").read_text().splitlines()]
    trouble = [t["incident"] or t["noise"] for t in truth]
    calls = json.loads((directory / "catalog.json").read_text())["calls"]
    grouper = Grouper(calls=Calls(map(tuple, calls)))
    replay = Replay(grouper)
    scored = []
    ask = grouper.tying.ties
    grouper.tying.ties = lambda *args, **more: scored.append(ask(*args, **more)) or scored[-1]
    rows: dict[str, list] = {"fast": [], "slow": []}
    decoder = msgspec.json.Decoder(Recorded)
    alerts = [decoder.decode(line) for line in (directory / "alerts.jsonl").read_bytes().splitlines()]
    length = (alerts[-1].starts_at - alerts[0].starts_at) * WARM_UP_SHARE
    from_instant = alerts[0].starts_at + min(length, timedelta(days=WARM_UP_DAYS))
    for index, alert in enumerate(alerts):
        scored.clear()
        replay.feed(alert)
        warm = alert.starts_at > from_instant
        for tie in scored[0] if scored and warm else ():
            share = sum(t.slow == tie.slow for t in scored[0]) ** -0.5
            same = trouble[index] == trouble[int(tie.member.episode)]
            rows["slow" if tie.slow else "fast"].append((tie.values, same, share))
    return {scale: sampled(found) for scale, found in rows.items() if len(found) > 200}


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
    found = {"constant": float(model.intercept_[0] - (weight * mean[chosen]).sum()), "measures": {}}
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


def main(directories: list[str]) -> None:
    found = [examples(Path(d)) for d in directories]
    fast = [f["fast"] for f in found if "fast" in f]
    slow = [f["slow"] for f in found if "slow" in f]
    print(json.dumps({"fast": fitted(FAST, fast, ROUNDS), "slow": fitted(SLOW, slow, 0)}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
