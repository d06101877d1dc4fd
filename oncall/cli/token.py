"""`oncall token`: keys for programs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.errors import OncallError
from oncall.person import Role
from oncall.services.people import access
from oncall.services.people.access import NewToken


@click.command()
@config_option
@click.argument("person")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", type=click.Choice([role.value for role in Role]), default=Role.VIEWER.value, show_default=True)
@click.option("--days", default=90, show_default=True, help="How long it holds.")
@click.option("--json", "as_json", is_flag=True, help="Print the token as JSON.")
def token(directory: Path, person: str, name: str, scope: str, days: int, as_json: bool) -> None:
    """Print a new API token that acts for PERSON, never with more rights than they have. It is shown once."""
    asked = NewToken(name=name, scope=Role(scope), days=days)
    try:
        secret = asyncio.run(_token(directory, person, asked))
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}".strip()) from error
    click.echo(msgspec.json.encode({"token": secret}).decode() if as_json else secret)


async def _token(directory: Path, person: str, asked: NewToken) -> str:
    async with engine_for(directory) as engine:
        return (await access.create_token(engine, access.caller_at_shell(engine, person), asked)).reveal()
