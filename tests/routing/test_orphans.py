"""Whatever points at a team that is gone or empty is found, with the place where it says so."""

from __future__ import annotations

from routing.catalog import Catalog, Entry, Origin
from routing.matchers import parse_matchers
from routing.orphans import Move, dissolved, moves, orphans
from routing.owner import Resolver
from routing.rules import MatchRule

CATALOG = Catalog.of(
    [
        Entry(name="good", owner="payments"),
        Entry(name="gone", owner="Legacy", origins={"owner": Origin(source="own", file="a.yaml", line=3)}),
        Entry(name="empty", owner="ghosts"),
        Entry(name="nobody", origins={"name": Origin(source="own", file="a.yaml", line=9)}),
    ]
)
RULES = (
    MatchRule(matchers=parse_matchers("a=b"), team="payments"),
    MatchRule(matchers=parse_matchers("c=d"), team="legacy", origin="oncall.yaml:7"),
)


def found():
    return orphans(CATALOG, Resolver(CATALOG, ("payments", "ghosts"), "payments"), RULES, {"payments": 3, "ghosts": 0})


def test_orphans_are_found_with_reason_and_place():
    assert [(orphan.kind, orphan.name, orphan.reason, orphan.source) for orphan in found()] == [
        ("service", "empty", "the team ghosts has no members", ""),
        ("service", "gone", "there is no team 'Legacy'", "a.yaml:3 (own)"),
        ("service", "nobody", "it names no owner", "a.yaml:9 (own)"),
        ("rule", 'c="d"', "there is no team 'legacy'", "oncall.yaml:7"),
    ]


def test_a_dissolved_team_is_named_with_what_still_points_there():
    gone = dissolved(["payments", "legacy"], ["payments"], found())
    assert {team: [orphan.name for orphan in rows] for team, rows in gone.items()} == {"legacy": ["gone", 'c="d"']}


def test_a_reorganisation_is_told_as_moves():
    assert moves([("a", "x"), ("b", "x"), ("c", "y")], [("a", "x"), ("b", "y"), ("d", "z")]) == (
        Move(service="b", before="x", after="y"),
        Move(service="c", before="y", after=""),
        Move(service="d", before="", after="z"),
    )
