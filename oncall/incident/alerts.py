"""What alerts do to an incident: open it, join it, end it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from oncall.incident.telling import Saying, instant, sentence, team
from oncall.incident.values import (
    ALERTMANAGER,
    ENGINE,
    Actor,
    Change,
    Entry,
    EntryKind,
    Incident,
    Involvement,
    InvolvementStatus,
    Position,
    with_involvement,
)
from oncall.incident.verbs import rank, resolve
from routing.alert import Severity
from routing.escalation import Policy


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One new episode of an alert, as far as an incident cares.

    Attributes:
        kind: Its alert kind (see `grouping`).
        paging: Whether it asks somebody (critical, or configured so).
        follows: Whether it is well known to follow what the incident has (then it does not page again).
        hold: Give its team this long before paging, because the evidence that it is the same trouble is strong.
        why_team, why_group: The reasons, for the timeline.
        turn: The team's round-robin turn, should its involvement begin now.
    """

    name: str
    summary: str
    kind: str
    severity: Severity
    paging: bool
    team: str
    service: str
    policy: Policy
    why_team: Saying
    why_group: Saying
    group_key: str = ""
    follows: bool = False
    hold: timedelta | None = None
    turn: int = 0


def open_incident(number: int, arrival: Arrival, *, now: datetime, drill: bool = False) -> Change:
    """The first alert of a trouble: its team leads and, if it pages, is asked at once."""
    incident = Incident(
        id=number,
        title=arrival.summary,
        severity=arrival.severity,
        service=arrival.service,
        opened_at=now,
        involvements=(_involvement(arrival, now, lead=True),),
        kinds=frozenset({arrival.kind}),
        group_key=arrival.group_key,
        drill=drill,
    )
    told = "pages" if arrival.paging else "is shown, nobody is paged"
    what = f"{arrival.name} ({arrival.severity}) opened this for "
    text = sentence(what, team(arrival.team), f" and {told}: ", arrival.why_team)
    return Change(
        incident=incident,
        entries=(
            _entry(number, now, EntryKind.OPENED, text, arrival.team, by=ALERTMANAGER),
            _entry(number, now, EntryKind.GROUPING, arrival.why_group, arrival.team),
        ),
    )


def absorb(incident: Incident, arrival: Arrival, *, now: datetime) -> Change:
    """A new episode joins an open incident.

    It never joins silently what somebody has acknowledged: it pages again when its kind is new here and not well
    known to follow, when it is louder than anything before, or when it brings in another team.
    """
    new_kind = arrival.kind not in incident.kinds
    louder = arrival.severity.rank > incident.severity.rank
    grown = replace(
        incident,
        kinds=incident.kinds | {arrival.kind},
        severity=max(incident.severity, arrival.severity, key=rank),
        # People are woken by the loudest alert, so that is what the incident is called.
        title=arrival.summary if louder else incident.title,
        service=(arrival.service or incident.service) if louder else incident.service,
    )
    text = sentence(f"{arrival.name} ({arrival.severity}) joined: ", arrival.why_group)
    joined = _entry(incident.id, now, EntryKind.ALERT, text, arrival.team, by=ALERTMANAGER)
    if not arrival.paging:
        return Change(incident=grown, entries=(joined,))
    if grown.of(arrival.team) is None:
        return _bring_in(grown, arrival, joined, now)
    return _page_again(grown, arrival, joined, now, new_kind=new_kind, louder=louder)


def all_resolved(incident: Incident, *, now: datetime) -> Change:
    """Alertmanager says that every alert is over, and so is the incident."""
    return resolve(incident, by=ALERTMANAGER, now=now, why="every alert is resolved")


def gone_stale(incident: Incident, *, names: tuple[str, ...], why: str, now: datetime) -> Change:
    """Alerts stopped being refreshed without a "resolved": said, never left open in silence."""
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    entry = Entry(incident=incident.id, at=now, kind=EntryKind.STALE, text=f"{listed}: {why}", actor=ENGINE)
    return Change(incident=incident, entries=(entry,))


