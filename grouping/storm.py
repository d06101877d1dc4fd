"""When so much breaks at once in one place that it is one incident: a region, a cluster, a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from grouping.decay import WINDOW

#: So many things of one scope within the window, or fewer within a minute, may be a storm: if they lie in several
#: incidents, none of which explains the most of it, or if they are even more.
THINGS = 25
THINGS_AT_ONCE = 15
AT_ONCE_SECONDS = 60.0
MANY_THINGS = 40
MANY_AT_ONCE = 32
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
        #: By scope: when each component last alerted there, longest ago first.
        self._seen: dict[str, dict[int, float]] = {}
        self._storms: dict[str, Storm] = {}

    def storm(self, scope: str, component: int, at: float) -> tuple[Storm | None, int]:
        """The storm that goes on in this scope as the component alerts; how many things alert there, 0 if too few."""
        seen = self._seen.setdefault(scope, {})
        seen.pop(component, None)
        seen[component] = at
        while seen[first := next(iter(seen))] < at - WINDOW:
            del seen[first]
        storm, things = self._storms.get(scope), len(seen)
        if storm is not None and at - storm.last > QUIET_SECONDS:
            del self._storms[scope]
            storm = None
        if things < THINGS and not _at_once(seen, at, THINGS_AT_ONCE):
            return (None, 0) if storm is None or things < THINGS_AT_ONCE else (storm, things)
        if storm is not None:
            storm.last = at
        return storm, max(things, MANY_THINGS) if _at_once(seen, at, MANY_AT_ONCE) else things

    def forget(self, at: float) -> None:
        """Let go of scopes that are quiet."""
        self._seen = {scope: seen for scope, seen in self._seen.items() if max(seen.values()) >= at - WINDOW}
        self._storms = {scope: storm for scope, storm in self._storms.items() if at - storm.last <= QUIET_SECONDS}

    def begin(self, scope: str, things: int, incidents: Iterable[str], at: float) -> Storm | None:
        """Call it a storm if it is one: `incidents` are those of the scope's alerts of the window, one for each."""
        homes = Counter(incidents)
        if not homes:
            return None
        incident, most = homes.most_common(1)[0]
        scattered = len(homes) >= SCATTERED and most < EXPLAINED * homes.total()
        # Where no label says what runs where, many things at once may be one trouble each in many places.
        much = scope != "" and things >= MANY_THINGS
        if not much and not scattered:
            return None
        storm = self._storms[scope] = Storm(scope, incident, at)
        return storm


def _at_once(seen: dict[int, float], at: float, things: int) -> bool:
    """Whether so many components alerted within the last minute."""
    return len(seen) >= things and next(islice(reversed(seen.values()), things - 1, None)) >= at - AT_ONCE_SECONDS
