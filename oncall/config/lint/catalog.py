"""Lints about services: owners that exist, names that mean one service."""

from __future__ import annotations

import functools

from oncall.config.catalog import OWN
from oncall.config.section import Place, Reading, suggestion
from oncall.directory import Directory
from routing.catalog import Entry
from routing.owner import Resolver
from routing.rules import MatchRule

#: Unknown dependencies for which a near name is looked for.
MOST_SUGGESTED = 20


def check_owners(directory: Directory, reading: Reading) -> None:
    """A service's owner is a team that exists; else its alerts go to the fallback team."""
    resolver = Resolver(
        directory.catalog,
        tuple(directory.teams),
        directory.defaults.fallback_team,
        rules=directory.ownership,
        team_aliases=directory.team_aliases(),
    )
    mend = functools.cache(lambda owner: suggestion(owner, directory.teams))
    for entry in directory.catalog.entries:
        if entry.owner and resolver.owner_of(entry) is None:
            what = f"service {entry.name} is owned by {entry.owner!r}, which is no team"
            tell = reading.error if _is_ours(entry, "owner") else reading.warn
            tell(_place(entry, "owner"), what, mend(entry.owner))


def check_aliases_differ(directory: Directory, reading: Reading) -> None:
    """A name that two services claim resolves to neither."""
    for alias, claimed in sorted(directory.catalog.by_alias.items()):
        for entry in claimed[1:]:
            place = _place(entry, f"aliases.{alias}")
            first = _place(claimed[0], f"aliases.{alias}")
            what = f"{alias!r} names both {claimed[0].name} ({first.file}:{first.line}) and {entry.name}"
            ours = _is_ours(entry, f"aliases.{alias}") and _is_ours(claimed[0], f"aliases.{alias}")
            tell = reading.error if ours else reading.warn
            tell(place, what, "Keep it for one of them, so that alerts mean one service")


def check_dependencies(directory: Directory, reading: Reading) -> None:
    """A dependency that nothing describes is probably a slip, but may be a third party."""
    mends: dict[str, str] = {}
    for entry in directory.catalog.entries:
        for name in entry.depends_on:
            if directory.catalog.find(name) is not None:
                continue
            if name not in mends:
                # Looking for near names among many takes long; where so many are unknown, they are no slips.
                known = directory.catalog.by_name if len(mends) < MOST_SUGGESTED else ()
                near = suggestion(name, known)
                mends[name] = near if near.startswith("Did") else "Describe it, or leave it if it is somebody else's"
            what = f"service {entry.name} depends on {name!r}, which is not in the catalog"
            reading.warn(_place(entry, f"depends_on.{name}"), what, mends[name])


def check_ownership_rules(directory: Directory, reading: Reading) -> None:
    """Rules lead to teams and services that exist."""
    aliases = directory.team_aliases()
    for rule in directory.ownership:
        if not isinstance(rule, MatchRule):
            continue
        if rule.team and rule.team not in directory.teams and rule.team not in aliases:
            place = reading.place("ownership", rule.origin, "team")
            reading.error(place, f"there is no team {rule.team!r}", suggestion(rule.team, directory.teams))
        if rule.service and directory.catalog.find(rule.service) is None:
            place = reading.place("ownership", rule.origin, "service")
            what = f"there is no service {rule.service!r}"
            reading.error(place, what, suggestion(rule.service, directory.catalog.by_name))


def _is_ours(entry: Entry, field: str) -> bool:
    """Whether it was written in this directory: what others wrote is told, but does not refuse it."""
    origin = entry.origin(field)
    return origin is None or origin.source == OWN


def _place(entry: Entry, field: str) -> Place:
    origin = entry.origin(field) or entry.origin()
    return Place(origin.file or origin.source, origin.line) if origin else Place("catalog", 0)
