"""`oncall intake`: what was posted, again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.store import inbox


@click.group()
def intake() -> None:
    """Look after the inbox of webhook bodies."""


@intake.command()
@config_option
@click.option("--since", required=True, type=click.DateTime(), help="Begin of the stretch, UTC.")
@click.option("--until", type=click.DateTime(), help="End of the stretch, UTC; default now.")
@click.option("--integration", default="", help="Only bodies of this integration.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def replay(directory: Path, since: datetime, until: datetime | None, integration: str, as_json: bool) -> None:
    """Process the bodies of a stretch of time again, after a bug was mended.

    Repeats change nothing, so only what was missed takes effect. A running engine picks the bodies up.
    """
    end = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    count = asyncio.run(_replay(directory, since.replace(tzinfo=UTC), end, integration))
    if as_json:
        click.echo(msgspec.json.encode({"bodies": count}).decode())
    else:
        click.echo(f"{count} bodies wait to be processed again.")


async def _replay(directory: Path, since: datetime, until: datetime, integration: str) -> int:
    async with engine_for(directory) as engine, engine.database.write() as tx:
        return await inbox.replay(tx, since=since, until=until, integration=integration)
