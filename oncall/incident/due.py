"""What time does to an involvement: the next step, a reminder, an expiry, the end of a hold."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from oncall.incident.telling import Saying, instant, person, sentence
from oncall.incident.telling import team as team_named
from oncall.incident.values import (
    Change,
    Entry,
    EntryKind,
    Incident,
    Involvement,
    InvolvementStatus,
    Position,
    with_involvement,
)


class Due(StrEnum):
    """What an involvement waits for at its next due instant."""

    NOTHING = "nothing"
    STEP = "step"
    REMINDER = "reminder"
    EXPIRY = "expiry"
    RELEASE = "release"


def due(involvement: Involvement, now: datetime) -> Due:
    """What must happen now for this involvement."""
    if involvement.next_due_at is None or involvement.next_due_at > now:
        return Due.NOTHING
    if involvement.status is InvolvementStatus.TRIGGERED:
        return Due.STEP
    if involvement.status is InvolvementStatus.HELD:
        return Due.RELEASE
    if involvement.status is InvolvementStatus.ACKNOWLEDGED and involvement.expires_at is not None:
        return Due.REMINDER if involvement.expires_at > now and not involvement.reminded else Due.EXPIRY
    return Due.NOTHING


def reminded(incident: Incident, team: str, now: datetime) -> Change:
    """The person who has it is asked whether they still do; the expiry follows."""
    involvement = _of(incident, team)
    assert involvement.expires_at is not None
    after = with_involvement(incident, replace(involvement, reminded=True, next_due_at=involvement.expires_at))
    text = sentence(
        person(involvement.acknowledged_by),
        " is asked to confirm; the acknowledgement expires at ",
        instant(involvement.expires_at),
    )
    return Change(incident=after, entries=(_entry(after, now, EntryKind.REMINDED, text, team),))


def expired(incident: Incident, team: str, now: datetime) -> Change:
    """Nobody confirmed, or a snooze is over: escalation starts again from the first step."""
    involvement = _of(incident, team)
    over = "'s snooze is over" if involvement.snoozed else "'s acknowledgement expired without confirmation"
    text = sentence(person(involvement.acknowledged_by), over, "; escalation starts again")
    return _restart(incident, involvement, now, EntryKind.EXPIRED, text)


def released(incident: Incident, team: str, now: datetime, why: Saying = "") -> Change:
    """The lead team did not acknowledge within the hold, or could not be reached: the held team is paged."""
    why = why or sentence(team_named(incident.lead.team), " has not acknowledged")
    text = sentence(why, "; ", team_named(team), " is paged")
    return _restart(incident, _of(incident, team), now, EntryKind.RELEASED, text)


def release_held(incident: Incident, now: datetime, why: Saying) -> Change:
    """Page every held team at once: what they were held for will not come."""
    held = [i.team for i in incident.involvements if i.status is InvolvementStatus.HELD]
    entries: list[Entry] = []
    for team in held:
        change = released(incident, team, now, why)
        incident = change.incident
        entries += change.entries
    return Change(incident=incident, entries=tuple(entries))


def _restart(incident: Incident, involvement: Involvement, now: datetime, kind: EntryKind, text: Saying) -> Change:
    again = replace(
        involvement,
        status=InvolvementStatus.TRIGGERED,
        position=Position(),
        next_due_at=now,
        expires_at=None,
        reminded=False,
    )
    after = with_involvement(incident, again)
    return Change(incident=after, entries=(_entry(after, now, kind, text, involvement.team),))


def _of(incident: Incident, team: str) -> Involvement:
    involvement = incident.of(team)
    assert involvement is not None
    return involvement


def _entry(incident: Incident, now: datetime, kind: EntryKind, said: Saying, team: str) -> Entry:
    return Entry.saying(said, incident=incident.id, at=now, kind=kind, team=team)
