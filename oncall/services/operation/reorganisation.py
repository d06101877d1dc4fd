"""What a reload moved from team to team, and what still points at teams it took away."""

from __future__ import annotations

from collections.abc import Iterator

from oncall.engine import Organisation
from routing.orphans import Move, dissolved, moves, orphans
from routing.problem import Problem, ProblemLevel


def moved(before: Organisation, after: Organisation) -> tuple[Move, ...]:
    """Services whose owning team is another one now, with those that came and went."""
    return moves(_owned(before), _owned(after))


def left_behind(before: Organisation, after: Organisation) -> tuple[Problem, ...]:
    """A warning for each service or rule that still names a team which is gone."""
    directory = after.directory
    members = {team.id: len(team.members) for team in directory.teams.values()}
    found = orphans(directory.catalog, after.resolver, directory.ownership, members)
    gone = dissolved(before.directory.teams, directory.teams, found)
    return tuple(
        Problem(
            file=orphan.source or "catalog",
            what=f"the team {team} is gone, but the {orphan.kind} {orphan.name} still names it",
            mend=f"Give it to a team there is; until then {directory.defaults.fallback_team} is asked",
            level=ProblemLevel.WARNING,
        )
        for team, rows in gone.items()
        for orphan in rows
    )


def _owned(organisation: Organisation) -> Iterator[tuple[str, str]]:
    for entry in organisation.directory.catalog.entries:
        yield entry.name, organisation.resolver.owner_of(entry) or ""
