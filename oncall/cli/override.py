"""`oncall schedule override ...`: somebody on call over the calendars, from the shell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from oncall.cli.loading import config_option, engine_for
from oncall.cli.schedule import Instant
from oncall.engine import Engine
from oncall.errors import OncallError
from oncall.services.people import access
from oncall.services.rotations import overrides
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.overrides import NewOverride
from oncall.services.rotations.views import schedule_of
from oncall.store import overrides as rows
from oncall.store.overrides import StoredOverride

T = TypeVar("T")

_by_option = click.option("--by", required=True, metavar="PERSON", help="Who does this; the audit log names them.")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Rotation(click.ParamType["tuple[str, str]"]):
    """TEAM/SCHEDULE."""

    name = "team/schedule"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Both names; whether there is such a rotation is for the service to say."""
        team, slash, schedule = str(value).partition("/")
        if not slash or not team or not schedule:
            self.fail(f"{value!r} names no rotation: write TEAM/SCHEDULE, as payments/primary", param, ctx)
        return team, schedule


@click.group()
def override() -> None:
    """Put somebody on call over the calendars, see who is, take it back.

    It takes effect at once, whether an engine runs or not; a running one tells the people concerned.
    """


@override.command()
@config_option
@click.argument("rotation", type=Rotation())
@click.argument("person")
@click.option("--from", "begin", type=Instant(), show_default="now", help="Begin, e.g. 2026-11-01T09:00+01:00.")
@click.option("--to", "end", type=Instant(), required=True, help="End, exclusive. Without an offset it is UTC.")
@click.option(
    "--replaces", metavar="PERSON", default="", help="Take this person's place; default: whoever has the role."
)
@click.option("--role", default="", show_default="primary", help="The role it is about.")
@click.option("--note", default="", help="Why, for whoever reads it later.")
@_by_option
@_json_option
def make(
    directory: Path,
    rotation: tuple[str, str],
    person: str,
    begin: datetime | None,
    end: datetime,
    replaces: str,
    role: str,
    note: str,
    by: str,
    as_json: bool,
) -> None:
    """Put PERSON on call in ROTATION (TEAM/SCHEDULE) for a while."""

    async def add(engine: Engine) -> StoredOverride:
        asked = NewOverride(
            starts_at=begin or engine.clock.now(), ends_at=end, person=person, replaces=replaces, role=role, note=note
        )
        return await overrides.add(engine, access.caller_at_shell(engine, by), *rotation, asked)

    _print([_run(directory, add)], as_json)


@override.command("list")
@config_option
@click.argument("rotation", type=Rotation(), required=False)
@_json_option
def list_(directory: Path, rotation: tuple[str, str] | None, as_json: bool) -> None:
    """Overrides that run or are still to come, of ROTATION (TEAM/SCHEDULE) or of all."""

    async def listed(engine: Engine) -> list[StoredOverride]:
        if rotation:
            schedule_of(engine, *rotation)
        async with engine.database.read() as tx:
            return await rows.to_come(tx, engine.clock.now(), schedule_key(*rotation) if rotation else "")

    _print(_run(directory, listed), as_json, none="No override runs or is planned.")


@override.command()
@config_option
@click.argument("rotation", type=Rotation())
@click.argument("number", type=int)
@_by_option
@_json_option
def revoke(directory: Path, rotation: tuple[str, str], number: int, by: str, as_json: bool) -> None:
    """Take override NUMBER of ROTATION back; the calendars hold again at once."""

    async def back(engine: Engine) -> None:
        await overrides.revoke(engine, access.caller_at_shell(engine, by), *rotation, number)

    _run(directory, back)
    if as_json:
        click.echo(msgspec.json.encode({"revoked": number}).decode())
    else:
        click.echo(f"Override {number} is revoked; the calendars of {'/'.join(rotation)} hold again.")


def _run(directory: Path, what: Callable[[Engine], Awaitable[T]]) -> T:
    async def run() -> T:
        async with engine_for(directory) as engine:
            return await what(engine)

    try:
        return asyncio.run(run())
    except OncallError as error:
        raise click.ClickException(f"{error}. {error.mend}".strip()) from error


def _print(found: Sequence[StoredOverride], as_json: bool, *, none: str = "") -> None:
    if as_json:
        click.echo(msgspec.json.encode({"overrides": found}).decode())
        return
    for one in found:
        click.echo(_line(one))
    if not found and none:
        click.echo(none)


def _line(one: StoredOverride) -> str:
    place = f" for {one.replaces}" if one.replaces else f" as {one.role}" if one.role else ""
    note = f" ({one.note})" if one.note else ""
    span = f"{one.starts_at:%Y-%m-%d %H:%M} to {one.ends_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.id}  {one.schedule}  {span}  {one.person}{place}, by {one.by}{note}"
