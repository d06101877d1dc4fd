"""`oncall grouping ...`: which alerts are one incident, tried on recorded streams."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from grouping.grouper import Grouper
from grouping.relations import Calls
from grouping.replay import Recorded, Replay
from oncall.cli.grouping_model import model
from oncall.cli.grouping_trials import backtest, insights
from oncall.cli.loading import config_option, engine_for
from oncall.errors import OncallError
from oncall.services.grouping.prometheus_history import past_alerts, warm_up

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def grouping() -> None:
    """Try the grouping of alerts on recorded streams."""


for command in (model, backtest, insights):
    grouping.add_command(command)


class _Catalog(msgspec.Struct):
    calls: list[tuple[str, str]] = []


@grouping.command()
@click.argument("stream", type=FILE)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write one line per alert."
)
@click.option("--catalog", type=FILE, help='Known calls between services: {"calls": [["caller", "called"], ...]}.')
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def replay(stream: Path, out: Path, catalog: Path | None, *, as_json: bool) -> None:
    """Run the production grouping over STREAM (JSON lines, ordered by startsAt) on a simulated clock.

    Each line has labels, startsAt, and if known annotations, endsAt and fingerprint. Every lead is taken to
    acknowledge at once. An alert may move to another incident later in the stream, so OUT is written at the end.
    """
    run = Replay(Grouper(calls=read_calls(catalog)))
    for line in read_lines(stream):
        run.feed(line)
    assigned = list(run.assigned())
    with out.open("wb") as file:
        encoder = msgspec.json.Encoder()
        file.writelines(encoder.encode(line) + b"\n" for line in assigned)
    summary: dict[str, Any] = {
        "alerts": len(assigned),
        "incidents": len({a.incident for a in assigned}),
        "paged": sum(a.paged for a in assigned),
        "held": sum(a.held for a in assigned),
    }
    if as_json:
        print(msgspec.json.encode(summary).decode())
    else:
        print("{alerts} alerts in {incidents} incidents; {paged} called at once, {held} held".format(**summary))


@grouping.command()
@config_option
@click.option("--from-prometheus", "url", help="Address of a Prometheus whose ALERTS series are read.")
@click.option("--from-file", "stream", type=FILE, help="A recorded stream, as for `replay`.")
@click.option("--days", default=30, show_default=True, help="How far back to read from Prometheus.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def learn(directory: Path, url: str | None, stream: Path | None, days: int, *, as_json: bool) -> None:
    """Learn from past alerts which go together, before the first day or after a gap. The engine must not run."""
    if (url is None) == (stream is None):
        raise click.UsageError("give either --from-prometheus or --from-file")
    count = asyncio.run(_learn(directory, url, stream, days))
    if as_json:
        print(msgspec.json.encode({"alerts": count}).decode())
    else:
        print(f"learned from {count} alerts")


async def _learn(directory: Path, url: str | None, stream: Path | None, days: int) -> int:
    async with engine_for(directory) as engine:
        try:
            if url is None:
                history = read_lines(stream) if stream else []
            else:
                now = engine.clock.now()
                history = await past_alerts(url, since=now - timedelta(days=days), until=now)
            return await warm_up(engine, history)
        except OncallError as error:
            raise click.ClickException(f"{error}. {error.mend}") from error


def read_calls(catalog: Path | None) -> Calls:
    """The catalog's calls, or none."""
    if catalog is None:
        return Calls()
    try:
        return Calls(msgspec.json.decode(catalog.read_bytes(), type=_Catalog).calls)
    except msgspec.DecodeError as error:
        raise click.ClickException(f'{catalog}: {error}; write {{"calls": [["caller", "called"], ...]}}') from error


def read_lines(stream: Path) -> list[Recorded]:
    """The recorded alerts, in the file's order."""
    decoder = msgspec.json.Decoder(Recorded)
    lines = []
    with stream.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                found = decoder.decode(line)
            except msgspec.DecodeError as error:
                raise click.ClickException(f"{stream}:{number}: {error}; each line is one alert as JSON") from error
            if found.starts_at.tzinfo is None:
                raise click.ClickException(f"{stream}:{number}: startsAt has no time zone; write 2026-01-05T00:08:43Z")
            lines.append(found)
    return lines
