"""What people do to an incident."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from oncall.errors import AlreadyAcknowledged, AlreadyResolved, Invalid
from oncall.incident.telling import Saying, instant, sentence
from oncall.incident.telling import person as person_named
from oncall.incident.telling import team as team_named
from oncall.incident.values import (
    ENGINE,
    Actor,
    Change,
    Entry,
    EntryKind,
    Incident,
    Involvement,
    InvolvementStatus,
    Position,
    settled,
    with_involvement,
)
from routing.alert import Severity
from routing.escalation import PersonTarget, Policy, Step

#: How long a person to whom an incident was handed has before the team's own policy begins.
REASSIGN_WAIT = timedelta(minutes=5)


def acknowledge(
    incident: Incident,
    *,
    by: Actor,
    now: datetime,
    expiry: timedelta | None,
    teams: tuple[str, ...] = (),
    reminder: timedelta = timedelta(minutes=10),
) -> Change:
    """Somebody takes the incident, for the teams named (default: every team that is being asked).

    A held involvement becomes a notice when the lead's is acknowledged, and both teams are told.

    Raises:
        AlreadyResolved: it is over.
        AlreadyAcknowledged: none of those teams is waiting for anybody; says who was first and when.
    """
    _require_open(incident)
    waiting = [i for i in incident.involvements if i.status is InvolvementStatus.TRIGGERED]
    chosen = [i for i in waiting if not teams or i.team in teams]
    if not chosen:
        chosen = [i for i in incident.involvements if i.status is InvolvementStatus.HELD and i.team in teams]
    if not chosen:
        first = _first_acknowledged(incident, teams)
        if first is not None and first.acknowledged_at is not None:
            raise AlreadyAcknowledged(first.acknowledged_by, first.acknowledged_at)
        chosen = [i for i in incident.involvements if i.open and (not teams or i.team in teams)] or [incident.lead]
    asked = any(i.status is not InvolvementStatus.NOTICE for i in chosen)
    # What asked nobody does not begin to ask when somebody has looked at it.
    expires = now + expiry if expiry and asked else None
    due = None if expires is None else max(now, expires - reminder)
    taken = replace_all(
        incident, {i.team: replace(_taken(i, by, now), expires_at=expires, next_due_at=due) for i in chosen}
    )
    until = sentence(", expires at ", instant(expires), " unless confirmed") if expires else ""
    text = sentence(person_named(by.person), f" acknowledged by {by.via}", until)
    entries = [_entry(taken, now, EntryKind.ACKNOWLEDGED, text, by, i.team) for i in chosen]
    lead_taken = any(i.lead for i in chosen)
    if lead_taken:
        taken, released = _relax_held(taken, by, now)
        entries += released
    return Change(incident=taken, entries=tuple(entries), stopped=tuple(i.team for i in chosen))


def confirm(incident: Incident, *, by: Actor, now: datetime, expiry: timedelta, reminder: timedelta) -> Change:
    """The person who has it says that they are still on it; the expiry starts again.

    It speaks for what that person took alone, for whoever took another team's part may have fallen asleep. Somebody
    who took none speaks for all.

    Raises:
        AlreadyResolved: it is over.
        Invalid: nobody has acknowledged it.
    """
    _require_open(incident)
    held = [i for i in incident.involvements if i.status is InvolvementStatus.ACKNOWLEDGED]
    if not held:
        raise Invalid("nobody has acknowledged this incident", "Acknowledge it instead.")
    own = [i for i in held if i.acknowledged_by == by.person]
    expires = now + expiry
    again = {"expires_at": expires, "next_due_at": expires - reminder, "reminded": False, "snoozed": False}
    # What was taken for good stays so: a word of confirmation must not make it expire.
    expiring = [i for i in own or held if i.expires_at is not None]
    confirmed = replace_all(incident, {i.team: replace(i, **again) for i in expiring})
    until = sentence("; expires at ", instant(expires)) if expiring else ""
    text = sentence(person_named(by.person), " is still on it", until)
    return Change(incident=confirmed, entries=(_entry(confirmed, now, EntryKind.CONFIRMED, text, by),))


def resolve(incident: Incident, *, by: Actor, now: datetime, why: str = "") -> Change:
    """It is over, for every team.

    Raises:
        AlreadyResolved: somebody was first.
    """
    _require_open(incident)
    teams = tuple(i.team for i in incident.involvements if i.open)
    over = tuple(
        replace(i, status=InvolvementStatus.RESOLVED, next_due_at=None, expires_at=None) for i in incident.involvements
    )
    resolved = replace(settled(incident, over), resolved_at=now, resolved_by=by.person)
    text = why or sentence(person_named(by.person), f" resolved by {by.via}")
    return Change(incident=resolved, entries=(_entry(resolved, now, EntryKind.RESOLVED, text, by),), stopped=teams)


def reopen(incident: Incident, *, by: Actor, now: datetime, why: Saying) -> Change:
    """It is not over after all: every team that had been asked is asked again from its first step.

    Raises:
        Invalid: it is open.
    """
    if incident.resolved_at is None:
        raise Invalid("the incident is open", "There is nothing to reopen.")
    again = tuple(
        _restarted(i, now) if i.severity is Severity.CRITICAL else replace(i, status=InvolvementStatus.NOTICE)
        for i in incident.involvements
    )
    reopened = replace(settled(incident, again), resolved_at=None, resolved_by="")
    return Change(incident=reopened, entries=(_entry(reopened, now, EntryKind.REOPENED, why, by),))


def escalate(incident: Incident, *, by: Actor, now: datetime, team: str = "") -> Change:
    """Ask the next step now. An acknowledged team is asked again; a held or told one is paged.

    Raises:
        AlreadyResolved: it is over.
        Invalid: that team is not involved.
    """
    _require_open(incident)
    chosen = incident.of(team) if team else incident.lead
    if chosen is None:
        raise Invalid(f"{team} is not involved in this incident", "Name one of the teams that are.")
    asked = replace(chosen, status=InvolvementStatus.TRIGGERED, next_due_at=now, expires_at=None, reminded=False)
    escalated = with_involvement(incident, asked)
    text = sentence(person_named(by.person), f" escalated by {by.via}")
    return Change(incident=escalated, entries=(_entry(escalated, now, EntryKind.ESCALATED, text, by, chosen.team),))


def release(incident: Incident, *, team: str, by: Actor, now: datetime, why: Saying) -> Change:
    """Page a team that was held or only told, from its first step.

    Raises:
        AlreadyResolved: it is over.
        Invalid: that team is not waiting.
    """
    _require_open(incident)
    held = incident.of(team)
    if held is None or held.status not in {InvolvementStatus.HELD, InvolvementStatus.NOTICE}:
        raise Invalid(f"{team} is not waiting to be paged", "It is paged already, or not involved.")
    released = with_involvement(incident, _restarted(held, now))
    return Change(incident=released, entries=(_entry(released, now, EntryKind.RELEASED, why, by, team),))


def reassign(incident: Incident, *, person: str, by: Actor, now: datetime, team: str = "") -> Change:
    """Hand the incident to one person, who is asked at once; the team's own policy follows if they do not answer.

    Raises:
        AlreadyResolved: it is over.
        Invalid: that team is not involved.
    """
    _require_open(incident)
    chosen = incident.of(team) if team else incident.lead
    if chosen is None:
        raise Invalid(f"{team} is not involved in this incident", "Name one of the teams that are.")
    first = Step(targets=(PersonTarget(person=person),), wait=REASSIGN_WAIT, important=True)
    policy = replace(chosen.policy, steps=(first, *chosen.policy.steps))
    handed = with_involvement(incident, replace(_restarted(chosen, now), policy=policy))
    text = sentence(person_named(by.person), " reassigned to ", person_named(person))
    return Change(
        incident=handed,
        entries=(_entry(handed, now, EntryKind.REASSIGNED, text, by, chosen.team),),
        stopped=(chosen.team,),
    )


def snooze(incident: Incident, *, by: Actor, now: datetime, until: datetime) -> Change:
    """Taken, and asked again at `until`.

    Raises:
        AlreadyResolved: it is over.
        Invalid: `until` is not in the future.
    """
    _require_open(incident)
    if until <= now:
        raise Invalid("snooze ends in the past", "Give a length such as 2h.")
    asleep = replace_all(
        incident,
        {
            i.team: replace(_taken(i, by, now), expires_at=until, next_due_at=until, snoozed=True)
            for i in incident.involvements
            if i.status in {InvolvementStatus.TRIGGERED, InvolvementStatus.ACKNOWLEDGED, InvolvementStatus.HELD}
        },
    )
    text = sentence(person_named(by.person), " snoozed until ", instant(until))
    return Change(
        incident=asleep,
        entries=(_entry(asleep, now, EntryKind.SNOOZED, text, by),),
        stopped=tuple(i.team for i in asleep.involvements if i.expires_at == until),
    )


def note(incident: Incident, *, by: Actor, now: datetime, text: str) -> Change:
    """Somebody writes down what they know."""
    if not text.strip():
        raise Invalid("the note is empty", "Write something.")
    return Change(incident=incident, entries=(_entry(incident, now, EntryKind.NOTE, text, by),))


def involve(
    incident: Incident,
    *,
    team: str,
    policy: Policy,
    severity: Severity,
    now: datetime,
    why: Saying,
    turn: int = 0,
    hold: timedelta | None = None,
    by: Actor = ENGINE,
) -> Change:
    """Bring in another team: paged at once, or held for a while where `hold` is given."""
    known = incident.of(team)
    if known is not None and known.status in {InvolvementStatus.TRIGGERED, InvolvementStatus.ACKNOWLEDGED}:
        return Change(incident=incident)
    status = InvolvementStatus.HELD if hold else InvolvementStatus.TRIGGERED
    joined = Involvement(
        team=team,
        status=status,
        severity=severity,
        policy=policy,
        since=now,
        lead=known.lead if known else False,
        turn=turn,
        next_due_at=now + hold if hold else now,
    )
    kind = EntryKind.HELD if hold else EntryKind.INVOLVED
    involved = with_involvement(incident, joined)
    return Change(incident=involved, entries=(_entry(involved, now, kind, why, by, team),))


def exhausted(incident: Incident, *, team: str, now: datetime, again: timedelta, why: Saying) -> Change:
    """A policy ran out with nobody answering: said loudly, and walked again after a while, never left alone."""
    ran_out = incident.of(team)
    if ran_out is None:
        raise Invalid(f"{team} is not involved in this incident", "")
    waiting = with_involvement(incident, replace(ran_out, position=Position(), next_due_at=now + again))
    return Change(incident=waiting, entries=(_entry(waiting, now, EntryKind.EXHAUSTED, why, ENGINE, team),))


def merge(incident: Incident, into: Incident, *, by: Actor, now: datetime) -> tuple[Change, Change]:
    """One trouble after all: (the incident that ends, the one that goes on, with every team of both).

    Raises:
        AlreadyResolved: one of them is over.
        Invalid: they are the same incident.
    """
    _require_open(incident)
    _require_open(into)
    if incident.id == into.id:
        raise Invalid("an incident cannot be merged into itself", "Name another one.")
    kept = into
    for involvement in incident.involvements:
        known = kept.of(involvement.team)
        if known is None or _URGENCY[known.status] < _URGENCY[involvement.status]:
            # A team that one of them only told goes on being asked, or having it, as the other one says.
            kept = with_involvement(kept, replace(involvement, lead=known.lead if known else False))
    kept = replace(kept, kinds=kept.kinds | incident.kinds, severity=max(kept.severity, incident.severity, key=rank))
    over = tuple(
        replace(i, status=InvolvementStatus.RESOLVED, next_due_at=None, expires_at=None) for i in incident.involvements
    )
    gone = replace(settled(incident, over), resolved_at=now, resolved_by=by.person, merged_into=into.id)
    who = person_named(by.person)
    away = _entry(gone, now, EntryKind.MERGED, sentence(who, f" merged this into #{into.id}"), by)
    here = _entry(kept, now, EntryKind.MERGED, sentence(who, f" merged #{incident.id} into this"), by)
    return (
        Change(incident=gone, entries=(away,), stopped=tuple(i.team for i in gone.involvements)),
        Change(incident=kept, entries=(here,)),
    )


def split(incident: Incident, part: Incident, *, by: Actor, now: datetime, count: int) -> tuple[Change, Change]:
    """Some alerts are another trouble: (the incident they left, the new one they make, which asks its team)."""
    _require_open(incident)
    plural = "alert" if count == 1 else "alerts"
    who = person_named(by.person)
    moved = _entry(incident, now, EntryKind.SPLIT, sentence(who, f" moved {count} {plural} to #{part.id}"), by)
    made = _entry(part, now, EntryKind.SPLIT, sentence(who, f" split this from #{incident.id}"), by)
    return Change(incident=incident, entries=(moved,)), Change(incident=part, entries=(made,))


#: Which of a team's two parts goes on after a merge; of parts that ask or are taken, the one that stays open does.
_URGENCY = {
    InvolvementStatus.RESOLVED: 0,
    InvolvementStatus.NOTICE: 1,
    InvolvementStatus.HELD: 2,
    InvolvementStatus.ACKNOWLEDGED: 3,
    InvolvementStatus.TRIGGERED: 3,
}


def replace_all(incident: Incident, changed: dict[str, Involvement]) -> Incident:
    """The incident with these teams' involvements replaced, its status following."""
    return settled(incident, tuple(changed.get(i.team, i) for i in incident.involvements))


