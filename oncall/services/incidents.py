"""What people do to incidents: one function per verb, for every door."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall import incident as state
from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.incident import Actor, Change, Entry, EntryKind, Incident, InvolvementStatus
from oncall.incident.telling import Saying, sentence
from oncall.incident.telling import person as person_named
from oncall.incident.telling import team as team_named
from oncall.services.changes import Changes
from oncall.services.grouping import answers as grouping_answers
from oncall.store import alerts as alert_rows
from oncall.store import incidents as incident_rows
from oncall.store import views as view_rows
from oncall.store.alerts import EpisodeStatus
from routing.alert import Severity

#: Whoever sends the same thing again within this time pressed twice.
TWICE = timedelta(minutes=1)

Decide = Callable[[Incident, datetime], Change]


async def acknowledge(engine: Engine, number: int, *, by: Actor, teams: Sequence[str] = ()) -> Incident:
    """Take an incident for the teams named; by default for those the person answers for, as `Incident.asks` says.

    Raises:
        NotFound: no such incident.
        AlreadyAcknowledged, AlreadyResolved: somebody was first; says who and when.
    """
    defaults = engine.directory.defaults
    async with engine.database.write() as tx:
        incident = _present(await incident_rows.get(tx, [number], lock=True), number)
        now = engine.clock.now()  # pages went out for as long as this waited for the lock
        change = state.acknowledge(
            incident,
            by=by,
            now=now,
            expiry=defaults.acknowledgement_expiry.get(incident.severity),
            teams=tuple(teams) or await _taken_for(engine, tx, incident, by.person),
            reminder=defaults.acknowledgement_reminder,
        )
        taken = await write_change(engine, tx, change, now)
    engine.wake.all()
    engine.metrics.acknowledgements.labels(by.via.value).inc()
    return taken


async def confirm(engine: Engine, number: int, *, by: Actor) -> Incident:
    """Stay on it: the acknowledgement's expiry starts again.

    Raises:
        NotFound, AlreadyResolved, Invalid: see `oncall.incident.confirm`.
    """

    def decide(incident: Incident, now: datetime) -> Change:
        defaults = engine.directory.defaults
        expiry = defaults.acknowledgement_expiry.get(incident.severity, timedelta(hours=1))
        return state.confirm(incident, by=by, now=now, expiry=expiry, reminder=defaults.acknowledgement_reminder)

    return await _act(engine, number, decide)


async def resolve(engine: Engine, number: int, *, by: Actor, why: str = "") -> Incident:
    """End an incident for every team.

    Raises:
        NotFound: no such incident.
        AlreadyResolved: somebody was first.
    """
    return await _act(engine, number, lambda incident, now: state.resolve(incident, by=by, now=now, why=why))


async def reopen(engine: Engine, number: int, *, by: Actor) -> Incident:
    """Open a resolved incident again and ask its teams again.

    Raises:
        NotFound, Invalid: see `oncall.incident.reopen`.
    """
    why = sentence(person_named(by.person), f" reopened by {by.via}")
    return await _act(engine, number, lambda incident, now: state.reopen(incident, by=by, now=now, why=why))


async def escalate(engine: Engine, number: int, *, by: Actor, team: str = "") -> Incident:
    """Ask the next step now.

    Raises:
        NotFound, AlreadyResolved, Invalid: see `oncall.incident.escalate`.
    """
    return await _act(engine, number, lambda incident, now: state.escalate(incident, by=by, now=now, team=team))


async def release(engine: Engine, number: int, *, by: Actor, team: str) -> Incident:
    """Page a team that was held or only told.

    Raises:
        NotFound, AlreadyResolved, Invalid: see `oncall.incident.release`.
    """
    why = sentence(person_named(by.person), " said to page ", team_named(team))
    return await _act(engine, number, lambda incident, now: state.release(incident, team=team, by=by, now=now, why=why))


async def involve(engine: Engine, number: int, *, by: Actor, team: str) -> Incident:
    """Bring in another team and page it.

    Raises:
        NotFound: no such incident or team.
    """
    known = engine.directory.teams.get(team)
    if known is None:
        raise NotFound(f"there is no team {team!r}", "Name one of the teams in the files.")

    def decide(incident: Incident, now: datetime) -> Change:
        why = sentence(person_named(by.person), " brought in ", team_named(team))
        return state.involve(
            incident, team=team, policy=known.policy, severity=Severity.CRITICAL, now=now, why=why, by=by
        )

    return await _act(engine, number, decide)


async def reassign(engine: Engine, number: int, *, by: Actor, person: str, team: str = "") -> Incident:
    """Hand the incident to one person, who is asked at once.

    Raises:
        NotFound: no such incident or person.
        AlreadyResolved, Invalid: see `oncall.incident.reassign`.
    """
    named = engine.directory.person_named(person)
    if named is None:
        raise NotFound(f"there is no person {person!r}", "Name somebody by id, name or e-mail.")
    return await _act(
        engine,
        number,
        lambda incident, now: state.reassign(incident, person=named.id, by=by, now=now, team=team),
    )


async def snooze(engine: Engine, number: int, *, by: Actor, length: timedelta) -> Incident:
    """Take it, and be asked again after that long.

    Raises:
        NotFound, AlreadyResolved, Invalid: see `oncall.incident.snooze`.
    """
    return await _act(engine, number, lambda incident, now: state.snooze(incident, by=by, now=now, until=now + length))


async def note(engine: Engine, number: int, *, by: Actor, text: str) -> Incident:
    """Add a note to the timeline; the same words once more within a minute are a finger that slipped.

    Raises:
        NotFound, Invalid: no such incident; an empty note.
    """
    async with engine.database.write() as tx:
        incident = _present(await incident_rows.get(tx, [number], lock=True), number)
        now = engine.clock.now()
        last = await incident_rows.latest(tx, number, [EntryKind.NOTE])
        if last and (last.actor.person, last.text) == (by.person, text) and now - last.at < TWICE:
            return incident
        after = await write_change(engine, tx, state.note(incident, by=by, now=now, text=text), now)
    engine.wake.all()
    return after


async def keep_apart(engine: Engine, number: int, other: int, *, by: Actor) -> Incident:
    """Answer that another incident is not the same trouble; nobody is asked about the two again.

    Raises:
        NotFound: no such incident.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        found = await incident_rows.get(tx, [number, other], lock=True)
        incident = _present(found, number)
        _present(found, other)
        did = await grouping_answers.unrelated(tx, number, other, by=by.person, now=now)
        text = sentence(person_named(by.person), f" says that #{other} is not related; {did}")
        entry = _grouping_entry(number, text, by, now, unrelated=other)
        after = await write_change(engine, tx, Change(incident=incident, entries=(entry,)), now)
    engine.wake.all()
    return after


