"""`oncall export`: history as a file."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.services.operation import history


@click.command()
@config_option
@click.option("--since", required=True, type=click.DateTime(), help="Begin of the stretch, UTC.")
@click.option("--until", type=click.DateTime(), help="End of the stretch, UTC; default now.")
@click.option("--out", type=click.File("wb", lazy=True), default="-", help="File to write; default standard output.")
@click.option("--json", "as_json", is_flag=True, help="Print the count as JSON.")
def export(directory: Path, since: datetime, until: datetime | None, out: BinaryIO, as_json: bool) -> None:
    """Write every incident opened in a stretch of time, with its alerts, timeline, pages and deliveries.

    One line of JSON for each incident. Safe while the engine runs: nothing is locked.
    """
    end = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    count = asyncio.run(_export(directory, since.replace(tzinfo=UTC), end, out))
    said = msgspec.json.encode({"incidents": count}).decode() if as_json else f"{count} incidents written."
    click.echo(said, err=out.name == "<stdout>")


async def _export(directory: Path, since: datetime, until: datetime, out: BinaryIO) -> int:
    count = 0
    async with engine_for(directory) as engine:
        async for line in history.export(engine, since, until):
            out.write(line)
            count += 1
    out.flush()
    return count
