"""`oncall grouping backtest` and `insights`: what a change would have done, and what past alerts suggest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from grouping.backtest import Backtest, Difference
from grouping.suggesting import Suggestions
from oncall.cli.loading import config_option, engine_for
from oncall.engine import Engine
from oncall.errors import OncallError
from oncall.services.grouping import trials as grouping_trials
from oncall.services.grouping.trials import BacktestQuery, SuggestionsQuery

T = TypeVar("T")
DAYS = click.IntRange(1, 180)


@click.command()
@config_option
@click.option("--days", default=30, show_default=True, type=DAYS, help="How many days to judge; as many before teach.")
@click.option(
    "--set",
    "weights",
    multiple=True,
    metavar="SIGNAL=FACTOR",
    help=f"Weigh a signal more or less (1 is as now): {', '.join(grouping_trials.NAMES)}. Can be given again.",
)
@click.option("--without-model", is_flag=True, help="Judge by the statistics alone.")
@click.option("--json", "as_json", is_flag=True, help="Print both sides and the differences as JSON.")
def backtest(directory: Path, days: int, weights: tuple[str, ...], *, without_model: bool, as_json: bool) -> None:
    """Say what a change of grouping would have done to one's own alerts, before it goes live.

    Nothing changes. Each decision that differs comes with its reason now, as things are, and then, with the change.
    """
    query = BacktestQuery(days=days, weights=_weights(weights), without_model=without_model)
    found = _run(directory, lambda engine: grouping_trials.try_out(engine, query))
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        print(_backtest(found))


@click.command()
@config_option
@click.option("--days", default=60, show_default=True, type=DAYS, help="How many days of alerts to look at.")
@click.option("--json", "as_json", is_flag=True, help="Print the suggestions as JSON.")
def insights(directory: Path, days: int, *, as_json: bool) -> None:
    """Suggest what the rules could say better: redundant warnings, families, early signs; with numbers and a diff."""
    found = _run(directory, lambda engine: grouping_trials.suggest(engine, SuggestionsQuery(days=days)))
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        print(_suggestions(found))


def _weights(given: tuple[str, ...]) -> dict[str, float]:
    found = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            factor = float(value)
        except ValueError:
            raise click.BadParameter(
                f"{text!r} is not SIGNAL=FACTOR, such as history=1.2", param_hint="--set"
            ) from None
        if not 0 <= factor <= 10:
            raise click.BadParameter(f"{text!r}: a factor is between 0 and 10", param_hint="--set")
        found[name] = factor
    return found


def _run(directory: Path, do: Callable[[Engine], Awaitable[T]]) -> T:
    async def run() -> T:
        async with engine_for(directory) as engine:
            return await do(engine)

    try:
        return asyncio.run(run())
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}") from error


def _backtest(found: Backtest) -> str:
    if not found.alerts:
        return "there are no alerts in these days to try it on"
    return "\n".join([found.sentence, *map(_difference, found.differences)])


def _difference(one: Difference) -> str:
    wrong = ", WRONGLY HIDDEN say people" if one.wrongly_hidden else ""
    return (
        f"\n{one.at:%Y-%m-%d %H:%M:%S} {one.kind} (alert {one.alert}): {one.change}{wrong}"
        f"\n  now:  {one.now}\n  then: {one.proposed}" + (f"\n  lies: {one.company}" if one.company else "")
    )


def _suggestions(found: Suggestions) -> str:
    if not found.suggestions:
        return f"nothing to suggest from {found.alerts} alerts in {found.days} days"
    return "\n".join(f"{one.about}: {one.sentence}\n{one.diff}" for one in found.suggestions)
