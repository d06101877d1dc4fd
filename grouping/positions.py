"""How components stand to one another: looked up once for each two, a small table for each component."""

from __future__ import annotations

from collections.abc import Mapping

from grouping.counts import ComponentCount
from grouping.relations import RELATIONS, Calls, Relation

#: Places kept at hand, empty tables counted as one; beyond them everything is looked up anew.
MOST = 300_000


class PlacesFrom(dict[int, int]):
    """From one component to others: the places asked for so far, and any other when it is asked for.

    One small table for each component, because an alert asks for many places from its own and they then lie together.
    """

    __slots__ = ("_component", "_positions")

    def __init__(self, positions: Positions, component: ComponentCount) -> None:
        super().__init__()
        self._positions, self._component = positions, component

    def __missing__(self, earlier: int) -> int:
        found = self[earlier] = self._positions.looked_up(self._component, earlier)
        return found


class Positions:
    """The places of all components, by number.

    Args:
        calls: The catalog's calls, which do not change.
        components: As they come and go; a number is never given twice.
    """

    def __init__(self, calls: Calls, components: Mapping[int, ComponentCount]) -> None:
        self._calls = calls
        self._components = components
        self._from: dict[int, PlacesFrom] = {}
        self._kept = 0

    def of(self, component: int) -> PlacesFrom:
        """The places of others as seen from this one."""
        known = self._from.get(component)
        if known is None:
            self._count()
            known = self._from[component] = PlacesFrom(self, self._components[component])
        return known

    def looked_up(self, a: ComponentCount, earlier: int) -> int:
        """The `Relation` of a component to an earlier one, plus `RELATIONS` where their scopes differ."""
        self._count()
        b = self._components[earlier]
        relation = self._calls.relation(a.thing, b.thing)
        if relation is Relation.FAR and a.namespace and a.namespace == b.namespace:
            relation = Relation.NAMESPACE
        elif relation is Relation.FAR and a.team and a.team == b.team:
            relation = Relation.TEAM
        return relation + (RELATIONS if a.scope != b.scope else 0)

    def forget(self) -> None:
        """A component moved to another namespace or team."""
        self._from.clear()
        self._kept = 0

    def _count(self) -> None:
        self._kept += 1
        if self._kept > MOST:
            self.forget()
