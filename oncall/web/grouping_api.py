"""Grouping for programs."""

from __future__ import annotations

from grouping.backtest import Backtest
from grouping.suggesting import Suggestions
from oncall.engine import Engine
from oncall.services.grouping import model as grouping_model
from oncall.services.grouping import trials as grouping_trials
from oncall.services.people.rights import Caller, Right
from oncall.web.operations import Asked, Operation


async def _learning(engine: Engine, caller: Caller, _asked: Asked) -> grouping_model.Learning:
    caller.require(Right.SEE)
    return await grouping_model.learning(engine)


async def _revert(engine: Engine, caller: Caller, _asked: Asked) -> grouping_model.Learning:
    await grouping_model.take_back(engine, caller)
    return await grouping_model.learning(engine)


async def _backtest(engine: Engine, caller: Caller, asked: Asked) -> Backtest:
    return await grouping_trials.backtest(engine, caller, asked.body)


async def _suggestions(engine: Engine, caller: Caller, asked: Asked) -> Suggestions:
    return await grouping_trials.suggestions(engine, caller, asked.query)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/grouping",
        name="get_grouping",
        about="What people's answers taught the grouping: the model in force, its gain, and those before it.",
        call=_learning,
        answer=grouping_model.Learning,
    ),
    Operation(
        method="POST",
        path="/grouping/revert",
        name="revert_grouping_model",
        about="Take the model out of force: the one before it judges again, or the statistics alone; for admins.",
        call=_revert,
        answer=grouping_model.Learning,
        problems=(),
    ),
    Operation(
        method="POST",
        path="/grouping/backtest",
        name="backtest_grouping",
        about="What a change of grouping would have done to the alerts of the last days; for admins.",
        call=_backtest,
        body=grouping_trials.BacktestQuery,
        answer=Backtest,
        problems=(503,),
    ),
    Operation(
        method="GET",
        path="/grouping/suggestions",
        name="get_suggestions",
        about="Redundant warnings, families that could be one rule, and early signs, each with numbers and a diff.",
        call=_suggestions,
        query=grouping_trials.SuggestionsQuery,
        answer=Suggestions,
        problems=(503,),
    ),
)
