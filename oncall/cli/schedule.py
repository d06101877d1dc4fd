"""`oncall schedule ...`: what calendars say, without an engine running; overrides have a module of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from oncall.cli.commands import Commands
from oncall.clock import SystemClock
from schedules import starter
from schedules.deadline import SERIES_SECONDS, cpu_deadline
from schedules.identity import BadIdentity, Identity, identity
from schedules.reading import read
from schedules.shift import Reading, Segment

REFUSED = 3


@click.group(cls=Commands, lazy=(("override", "oncall.cli.override:override"),))
def schedule() -> None:
    """Read rotations from calendar files, and put people on call over them."""


@schedule.command()
@click.option("--people", "names", metavar="ANA,BEN,CAI", help="Who takes turns, in order (with --weekly).")
@click.option("--weekly", is_flag=True, help="A week each.")
@click.option("--handoff", "change", metavar="WHEN", help='When the person changes: "Mon 09:00 Europe/Berlin".')
@click.option("--site", "sites", multiple=True, metavar="SITE",
              help='Follow the sun: "Asia/Singapore 09:00-17:00 wei,arjun". Repeat for each site.')  # fmt: skip
@click.option("--first", type=click.DateTime(["%Y-%m-%d"]), help="First day; default today.")
def new(names: str | None, weekly: bool, change: str | None, sites: tuple[str, ...], first: datetime | None) -> None:
    """Write a first rotation as a calendar to import anywhere: `oncall schedule new … > rota.ics`.

    The calendar program is the editor from then on.
    """
    now = SystemClock().now()
    day = (first or now).date()
    try:
        if sites and not (weekly or names or change):
            body = starter.follow_the_sun([starter.site(text) for text in sites], first=day, made_at=now)
        elif weekly and names and change and not sites:
            body = starter.weekly(starter.people(names), starter.handoff(change), first=day, made_at=now)
        else:
            raise click.UsageError("give --weekly with --people and --handoff, or one --site for each place")
    except starter.BadStarter as wrong:
        raise click.UsageError(str(wrong)) from None
    click.echo(body, nl=False)
    for line in _gaps_of(body, now):
        click.echo(line, err=True)


def _gaps_of(body: bytes, now: datetime) -> list[str]:
    """What the rotation leaves uncovered within a year: sites whose clocks change on different days leave hours."""
    found = read(body, (now + timedelta(days=28), now + timedelta(days=28 + 365)), identity=identity())
    gaps = [segment for segment in found.segments if not segment.on_call]
    if not gaps:
        return []
    hours = sum((gap.end - gap.start) / timedelta(hours=1) for gap in gaps)
    first = f"the first from {gaps[0].start:%a %d %b %Y %H:%M} to {gaps[0].end:%H:%M} UTC"
    return [f"Within a year {len(gaps)} gaps of {hours:.0f} h in all are left, {first}."]


class Instant(click.ParamType["datetime"]):
    """An ISO 8601 instant; without an offset it is UTC."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Aware, UTC."""
        try:
            read_value = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no instant: write it like 2026-11-01T00:00:00Z", param, ctx)
        return read_value.astimezone(UTC) if read_value.tzinfo else read_value.replace(tzinfo=UTC)


class Alias(click.ParamType["tuple[str, str]"]):
    """NAME=ZONE."""

    name = "name=zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Both sides of the last equals sign: TZIDs may contain one."""
        name, separator, zone = str(value).rpartition("=")
        if not separator or not name or not zone:
            self.fail(f"{value!r} must be NAME=ZONE", param, ctx)
        return name, zone


@schedule.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "begin", type=Instant(), required=True, help="Begin of the window, e.g. 2026-11-01T00:00:00Z.")
@click.option("--to", "end", type=Instant(), required=True, help="End of the window, exclusive.")
@click.option("--timezone", metavar="ZONE", help="Zone of floating and all-day events, whatever the calendar says.")
@click.option("--identity", "identity_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="JSON file that says how names are read.")  # fmt: skip
@click.option("--tz-alias", "aliases", type=Alias(), multiple=True, help="What a TZID means: NAME=ZONE. Repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def segments(
    file: Path,
    begin: datetime,
    end: datetime,
    timezone: str | None,
    identity_file: Path | None,
    aliases: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Who is on call in each piece of a window, as FILE says.

    Exits with 3 when the engine would keep the last good calendar instead of FILE.
    """
    if begin >= end:
        raise click.BadParameter("--to must be after --from")
    try:
        found = read(
            file.read_bytes(),
            (begin, end),
            timezone=timezone,
            identity=_identity(identity_file),
            tz_aliases=dict(aliases),
            deadline=cpu_deadline(SERIES_SECONDS),
        )
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None
    print(json.dumps(_document(found), ensure_ascii=False) if as_json else _text(found))
    if found.refused is not None:
        sys.exit(REFUSED)


def _identity(file: Path | None) -> Identity:
    try:
        options = json.loads(file.read_bytes()) if file else {}
        if not isinstance(options, Mapping):
            raise BadIdentity("it must be a JSON object")
        return identity(options)
    except ValueError as wrong:
        raise click.BadParameter(f"{file}: {wrong}", param_hint="--identity") from None


def _document(found: Reading) -> dict[str, object]:
    if found.refused is not None:
        return {"refused": found.refused}
    pieces = [
        {"start": _utc(segment.start), "end": _utc(segment.end), "on_call": names}
        for segment, names in _by_names(found.segments)
    ]
    return {"segments": pieces, "warnings": list(found.warnings)}


def _by_names(found: tuple[Segment, ...]) -> list[tuple[Segment, list[str]]]:
    """Pieces with constant names: two segments may differ in the role alone."""
    pieces: list[tuple[Segment, list[str]]] = []
    for segment in found:
        names = sorted({who.person for who in segment.on_call})
        if pieces and pieces[-1][1] == names:
            segment = Segment(start=pieces.pop()[0].start, end=segment.end)  # noqa: PLW2901 - the lengthened piece
        pieces.append((segment, names))
    return pieces


def _text(found: Reading) -> str:
    if found.refused is not None:
        return f"refused, the last good calendar stays in force: {found.refused}"
    lines = [
        f"{_utc(segment.start)}  {_utc(segment.end)}  {', '.join(names) or '(nobody)'}"
        for segment, names in _by_names(found.segments)
    ]
    return "\n".join([*lines, *(f"warning: {warning}" for warning in found.warnings)])


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
