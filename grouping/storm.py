"""When so much breaks at once in one place that it is one incident: a region, a cluster, a network."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from grouping.decay import WINDOW
from grouping.groups import Member

#: So many things of one scope within the window, or fewer within a minute, may be a storm: if they lie in several
#: incidents, none of which explains the most of it, or if they are even more.
THINGS = 25
THINGS_AT_ONCE = 15
AT_ONCE_SECONDS = 60.0
MANY_THINGS = 40
SCATTERED = 5
EXPLAINED = 0.6
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
        """The storm that goes on in this scope as the component alerts; how many things alert there, 0 if too few."""
        seen = self._seen.setdefault(scope, deque())
        seen.append((at, component))
        while seen[0][0] < at - WINDOW:
            seen.popleft()
        storm = self._storms.get(scope)
        things = len({c for _, c in seen}) if len(seen) >= THINGS_AT_ONCE else len(seen)
        if storm is not None and at - storm.last > QUIET_SECONDS:
            del self._storms[scope]
            storm = None
        if things < THINGS and not self._at_once(seen, at):
            return (None, 0) if storm is None or things < THINGS_AT_ONCE else (storm, things)
        if storm is not None:
            storm.last = at
        return storm, things

    def _at_once(self, seen: deque[tuple[float, int]], at: float) -> bool:
        if len(seen) < THINGS_AT_ONCE:
            return False
        return len({c for began, c in seen if began >= at - AT_ONCE_SECONDS}) >= THINGS_AT_ONCE

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
