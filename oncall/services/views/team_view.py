"""One team as its members look at it: rotations, policy, what is open, services, and who can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from oncall.directory import Team
from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.person import Person
from oncall.services.people.rights import Caller, Right
from oncall.services.practice.drills import LastDrill, last_drill, practised
from oncall.services.record.actions import ActionView, viewed
from oncall.services.rotations import on_call_view
from oncall.services.rotations.on_call_view import OnCallQuery, Rotation
from oncall.services.rotations.standing import reachable
from oncall.services.views import incident_list
from oncall.services.views.incident_list import IncidentItem, ListQuery
from oncall.store import incidents as incident_rows
from oncall.store import reviews
from routing.escalation import ChannelTarget, PersonTarget, RotationTarget, Step, TeamTarget

RECENT = 10
#: How far back critical incidents are looked for that have no review.
UNREVIEWED = timedelta(days=28)


class MethodItem(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach somebody. `address` is empty for those who do not need to know it."""

    channel: str
    address: str
    #: The engine has this channel.
    configured: bool


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One member; `reachable` if a contact method works, as far as is known."""

    person: str
    name: str
    role: str
    reachable: bool
    methods: tuple[MethodItem, ...]


class StepItem(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the policy, in words. `minutes` is how long it has before the next one."""

    targets: tuple[str, ...]
    minutes: float
    when: str


class ServiceItem(msgspec.Struct, frozen=True, kw_only=True):
    """A service the team owns, and what is missing from its entry."""

    name: str
    about: str
    links: tuple[str, ...]
    missing: tuple[str, ...]


class TeamItem(msgspec.Struct, frozen=True, kw_only=True):
    """One team in the list."""

    id: str
    name: str
    members: int
    open: int


class Teams(msgspec.Struct, frozen=True, kw_only=True):
    """Every team, the caller's first."""

    teams: tuple[TeamItem, ...]


class TeamView(msgspec.Struct, frozen=True, kw_only=True):
    """One team."""

    id: str
    name: str
    timezone: str
    slack_channel: str
    members: tuple[Member, ...]
    rotations: tuple[Rotation, ...]
    steps: tuple[StepItem, ...]
    repeats: int
    open: tuple[IncidentItem, ...]
    recent: tuple[IncidentItem, ...]
    services: tuple[ServiceItem, ...]
    #: Open action items of incidents it led.
    actions: tuple[ActionView, ...]
    #: What came of its newest drill, as a sentence, and as values where there was one.
    practised: str
    last_drill: LastDrill | None
    #: Critical incidents of the last four weeks that nobody has reviewed: number and title.
    unreviewed: tuple[tuple[int, str], ...]


async def list_teams(engine: Engine, caller: Caller) -> Teams:
    """Every team with what it has open."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        counts = await incident_rows.count_open_by_team(tx)
    teams = sorted(engine.directory.teams.values(), key=lambda t: (t.id not in caller.teams, t.name))
    return Teams(
        teams=tuple(TeamItem(id=t.id, name=t.name, members=len(t.members), open=counts.get(t.id, 0)) for t in teams)
    )


async def view_team(engine: Engine, caller: Caller, team_id: str) -> TeamView:
    """One team.

    Raises:
        NotFound: the files name no such team.
    """
    caller.require(Right.SEE)
    team = engine.directory.teams.get(team_id)
    if team is None:
        raise NotFound(f"there is no team {team_id[:60]!r}", "Teams are kept in the files under teams/.")
    on_call = await on_call_view.who_is_on_call(engine, caller, OnCallQuery(team=team.id))
    open_now = await incident_list.list_incidents(engine, caller, ListQuery(status="open", team=team.id))
    recent = await incident_list.list_incidents(
        engine, caller, ListQuery(status="resolved", team=team.id, limit=RECENT)
    )
    async with engine.database.read() as tx:
        todo = await reviews.actions(tx, team=team.id, done=False)
        drilled = await last_drill(tx, team.id)
        unreviewed = await reviews.unreviewed(tx, team.id, engine.clock.now() - UNREVIEWED, RECENT)
    return TeamView(
        id=team.id,
        name=team.name,
        timezone=team.timezone,
        slack_channel=team.slack_channel,
        members=await _members(engine, caller, team),
        rotations=on_call.rotations,
        steps=tuple(_step(engine, step) for step in team.policy.steps),
        repeats=team.policy.repeats,
        open=open_now.incidents,
        recent=recent.incidents,
        services=_services(engine, team),
        actions=tuple(viewed(engine, item) for item in todo),
        practised=practised(engine, drilled),
        last_drill=drilled,
        unreviewed=tuple(unreviewed),
    )


async def _members(engine: Engine, caller: Caller, team: Team) -> tuple[Member, ...]:
    people = [engine.directory.people[m] for m in team.members if m in engine.directory.people]
    async with engine.database.read() as tx:
        working = await reachable(engine, tx, people)
    return tuple(_member(engine, caller, team, person, person.id in working) for person in people)


def _member(engine: Engine, caller: Caller, team: Team, person: Person, works: bool) -> Member:  # noqa: FBT001 - a fact
    # Whoever answers with somebody may need to call them; nobody else needs to know the number.
    known = caller.person == person.id or caller.may(Right.CONTACT, team=team.id)
    methods = tuple(
        MethodItem(channel=m.channel, address=m.address if known else "", configured=m.channel in engine.notifiers)
        for m in person.methods
    )
    return Member(person=person.id, name=person.name, role=person.role.value, reachable=works, methods=methods)


def _step(engine: Engine, step: Step) -> StepItem:
    when = []
    if step.when is not None:
        if step.when.severities:
            when.append(f"only {', '.join(step.when.severities)}")
        if step.when.weekdays:
            when.append("on " + ", ".join(_DAYS[day - 1] for day in step.when.weekdays))
        if step.when.since is not None and step.when.until is not None:
            when.append(f"from {_clock(step.when.since)} to {_clock(step.when.until)}")
    targets = tuple(_target(engine, target) for target in step.targets)
    if step.round_robin:
        when.append("one of them in turn")
    return StepItem(targets=targets, minutes=step.wait.total_seconds() / 60, when=", ".join(when))


_DAYS: Sequence[str] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _target(engine: Engine, target: RotationTarget | PersonTarget | TeamTarget | ChannelTarget) -> str:
    match target:
        case RotationTarget(team=team, schedule=schedule, role=role):
            return f"whoever is on call in {team}/{schedule}" + (f" as {role}" if role else "")
        case PersonTarget(person=person):
            known = engine.directory.people.get(person)
            return known.name if known else person
        case TeamTarget(team=team):
            return f"everybody in {engine.directory.teams[team].name if team in engine.directory.teams else team}"
        case ChannelTarget(channel=channel):
            return f"a post to {channel}"


def _services(engine: Engine, team: Team) -> tuple[ServiceItem, ...]:
    owned = []
    names = {team.id.casefold(), team.name.casefold()}
    for entry in engine.directory.catalog.entries:
        if entry.owner.casefold() not in names:
            continue
        links = tuple(dict.fromkeys(tool.kind.value for tool in entry.tools))
        missing = tuple(kind for kind in ("runbook", "dashboard") if kind not in {link.lower() for link in links})
        owned.append(ServiceItem(name=entry.name, about=entry.description, links=links, missing=missing))
    return tuple(owned)
