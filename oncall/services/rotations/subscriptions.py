"""Feeds out: a secret address per person and per team that any calendar program subscribes to."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.services.people.rights import Caller, Right
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.shown import shown
from oncall.services.rotations.views import all_schedules
from oncall.store import feed_tokens
from oncall.store.feed_tokens import FeedToken
from schedules.feed_out import Entry, calendar, person_entries, team_entries

BEHIND = timedelta(days=30)
AHEAD = timedelta(days=365)
#: Calendar programs ask hourly; when they last did is noted no more often.
USE_STEP = timedelta(hours=1)


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which feed: the caller's own shifts (`kind` person), or a team's rotations; `gaps`: also as events."""

    kind: Literal["person", "team"] = "person"
    team: Annotated[str, msgspec.Meta(max_length=200)] = ""
    gaps: bool = False


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A feed address somebody made. `address` is shown once, when it is made."""

    digest: str
    kind: str
    subject: str
    gaps: bool
    created_at: datetime
    last_used_at: datetime | None
    address: str = ""


class Subscriptions(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's feed addresses in force, newest first."""

    subscriptions: tuple[Subscription, ...]


async def subscribe(engine: Engine, caller: Caller, asked: NewSubscription) -> Subscription:
    """Make a feed address.

    Raises:
        Invalid: there is no such team.
    """
    caller.require(Right.SEE)
    if asked.kind == "team" and asked.team not in engine.directory.teams:
        raise Invalid(f"there is no team {asked.team!r}", "Give the id of a team.", "$.team")
    secret = secrets.token_urlsafe(24)
    made = FeedToken(
        digest=_digest(secret),
        kind=asked.kind,
        subject=asked.team if asked.kind == "team" else caller.person,
        gaps=asked.gaps,
        by=caller.person,
        created_at=engine.clock.now(),
    )
    async with engine.database.write() as tx:
        await feed_tokens.add(tx, made)
    return _subscription(made, f"{engine.settings.address}/feeds/{secret}.ics")


async def subscriptions(engine: Engine, caller: Caller) -> list[Subscription]:
    """The caller's feed addresses in force, newest first."""
    async with engine.database.read() as tx:
        return [_subscription(one) for one in await feed_tokens.of(tx, caller.person)]


async def unsubscribe(engine: Engine, caller: Caller, digest: str) -> None:
    """End a feed address of the caller's.

    Raises:
        NotFound: there is none.
    """
    async with engine.database.write() as tx:
        if not await feed_tokens.revoke(tx, digest, caller.person, engine.clock.now()):
            raise NotFound("there is no such feed address", "It may have been revoked already.")


async def feed(engine: Engine, secret: str) -> bytes:
    """The calendar behind a feed address.

    Raises:
        NotFound: it was revoked, or never was.
    """
    now = engine.clock.now()
    async with engine.database.read() as tx:
        token = await feed_tokens.get(tx, _digest(secret))
        if token is None:
            raise NotFound("there is no such feed", "Make a new address at /subscriptions.")
        entries = await _entries(engine, tx, token, now)
    if token.last_used_at is None or now - token.last_used_at > USE_STEP:
        async with engine.database.write() as tx:
            await feed_tokens.used(tx, token.digest, now)
    team = engine.directory.teams.get(token.subject) if token.kind == "team" else None
    name = f"On call: {team.name}" if team else f"On call: {engine.directory.shown(token.subject)}"
    # The hour keeps the text the same between two requests, so that its tag does too.
    return calendar(entries, name=name, made_at=now.replace(minute=0, second=0, microsecond=0))


async def _entries(engine: Engine, tx: AsyncConnection, token: FeedToken, now: datetime) -> list[Entry]:
    found: list[Entry] = []
    for team, schedule in all_schedules(engine):
        if token.kind == "team" and token.subject != team.id:
            continue
        label = f"{team.name} / {schedule.name}"
        segments = await segments_of(tx, schedule_key(team.id, schedule.name), now - BEHIND, now + AHEAD)
        if token.kind == "person":
            entries = person_entries(segments, token.subject, label)
        else:
            entries = team_entries(shown(engine.directory, segments), gaps=token.gaps)
        # Two rotations may have the same person from the same instant on.
        found += [replace(entry, key=f"{label}|{entry.key}") for entry in entries]
    return found


def _subscription(one: FeedToken, address: str = "") -> Subscription:
    return Subscription(
        digest=one.digest,
        kind=one.kind,
        subject=one.subject,
        gaps=one.gaps,
        created_at=one.created_at,
        last_used_at=one.last_used_at,
        address=address,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
