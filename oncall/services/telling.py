"""Telling people and teams something that belongs to no incident: written with the fact, carried like any page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.directory import Team
from oncall.engine import Engine
from oncall.paging import notice_method
from oncall.store import pages as page_rows
from oncall.store.pages import Page

#: Channels for what nobody needs to read at once; the built-in phone stands in where there is no other.
QUIET_CHANNELS = ("email", "slack", "phone")


async def tell_person(
    engine: Engine,
    tx: AsyncConnection,
    person: str,
    text: str,
    *,
    team: str,
    reason: str,
    now: datetime,
    among: Collection[str] = (),
    kind: MessageKind = MessageKind.SHIFT,
) -> bool:
    """Tell somebody through their quietest contact method; False if there is none or nobody of that name.

    `among` names the only channels it may go through: a digest is nothing to be texted.
    """
    known = engine.directory.person_named(person)
    usable = {name: n for name, n in engine.notifiers.items() if not among or name in among}
    method = notice_method(known, usable) if known else None
    if known is None or method is None:
        return False
    told = _page(engine, known.id, method, text, team=team, reason=reason, now=now)
    await page_rows.add(tx, [replace(told, kind=kind)])
    return True


async def tell_team(engine: Engine, tx: AsyncConnection, team: Team, text: str, *, reason: str, now: datetime) -> None:
    """Tell a team where it works: its channel and its mail; where it has neither, each of its members."""
    ways = [("slack", team.slack_channel), ("email", team.email)]
    open_ways = [(channel, address) for channel, address in ways if address and channel in engine.notifiers]
    for way in open_ways:
        await page_rows.add(tx, [_page(engine, "", way, text, team=team.id, reason=reason, now=now)])
    if not open_ways:
        for member in team.members:
            await tell_person(engine, tx, member, text, team=team.id, reason=reason, now=now)


def _page(
    engine: Engine, person: str, method: tuple[str, str], text: str, *, team: str, reason: str, now: datetime
) -> Page:
    return Page(
        id=engine.new_id(),
        incident=None,
        team=team,
        person=person,
        channel=method[0],
        address=method[1],
        kind=MessageKind.SHIFT,
        important=False,
        step=0,
        reason=reason,
        text=text,
        planned_at=now,
        due_at=now,
    )