def rest_unknown(incident: Incident, *, left_out: int, now: datetime) -> Change:
    """Every alert we know is over, but the message left others out: it may go on, so it stays open and says so."""
    text = (
        f"every alert we were told of is resolved, but Alertmanager left {left_out} out of its message (max_alerts): "
        "check them, then resolve this incident"
    )
    data = {"left_out": left_out}
    entry = Entry(incident=incident.id, at=now, kind=EntryKind.STALE, text=text, actor=ENGINE, data=data)
    return Change(incident=incident, entries=(entry,))


def _bring_in(incident: Incident, arrival: Arrival, joined: Entry, now: datetime) -> Change:
    lead_asked = incident.lead.status is not InvolvementStatus.NOTICE
    held = arrival.hold is not None and lead_asked and not incident.drill
    involvement = _involvement(arrival, now, lead=not lead_asked)
    if held and arrival.hold is not None:
        involvement = replace(involvement, status=InvolvementStatus.HELD, next_due_at=now + arrival.hold)
    base = incident
    if not lead_asked:
        # Only warnings so far: the team of the first paging alert leads.
        base = with_involvement(incident, replace(incident.lead, lead=False))
    who, how = team(arrival.team), sentence("paged")
    if held and arrival.hold is not None:
        how = sentence(who, " is told now and paged at ", instant(now + arrival.hold))
    text = sentence(who, " is involved (", how, "): ", arrival.why_team)
    entry = _entry(incident.id, now, EntryKind.HELD if held else EntryKind.INVOLVED, text, arrival.team)
    return Change(incident=with_involvement(base, involvement), entries=(joined, entry))


def _page_again(
    incident: Incident, arrival: Arrival, joined: Entry, now: datetime, *, new_kind: bool, louder: bool
) -> Change:
    involvement = incident.of(arrival.team)
    assert involvement is not None
    surprising = (new_kind and not arrival.follows) or louder
    status = involvement.status
    if status is InvolvementStatus.TRIGGERED or (status is InvolvementStatus.ACKNOWLEDGED and not surprising):
        return Change(incident=incident, entries=(joined,))
    if status is InvolvementStatus.HELD and not louder and (arrival.hold is not None or arrival.follows):
        # It follows what the page is held for, so it waits with it: the hold ends when it would have ended.
        return Change(incident=incident, entries=(joined,))
    again = replace(
        involvement,
        status=InvolvementStatus.TRIGGERED,
        severity=max(involvement.severity, arrival.severity, key=rank),
        policy=arrival.policy if status is InvolvementStatus.NOTICE else involvement.policy,
        position=Position(),
        next_due_at=now,
        expires_at=None,
        reminded=False,
    )
    how = _asked_how(involvement, arrival, new_kind=new_kind, louder=louder)
    entry = _entry(incident.id, now, EntryKind.INVOLVED, sentence(team(arrival.team), f" is {how}"), arrival.team)
    return Change(incident=with_involvement(incident, again), entries=(joined, entry))


def _asked_how(asked: Involvement, arrival: Arrival, *, new_kind: bool, louder: bool) -> str:
    """Why a team that is part of the incident is asked now, as the end of a sentence."""
    if asked.status is InvolvementStatus.NOTICE:
        first = asked.lead
        return (
            f"paged for {arrival.name}{', the first alert here that pages' if first else ': it was not asked so far'}"
        )
    why = (
        "it is louder than anything here"
        if louder
        else "its kind is new here"
        if new_kind
        else "it is not sure to follow the others"
    )
    at_once = asked.status is InvolvementStatus.HELD
    return f"paged {'at once' if at_once else 'again'} for {arrival.name}: {why}"


def _involvement(arrival: Arrival, now: datetime, *, lead: bool) -> Involvement:
    return Involvement(
        team=arrival.team,
        status=InvolvementStatus.TRIGGERED if arrival.paging else InvolvementStatus.NOTICE,
        severity=arrival.severity,
        policy=arrival.policy,
        since=now,
        lead=lead,
        turn=arrival.turn,
        next_due_at=now if arrival.paging else None,
    )


def _entry(number: int, now: datetime, kind: EntryKind, said: Saying, team: str, *, by: Actor = ENGINE) -> Entry:
    return Entry.saying(said, incident=number, at=now, kind=kind, actor=by, team=team)