async def confirm_related(engine: Engine, number: int, *, alerts: Collection[int], by: Actor) -> Incident:
    """Answer that some of an incident's alerts belong to it.

    Raises:
        NotFound: no such incident.
        Invalid: none of those alerts is in it.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        incident = _present(await incident_rows.get(tx, [number], lock=True), number)
        chosen = [e for e in await alert_rows.of_incident(tx, number) if e.id in set(alerts)]
        if not chosen:
            raise Invalid("none of those alerts is in this incident", "Choose some of its alerts.")
        did = await grouping_answers.related(tx, number, [e.id for e in chosen], by=by.person, now=now)
        names = ", ".join(sorted({e.kind for e in chosen})[:3])
        text = sentence(person_named(by.person), f" says that this belongs here: {names}; {did}")
        entry = _grouping_entry(number, text, by, now, related=[e.id for e in chosen])
        after = await write_change(engine, tx, Change(incident=incident, entries=(entry,)), now)
    engine.wake.all()
    return after


async def merge(engine: Engine, number: int, *, into: int, by: Actor) -> Incident:
    """Make one trouble of two: the alerts and teams of `number` go over to `into`, which is returned.

    Raises:
        NotFound, AlreadyResolved, Invalid: see `oncall.incident.merge`.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        found = await incident_rows.get(tx, [number, into], lock=True)
        gone, kept = state.merge(_present(found, number), _present(found, into), by=by, now=now)
        changes = Changes(engine, now)
        changes.add(gone)
        changes.add(kept)
        did = await grouping_answers.merged(tx, number, into, by=by.person, now=now)
        changes.entries.append(_grouping_entry(into, f"#{number} and #{into} are one trouble: {did}", by, now))
        await changes.write(tx)
        episodes = await alert_rows.of_incident(tx, number)
        await alert_rows.move_all(
            tx, [e.id for e in episodes], into, f"came with #{number}, which was merged into this"
        )
    engine.wake.all()
    return kept.incident


