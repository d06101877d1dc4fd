"""Where one alert goes: owner, severity, incident, and the reasons for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Arrival as GroupingArrival
from grouping import Basis, Call, Case, Grouper, Grouping, Move
from grouping.cases import is_doubtful
from oncall.directory import Integration
from oncall.engine import Engine
from oncall.incident import ALERTMANAGER, Arrival, Entry, EntryKind, Incident, absorb, open_incident, resolve
from oncall.incident.telling import Saying, Sentence, sentence, team
from oncall.services.changes import Changes
from oncall.store import alerts as alert_rows
from oncall.store import counters, incidents, unowned
from oncall.store.alerts import Episode
from oncall.store.unowned import Unowned
from routing.alert import Alert, Severity, SourceGroup
from routing.escalation import Policy
from routing.owner import Ownership
from routing.severity import grade
from routing.suggest import settling_matcher

log = structlog.get_logger(__name__)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """An alert with its place, whose incident is not yet told."""

    number: int
    alert: Alert
    ownership: Ownership
    severity: Severity
    why: Sentence
    group: SourceGroup
    grouping: Grouping


@dataclass(slots=True)
class Placement:
    """Places the alerts of one batch: first all are decided, then the incidents are loaded together and told."""

    engine: Engine
    tx: AsyncConnection
    now: datetime
    grouper: Grouper
    changes: Changes
    #: Episodes to write, by number.
    added: dict[int, Episode] = field(default_factory=dict)
    #: What answers about each of them will teach on, by its number.
    cases: dict[int, tuple[Case, ...]] = field(default_factory=dict)
    _loaded: dict[int, Incident] = field(default_factory=dict)
    _episodes: Iterator[int] = field(default_factory=lambda: iter(()))
    _next_incident: int = 0
    _filed: dict[tuple[str, str], int] = field(default_factory=dict)
    _pending: list[_Pending] = field(default_factory=list)
    _told_of: set[tuple[int, str]] = field(default_factory=set)
    _moves: dict[int, Move] = field(default_factory=dict)
    _unowned: dict[str, Unowned] = field(default_factory=dict)

    async def reserve(self, alerts: int) -> None:
        """Numbers for that many new episodes and incidents."""
        first = await alert_rows.new_ids(self.tx, alerts)
        self._episodes = iter(range(first, first + alerts))
        # One more for each alert, should its incident turn out to be closed.
        self._next_incident = await incidents.new_ids(self.tx, 2 * alerts)

    def place(self, alert: Alert, integration: Integration, group: SourceGroup) -> tuple[int, Placed]:
        """Resolve owner and severity and group: the episode's number, and where it belongs."""
        number = next(self._episodes)
        ownership, severity, why = self._owner(alert, integration)
        grouping = self._group(number, alert, ownership, severity, group)
        pending = _Pending(
            number=number,
            alert=alert,
            ownership=ownership,
            severity=severity,
            why=why,
            group=group,
            grouping=grouping,
        )
        self._pending.append(pending)
        return number, self._placed(pending)

    async def tell_incidents(self) -> None:
        """Open or join the incident of each placed alert, in order."""
        await self.load({int(p.grouping.incident) for p in self._pending if not p.grouping.is_new})
        for pending in self._pending:
            await self._tell(pending)
        self._pending = []

    async def file_resolved(
        self, alert: Alert, integration: Integration, group: SourceGroup, stream: str
    ) -> tuple[int, Placed]:
        """File an alert that was over when we first heard of it, in its group's incident, without asking anybody."""
        ownership, severity, why = self._owner(alert, integration)
        reason = "resolved without ever having been reported firing, so nobody is asked"
        incident = self._filed.get((integration.name, stream))
        if incident is None:
            incident = await alert_rows.latest_incident_of_stream(self.tx, integration.name, stream)
        if incident is None:
            incident = self._take_number()
            arrival = self._arrival(alert, ownership, severity, why, group, kind=alert.name, reason=reason)
            opened = open_incident(incident, replace(arrival, paging=False), now=self.now)
            self.changes.add(opened)
            over = resolve(opened.incident, by=ALERTMANAGER, now=self.now, why=reason)
            self.changes.add(over)
        self._filed[integration.name, stream] = incident
        placed = Placed(
            incident=incident,
            kind=alert.name,
            severity=severity,
            paging=False,
            team=ownership.team,
            service=ownership.service or "",
            why_team=why.text,
            why_group=reason,
        )
        return next(self._episodes), placed

    async def load(self, numbers: Collection[int]) -> None:
        """Have these incidents at hand."""
        missing = {n for n in numbers if n not in self._loaded and self.changes.current(n) is None}
        if missing:
            self._loaded.update(await incidents.get(self.tx, missing, lock=True))

    async def incident(self, number: int) -> Incident | None:
        """An incident as this batch has it so far."""
        await self.load({number})
        return self.changes.current(number) or self._loaded.get(number)

    @property
    def moving(self) -> bool:
        """Whether alerts wait to be moved."""
        return bool(self._moves)

    def take_moves(self, moves: Iterable[Move]) -> None:
        """Alerts that grouping takes to another incident."""
        self._moves.update({int(move.episode): move for move in moves})

    async def settle_moves(self) -> dict[int, int]:
        """Move alerts, with a line in both incidents that says why; the incidents they left, and for which.

        Nothing moves into an incident that people have closed since the grouper last heard of it.
        """
        left: dict[int, int] = {}
        await self.load({int(move.to_incident) for move in self._moves.values()})
        for episode_id, move in self._moves.items():
            target = int(move.to_incident)
            there = await self.incident(target)
            if there is None or there.resolved_at is not None:
                continue
            episode = self.added.get(episode_id)
            if episode is not None:
                reason = alert_rows.moved_reason(f"moved here: {move.sentence}", episode.why_group)
                self.added[episode_id] = replace(episode, incident=target, why_group=reason)
                origin: int | None = episode.incident
            else:
                origin = await alert_rows.move(self.tx, episode_id, target, f"moved here: {move.sentence}")
            if origin is not None and origin != target:
                left[origin] = target
                text = f"an alert moved from #{origin} to #{target}: {move.sentence}"
                self.changes.entries += [
                    Entry(incident=number, at=self.now, kind=EntryKind.GROUPING, text=text)
                    for number in (origin, target)
                ]
        self._moves = {}
        return left

    async def finish(self) -> None:
        """Count what nobody owned, and give back the incident numbers that were not needed."""
        await unowned.note(self.tx, list(self._unowned.values()))
        await counters.give_back(self.tx, "incident", self._next_incident)

    async def _tell(self, pending: _Pending) -> None:
        grouping = pending.grouping
        number = int(grouping.incident)
        incident = None if grouping.is_new else await self.incident(number)
        if not grouping.is_new and (incident is None or incident.resolved_at is not None):
            # Closed by people since the grouper last heard of it: it takes nothing more in.
            self.grouper.closed(grouping.incident)
            grouping = self._group(pending.number, pending.alert, pending.ownership, pending.severity, pending.group)
            await self._tell(self._regrouped(pending, grouping))
            return
        arrival = self._arrival(
            pending.alert,
            pending.ownership,
            pending.severity,
            pending.why,
            pending.group,
            kind=grouping.kind,
            reason=_named(grouping),
        )
        arrival = replace(
            arrival,
            follows=grouping.expected,
            hold=grouping.hold_for if grouping.call is Call.HOLD else None,
            turn=await self._turn(arrival.policy, arrival.team),
        )
        change = (
            open_incident(number, arrival, now=self.now)
            if incident is None
            else absorb(incident, arrival, now=self.now)
        )
        self.changes.add(change)
        if grouping.cases:
            self.cases[pending.number] = grouping.cases
        self._note_near(number, arrival.team, grouping)
        if pending.ownership.rule == "fallback":
            self._note_unowned(pending.alert, number)
        self.take_moves(grouping.moves)

    def _regrouped(self, pending: _Pending, grouping: Grouping) -> _Pending:
        again = dataclasses.replace(pending, grouping=grouping)
        placed = self._placed(again)
        self.added[pending.number] = replace(
            self.added[pending.number], incident=placed.incident, kind=placed.kind, why_group=placed.why_group
        )
        return again

    def _placed(self, pending: _Pending) -> Placed:
        return Placed(
            incident=int(pending.grouping.incident),
            kind=pending.grouping.kind,
            severity=pending.severity,
            paging=pending.severity is Severity.CRITICAL,
            team=pending.ownership.team,
            service=pending.ownership.service or "",
            why_team=pending.why.text,
            why_group=pending.grouping.reason,
        )

    def _arrival(
        self,
        alert: Alert,
        ownership: Ownership,
        severity: Severity,
        why: Sentence,
        group: SourceGroup,
        *,
        kind: str,
        reason: Saying,
    ) -> Arrival:
        return Arrival(
            name=alert.name,
            summary=alert.summary,
            kind=kind,
            severity=severity,
            paging=severity is Severity.CRITICAL,
            team=ownership.team,
            service=ownership.service or "",
            policy=self.engine.directory.teams[ownership.team].policy,
            why_team=why,
            why_group=reason,
            group_key=group.key[:1000],
        )

    def _owner(self, alert: Alert, integration: Integration) -> tuple[Ownership, Severity, Sentence]:
        ownership = self.engine.organisation.resolver.resolve(alert.labels, integration.fallback_team)
        defaults = self.engine.directory.defaults
        graded = grade(alert.labels, defaults.severities, defaults.unknown_severity)
        reasons = (_owned(reason, ownership.team) for reason in ownership.reasons)
        why = sentence(*(part for reason in reasons for part in (reason, "; ")), graded.reason)
        return ownership, graded.severity, why

    def _group(
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
        try:
            grouping = self.grouper.assign(arrival, self.now, new_incident=str(self._next_incident))
        except Exception:
            self.engine.metrics.grouping_failures.inc()
            log.exception("grouping failed; the alert opens its own incident", alert=alert.name)
            return Grouping(
                incident=str(self._take_number()),
                is_new=True,
                basis=Basis.ALONE,
                call=Call.PAGE,
                reason="grouping could not place it, so it is an incident of its own",
                probability=1.0,
                kind=alert.name,
            )
        if grouping.is_new:
            self._take_number()
        return grouping

    def _take_number(self) -> int:
        number, self._next_incident = self._next_incident, self._next_incident + 1
        return number

    async def _turn(self, policy: Policy, team: str) -> int:
        if not any(step.round_robin for step in policy.steps):
            return 0
        return await counters.take(self.tx, f"turn:{team}")

    def _note_unowned(self, alert: Alert, incident: int) -> None:
        matcher = str(settling_matcher(alert.labels))
        known = self._unowned.get(matcher)
        self._unowned[matcher] = Unowned(
            matcher=matcher,
            labels=dict(alert.labels),
            count=known.count + 1 if known else 1,
            first_at=self.now,
            last_at=self.now,
            incident_id=incident,
        )

    def _note_near(self, incident_id: int, team: str, grouping: Grouping) -> None:
        """Name the incidents it may belong to, each pair once in a batch: a storm would name one for every alert."""
        for near in grouping.near:
            if not near.possibly_related or (incident_id, near.incident) in self._told_of:
                continue
            self._told_of.add((incident_id, near.incident))
            text = f"possibly the same as #{near.incident}: {near.sentence}"
            asks = is_doubtful(near.probability, joined=False)
            data = _question(near.incident, near.sentence) if asks else {}
            self.changes.entries.append(self._grouped(incident_id, team, text, data))
        for offer in grouping.merge_offers:
            text = f"may be one trouble with #{offer.other}: {offer.sentence}"
            data = _question(offer.other, offer.sentence)
            self.changes.entries.append(self._grouped(int(offer.incident), team, text, data))
        if grouping.forked_from:
            text = f"kept apart from #{incident_id}, so that its page is not swallowed"
            self.changes.entries.append(self._grouped(int(grouping.forked_from), team, text, {}))

    def _grouped(self, number: int, team: str, text: str, data: dict[str, object]) -> Entry:
        return Entry(incident=number, at=self.now, kind=EntryKind.GROUPING, text=text, team=team, data=data)


def _question(other: str, why: str) -> dict[str, object]:
    """What people are asked about, with two answers: another incident, and why it may be the same trouble."""
    return {"other": int(other), "why": why}


def _owned(reason: str, owner: str) -> Sentence:
    """A reason of ownership with its team marked, which those that name it end with."""
    named = reason.endswith(f" {owner}")
    return sentence(reason.removesuffix(owner), team(owner)) if named else sentence(reason)


def _named(grouping: Grouping) -> Sentence:
    """The reason of a grouping with its teams marked."""
    parts: list[Saying] = []
    place = 0
    for at, known in grouping.teams:
        parts += [grouping.reason[place:at], team(known)]
        place = at + len(known)
    return sentence(*parts, grouping.reason[place:])
