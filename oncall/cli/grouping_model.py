"""`oncall grouping model`: what people's answers taught, and how to take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.engine import Engine
from oncall.errors import OncallError
from oncall.services.grouping import model as grouping_model
from oncall.services.grouping.model import Learning
from oncall.store.grouping_answers import ModelVersion

T = TypeVar("T")
json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


@click.group(invoke_without_command=True)
@config_option
@json_option
@click.pass_context
def model(context: click.Context, directory: Path, *, as_json: bool) -> None:
    """Show the model that people's answers trained, with what it gains."""
    if context.invoked_subcommand is None:
        found = _run(directory, grouping_model.learning)
        _print(found, as_json=as_json, text=_overview)


@model.command()
@config_option
@json_option
def train(directory: Path, *, as_json: bool) -> None:
    """Fit a model to all answers now; it comes into force only where its backtest is good."""
    fitted = _run(directory, lambda engine: grouping_model.train(engine, by="command line"))
    _print(fitted, as_json=as_json, text=_line)


@model.command()
@config_option
@json_option
def revert(directory: Path, *, as_json: bool) -> None:
    """Take the model out of force: the one before it judges again, or the statistics alone."""
    before = _run(directory, lambda engine: grouping_model.revert(engine, by="command line"))
    _print(before, as_json=as_json, text=lambda m: f"in force again: {_line(m)}" if m else "the statistics judge alone")


def _run(directory: Path, do: Callable[[Engine], Awaitable[T]]) -> T:
    async def run() -> T:
        async with engine_for(directory) as engine:
            return await do(engine)

    try:
        return asyncio.run(run())
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}") from error


def _print(found: T, *, as_json: bool, text: Callable[[T], str]) -> None:
    print(msgspec.json.encode(found).decode() if as_json else text(found))


def _overview(found: Learning) -> str:
    lines = [found.sentence]
    lines += [_line(version) for version in found.models]
    return "\n".join(lines)


def _line(found: ModelVersion) -> str:
    return f"version {found.version} of {found.at:%Y-%m-%d %H:%M} UTC, {found.state}: {found.reason}"
