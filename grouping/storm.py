"""When so much breaks at once in one place that it is one incident: a region, a cluster, a network."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from grouping.decay import WINDOW
from grouping.groups import Member

#: So many things of one scope within the window may be a storm: if they lie in many incidents, none of which explains
#: the most of it, or if they are even more.
THINGS = 25
MANY_THINGS = 40
SCATTERED = 8
EXPLAINED = 0.5
#: A storm's incident takes alerts in until it was quiet for this long.
QUIET_SECONDS = 600.0


@dataclass(slots=True)
class Storm:
    """A storm that goes on, and the incident that holds it."""

    scope: str
    incident: str
    last: float


class Storms:
    """Watches each scope for storms. Their state is rebuilt from the open incidents within minutes of a restart."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[float, int]]] = {}
        self._storms: dict[str, Storm] = {}

    def storm(self, scope: str, component: int, at: float) -> tuple[Storm | None, int]:
        """The storm that goes on in this scope as the component alerts, and how many things alert there."""
        seen = self._seen.setdefault(scope, deque())
        seen.append((at, component))
        while seen[0][0] < at - WINDOW:
            seen.popleft()
        storm = self._storms.get(scope)
        things = len({c for _, c in seen}) if len(seen) >= THINGS else len(seen)
        if storm is not None and at - storm.last > QUIET_SECONDS:
            del self._storms[scope]
            storm = None
        if things < THINGS:
            return None, things
        if storm is not None:
            storm.last = at
        return storm, things

    def begin(self, scope: str, things: int, members: Iterable[tuple[Member, str]], at: float) -> Storm | None:
        """Call it a storm if it is one: `members` are the scope's alerts of the window, each with its incident."""
        homes = Counter(home for _, home in members)
        if not homes:
            return None
        incident, most = homes.most_common(1)[0]
        scattered = len(homes) >= SCATTERED and most < EXPLAINED * homes.total()
        if things < MANY_THINGS and not scattered:
            return None
        storm = self._storms[scope] = Storm(scope, incident, at)
        return storm
