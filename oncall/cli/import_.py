"""`oncall import ...`: coming over from another tool."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import click

from oncall.clock import SystemClock
from oncall.config import load
from oncall.errors import OncallError
from oncall.moving.grafana_oncall import Company, company
from oncall.moving.grafana_oncall_api import dump_of


@click.group("import")
def import_() -> None:
    """Write a configuration directory from what another tool knows."""


@import_.command("grafana-oncall")
@click.argument("url")
@click.option("--token", envvar="GRAFANA_ONCALL_TOKEN", required=True, metavar="KEY",
              help="Its API key; better given as GRAFANA_ONCALL_TOKEN, which no process list shows.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="The directory to write; it must be empty or not there.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 365), default=180, show_default=True,
              help="How far ahead shifts of rotations kept in Grafana are written out.")  # fmt: skip
def grafana_oncall(url: str, token: str, out: Path, days: int) -> None:
    """Read people, rotations and escalation chains of a Grafana OnCall at URL, as shown under OnCall, Settings.

    Nothing is changed there. What has no counterpart is listed in OUT/IMPORT.md, and `oncall check` says what is left.
    """
    if out.exists() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty; name another directory, so that nothing is written over")
    now = SystemClock().now()
    try:
        dump = asyncio.run(dump_of(url, token, now=now, days=days))
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}") from error
    made = company(dump, new_key=lambda: secrets.token_hex(24), made_at=now)
    _write(made, out)
    loaded = load(out, {})
    for problem in loaded.problems:
        click.secho(str(problem), fg="red" if problem in loaded.errors else "yellow", err=True)
    click.echo(
        f"{len(dump.users)} people, {len(dump.teams)} teams, {len(dump.schedules)} rotations and"
        f" {len(dump.escalation_chains)} chains are in {out}."
        f" {len(made.notes)} things are left to do: {out / 'IMPORT.md'}. Then: oncall check {out}"
    )


def _write(made: Company, out: Path) -> None:
    lines = ["# What is left to do", "", "Written by `oncall import`; delete it when you are done.", ""]
    made.files["IMPORT.md"] = "\n".join([*lines, *(f"- [ ] {note}" for note in made.notes), ""]).encode()
    for name, body in sorted(made.files.items()):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Calendar addresses and the key are secrets.
        path.touch(mode=0o600)
        path.write_bytes(body)
