"""A recorded alert stream through the production code, on a simulated clock."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from grouping.arrival import Arrival
from grouping.decision import Call, Grouping, Move
from grouping.grouper import Grouper
from routing.alert import Alert, AlertStatus, Severity

#: Values of the `severity` label that call somebody, and those that are shown; anything else is only recorded.
PAGING = frozenset({"page", "critical"})
SHOWN = frozenset({"warning", "error", "ticket"})


class Recorded(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of a recorded stream: an alert's run, as Alertmanager names its fields."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: datetime
    ends_at: datetime | None = None
    fingerprint: str = ""

    @property
    def severity(self) -> Severity:
        """By the `severity` label."""
        value = self.labels.get("severity", "").lower()
        return Severity.CRITICAL if value in PAGING else Severity.WARNING if value in SHOWN else Severity.INFO


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the line with this index, counted from 0."""

    index: int
    incident: str
    paged: bool
    held: bool
    reason: str


class Replay:
    """Feeds lines in order; the grouper learns of an end only once the clock has passed it.

    `prefix` keeps the names of episodes and incidents apart from those of a running engine.
    """

    def __init__(self, grouper: Grouper, prefix: str = "") -> None:
        self._grouper = grouper
        self._prefix = prefix
        self._ends: list[tuple[datetime, str]] = []
        self._clock: datetime | None = None
        self._incident: list[str] = []
        self._grouping: list[Grouping] = []
        self._moved: dict[int, str] = {}

    def feed(self, line: Recorded) -> Grouping:
        """The next alert."""
        index = len(self._incident)
        now = max(line.starts_at, self._clock or line.starts_at)
        self._pass_time(now)
        alert = Alert(
            fingerprint=line.fingerprint,
            status=AlertStatus.FIRING,
            labels=line.labels,
            annotations=line.annotations,
            starts_at=line.starts_at,
        )
        team = line.labels.get("team") or line.labels.get("owner", "")
        arrival = Arrival(episode=f"{self._prefix}{index}", alert=alert, severity=line.severity, team=team)
        grouping = self._grouper.assign(arrival, now, new_incident=f"{self._prefix}incident-{index}")
        self._incident.append(grouping.incident)
        self._grouping.append(grouping)
        self._move(grouping.moves)
        if line.ends_at is not None and line.ends_at.year > 1:
            heapq.heappush(self._ends, (line.ends_at, arrival.episode))
        return grouping

    def assigned(self) -> Iterator[Assigned]:
        """The outcome of every line so far, after the last looks."""
        if self._clock is not None:
            self._move(self._grouper.review(self._clock + timedelta(hours=1)))
        for index, (incident, grouping) in enumerate(zip(self._incident, self._grouping, strict=True)):
            moved = self._moved.get(index)
            yield Assigned(
                index=index,
                incident=incident,
                paged=grouping.call is Call.PAGE,
                held=grouping.call is Call.HOLD,
                reason=f"{grouping.reason}; moved: {moved}" if moved else grouping.reason,
            )

    def _pass_time(self, now: datetime) -> None:
        self._clock = now
        self._move(self._grouper.review(now))
        while self._ends and self._ends[0][0] <= now:
            ended, episode = heapq.heappop(self._ends)
            self._grouper.resolved(episode, ended)

    def _move(self, moves: Iterable[Move]) -> None:
        for move in moves:
            index = int(move.episode.removeprefix(self._prefix))
            self._incident[index] = move.to_incident
            self._moved[index] = move.sentence