def rank(severity: Severity) -> int:
    """Loudness, for `max`."""
    return severity.rank


def _taken(involvement: Involvement, by: Actor, now: datetime) -> Involvement:
    return replace(
        involvement,
        status=InvolvementStatus.ACKNOWLEDGED,
        acknowledged_by=by.person,
        acknowledged_at=now,
        acknowledged_via=by.via,
        reminded=False,
        snoozed=False,
    )


def _restarted(involvement: Involvement, now: datetime) -> Involvement:
    return replace(
        involvement,
        status=InvolvementStatus.TRIGGERED,
        position=Position(),
        next_due_at=now,
        expires_at=None,
        reminded=False,
    )


def _relax_held(incident: Incident, by: Actor, now: datetime) -> tuple[Incident, list[Entry]]:
    """Held pages lose their urgency when the lead acknowledges; both teams hear of it."""
    held = [i for i in incident.involvements if i.status is InvolvementStatus.HELD]
    relaxed = replace_all(
        incident, {i.team: replace(i, status=InvolvementStatus.NOTICE, next_due_at=None) for i in held}
    )
    whose = sentence(person_named(by.person), " of ", team_named(incident.lead.team))
    entries = []
    for team in (i.team for i in held):
        text = sentence(team_named(team), " was not paged: ", whose, " acknowledged; ", team_named(team), " was told")
        entries.append(_entry(relaxed, now, EntryKind.RELEASED, text, by, team))
    return relaxed, entries


def _first_acknowledged(incident: Incident, teams: tuple[str, ...]) -> Involvement | None:
    taken = [
        i
        for i in incident.involvements
        if i.status is InvolvementStatus.ACKNOWLEDGED and i.acknowledged_at and (not teams or i.team in teams)
    ]
    return min(taken, key=lambda i: i.acknowledged_at or i.since) if taken else None


def _require_open(incident: Incident) -> None:
    if incident.resolved_at is not None:
        raise AlreadyResolved(incident.resolved_by, incident.resolved_at)


def _entry(incident: Incident, at: datetime, kind: EntryKind, said: Saying, by: Actor, team: str = "") -> Entry:  # noqa: PLR0917 - read as one sentence
    return Entry.saying(said, incident=incident.id, at=at, kind=kind, actor=by, team=team)
