"""Decisions are remembered with what was measured, answered once people speak, and forgotten when nobody does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grouping import Answer, Case, Learned, Saying
from grouping.cases import CASE
from grouping.lesson import Fitted, Gain
from oncall.store import grouping_answers, grouping_state
from oncall.store.grouping_answers import ModelState, ModelVersion

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


def case(incident: int, *, joined: bool = True, probability: float = 0.8) -> Case:
    measures = tuple(float(i) for i in range(len(CASE)))
    return Case(incident=str(incident), measures=measures, probability=probability, joined=joined)


async def keep(database, cases, now=NOW):
    async with database.write() as tx:
        await grouping_answers.keep(tx, cases, now)


async def answer(database, alerts, incident, *, related, by="ada", now=NOW) -> int:
    async with database.write() as tx:
        return await grouping_answers.answer(tx, alerts, incident, related=related, by=by, now=now)


async def test_an_answer_becomes_an_example_with_what_was_measured(database):
    await keep(database, {7: [case(1), case(2, joined=False, probability=0.4)]})
    assert await answer(database, [7], 1, related=True) == 1
    async with database.read() as tx:
        (example,) = await grouping_answers.examples(tx, 10)
        assert await grouping_answers.count(tx) == 1
    assert (example.incident, example.related, example.probability) == ("1", True, 0.8)
    assert example.measures == case(1).measures


async def test_the_last_word_counts(database):
    await keep(database, {7: [case(1)]})
    await answer(database, [7], 1, related=True)
    await answer(database, [7], 1, related=False, now=NOW + timedelta(minutes=5))
    async with database.read() as tx:
        (example,) = await grouping_answers.examples(tx, 10)
    assert not example.related


async def test_an_answer_about_what_was_never_considered_teaches_nothing(database):
    await keep(database, {7: [case(1)]})
    assert await answer(database, [7, 8], 99, related=True) == 0
    assert await answer(database, [], 1, related=True) == 0


async def test_the_newest_answers_are_the_examples_oldest_first(database):
    await keep(database, {number: [case(number)] for number in range(1, 6)})
    for number in range(1, 6):
        await answer(database, [number], number, related=True, now=NOW + timedelta(minutes=number))
    async with database.read() as tx:
        found = await grouping_answers.examples(tx, 3)
    assert [example.incident for example in found] == ["3", "4", "5"]


async def test_what_nobody_answered_is_forgotten_and_answers_stay(database):
    await keep(database, {1: [case(1), case(2)], 2: [case(1)]})
    await keep(database, {3: [case(1)]}, NOW + timedelta(days=40))
    await answer(database, [2], 1, related=False)
    async with database.write() as tx:
        assert await grouping_answers.forget_unanswered(tx, NOW + timedelta(days=1), 1) == 1
        assert await grouping_answers.forget_unanswered(tx, NOW + timedelta(days=1), 500) == 1
        assert await grouping_answers.forget_unanswered(tx, NOW + timedelta(days=1), 500) == 0
    assert await answer(database, [3], 1, related=True) == 1
    async with database.read() as tx:
        assert await grouping_answers.count(tx) == 2


async def test_a_model_comes_back_as_it_was_kept_newest_first(database):
    gain = Gain(
        answers=300,
        right_before=250,
        right_after=270,
        wrong_joins_before=20,
        wrong_joins_after=12,
        loss_before=0.4,
        loss_after=0.3,
    )
    fitted = Fitted(
        accepted=True, reason=gain.sentence, gain=gain, constant=0.1, weights=(0.5,) * len(CASE), measures=CASE
    )
    first = ModelVersion(version=1, at=NOW, state=ModelState.ACTIVE, reason="good", answers=300, fitted=fitted)
    second = ModelVersion(
        version=2,
        at=NOW,
        state=ModelState.REFUSED,
        reason="no better",
        answers=320,
        fitted=Fitted(accepted=False, reason="no better"),
    )
    async with database.write() as tx:
        await grouping_answers.add_model(tx, first)
        await grouping_answers.add_model(tx, second)
        await grouping_answers.set_state(tx, 1, ModelState.REVERTED, by="ada", now=NOW)
        assert await grouping_answers.models(tx) == [
            second,
            ModelVersion(
                version=1,
                at=NOW,
                state=ModelState.REVERTED,
                reason="good",
                answers=300,
                fitted=fitted,
                changed_at=NOW,
                changed_by="ada",
            ),
        ]


LEARNED = Learned(version=3, constant=0.5, weights=(0.1,) * len(CASE))


@pytest.mark.parametrize("model", [LEARNED, None])
async def test_the_node_that_groups_hears_of_a_model_once(database, model):
    async with database.write() as tx:
        await grouping_state.put_in_force(tx, LEARNED)
        await grouping_state.put_in_force(tx, model)  # the last word counts
    async with database.write() as tx:
        assert (await grouping_state.take_said(tx)).models == (model,)
    async with database.write() as tx:
        assert await grouping_state.take_said(tx) == grouping_state.Said()


async def test_answers_of_every_kind_are_heard_once(database):
    said = [Answer(saying=saying, incident="1", other="2", episodes=("5",)) for saying in Saying]
    async with database.write() as tx:
        for one in said:
            await grouping_state.say(tx, one)
    async with database.write() as tx:
        heard = await grouping_state.take_said(tx)
    assert sorted(a.saying for a in heard.answers) == sorted(Saying)
    assert heard.models == ()


async def test_what_an_older_node_cannot_read_lies_where_it_does_not_look(database):
    async with database.write() as tx:
        await grouping_state.say(tx, Answer(saying=Saying.RELATED, incident="1", episodes=("5",)))
        await grouping_state.put_in_force(tx, LEARNED)
        rows = await grouping_state.load(tx)
    assert {row.table for row in rows} == {grouping_state.TAUGHT}
