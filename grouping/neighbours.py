"""Who stands near whom in the catalog, kept at hand: with every alert it is asked of the same few things again."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from grouping.counts import ComponentCount
from grouping.relations import Calls

#: Numbers kept at hand, some ten megabytes; beyond them everything is looked up anew.
MOST = 200_000


class Neighbours:
    """For each component those in its scope that are no more than two calls away, itself among them.

    Args:
        calls: The catalog's calls, which do not change.
        ids: The number of each component there is, by thing and scope, as they come and go.
    """

    def __init__(self, calls: Calls, ids: Mapping[tuple[str, str], int]) -> None:
        self._calls = calls
        self._ids = ids
        self._near: dict[int, set[int]] = {}
        self._kept = 0

    def of(self, component: ComponentCount) -> AbstractSet[int]:
        """The numbers of the components near this one."""
        known = self._near.get(component.id)
        if known is None:
            known = self._looked_up(component)
            if self._kept + len(known) > MOST:
                self.forget()
            self._near[component.id] = known
            self._kept += len(known)
        return known

    def added(self, component: ComponentCount) -> None:
        """A component is new, and near others."""
        if not self._near:
            return
        for number in self._looked_up(component):
            if (near := self._near.get(number)) is not None:
                near.add(component.id)
                self._kept += 1

    def forget(self) -> None:
        """Components went, or were taken back from rows."""
        self._near.clear()
        self._kept = 0

    def _looked_up(self, component: ComponentCount) -> set[int]:
        things, scope, ids = self._calls.within_two(component.thing), component.scope, self._ids
        return {found for thing in things if (found := ids.get((thing, scope))) is not None}
