"""`oncall db`: the database's own affairs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.config import Settings, load_settings
from oncall.services.insight import tallying
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
    try:
        before, after = asyncio.run(_upgrade(_settings(directory)))
    except migrations.TooOld as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(msgspec.json.encode({"before": before, "after": after}).decode())
    elif migrations.is_newer(after):
        click.echo(f"The database is at {after}, made by a newer version. This one runs on it: what it needs is there.")
    elif before == after:
        click.echo(f"The database is at {after} already.")
    else:
        click.echo(f"The database went from {before or 'empty'} to {after}.")


@db.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def maintain(directory: Path, as_json: bool) -> None:
    """Give back the space of deleted rows and refresh the planner's statistics.

    On SQLite alerts wait while the file is rewritten (about a second for 100 MB), and are answered 503 if it takes
    longer than ten: choose a quiet hour. On PostgreSQL autovacuum does this by itself; nothing waits.
    """
    asyncio.run(_maintain(_settings(directory)))
    click.echo(msgspec.json.encode({"maintained": True}).decode() if as_json else "The database is tidy.")


@db.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def recount(directory: Path, as_json: bool) -> None:
    """Add up anew what insights show, from the incidents that are kept.

    Never needed in ordinary life: the engine counts what changes within a minute. Nodes may run meanwhile.
    """
    asyncio.run(_recount(directory))
    click.echo(msgspec.json.encode({"recounted": True}).decode() if as_json else "What insights show is counted anew.")


def _settings(directory: Path) -> Settings:
    settings, problems = load_settings(directory)
    for problem in problems:
        click.secho(str(problem), err=True, fg="red")
    return settings


async def _recount(directory: Path) -> None:
    async with engine_for(directory) as engine:
        await tallying.rebuild(engine)


async def _maintain(settings: Settings) -> None:
    database = Database(settings.database)
    try:
        await database.maintain()
    finally:
        await database.close()


async def _upgrade(settings: Settings) -> tuple[str, str]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        before = await migrations.current(database)
        await migrations.upgrade(database)
        return before, await migrations.current(database)
    finally:
        await database.close()
