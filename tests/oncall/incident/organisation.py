"""A directory of people alone, for tests that need no files."""

from __future__ import annotations

from collections.abc import Iterable

from oncall.directory import Defaults, Directory, Team
from oncall.person import Person
from routing.catalog import Catalog


def directory(people: Iterable[Person], teams: Iterable[Team] = ()) -> Directory:
    """These people and teams."""
    return Directory(
        people={person.id: person for person in people},
        teams={team.id: team for team in teams},
        catalog=Catalog.of(),
        integrations=(),
        defaults=Defaults(fallback_team=""),
    )
