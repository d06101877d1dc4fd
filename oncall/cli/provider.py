"""`oncall provider`: how the providers that carry pages behave."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.config.words import parse_length
from oncall.errors import OncallError
from oncall.services.delivery import provider_report
from oncall.services.delivery.provider_report import ProviderReport


@click.group()
def provider() -> None:
    """Look at the providers that carry pages."""


@provider.command()
@click.argument("name", metavar="PROVIDER")
@config_option
@click.option("--since", default="24h", show_default=True, help="How far back, as 24h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def report(name: str, directory: Path, since: str, as_json: bool) -> None:
    """Write the evidence one sends to a vendor: times, ids, outcomes and error codes.

    PROVIDER is twilio, slack, email, pagerduty and so on. People's addresses are left out.
    """
    try:
        length = parse_length(since)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error
    try:
        found = asyncio.run(_report(directory, name, length))
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}") from error
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(_lines(found)))


async def _report(directory: Path, name: str, length: timedelta) -> ProviderReport:
    async with engine_for(directory) as engine:
        return await provider_report.report(engine, name, engine.clock.now() - length)


def _lines(found: ProviderReport) -> list[str]:
    span = f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC"
    if not found.attempts:
        return [f"{found.provider}: nothing was sent from {span}."]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.outcomes.items()))
    codes = ", ".join(f"{code} ({count})" for code, count in sorted(found.codes.items()))
    lines = [
        f"{found.provider}, {span}: {len(found.attempts)} attempts: {outcomes}",
        f"codes: {codes or 'none'}; 95 of 100 attempts took less than {found.slow or 0:.2f} s",
        "",
    ]
    for one in found.attempts:
        took = f"{one.seconds:6.2f} s" if one.seconds is not None else "   no end"
        at = one.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines.append(
            f"{at} {took} {one.channel:9} {one.outcome:11} {one.code:10} {one.provider_id} {one.detail}".rstrip()
        )
    return lines
