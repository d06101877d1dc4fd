"""What the operator looks at: what works, what does not, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

import msgspec

from oncall.engine import Engine
from oncall.services.operation import readiness
from oncall.services.operation.readiness import Readiness
from oncall.services.people.rights import Caller, Right
from oncall.services.rotations import on_call_view
from oncall.services.rotations.on_call_view import FeedAge, OnCallQuery
from oncall.store import access as access_rows
from oncall.store import heartbeats, inbox, operator

#: Deliveries of this long are counted.
LATELY = timedelta(hours=24)
#: Bytes of a quarantined body that are shown.
SHOWN_BYTES = 4000
MOST_AUDIT = 100


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """One channel and how its deliveries went lately, by outcome."""

    name: str
    title: str
    configured: bool
    outcomes: Mapping[str, int]


class SenderState(msgspec.Struct, frozen=True, kw_only=True):
    """One integration; `heard_at` is its last heartbeat, null where it has none or was never heard."""

    name: str
    source: str
    heartbeat: bool
    heard_at: datetime | None
    late: bool


class NodeState(msgspec.Struct, frozen=True, kw_only=True):
    """Work that one node does at a time, and which one has it."""

    work: str
    node: str
    until: datetime


class RotationFeeds(msgspec.Struct, frozen=True, kw_only=True):
    """The calendars of one rotation."""

    schedule: str
    feeds: tuple[FeedAge, ...]


class OperatorView(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the whole engine; `todo` says what a person should do about it, most urgent first."""

    version: str
    node: str
    readiness: Readiness
    waiting: int
    quarantined: int
    channels: tuple[ChannelState, ...]
    senders: tuple[SenderState, ...]
    rotations: tuple[RotationFeeds, ...]
    nodes: tuple[NodeState, ...]
    todo: tuple[str, ...]


class QuarantineItem(msgspec.Struct, frozen=True, kw_only=True):
    """A body, or one alert of it, that could not be used. `body` is cut to what a person can read."""

    id: int
    received_at: datetime
    integration: str
    reason: str
    path: str
    body: str
    bytes: int


class QuarantinePage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the quarantine, newest first; `next` is the cursor of the older one."""

    quarantine: tuple[QuarantineItem, ...]
    next: str | None


class AuditItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log."""

    id: int
    at: datetime
    by: str
    via: str
    act: str
    subject: str


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the audit log, newest first; `next` is the cursor of the older one."""

    audit: tuple[AuditItem, ...]
    next: str | None


async def view_operator(engine: Engine, caller: Caller) -> OperatorView:
    """The state of the engine, for admins."""
    caller.require(Right.ADMINISTER)
    now = engine.clock.now()
    ready = await readiness.ready(engine)
    on_call = await on_call_view.who_is_on_call(engine, caller, OnCallQuery())
    async with engine.database.read() as tx:
        waiting = await inbox.depth(tx)
        outcomes = await operator.outcomes_since(tx, now - LATELY)
        beats = await heartbeats.all_beats(tx)
        nodes = await operator.leases(tx)
        quarantined = await operator.quarantine_size(tx)
    rotations = tuple(
        RotationFeeds(schedule=f"{r.team}/{r.schedule}", feeds=r.feeds) for r in on_call.rotations if r.feeds
    )
    channels = tuple(
        ChannelState(
            name=name,
            title=engine.channels[name].title if name in engine.channels else name,
            configured=name in engine.notifiers,
            outcomes=outcomes.get(name, {}),
        )
        for name in dict.fromkeys([*engine.notifiers, *outcomes])
    )
    senders = tuple(_sender(engine, i.name, beats, now) for i in engine.directory.integrations)
    return OperatorView(
        version=_version(),
        node=engine.node,
        readiness=ready,
        waiting=waiting,
        quarantined=quarantined,
        channels=channels,
        senders=senders,
        rotations=rotations,
        nodes=tuple(NodeState(work=name, node=node, until=until) for name, node, until in nodes),
        todo=_todo(ready, channels, senders, rotations, quarantined),
    )


async def list_quarantine(engine: Engine, caller: Caller, before: int | None) -> QuarantinePage:
    """What could not be used, for admins."""
    caller.require(Right.ADMINISTER)
    async with engine.database.read() as tx:
        rows = await inbox.list_quarantine(tx, before=before, limit=51)
    items = tuple(
        QuarantineItem(
            id=row.id,
            received_at=row.received_at,
            integration=row.integration,
            reason=row.reason,
            path=row.path,
            body=readable(row.body),
            bytes=len(row.body),
        )
        for row in rows[:50]
    )
    return QuarantinePage(quarantine=items, next=str(items[-1].id) if len(rows) > 50 else None)


async def list_audit(engine: Engine, caller: Caller, before: int | None) -> AuditPage:
    """Who changed what, for admins."""
    caller.require(Right.ADMINISTER)
    async with engine.database.read() as tx:
        lines = await access_rows.audit_lines(tx, before=before, limit=MOST_AUDIT + 1)
    items = tuple(
        AuditItem(id=line.id, at=line.at, by=line.by, via=line.via, act=line.act, subject=line.subject)
        for line in lines[:MOST_AUDIT]
    )
    return AuditPage(audit=items, next=str(items[-1].id) if len(lines) > MOST_AUDIT else None)


def readable(body: bytes) -> str:
    """A body as a person can read it: indented where it is JSON, cut, and never longer than a view should be."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    return text if len(text) <= SHOWN_BYTES else f"{text[:SHOWN_BYTES]}\n… [cut, {len(body):,} bytes]"


