"""Where one alert goes: owner, severity, incident, and the reasons for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import structlog
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Arrival as GroupingArrival
from grouping import Basis, Call, Grouper, Grouping
from oncall.directory import Integration
from oncall.engine import Engine
from oncall.incident import ALERTMANAGER, Arrival, Entry, EntryKind, Incident, absorb, open_incident, resolve
from oncall.services.changes import Changes
from oncall.store import alerts as alert_rows
from oncall.store import counters, incidents
from oncall.store.alerts import Episode
from routing.alert import Alert, Severity, SourceGroup
from routing.escalation import Policy
from routing.owner import Ownership
from routing.severity import grade

log = structlog.get_logger(__name__)

#: Episode numbers reserved at a time.
BLOCK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of an alert."""

    incident: int
    kind: str
    severity: Severity
    paging: bool
    team: str
    service: str
    why_team: str
    why_group: str


@dataclass(slots=True)
class Placement:
    """Places the alerts of one batch; incidents are loaded once and kept."""

    engine: Engine
    tx: AsyncConnection
    now: datetime
    grouper: Grouper
    changes: Changes
    #: Episodes to write, by number.
    added: dict[int, Episode] = field(default_factory=dict)
    _loaded: dict[int, Incident] = field(default_factory=dict)
    _spare: int | None = None
    _episode_ids: list[int] = field(default_factory=list)
    _filed: dict[tuple[str, str], int] = field(default_factory=dict)
    _moves: dict[int, int] = field(default_factory=dict)

    async def place(self, number: int, alert: Alert, integration: Integration, group: SourceGroup) -> Placed:
        """Resolve owner and severity, group, and open or join the incident."""
        ownership, severity, why = self._owner(alert, integration)
        grouping = await self._group(number, alert, ownership, severity, group)
        turn = await self._turn(self.engine.directory.teams[ownership.team].policy, ownership.team)
        arrival = Arrival(
            name=alert.name,
            summary=alert.summary,
            kind=grouping.kind,
            severity=severity,
            paging=severity is Severity.CRITICAL,
            team=ownership.team,
            service=ownership.service or "",
            policy=self.engine.directory.teams[ownership.team].policy,
            why_team=why,
            why_group=grouping.reason,
            group_key=group.key[:1000],
            follows=grouping.expected,
            hold=grouping.hold_for if grouping.call is Call.HOLD else None,
            turn=turn,
        )
        incident_id = int(grouping.incident)
        incident = None if grouping.is_new else await self.incident(incident_id)
        change = (
            open_incident(incident_id, arrival, now=self.now)
            if incident is None
            else absorb(incident, arrival, now=self.now)
        )
        self._loaded[incident_id] = self.changes.add(change)
        self._note_near(incident_id, ownership.team, grouping)
        self._moves.update({int(move.episode): int(move.to_incident) for move in grouping.moves})
        return Placed(
            incident=incident_id,
            kind=grouping.kind,
            severity=severity,
            paging=arrival.paging,
            team=ownership.team,
            service=arrival.service,
            why_team=why,
            why_group=grouping.reason,
        )

    async def file_resolved(self, alert: Alert, integration: Integration, group: SourceGroup, stream: str) -> Placed:
        """File an alert that was over when we first heard of it, in its group's incident, without asking anybody."""
        ownership, severity, why = self._owner(alert, integration)
        reason = "resolved without ever having been reported firing, so nobody is asked"
        number = self._filed.get((integration.name, stream))
        if number is None:
            number = await alert_rows.latest_incident_of_stream(self.tx, integration.name, stream)
        if number is None:
            number = await self._take_number()
            arrival = Arrival(
                name=alert.name,
                summary=alert.summary,
                kind=alert.name,
                severity=severity,
                paging=False,
                team=ownership.team,
                service=ownership.service or "",
                policy=self.engine.directory.teams[ownership.team].policy,
                why_team=why,
                why_group=reason,
                group_key=group.key[:1000],
            )
            opened = open_incident(number, arrival, now=self.now)
            self.changes.add(opened)
            over = resolve(opened.incident, by=ALERTMANAGER, now=self.now, why=reason)
            self._loaded[number] = self.changes.add(over)
        self._filed[integration.name, stream] = number
        return Placed(
            incident=number,
            kind=alert.name,
            severity=severity,
            paging=False,
            team=ownership.team,
            service=ownership.service or "",
            why_team=why,
            why_group=reason,
        )

    async def incident(self, number: int) -> Incident | None:
        """An incident as this batch has it so far."""
        if number in self.changes.incidents:
            return self.changes.incidents[number]
        if number not in self._loaded:
            self._loaded.update(await incidents.get(self.tx, [number], lock=True))
        return self._loaded.get(number)

    async def episode_id(self) -> int:
        """The next episode's number."""
        if not self._episode_ids:
            first = await alert_rows.new_ids(self.tx, BLOCK)
            self._episode_ids = list(range(first + BLOCK - 1, first - 1, -1))
        return self._episode_ids.pop()

    async def settle_moves(self) -> None:
        """Alerts that grouping took along to another incident, with a line in both."""
        for episode_id, target in self._moves.items():
            episode = self.added.get(episode_id)
            if episode is not None:
                self.added[episode_id] = replace(episode, incident=target)
            origin = episode.incident if episode else await alert_rows.move(self.tx, episode_id, target)
            if origin is not None:
                text = f"an alert moved from #{origin} to #{target}"
                self.changes.entries += [
                    Entry(incident=number, at=self.now, kind=EntryKind.GROUPING, text=text)
                    for number in (origin, target)
                ]
        self._moves = {}

    async def finish(self) -> None:
        """Give back an incident number that was not needed."""
        if self._spare is not None:
            await counters.give_back(self.tx, "incident", self._spare)
            self._spare = None

    def _owner(self, alert: Alert, integration: Integration) -> tuple[Ownership, Severity, str]:
        ownership = self.engine.organisation.resolver.resolve(alert.labels, integration.fallback_team)
        defaults = self.engine.directory.defaults
        graded = grade(alert.labels, defaults.severities, defaults.unknown_severity)
        return ownership, graded.severity, f"{'; '.join(ownership.reasons)}; {graded.reason}"

    async def _group(
        self, number: int, alert: Alert, ownership: Ownership, severity: Severity, group: SourceGroup
    ) -> Grouping:
        arrival = GroupingArrival(
            episode=str(number),
            alert=alert,
            severity=severity,
            team=ownership.team,
            service=ownership.service or "",
            source_group=group,
        )
        for _ in range(3):
            spare = await self._spare_number()
            try:
                grouping = self.grouper.assign(arrival, self.now, new_incident=str(spare))
            except Exception:
                self.engine.metrics.grouping_failures.inc()
                log.exception("grouping failed; the alert opens its own incident", alert=alert.name)
                break
            if grouping.is_new:
                self._spare = None
                return grouping
            incident = await self.incident(int(grouping.incident))
            if incident is not None and incident.resolved_at is None:
                return grouping
            # Closed by people since the grouper last heard of it: it takes nothing more in.
            self.grouper.closed(grouping.incident)
        return Grouping(
            incident=str(await self._take_number()),
            is_new=True,
            basis=Basis.ALONE,
            call=Call.PAGE,
            reason="grouping could not place it, so it is an incident of its own",
            probability=1.0,
            kind=alert.name,
        )

    async def _turn(self, policy: Policy, team: str) -> int:
        if not any(step.round_robin for step in policy.steps):
            return 0
        return await counters.take(self.tx, f"turn:{team}")

    async def _spare_number(self) -> int:
        if self._spare is None:
            self._spare = await incidents.new_ids(self.tx)
        return self._spare

    async def _take_number(self) -> int:
        number = await self._spare_number()
        self._spare = None
        return number

    def _note_near(self, incident_id: int, team: str, grouping: Grouping) -> None:
        lines = [
            (incident_id, f"possibly the same as #{n.incident}: {n.sentence}")
            for n in grouping.near
            if n.possibly_related
        ]
        lines += [
            (int(offer.incident), f"may be one trouble with #{offer.other}: {offer.sentence}")
            for offer in grouping.merge_offers
        ]
        if grouping.forked_from:
            lines.append(
                (int(grouping.forked_from), f"kept apart from #{incident_id}, so that its page is not swallowed")
            )
        self.changes.entries += [
            Entry(incident=number, at=self.now, kind=EntryKind.GROUPING, text=text, team=team) for number, text in lines
        ]
