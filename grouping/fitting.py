"""Fit a model to people's answers, in a process of its own: answers as JSON on the way in, a verdict on the way out.

    python -m grouping.fitting < answers.json

It is the only module that needs scikit-learn (the extra `learn`), so the engine never imports it: it starts it. The
model is a `LogisticRegression` on standardised measures, folded into plain numbers. The statistics' own log-odds go
in as they are; everything else is held back hard, because a few hundred answers, some of them wrong, are little beside
what the statistics were fitted on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from grouping.cases import CASE
from grouping.learned import LEAST_ANSWERS, SCORE
from grouping.lesson import Example, Fitted, Gain, Lesson, worth
from grouping.ties import log_odds, probability

#: The inverse of how much the weights are held back: of 0.3, 0.1, 0.03, 0.01 and 0.003, this judged unseen answers best.
C = 0.01
#: The statistics' log-odds are a column so wide that holding back its weight means nothing.
WIDE = 30.0
FOLDS = 5
#: Of each answer, related and not, there must be so many.
LEAST_OF_EACH = 20

Floats = NDArray[np.float64]


def fit(examples: Sequence[Example], join: float) -> Fitted:
    """A model, judged on answers it has not seen: each fold's incidents are left out of what is fitted for it.

    `join` is the probability from which an alert joins.
    """
    related = sum(example.related for example in examples)
    few = min(related, len(examples) - related)
    if len(examples) < LEAST_ANSWERS or few < LEAST_OF_EACH:
        return Fitted(
            accepted=False,
            reason=f"{len(examples)} answers, {few} of the rarer kind: {LEAST_ANSWERS} and {LEAST_OF_EACH} are needed",
        )
    x = np.array([example.measures for example in examples])
    y = np.array([example.related for example in examples], dtype=np.float64)
    alone = np.array([example.probability for example in examples])
    _, groups = np.unique([example.incident for example in examples], return_inverse=True)
    held_out = np.zeros(len(y))
    for train, test in GroupKFold(min(FOLDS, int(groups.max()) + 1)).split(x, y, groups):
        constant, weights = _weights(x[train], y[train])
        held_out[test] = constant + x[test] @ weights
    bar = _bar(held_out, y, int(((alone >= join) & (y == 0)).sum()))
    gain = Gain(
        answers=len(y),
        right_before=int(((alone >= join) == (y == 1)).sum()),
        right_after=int(((held_out >= bar) == (y == 1)).sum()),
        wrong_joins_before=int(((alone >= join) & (y == 0)).sum()),
        wrong_joins_after=int(((held_out >= bar) & (y == 0)).sum()),
        loss_before=_loss(alone, y),
        loss_after=_loss(_chance(held_out), y),
    )
    constant, weights = _weights(x, y)
    # What reaches the bar found above reaches the bar of joining.
    constant += log_odds(join) - bar
    accepted, reason = worth(gain)
    return Fitted(
        accepted=accepted,
        reason=reason,
        gain=gain,
        constant=round(float(constant), 6),
        weights=tuple(round(float(weight), 6) for weight in weights),
        measures=CASE,
    )


def _weights(x: Floats, y: Floats) -> tuple[float, Floats]:
    """Constant and weights on the measures as they come: the scaling is folded in."""
    middle, spread = x.mean(axis=0), x.std(axis=0)
    # A measure that never differs says nothing.
    spread = np.where(spread > 1e-6, spread, np.inf)
    spread[SCORE] = min(spread[SCORE], 1 / WIDE)
    model = LogisticRegression(C=C, max_iter=2000).fit((x - middle) / spread, y)
    weights = model.coef_[0] / spread
    return float(model.intercept_[0] - weights @ middle), weights


def _bar(scores: Floats, y: Floats, wrong: int) -> float:
    """The lowest log-odds from which no more than `wrong` unrelated alerts would join."""
    unrelated = np.sort(scores[y == 0])[::-1]
    return float(unrelated[wrong]) + 1e-6 if wrong < len(unrelated) else float(scores.min())


def _chance(scores: Floats) -> Floats:
    return np.array([probability(score) for score in scores])


def _loss(chances: Floats, y: Floats) -> float:
    """The mean logarithmic loss: what an answer costs that was thought improbable."""
    of_answer = np.clip(np.where(y == 1, chances, 1 - chances), 1e-6, 1)
    return round(float(-np.log(of_answer).mean()), 4)


if __name__ == "__main__":
    lesson = msgspec.json.decode(sys.stdin.buffer.read(), type=Lesson)
    sys.stdout.buffer.write(msgspec.json.encode(fit(lesson.examples, lesson.join)))
