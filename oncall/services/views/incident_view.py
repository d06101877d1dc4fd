"""One incident with everything a responder needs: whose it is and why, what fires, who was asked, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.directory import Directory
from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.incident import Entry, EntryKind, Incident, Involvement, InvolvementStatus, Via
from oncall.incident.reading import readable, shown
from oncall.incident.record import ABOUT, Record, Said
from oncall.incident.telling import MarkKind, pieces
from oncall.services.delivery.messages import links_of
from oncall.services.people.rights import Caller, Right
from oncall.services.record.deploys import NearDeploy, beside
from oncall.services.views.incident_list import IncidentItem, items_of
from oncall.services.views.together import Together, view_together
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store import record as record_rows
from oncall.store import views
from oncall.store.alerts import Episode, EpisodeStatus
from oncall.store.pages import Page, PageStatus
from oncall.store.slack_notes import EDITED
from routing.alert import Severity
from routing.catalog.fields import is_web_address

#: Alerts and timeline lines that come with an incident; the rest is read a stretch at a time.
ALERTS_SHOWN = 25
ENTRIES_SHOWN = 30
MOST_AT_ONCE = 200


#: A page that set out, or that we tried to send.
_REACHED_OUT = (PageStatus.SENDING, PageStatus.SENT, PageStatus.FAILED)


class TeamPart(msgspec.Struct, frozen=True, kw_only=True):
    """One team's part in an incident. `step` of its policy's `steps` were taken in this round."""

    team: str
    name: str
    status: InvolvementStatus
    severity: Severity
    lead: bool
    since: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    acknowledged_via: Via | None
    #: When the acknowledgement ends unless somebody confirms.
    expires_at: datetime | None
    #: The next instant at which something happens by itself: the next step, the reminder, the end of a hold.
    next_due_at: datetime | None
    step: int
    steps: int
    #: Somebody was asked for them; else they were told at most.
    paged: bool


class AlertItem(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of an incident. `query_url` is empty where the source gave no web address."""

    id: int
    name: str
    status: EpisodeStatus
    severity: Severity
    paging: bool
    team: str
    service: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    query_url: str
    starts_at: datetime
    received_at: datetime
    ended_at: datetime | None
    #: Why that team owns it, and why it is in this incident.
    why_team: str
    why_group: str


class MarkItem(msgspec.Struct, frozen=True, kw_only=True):
    """The characters from `start` up to `end` of a line's `text`: whom or when they mean.

    `value` is an id, or an instant as RFC 3339 has it; `shown` is what `readable` has in their place.
    """

    kind: MarkKind
    start: int
    end: int
    value: str
    shown: str


class TimelineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline. `by` is a person's id or the engine's name.

    `text` is as it was written, with ids and UTC. `readable` has names, and times of day in the caller's own zone.
    """

    id: int
    at: datetime
    kind: EntryKind
    text: str
    readable: str
    marks: tuple[MarkItem, ...]
    by: str
    via: Via
    team: str
    team_name: str
    #: Of a note, what it is about: role, impact, status, or nothing in particular.
    about: str
    #: A note from Slack that its author changed there afterwards.
    edited: bool


class PageItem(msgspec.Struct, frozen=True, kw_only=True):
    """One page, without the address it went to. "Sent" means that a provider took it, not that somebody saw it."""

    person: str
    #: For which team they were asked.
    team: str
    channel: str
    status: PageStatus
    reason: str
    due_at: datetime
    sent_at: datetime | None
    detail: str
    #: page, notice, reminder or resolved.
    kind: MessageKind


class LinkItem(msgspec.Struct, frozen=True, kw_only=True):
    """A named address."""

    name: str
    url: str


class RoleItem(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a role."""

    role: str
    person: str


