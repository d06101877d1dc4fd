"""What a review is drafted from, and what follows from it by arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from oncall.incident import Entry, EntryKind
from oncall.incident.record import Record


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One person who was paged: when first, through what, and when they acknowledged, if they did."""

    person: str
    team: str
    asked_at: datetime
    channels: tuple[str, ...]
    answered_at: datetime | None = None


class NearChange(msgspec.Struct, frozen=True, kw_only=True):
    """A deploy beside the incident; `minutes` from it to the incident, negative where it came after."""

    what: str
    minutes: int
    relation: str


class EarlierIncident(msgspec.Struct, frozen=True, kw_only=True):
    """A past incident that looks like it, and what ended that one."""

    number: int
    title: str
    days: int
    #: Its last word.
    ended: Entry | None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the record has. Instants are UTC; `timezone` is that of the team that led."""

    number: int
    title: str
    severity: str
    service: str
    #: Id to name; the lead team first.
    teams: Mapping[str, str]
    timezone: str
    opened_at: datetime
    #: When the first alert began to fire at its source; None where there was no alert.
    began_at: datetime | None
    resolved_at: datetime | None
    alerts: int
    entries: tuple[Entry, ...]
    #: People and programs of the engine are told apart by this: who acted and is known by name.
    people: frozenset[str]
    record: Record = Record()
    asked: tuple[Answer, ...] = ()
    changes: tuple[NearChange, ...] = ()
    before: tuple[EarlierIncident, ...] = ()
    #: Messages that no provider took.
    undelivered: int = 0


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """Whole seconds; None where one end is not known.

    `detection` is from the first alert's begin at its source to the incident, `acknowledgement` from the incident to
    the first acknowledgement, `resolution` from there to the end, `whole` from the incident to the end.
    """

    detection: int | None
    acknowledgement: int | None
    resolution: int | None
    whole: int | None


def durations(facts: Facts) -> Durations:
    """How long each part took. What ended before anybody acknowledged has no time from there to the end."""
    first = next((e.at for e in facts.entries if e.kind is EntryKind.ACKNOWLEDGED), None)
    return Durations(
        detection=_seconds(facts.began_at, facts.opened_at),
        acknowledgement=_seconds(facts.opened_at, first),
        resolution=_seconds(first, facts.resolved_at),
        whole=_seconds(facts.opened_at, facts.resolved_at),
    )


def who_was_asked(pages: Sequence[tuple[str, str, str, datetime]], entries: Sequence[Entry]) -> tuple[Answer, ...]:
    """Who was paged and when they answered, in the order they were first asked.

    Args:
        pages: Person, team, channel and instant of each page that a provider took.
        entries: The timeline.
    """
    found: dict[str, Answer] = {}
    for person, team, channel, at in sorted(pages, key=lambda page: page[3]):
        known = found.get(person) or Answer(person=person, team=team, asked_at=at, channels=())
        channels = tuple(dict.fromkeys((*known.channels, channel)))
        found[person] = msgspec.structs.replace(known, channels=channels)
    for entry in entries:
        asked = found.get(entry.actor.person)
        if entry.kind is EntryKind.ACKNOWLEDGED and asked and asked.answered_at is None and entry.at >= asked.asked_at:
            found[asked.person] = msgspec.structs.replace(asked, answered_at=entry.at)
    return tuple(found.values())


def length(seconds: int) -> str:
    """A length as a review says it: "45 s", "4 min", "2 h 5 min", "3 d 4 h"."""
    minutes = seconds // 60
    if seconds < 60:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    hours = minutes // 60
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def _seconds(since: datetime | None, until: datetime | None) -> int | None:
    if since is None or until is None:
        return None
    # A source's clock that runs ahead would give less than nothing.
    return int(max(until - since, timedelta(0)).total_seconds())
