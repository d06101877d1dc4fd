"""How the things two alerts are about stand to each other: by name, by the catalog's calls, by place and owner."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Relation(IntEnum):
    """From the later alert's thing to the earlier one's, closest first."""

    SELF = 0
    CALLS = 1
    CALLED_BY = 2
    TWO_STEPS = 3
    NAMESPACE = 4
    TEAM = 5
    FAR = 6

    @property
    def words(self) -> str:
        """As a reason says it."""
        return _WORDS[self]


_WORDS = {
    Relation.SELF: "the same thing",
    Relation.CALLS: "a service it calls",
    Relation.CALLED_BY: "a service that calls it",
    Relation.TWO_STEPS: "a service two steps away in the catalog",
    Relation.NAMESPACE: "a thing in the same namespace",
    Relation.TEAM: "a thing of the same team",
    Relation.FAR: "another thing",
}
#: Relations are counted apart for things in one scope (cluster) and in two.
RELATIONS = len(Relation)
PLACES = 2 * RELATIONS


class Calls:
    """Which service calls which, as the catalog knows it: incomplete and a little stale is fine."""

    def __init__(self, calls: Iterable[tuple[str, str]] = ()) -> None:
        self._calls: dict[str, set[str]] = {}
        self._called_by: dict[str, set[str]] = {}
        for caller, called in calls:
            self._calls.setdefault(caller, set()).add(called)
            self._called_by.setdefault(called, set()).add(caller)

    def relation(self, thing: str, other: str) -> Relation:
        """`SELF`, `CALLS`, `CALLED_BY`, `TWO_STEPS`, or `FAR` where no short path is known."""
        if thing == other:
            return Relation.SELF
        calls, called_by = self._calls.get(thing, _NONE), self._called_by.get(thing, _NONE)
        if other in calls:
            return Relation.CALLS
        if other in called_by:
            return Relation.CALLED_BY
        near_other = self._calls.get(other, _NONE) | self._called_by.get(other, _NONE)
        return Relation.TWO_STEPS if near_other & (calls | called_by) else Relation.FAR


_NONE: set[str] = set()
