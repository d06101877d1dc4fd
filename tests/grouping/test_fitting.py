"""A model is fitted to answers and comes into force only where it judges unseen ones better."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.cases import CASE
from grouping.learned import Learned
from grouping.lesson import Example, Fitted, Gain, Lesson, worth

fitting = pytest.importorskip("grouping.fitting", reason="needs the extra `learn`")


def fit(examples):
    return fitting.fit(examples, 0.75)


def answers(count: int, *, informative: bool, wrong: float = 0.05, seed: int = 1) -> list[Example]:
    """Answers that one measure explains, or none does; the statistics guess."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        related = rng.random() < 0.7
        measures = [rng.gauss(0, 1) for _ in CASE]
        if informative:
            measures[3] = rng.gauss(1.5 if related else -1.5, 1)
        said = related if rng.random() > wrong else not related
        guess = 0.8 if rng.random() < (0.7 if related else 0.4) else 0.4
        found.append(Example(incident=str(number // 3), measures=tuple(measures), probability=guess, related=said))
    return found


def test_too_few_answers_make_no_model():
    fitted = fit(answers(999, informative=True))
    assert not fitted.accepted
    assert fitted.weights == ()
    assert "999 answers" in fitted.reason


def test_answers_all_of_one_kind_make_no_model():
    same = [msgspec.structs.replace(example, related=True) for example in answers(1200, informative=True)]
    assert not fit(same).accepted


def test_answers_that_say_something_make_a_model_that_knows_it():
    fitted = fit(answers(1200, informative=True))
    assert fitted.accepted, fitted.reason
    assert fitted.gain.right_after > fitted.gain.right_before
    model = Learned(version=1, constant=fitted.constant, weights=fitted.weights, measures=fitted.measures)
    yes, no = [0.0] * len(CASE), [0.0] * len(CASE)
    yes[3], no[3] = 3.0, -3.0
    assert model.score(yes) > model.score(no) + 1


def test_answers_that_say_nothing_are_refused():
    fitted = fit(answers(1200, informative=False, wrong=0.5))
    assert not fitted.accepted
    assert fitted.reason.startswith(("no better", "not worth it"))


def test_what_the_answers_do_not_explain_stays_with_the_statistics():
    """A few hundred answers are little beside what the statistics were fitted on: their word weighs most."""
    rng = random.Random(3)
    found = []
    for example in answers(1200, informative=False, wrong=0.0):
        score = rng.gauss(2 if example.related else -2, 1.5)
        found.append(msgspec.structs.replace(example, measures=(score, *example.measures[1:])))
    weights = fit(found).weights
    assert weights[0] > 0.5
    assert all(abs(weight) < 0.2 for weight in weights[1:])


def test_the_bar_lets_no_more_join_wrongly_than_the_statistics_do():
    for seed in range(5):
        gain = fit(answers(1000, informative=seed % 2 == 0, seed=seed)).gain
        assert gain.wrong_joins_after <= gain.wrong_joins_before


def test_the_same_answers_make_the_same_model():
    some = answers(1000, informative=True)
    assert fit(some) == fit(some)


def test_a_measure_that_never_differs_weighs_nothing():
    flat = [
        msgspec.structs.replace(e, measures=(*e.measures[:5], 2.0, *e.measures[6:]))
        for e in answers(1000, informative=True)
    ]
    assert fit(flat).weights[5] == 0.0


counts = st.integers(0, 500)


@given(counts, counts, counts, counts, st.floats(0, 5), st.floats(0, 5))
def test_a_model_that_would_join_more_wrongly_never_comes_into_force(
    right, after, wrong, wrong_after, loss, loss_after
):
    gain = Gain(
        answers=500,
        right_before=right,
        right_after=after,
        wrong_joins_before=wrong,
        wrong_joins_after=wrong_after,
        loss_before=loss,
        loss_after=loss_after,
    )
    accepted, reason = worth(gain)
    assert accepted == (wrong_after <= wrong and after - right >= 5 and loss_after < loss)
    assert "of 500 answers" in reason


def test_what_crosses_the_process_border_is_json():
    lesson = Lesson(examples=tuple(answers(3, informative=True)), join=0.75)
    assert msgspec.json.decode(msgspec.json.encode(lesson), type=Lesson) == lesson
    fitted = Fitted(accepted=False, reason="no")
    assert msgspec.json.decode(msgspec.json.encode(fitted), type=Fitted) == fitted
