"""A model of people's answers: fitted apart, in force after its backtest, taken back with one command."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from grouping import Case
from grouping.cases import CASE
from grouping.lesson import Fitted, Gain
from oncall.errors import Invalid, Unavailable
from oncall.services.grouping import model as grouping_model
from oncall.services.grouping.model import is_due
from oncall.store import grouping_answers, grouping_state
from oncall.store.grouping_answers import ModelState, ModelVersion
from tests.oncall.web.conftest import firing

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
GAIN = Gain(
    answers=1050,
    right_before=800,
    right_after=860,
    wrong_joins_before=20,
    wrong_joins_after=12,
    loss_before=0.4,
    loss_after=0.3,
)


def version(number: int, state: ModelState, answers: int = 1050) -> ModelVersion:
    fitted = Fitted(
        accepted=True, reason=GAIN.sentence, gain=GAIN, constant=0.5, weights=(0.0,) * len(CASE), measures=CASE
    )
    return ModelVersion(version=number, at=NOW, state=state, reason=GAIN.sentence, answers=answers, fitted=fitted)


async def add(engine, *models: ModelVersion) -> None:
    async with engine.database.write() as tx:
        for model in models:
            await grouping_answers.add_model(tx, model)


async def answered(engine, count: int) -> None:
    """So many answers, which one measure explains and the statistics do not."""
    rng = random.Random(1)
    cases, related = {}, {}
    for number in range(1, count + 1):
        related[number] = rng.random() < 0.7
        measures = [rng.gauss(0, 1) for _ in CASE]
        measures[3] = 2.0 if related[number] else -2.0
        cases[number] = [Case(incident=str(number), measures=tuple(measures), probability=0.5, joined=True)]
    async with engine.database.write() as tx:
        await grouping_answers.keep(tx, cases, NOW)
        for number, yes in related.items():
            await grouping_answers.answer(tx, [number], number, related=yes, by="ana", now=NOW)


async def in_force(engine) -> int | None:
    return (await grouping_model.learning(engine)).version


async def test_below_a_thousand_answers_nothing_is_fitted_and_the_overview_says_how_many_there_are(engine):
    await answered(engine, 12)
    assert await grouping_model.train_due(engine) is None
    found = await grouping_model.learning(engine)
    assert found.version is None
    assert found.sentence == "The statistics judge alone: 12 of 1000 answers are there."


async def test_enough_answers_make_a_model_that_the_next_alert_is_judged_by(engine, happens):
    """The one test that starts the process which fits."""
    await answered(engine, 1010)
    model = await grouping_model.train_due(engine)
    assert model is not None
    assert (model.version, model.state, model.answers) == (1, ModelState.ACTIVE, 1010)
    assert "of 1010 answers it had not seen, it judges" in (await grouping_model.learning(engine)).sentence
    await happens.receive(firing())
    assert engine.grouping.grouper.learned.version == 1
    assert await grouping_model.train_due(engine) is None  # nothing new was said since


async def test_a_revert_puts_the_model_before_it_in_force_and_then_none(engine, happens):
    await add(engine, version(1, ModelState.REPLACED), version(2, ModelState.REFUSED), version(3, ModelState.ACTIVE))
    before = await grouping_model.revert(engine, by="ana")
    assert before is not None
    assert before.version == 1
    assert await in_force(engine) == 1
    await happens.receive(firing())
    assert engine.grouping.grouper.learned.version == 1
    assert await grouping_model.revert(engine, by="ana") is None
    await happens.receive(firing("Other"))
    assert engine.grouping.grouper.learned is None
    states = {m.version: (m.state, m.changed_by) for m in (await grouping_model.learning(engine)).models}
    assert states == {1: ("reverted", "ana"), 2: ("refused", ""), 3: ("reverted", "ana")}
    with pytest.raises(Invalid, match="no model is in force"):
        await grouping_model.revert(engine, by="ana")


async def test_a_model_outlives_a_restart(engine, happens):
    async with engine.database.write() as tx:
        await grouping_state.put_in_force(tx, grouping_model._learned(version(4, ModelState.ACTIVE)))
    await happens.receive(firing())
    engine.grouping.grouper = None  # as after a restart, or on another node
    await happens.receive(firing("Other"))
    assert engine.grouping.grouper.learned.version == 4


async def test_without_scikit_learn_the_engine_says_so_and_goes_on(engine, happens, monkeypatch):
    monkeypatch.setattr(grouping_model, "find_spec", lambda name: None)
    await answered(engine, 1010)
    assert await grouping_model.train_due(engine) is None
    assert "scikit-learn" in (await grouping_model.learning(engine)).sentence
    with pytest.raises(Unavailable, match="not installed") as refused:
        await grouping_model.train(engine, by="ana")
    assert "oncall-engine[learn]" in refused.value.mend
    assert await happens.receive(firing())


@pytest.mark.parametrize(
    ("answers", "last", "hours", "due"),
    [
        (999, None, 0, False),
        (1000, None, 0, True),
        (1074, version(1, ModelState.ACTIVE), 24, False),  # nothing much new
        (1075, version(1, ModelState.ACTIVE), 24, True),
        (1075, version(1, ModelState.REFUSED), 24, True),
        (1150, version(1, ModelState.ACTIVE), 11, False),  # too soon
        (1149, version(1, ModelState.REVERTED), 24, False),  # a person did not want it
        (1150, version(1, ModelState.REVERTED), 24, True),
    ],
)
def test_a_model_is_fitted_again_when_there_is_something_new_to_say(answers, last, hours, due):
    assert is_due(answers, last, NOW + timedelta(hours=hours)) is due