class RecordItem(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the incident hurts, how it stands, and who does what."""

    impact: Said
    status: Said
    roles: tuple[RoleItem, ...]


class IncidentView(IncidentItem, frozen=True, kw_only=True):
    """One incident. `alert_items` and `timeline` hold the first and the newest; their addresses have all."""

    involvements: tuple[TeamPart, ...]
    #: The teams an acknowledgement of the caller is for, unless it names others; none where theirs has it already.
    asks_you_for: tuple[str, ...]
    links: tuple[LinkItem, ...]
    #: Of its service and of what that depends on, nearest first.
    deploys: tuple[NearDeploy, ...]
    why_team: str
    why_group: str
    #: Labels every shown alert has.
    shared_labels: Mapping[str, str]
    alert_items: tuple[AlertItem, ...]
    timeline: tuple[TimelineItem, ...]
    pages: tuple[PageItem, ...]
    record: RecordItem
    together: Together


class Cursor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to go on: the `next` of the stretch before; nothing for the first."""

    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{0,15}$")] = ""


class AlertPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of an incident's alerts; `next` is the cursor of the next one."""

    alerts: tuple[AlertItem, ...]
    next: str | None


class TimelinePage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a timeline, newest first; `next` is the cursor of the older one."""

    timeline: tuple[TimelineItem, ...]
    next: str | None


async def view_incident(engine: Engine, caller: Caller, number: int) -> IncidentView:
    """One incident.

    Raises:
        NotFound: no such incident.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        incident = await _load(tx, number)
        (item,) = await items_of(engine, tx, [incident])
        episodes = await views.alerts_of(tx, number, limit=ALERTS_SHOWN)
        entries = await views.newest_entries(tx, number, limit=ENTRIES_SHOWN)
        pages = await page_rows.of_incident(tx, number)
        links = await links_of(engine, tx, incident)
        deploys = await beside(engine, tx, incident)
        said = await record_rows.get(tx, number)
        together = await view_together(tx, number, engine.directory.grouping.bars)
    first = min(episodes, key=lambda e: e.id, default=None)
    asked = {p.team for p in pages if p.kind is MessageKind.PAGE and p.status in _REACHED_OUT}
    return IncidentView(
        **msgspec.structs.asdict(item),
        involvements=tuple(_part(engine, i, paged=i.team in asked) for i in incident.involvements),
        asks_you_for=incident.asks({*caller.teams, *(p.team for p in pages if _asks(p, caller.person))}),
        links=tuple(LinkItem(name=link.name, url=link.url) for link in links),
        deploys=deploys,
        why_team=first.why_team if first else "",
        why_group=next((e.why_group for e in reversed(episodes) if e is not first), ""),
        shared_labels=shared([e.labels for e in episodes]),
        alert_items=tuple(_alert(e) for e in episodes),
        timeline=_lines(engine, caller, entries),
        pages=tuple(_page(p) for p in pages[-MOST_AT_ONCE:]),
        record=_record(said),
        together=together,
    )


async def alerts_after(engine: Engine, caller: Caller, number: int, skip: int) -> AlertPage:
    """An incident's alerts from the `skip`-th on.

    Raises:
        NotFound: no such incident.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        await _load(tx, number)
        found = await views.alerts_of(tx, number, limit=MOST_AT_ONCE + 1, skip=skip)
    more = len(found) > MOST_AT_ONCE
    return AlertPage(
        alerts=tuple(_alert(e) for e in found[:MOST_AT_ONCE]), next=str(skip + MOST_AT_ONCE) if more else None
    )


async def timeline_before(engine: Engine, caller: Caller, number: int, before: int | None) -> TimelinePage:
    """A timeline's lines older than the line `before`, newest first.

    Raises:
        NotFound: no such incident.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        await _load(tx, number)
        found = await views.newest_entries(tx, number, limit=MOST_AT_ONCE + 1, before=before)
    lines = _lines(engine, caller, found[:MOST_AT_ONCE])
    return TimelinePage(timeline=lines, next=str(lines[-1].id) if len(found) > MOST_AT_ONCE else None)


async def timeline_after(engine: Engine, caller: Caller, number: int, after: int) -> tuple[TimelineItem, ...]:
    """The lines that came after the line `after`, oldest first: what is new to somebody who watches."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        found = await incident_rows.entries(tx, number, after=after, limit=MOST_AT_ONCE)
    return _lines(engine, caller, found)


def shared(labels: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The labels every one of them has with the same value; none where there is only one."""
    if len(labels) < 2:
        return {}
    return {k: v for k, v in labels[0].items() if all(other.get(k) == v for other in labels)}


async def _load(tx: AsyncConnection, number: int) -> Incident:
    found = await incident_rows.get(tx, [number])
    if number not in found:
        raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
    return found[number]


def _part(engine: Engine, involvement: Involvement, *, paged: bool) -> TeamPart:
    team = engine.directory.teams.get(involvement.team)
    return TeamPart(
        team=involvement.team,
        name=team.name if team else involvement.team,
        status=involvement.status,
        severity=involvement.severity,
        lead=involvement.lead,
        since=involvement.since,
        acknowledged_by=involvement.acknowledged_by,
        acknowledged_at=involvement.acknowledged_at,
        acknowledged_via=involvement.acknowledged_via,
        expires_at=involvement.expires_at,
        next_due_at=involvement.next_due_at,
        step=involvement.position.step,
        steps=len(involvement.policy.steps),
        paged=paged,
    )


def _alert(episode: Episode) -> AlertItem:
    return AlertItem(
        id=episode.id,
        name=episode.name,
        status=episode.status,
        severity=episode.severity,
        paging=episode.paging,
        team=episode.team,
        service=episode.service,
        labels=episode.labels,
        annotations=episode.annotations,
        query_url=episode.generator_url if is_web_address(episode.generator_url) else "",
        starts_at=episode.starts_at,
        received_at=episode.received_at,
        ended_at=episode.ended_at,
        why_team=episode.why_team,
        why_group=episode.why_group,
    )


def _lines(engine: Engine, caller: Caller, found: Iterable[tuple[int, Entry]]) -> tuple[TimelineItem, ...]:
    return tuple(_line(engine.directory, caller.timezone, line, entry) for line, entry in found)


def _line(directory: Directory, zone: str, number: int, entry: Entry) -> TimelineItem:
    team = directory.teams.get(entry.team)
    return TimelineItem(
        id=number,
        at=entry.at,
        kind=entry.kind,
        text=entry.text,
        readable=readable(entry, directory, zone),
        marks=_marks(directory, zone, entry),
        by=entry.actor.person,
        via=entry.actor.via,
        team=entry.team,
        team_name=team.name if team else entry.team,
        about=str(entry.data.get(ABOUT, "")) if entry.kind is EntryKind.NOTE else "",
        edited=bool(entry.data.get(EDITED)),
    )


def _marks(directory: Directory, zone: str, entry: Entry) -> tuple[MarkItem, ...]:
    return tuple(
        MarkItem(
            kind=mark.kind,
            start=mark.start,
            end=mark.end,
            value=mark.value,
            shown=shown(mark, written, entry.at, directory, zone),
        )
        for written, mark in pieces(entry.text, entry.marks)
        if mark is not None
    )


def _record(said: Record) -> RecordItem:
    roles = tuple(RoleItem(role=role, person=person) for role, person in said.roles.items())
    return RecordItem(impact=said.impact, status=said.status, roles=roles)


def _asks(page: Page, person: str) -> bool:
    return page.kind is MessageKind.PAGE and page.person == person


def _page(page: Page) -> PageItem:
    return PageItem(
        person=page.person,
        team=page.team,
        channel=page.channel,
        status=page.status,
        reason=page.reason,
        due_at=page.due_at,
        sent_at=page.sent_at,
        detail=page.detail,
        kind=page.kind,
    )
