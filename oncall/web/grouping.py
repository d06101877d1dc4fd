"""Grouping in the browser: what people's answers taught, backtests, and suggestions about rules."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from grouping.explain import MEANING
from oncall.errors import Invalid, OncallError
from oncall.services.grouping import model as grouping_model
from oncall.services.grouping import trials as grouping_trials
from oncall.services.grouping.trials import BacktestQuery, SuggestionsQuery
from oncall.services.people.rights import Right
from oncall.web.keys import CALLER, engine_of
from oncall.web.problems import Problem, form_on, problem_of
from oncall.web.rendering import render, see_other
from oncall.web.sessions import signed_in


async def show_grouping(request: web.Request, problem: Problem | None = None, **more: Any) -> web.StreamResponse:
    """The view with what went wrong above it, or what a trial found."""
    caller = request[CALLER]
    caller.require(Right.SEE)
    context = {
        "learning": await grouping_model.learning(engine_of(request)),
        "signals": grouping_trials.NAMES,
        "meaning": MEANING,
        "may_administer": caller.may_administer,
        "problem": problem,
        "found": None,
        "query": BacktestQuery(),
    }
    return render(request, "grouping.html", context | more, status=problem.status if problem else 200)


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """The model in force, and the form of a backtest."""
    return await show_grouping(request)


@signed_in
async def backtest(request: web.Request) -> web.StreamResponse:
    """What a change would have done; it takes seconds, in a process of its own."""
    given = {name: value for name, value in request.query.items() if value}
    weights = {name: given.pop(name) for name in grouping_trials.NAMES if name in given}
    query = _query(
        {**given, "weights": {name: value for name, value in weights.items() if value != "1"}}, BacktestQuery
    )
    try:
        found = await grouping_trials.backtest(engine_of(request), request[CALLER], query)
    except OncallError as error:
        return await show_grouping(request, problem=problem_of(error), query=query)
    return await show_grouping(request, found=found, query=query)


@signed_in
@form_on(show_grouping)
async def revert(request: web.Request) -> web.StreamResponse:
    """Take the model out of force."""
    await grouping_model.take_back(engine_of(request), request[CALLER])
    return see_other("/grouping")


@signed_in
async def suggestions(request: web.Request) -> web.StreamResponse:
    """What past alerts suggest about the rules."""
    query = _query({name: value for name, value in request.query.items() if value}, SuggestionsQuery)
    found = await grouping_trials.suggestions(engine_of(request), request[CALLER], query)
    return render(request, "suggestions.html", {"found": found})


def _query(given: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), "Days are 1 to 180, factors 0 to 10.", "query") from error
