"""`oncall db`: the database's own affairs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from oncall.cli.loading import config_option
from oncall.config import Settings, load_settings
from oncall.store import migrations
from oncall.store.database import Database


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def upgrade(directory: Path, as_json: bool) -> None:
    """Bring the tables up to this version. Safe to run twice, and while other nodes run."""
    before, after = asyncio.run(_upgrade(_settings(directory)))
    if as_json:
        click.echo(msgspec.json.encode({"before": before, "after": after}).decode())
    elif before == after:
        click.echo(f"The database is at {after} already.")
    else:
        click.echo(f"The database went from {before or 'empty'} to {after}.")


def _settings(directory: Path) -> Settings:
    settings, problems = load_settings(directory)
    for problem in problems:
        click.secho(str(problem), err=True, fg="red")
    return settings


async def _upgrade(settings: Settings) -> tuple[str, str]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        before = await migrations.current(database)
        await migrations.upgrade(database)
        return before, await migrations.current(database)
    finally:
        await database.close()