def _sender(engine: Engine, name: str, beats: Mapping[str, tuple[datetime, int | None]], now: datetime) -> SenderState:
    integration = engine.organisation.integrations_by_name[name]
    heard = beats.get(name, (None, None))[0]
    expected = integration.heartbeat
    late = bool(expected and heard and now - heard > expected.every)
    return SenderState(name=name, source=integration.source, heartbeat=expected is not None, heard_at=heard, late=late)


def _todo(
    ready: Readiness,
    channels: tuple[ChannelState, ...],
    senders: tuple[SenderState, ...],
    rotations: tuple[RotationFeeds, ...],
    quarantined: int,
) -> tuple[str, ...]:
    todo = []
    if ready.database != "ok":
        todo.append(f"The database {ready.database}: look at the server it runs on.")
    if ready.lag_seconds > readiness.WORST_LAG:
        todo.append(f"The loop is {ready.lag_seconds:.1f} s late: the machine is too busy.")
    todo += [f"No heartbeat from {s.name} lately: see whether that Alertmanager runs." for s in senders if s.late]
    todo += [
        f"{s.name} has a heartbeat configured that was never heard: route its Watchdog alert here."
        for s in senders
        if s.heartbeat and s.heard_at is None
    ]
    for rotation in rotations:
        for feed in rotation.feeds:
            if feed.error:
                todo.append(f"Calendar {feed.name} of {rotation.schedule} cannot be read: {feed.error}")
            elif feed.held_back:
                todo.append(f"A new version of {feed.name} of {rotation.schedule} lost shifts and is held back: look.")
    for channel in channels:
        if not channel.configured:
            todo.append(f"Somebody was to be paged by {channel.name}, which is not configured on this engine.")
        elif channel.outcomes.get("refused", 0) > channel.outcomes.get("delivered", 0) + channel.outcomes.get(
            "accepted", 0
        ):
            todo.append(f"{channel.title} refuses more than it carries: look at its account and addresses.")
    if quarantined:
        todo.append(f"In the quarantine: {quarantined}. See why, mend the sender, and replay.")
    return tuple(todo)


def _version() -> str:
    try:
        return version("oncall-engine")
    except PackageNotFoundError:
        return "from a checkout"
