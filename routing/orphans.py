"""What points at teams that are gone or empty, and what a reorganisation moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from routing.catalog import Catalog
from routing.owner import Resolver
from routing.rules import MatchRule, OwnerRule


class Orphan(msgspec.Struct, frozen=True, kw_only=True):
    """Something whose alerts would reach nobody of its own."""

    #: "service" or "rule".
    kind: str
    name: str
    #: The team as it is written.
    owner: str
    reason: str
    #: Where that is written ("catalog/shop.yaml:4 (own)").
    source: str


def orphans(
    catalog: Catalog, resolver: Resolver, rules: Sequence[OwnerRule], members: Mapping[str, int]
) -> tuple[Orphan, ...]:
    """Services and rules without a team that has people; `members` counts people by team id."""
    found = []
    for entry in catalog.entries:
        origin = entry.origin("owner") or entry.origin()
        reason = _reason(entry.owner, resolver.owner_of(entry), members)
        if reason:
            source = str(origin) if origin else ""
            found.append(Orphan(kind="service", name=entry.name, owner=entry.owner, reason=reason, source=source))
    for rule in rules:
        if isinstance(rule, MatchRule) and rule.team:
            reason = _reason(rule.team, resolver.team(rule.team), members)
            if reason:
                name = ", ".join(map(str, rule.matchers))
                found.append(Orphan(kind="rule", name=name, owner=rule.team, reason=reason, source=rule.origin))
    return tuple(found)


def _reason(owner: str, team: str | None, members: Mapping[str, int]) -> str:
    if not owner:
        return "it names no owner"
    if team is None:
        return f"there is no team {owner!r}"
    return f"the team {team} has no members" if not members.get(team, 0) else ""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What a reload changed about who owns a service; "" is nobody."""

    service: str
    before: str
    after: str


def moves(before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> tuple[Move, ...]:
    """Services whose owning team changed, came or went, from (service, team) pairs of two catalogs."""
    old, new = dict(before), dict(after)
    return tuple(
        Move(service=service, before=old.get(service, ""), after=new.get(service, ""))
        for service in sorted(old.keys() | new.keys())
        if old.get(service, "") != new.get(service, "")
    )


def dissolved(before: Iterable[str], after: Iterable[str], found: Sequence[Orphan]) -> Mapping[str, tuple[Orphan, ...]]:
    """Teams that a reload took away, each with what still points there."""
    gone = sorted(set(before) - set(after))
    return {team: tuple(orphan for orphan in found if orphan.owner.lower() == team.lower()) for team in gone}
