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
        """What the earlier thing is to the later one, as a reason says it."""
        return _WORDS[self]

    def between(self, thing: str, other: str) -> str:
        """The same with both names: what speaks for two alerts that were never seen together, or that nothing does."""
        return _BETWEEN[self].format(thing=thing, other=other)


_WORDS = {
    Relation.SELF: "the same thing",
    Relation.CALLS: "a service it calls",
    Relation.CALLED_BY: "a service that calls it",
    Relation.TWO_STEPS: "a service two steps away in the catalog",
    Relation.NAMESPACE: "a thing in the same namespace",
    Relation.TEAM: "a thing of the same team",
    Relation.FAR: "another thing",
}
_BETWEEN = {
    Relation.SELF: "but both are about {thing}",
    Relation.CALLS: "but {thing} calls {other}",
    Relation.CALLED_BY: "but {other} calls {thing}",
    Relation.TWO_STEPS: "but {thing} and {other} are two steps apart in the catalog",
    Relation.NAMESPACE: "but {thing} and {other} are in one namespace",
    Relation.TEAM: "but {thing} and {other} belong to one team",
    Relation.FAR: "and nothing known connects {thing} and {other}",
}
#: Relations are counted apart for things in one scope (cluster) and in two.
RELATIONS = len(Relation)
PLACES = 2 * RELATIONS


class Calls:
    """Which service calls which, as the catalog knows it: incomplete and a little stale is fine."""

    def __init__(self, calls: Iterable[tuple[str, str]] = ()) -> None:
        self._calls: dict[str, set[str]] = {}
        #: Whom each thing calls or is called by.
        self._next_to: dict[str, set[str]] = {}
        for caller, called in calls:
            self._calls.setdefault(caller, set()).add(called)
            self._next_to.setdefault(caller, set()).add(called)
            self._next_to.setdefault(called, set()).add(caller)

    def relation(self, thing: str, other: str) -> Relation:
        """`SELF`, `CALLS`, `CALLED_BY`, `TWO_STEPS`, or `FAR` where no short path is known."""
        if thing == other:
            return Relation.SELF
        mine = self._next_to.get(thing)
        if mine is None:
            return Relation.FAR
        if other in mine:
            return Relation.CALLS if other in self._calls.get(thing, _NONE) else Relation.CALLED_BY
        return Relation.FAR if mine.isdisjoint(self._next_to.get(other, _NONE)) else Relation.TWO_STEPS

    def within_two(self, thing: str) -> set[str]:
        """What is no more than two steps away, the thing itself among it."""
        mine = self._next_to.get(thing, _NONE)
        return {thing}.union(mine, *(self._next_to[step] for step in mine))


_NONE: set[str] = set()
