"""Lints about escalation: targets that exist, steps that ask somebody, walks that end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from oncall.config.section import Place, Reading, suggestion
from oncall.config.words import format_length
from oncall.directory import Directory, Schedule, Team
from oncall.person import Person
from routing.escalation import ChannelTarget, PersonTarget, RotationTarget, Step, Target, TeamTarget


def check_targets(directory: Directory, reading: Reading) -> None:
    """Every target exists."""
    for team in directory.teams.values():
        for number, step in enumerate(team.policy.steps):
            for index, target in enumerate(step.targets):
                place = reading.place("team", team.id, "step", str(number), "notify", str(index))
                _check_target(directory, target, place, reading)


def _check_target(directory: Directory, target: Target, place: Place, reading: Reading) -> None:
    match target:
        case PersonTarget(person=person) if person not in directory.people:
            reading.error(place, f"there is no person {person!r}", suggestion(person, directory.people))
        case TeamTarget(team=team) | RotationTarget(team=team) if team not in directory.teams:
            reading.error(place, f"there is no team {team!r}", suggestion(team, directory.teams))
        case RotationTarget(team=team, schedule=name, role=role):
            schedule = directory.teams[team].schedules.get(name)
            if schedule is None:
                what = f"team {team} has no schedule {name!r}"
                reading.error(place, what, suggestion(name, directory.teams[team].schedules))
            elif role is not None and role not in _roles(schedule):
                what = f"no shift of {team}/{name} has the role {role!r}"
                reading.error(place, what, "Give a calendar role:, or its identity a pattern with (?P<role>…)")
        case _:
            pass


class _AnyRole(frozenset[str]):
    """Roles that only the calendar's text knows."""

    def __contains__(self, role: object) -> bool:
        return True


def _roles(schedule: Schedule) -> frozenset[str]:
    if any("(?P<role" in str(source.identity.get("pattern", "")) for source in schedule.sources):
        return _AnyRole()
    return frozenset(source.role for source in schedule.sources if source.role)


def check_steps_ask_somebody(directory: Directory, reading: Reading) -> None:
    """A step asks a person, and so does a policy at an hour when every condition fails."""
    for team in directory.teams.values():
        for number, step in enumerate(team.policy.steps):
            if all(isinstance(target, ChannelTarget) for target in step.targets):
                what = f"team {team.id}: step {number + 1} asks nobody"
                mend = "Add a schedule, person or team to notify; a Slack channel is told but counts as nobody"
                reading.error(reading.place("team", team.id, "step", str(number)), what, mend)
        steps = team.policy.steps
        if steps and all(step.when is not None for step in steps):
            what = f"team {team.id}: every step has a condition, so there are times when nobody is asked"
            mend = "Add a step without `when`, so that somebody always is"
            reading.warn(reading.place("team", team.id, "escalation"), what, mend)


def check_cycles(directory: Directory, reading: Reading) -> None:
    """Teams that hand on to one another in a ring leave it unclear who has it in the end."""
    onward = {
        team.id: sorted(
            {t.team for step in team.policy.steps for t in step.targets if isinstance(t, TeamTarget)} - {team.id}
        )
        for team in directory.teams.values()
    }
    for ring in _rings(onward):
        for here, there in pairwise([*ring, ring[0]]):
            place = _team_target(directory.teams[here], there, reading)
            what = f"escalation goes around in a ring: {' -> '.join([*ring, ring[0]])}"
            reading.error(place, what, f"End {here}'s policy with people or a schedule instead of team {there}")


def _rings(onward: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The shortest ring through each team, each once, from its alphabetically first team."""
    found = {ring for team in onward if (ring := _way_back(team, onward))}
    return sorted(found)


def _way_back(start: str, onward: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    paths: deque[tuple[str, ...]] = deque([(start,)])
    seen: set[str] = set()
    while paths:
        path = paths.popleft()
        for team in onward.get(path[-1], ()):
            if team == start:
                first = path.index(min(path))
                return path[first:] + path[:first]
            if team not in seen:
                seen.add(team)
                paths.append((*path, team))
    return None


def _team_target(team: Team, target: str, reading: Reading) -> Place:
    for number, step in enumerate(team.policy.steps):
        for index, candidate in enumerate(step.targets):
            if candidate == TeamTarget(team=target):
                return reading.place("team", team.id, "step", str(number), "notify", str(index))
    return reading.place("team", team.id)


def check_rule_delays(directory: Directory, reading: Reading) -> None:
    """A contact rule that comes later than the step's wait runs when the next person is asked already.

    An error where it is a person's first rule: the step would pass without them having been asked at all.
    """
    told: set[tuple[str, str, str]] = set()
    for team in directory.teams.values():
        for number, step in enumerate(team.policy.steps):
            for person in _asked(directory, step):
                kinds = {None: ("important", "ordinary"), True: ("important",), False: ("ordinary",)}[step.important]
                for kind in kinds:
                    for position, rule in enumerate(getattr(person, kind)):
                        late = rule.after >= step.wait > timedelta(0)
                        if late and (person.id, kind, rule.channel) not in told:
                            told.add((person.id, kind, rule.channel))
                            what = (
                                f"{person.id} is asked by {rule.channel} after {format_length(rule.after)}, but step "
                                f"{number + 1} of {team.id} waits only {format_length(step.wait)}"
                            )
                            note = reading.warn if position else reading.error
                            mend = "Make the rule quicker, or the step's wait longer"
                            note(reading.place("person", person.id, kind), what, mend)


def _asked(directory: Directory, step: Step) -> Iterator[Person]:
    """Everybody whom a step may ask."""
    ids: dict[str, None] = {}
    for target in step.targets:
        match target:
            case PersonTarget(person=person):
                ids[person] = None
            case TeamTarget(team=team) | RotationTarget(team=team) if team in directory.teams:
                ids.update(dict.fromkeys(directory.teams[team].members))
            case _:
                pass
    return (directory.people[id_] for id_ in ids if id_ in directory.people)


def check_repeats(directory: Directory, reading: Reading) -> None:
    """A policy that repeats without waiting would ask everybody in an endless moment."""
    for team in directory.teams.values():
        total = sum((step.wait for step in team.policy.steps), timedelta(0))
        if team.policy.repeats and team.policy.steps and total < timedelta(minutes=1):
            what = f"team {team.id}: the policy repeats after {format_length(total)}"
            mend = "Give its steps waits of a minute or more together"
            reading.error(reading.place("team", team.id, "escalation"), what, mend)
