"""`oncall check`: everything that is wrong with a configuration directory, at once."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click
import msgspec

from oncall.clock import SystemClock
from oncall.config import Loaded, load
from oncall.config.calendars import calendar_problems
from routing.problem import ProblemLevel


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(directory: Path, as_json: bool) -> None:
    """Lint a configuration DIRECTORY: every problem with file, line and how to mend it.

    Exits with 1 where there are errors; warnings alone exit with 0. Values of ONCALL_* variables in the environment
    are checked, too, and calendar files are read for what goes wrong within the next 30 days.
    """
    loaded = load(directory)
    if loaded.directory is not None:
        ahead = calendar_problems(loaded.directory, directory, SystemClock().now())
        loaded = replace(loaded, problems=(*loaded.problems, *ahead))
    if as_json:
        answer = {"ok": not loaded.errors, "problems": [_row(problem) for problem in loaded.problems]}
        click.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        for problem in loaded.problems:
            click.secho(str(problem), fg="red" if problem.level is ProblemLevel.ERROR else "yellow")
        click.echo(_summary(loaded))
    sys.exit(1 if loaded.errors else 0)


def _row(problem: object) -> object:
    return msgspec.to_builtins(problem)


def _summary(loaded: Loaded) -> str:
    errors, warnings = len(loaded.errors), len(loaded.problems) - len(loaded.errors)
    if loaded.errors or loaded.directory is None:
        refused = " An engine would refuse this directory." if loaded.directory is None else ""
        return f"{_count(errors, 'error')}, {_count(warnings, 'warning')}.{refused}"
    people, teams = len(loaded.directory.people), len(loaded.directory.teams)
    found = f", {_count(warnings, 'warning')}" if warnings else ""
    services = len(loaded.directory.catalog.entries)
    return f"Good: {_count(people, 'person', 'people')}, {_count(teams, 'team')}, {_count(services, 'service')}{found}."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
