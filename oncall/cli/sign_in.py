"""`oncall sign-in`: a one-time link, for the first person and for everybody who lost their way in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.errors import OncallError
from oncall.services.people import access


@click.command("sign-in")
@config_option
@click.argument("person")
@click.option("--json", "as_json", is_flag=True, help="Print the link as JSON.")
def sign_in(directory: Path, person: str, as_json: bool) -> None:
    """Print a link that signs PERSON in once, within half an hour."""
    try:
        link = asyncio.run(_link(directory, person))
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}".strip()) from error
    click.echo(msgspec.json.encode({"link": link}).decode() if as_json else link)


async def _link(directory: Path, person: str) -> str:
    async with engine_for(directory) as engine:
        return await access.create_sign_in_link(engine, person)
