"""`oncall route`: whose an alert would be and who would be woken, before it happens."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from oncall.cli.calendars_at_hand import CalendarsAtHand
from oncall.cli.loading import config_option, engine_for, load_or_exit
from oncall.clock import SystemClock
from oncall.config import Settings
from oncall.config.section import known_zone
from oncall.engine import Organisation
from oncall.expectations import Expectation, Outcome, compare, labels_of, read_expectations
from oncall.moment import FORM, parse_moment
from oncall.services.explain import Explanation
from oncall.services.explain import explain as explain_in_engine
from oncall.walk import Path as AlertPath
from oncall.walk import path
from routing.matchers import MatcherError


@click.group()
def route() -> None:
    """Explain and test where alerts go."""


@route.command()
@config_option
@click.argument("labels", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--at", default="now", help=f"When it fires: {FORM}.")
@click.option("--timezone", default="", help="Zone of --at and of the times shown; default the owning team's.")
@click.option("--offline", is_flag=True, help="Read the files alone, not the engine's database.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(directory: Path, labels: tuple[str, ...], at: str, timezone: str, offline: bool, as_json: bool) -> None:
    """Print the whole path of an alert: owner, incident it would join, and who would be woken when.

    Example: oncall route explain severity=critical service=checkout --at "Sat 03:00"
    """
    alert = _labels(labels)
    loaded = load_or_exit(directory)
    assert loaded.directory is not None
    organisation = Organisation(loaded.directory)
    zone = timezone or loaded.directory.teams[organisation.resolver.resolve(alert).team].timezone
    moment = _moment(at, zone)
    if not offline and _has_database(loaded.settings):
        found = asyncio.run(_from_engine(directory, alert, moment))
    else:
        at_hand = CalendarsAtHand(loaded.directory, moment)
        found = Explanation(path=path(loaded.directory, organisation.resolver, alert, at=moment, who=at_hand.who))
        _tell_unread(at_hand.unread)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        click.echo("\n".join(_lines(found, ZoneInfo(zone))))


@route.command()
@config_option
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
def test(directory: Path, files: tuple[Path, ...], as_json: bool) -> None:
    """Hold the routing against FILES of expectations; exits with 1 where something differs.

    Needs the configuration's files alone, so that a team can run it in its own pipeline. An expectation reads:
    {labels: {severity: critical, service: checkout}, at: "Sat 03:00", team: payments, wakes: [ana]}
    """
    loaded = load_or_exit(directory)
    assert loaded.directory is not None
    organisation = Organisation(loaded.directory)
    unread: list[str] = []

    def walked(expected: Expectation) -> AlertPath:
        owner = organisation.directory.teams[organisation.resolver.resolve(expected.labels).team]
        moment = parse_moment(expected.at, owner.timezone, SystemClock().now())
        at_hand = CalendarsAtHand(organisation.directory, moment)
        found = path(organisation.directory, organisation.resolver, expected.labels, at=moment, who=at_hand.who)
        if expected.wakes is not None:
            unread.extend(at_hand.unread)
        return found

    outcomes: list[tuple[Path, Outcome]] = []
    for file in files:
        expectations, problems = read_expectations(file.read_text("utf-8"), str(file))
        for problem in problems:
            click.secho(str(problem), err=True, fg="red")
        if problems:
            sys.exit(2)
        outcomes += [(file, _held_against(expected, walked)) for expected in expectations]
    _tell_unread(dict.fromkeys(unread))
    failed = sum(bool(outcome.differences) for _, outcome in outcomes)
    if as_json:
        rows = [{"file": str(file), **msgspec.to_builtins(outcome)} for file, outcome in outcomes]
        click.echo(msgspec.json.format(msgspec.json.encode({"failed": failed, "outcomes": rows})).decode())
    else:
        click.echo("\n".join(_report(outcomes)))
        click.echo(f"{len(outcomes) - failed} of {len(outcomes)} as expected.")
    sys.exit(1 if failed else 0)


def _held_against(expected: Expectation, walked: Callable[[Expectation], AlertPath]) -> Outcome:
    try:
        return compare(expected, walked(expected))
    except ValueError as error:
        return Outcome(line=expected.line, labels=expected.labels, differences=(f"at: {error}",))


def _labels(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise click.BadParameter(f"{pair!r} is no label; write NAME=VALUE, as severity=critical")
        if not value.startswith('"'):
            found[name.strip()] = value
            continue
        try:
            found |= labels_of(pair)
        except MatcherError as error:
            raise click.BadParameter(f"{pair!r}: {error}") from None
    return found


def _moment(at: str, zone: str) -> datetime:
    if not known_zone(zone):
        raise click.BadParameter(f"{zone!r} is no time zone; write one such as Europe/Berlin", param_hint="--timezone")
    try:
        return parse_moment(at, zone, SystemClock().now())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from None


def _has_database(settings: Settings) -> bool:
    return bool(settings.database_url.reveal()) or (settings.data_dir / "oncall.db").is_file()


async def _from_engine(directory: Path, labels: Mapping[str, str], at: datetime) -> Explanation:
    async with engine_for(directory) as engine:
        return await explain_in_engine(engine, labels, at)


def _tell_unread(names: Sequence[str] | Mapping[str, None]) -> None:
    for name in names:
        click.secho(f"this calendar is not at hand, so its people are unknown here: {name}", err=True, fg="yellow")


def _lines(found: Explanation, zone: ZoneInfo) -> Iterator[str]:
    one, owner = found.path, found.path.ownership
    yield f"severity   {one.severity.severity}: {one.severity.reason}"
    yield f"owner      {owner.team}: {owner.reasons[0]}" + (f"  [{owner.source}]" if owner.source else "")
    for tried in owner.tried:
        yield f"           before: {tried}"
    if owner.service:
        yield f"service    {owner.service}"
    if found.joins is not None:
        joins = f"joins #{found.joins.incident}" if found.joins.incident else "opens a new one"
        yield f"incident   {joins}: {found.joins.reason}"
    if found.silence is not None:
        yield f"silence    {found.silence.id} by {found.silence.by}: it would be logged, and nobody asked"
    yield f"fires      {one.at.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
    steps = [
        (ask.at, f"{_after(ask.after)}  step {ask.step}  {ask.name} by {ask.channel.replace('_', ' ')}  ({ask.reason})")
        for ask in one.walk.asks
    ]
    notes = [(note.at, f"{_after(note.after)}  {note.text}") for note in one.walk.remarks]
    yield from (text for _, text in sorted([*steps, *notes], key=_first))


def _report(outcomes: Sequence[tuple[Path, Outcome]]) -> Iterator[str]:
    for file, outcome in outcomes:
        labels = ", ".join(f"{name}={value}" for name, value in outcome.labels.items())
        mark = "differs" if outcome.differences else "ok"
        yield f"{file}:{outcome.line}: {mark}: {labels}"
        yield from (f"    {difference}" for difference in outcome.differences)


def _after(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    length = f"{minutes} min {rest} s" if rest and minutes else f"{rest} s" if rest else f"{minutes} min"
    return f"{'+' + length:>12}"


def _first(row: tuple[datetime, str]) -> datetime:
    return row[0]
