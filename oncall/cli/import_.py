"""`oncall import ...`: coming over from another tool."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import click

from oncall.clock import SystemClock
from oncall.config import load
from oncall.errors import OncallError
from oncall.moving import grafana_oncall, grafana_oncall_api, opsgenie, opsgenie_api
from oncall.moving.company import Company

_T = TypeVar("_T")

out_option = click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True,
                          help="The directory to write; it must be empty or not there.")  # fmt: skip


@click.group("import")
def import_() -> None:
    """Write a configuration directory from what another tool knows."""


@import_.command("grafana-oncall")
@click.argument("url")
@click.option("--token", envvar="GRAFANA_ONCALL_TOKEN", required=True, metavar="KEY",
              help="Its API key; better given as GRAFANA_ONCALL_TOKEN, which no process list shows.")  # fmt: skip
@out_option
@click.option("--days", type=click.IntRange(1, 365), default=180, show_default=True,
              help="How far ahead shifts of rotations kept in Grafana are written out.")  # fmt: skip
def from_grafana_oncall(url: str, token: str, out: Path, days: int) -> None:
    """Read people, rotations and escalation chains of a Grafana OnCall at URL, as shown under OnCall, Settings.

    Nothing is changed there. What has no counterpart is listed in OUT/IMPORT.md, and `oncall check` says what is left.
    """
    _must_be_empty(out)
    now = SystemClock().now()
    dump = _read(grafana_oncall_api.dump_of(url, token, now=now, days=days))
    _write(grafana_oncall.company(dump, new_key=_new_key, made_at=now), out)


@import_.command("opsgenie")
@click.option("--url", default="https://api.opsgenie.com", show_default=True,
              help="Where its API is; accounts in Europe have https://api.eu.opsgenie.com.")  # fmt: skip
@click.option("--key", envvar="OPSGENIE_API_KEY", required=True, metavar="KEY",
              help="The key of an API integration; better given as OPSGENIE_API_KEY.")  # fmt: skip
@out_option
@click.option("--months", type=click.IntRange(1, 12), default=6, show_default=True,
              help="How far ahead shifts are written out.")  # fmt: skip
def from_opsgenie(url: str, key: str, out: Path, months: int) -> None:
    """Read people with their numbers, teams, schedules and escalations of an Opsgenie account.

    Nothing is changed there. What has no counterpart is listed in OUT/IMPORT.md, and `oncall check` says what is left.
    """
    _must_be_empty(out)
    now = SystemClock().now()
    dump = _read(opsgenie_api.dump_of(url, key, now=now, months=months))
    _write(opsgenie.company(dump, new_key=_new_key, made_at=now), out)


def _new_key() -> str:
    return secrets.token_hex(24)


def _must_be_empty(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty; name another directory, so that nothing is written over")


def _read(dump: Coroutine[object, object, _T]) -> _T:
    try:
        return asyncio.run(dump)
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}") from error


def _write(made: Company, out: Path) -> None:
    made.write(out)
    loaded = load(out, {})
    for problem in loaded.problems:
        click.secho(str(problem), fg="red" if problem in loaded.errors else "yellow", err=True)
    told = f"{len(made.notes)} things are left to do: {out / 'IMPORT.md'}"
    if loaded.directory is not None:
        people, teams = len(loaded.directory.people), len(loaded.directory.teams)
        told = f"{people} people and {teams} teams are in {out}. {told}"
    click.echo(f"{told}. Then: oncall check {out}")