async def split(engine: Engine, number: int, *, alerts: Collection[int], by: Actor) -> Incident:
    """Make another incident of some of an incident's alerts; it asks the owner of the loudest. It is returned.

    Raises:
        NotFound: no such incident.
        Invalid: none of those alerts is in it, or all of them are.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        new_number = await incident_rows.new_ids(tx)  # numbers are taken before incidents are locked, everywhere
        found = await incident_rows.get(tx, [number], lock=True)
        origin = _present(found, number)
        episodes = await alert_rows.of_incident(tx, number)
        chosen = [e for e in episodes if e.id in set(alerts)]
        if not chosen or len(chosen) == len(episodes):
            raise Invalid("a split takes some of the alerts", "Choose at least one alert and leave at least one.")
        first = max(chosen, key=lambda e: (e.status is not EpisodeStatus.RESOLVED, e.severity.rank, -e.id))
        team = engine.directory.teams.get(first.team) or engine.directory.teams[engine.directory.defaults.fallback_team]
        arrival = state.Arrival(
            name=first.name,
            summary=first.name,
            kind=first.kind,
            severity=first.severity,
            paging=first.paging,
            team=team.id,
            service=first.service,
            policy=team.policy,
            why_team=first.why_team,
            why_group=sentence(person_named(by.person), f" split it from #{number}"),
        )
        opened = state.open_incident(new_number, arrival, now=now)
        part = replace(opened.incident, kinds=frozenset(e.kind for e in chosen))
        left, made = state.split(origin, part, by=by, now=now, count=len(chosen))
        changes = Changes(engine, now)
        changes.add(replace(opened, incident=part))
        changes.add(made)
        changes.add(left)
        moved = [e.id for e in chosen]
        did = await grouping_answers.split(tx, number, part.id, moved, by=by.person, now=now)
        changes.entries.append(_grouping_entry(number, f"#{number} and #{part.id} are two troubles: {did}", by, now))
        await changes.write(tx)
        await alert_rows.move_all(tx, moved, part.id, f"was split off from #{number}")
    engine.wake.all()
    return part


async def _act(engine: Engine, number: int, decide: Decide) -> Incident:
    """Load, decide, write, wake: the one way an incident changes by a person's hand."""
    async with engine.database.write() as tx:
        incident = _present(await incident_rows.get(tx, [number], lock=True), number)
        now = engine.clock.now()  # what others did while this waited for the lock was before it
        after = await write_change(engine, tx, decide(incident, now), now)
    engine.wake.all()
    return after


async def write_change(engine: Engine, tx: AsyncConnection, change: Change, now: datetime) -> Incident:
    """Write one verb's outcome with what follows from it."""
    changes = Changes(engine, now)
    after = changes.add(change)
    await changes.write(tx)
    return after


def _grouping_entry(number: int, said: Saying, by: Actor, now: datetime, **data: object) -> Entry:
    return Entry.saying(said, incident=number, at=now, kind=EntryKind.GROUPING, actor=by, data=data)


def _present(found: dict[int, Incident], number: int) -> Incident:
    if number not in found:
        raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
    return found[number]


async def _taken_for(engine: Engine, tx: AsyncConnection, incident: Incident, person: str) -> tuple[str, ...]:
    """The teams an acknowledgement is for that names none."""
    own = {team.id for team in engine.directory.teams_of(person)}
    if incident.waiting and not own.intersection(incident.waiting):
        # Somebody may have been asked for a team they are no member of.
        own |= await view_rows.asked_for(tx, incident.id, person)
    return incident.asks(own) or tuple(
        i.team for i in incident.involvements if i.team in own and i.status is InvolvementStatus.ACKNOWLEDGED
    )
