"""What every command that needs the configuration does first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from oncall import wiring
from oncall.clock import SystemClock
from oncall.config import Loaded, load
from oncall.engine import Engine
from oncall.store import migrations

config_option = click.option(
    "--config",
    "directory",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="the current directory",
    help="The configuration directory.",
)


def load_or_exit(directory: Path) -> Loaded:
    """The configuration, or every problem on standard error and exit code 1."""
    loaded = load(directory)
    for problem in loaded.problems:
        click.secho(str(problem), err=True, fg="red" if problem in loaded.errors else "yellow")
    if loaded.directory is None:
        raise click.ClickException(f"{directory} cannot be used; mend the errors above")
    return loaded


@asynccontextmanager
async def engine_for(directory: Path) -> AsyncIterator[Engine]:
    """An engine for one command: it reads and writes the database, and runs no loop."""
    loaded = await asyncio.to_thread(load_or_exit, directory)
    assert loaded.directory is not None
    engine = wiring.open_engine(loaded.directory, loaded.settings, SystemClock(), config_dir=directory)
    try:
        if await migrations.current(engine.database) != migrations.head():
            raise click.ClickException("the database is not at this version; run: oncall db upgrade")
        yield engine
    finally:
        await wiring.close(engine)
