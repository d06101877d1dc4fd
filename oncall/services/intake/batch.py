"""One batch of the inbox: load what it touches, decide alert by alert, write everything once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Grouper
from oncall.directory import Integration
from oncall.engine import Engine
from oncall.incident import ENGINE, all_resolved, gone_stale, reopen, rest_unknown
from oncall.incident import merge as merge_incidents
from oncall.services import escalation
from oncall.services.changes import Changes
from oncall.services.grouping.setup import configure
from oncall.services.intake.decode import Body, bodies_of
from oncall.services.intake.placement import Placed, Placement
from oncall.store import alerts as alert_rows
from oncall.store import grouping_answers, grouping_state, heartbeats, inbox, incidents, silences
from oncall.store.alerts import Episode, EpisodeStatus
from oncall.store.inbox import Waiting
from oncall.store.silences import Silenced
from routing.alert import Alert, AlertStatus
from routing.merge import MergeKind, merge
from routing.silence import Silence, silenced_by

#: An incident that a person resolved while an alert still fired is opened again when the alert is repeated after this.
STILL_FIRING_AFTER = timedelta(minutes=30)
#: A body this old is being replayed: what it does not name may have begun since.
REPLAYED_AFTER = timedelta(hours=1)
#: Why an alert is marked stale at once.
VANISHED = (
    "left its Alertmanager group without a resolved: silenced or inhibited there, or sent with send_resolved: false"
)


@dataclass(slots=True)
class Batch:
    """The working set of one transaction."""

    engine: Engine
    tx: AsyncConnection
    now: datetime
    grouper: Grouper
    silences: list[Silence]
    changes: Changes
    placement: Placement
    alerts: int = 0
    _bodies: list[Body] = field(default_factory=list)
    _known: dict[tuple[str, str], Episode] = field(default_factory=dict)
    _changed: dict[int, Episode] = field(default_factory=dict)
    _touched: set[int] = field(default_factory=set)
    _silenced: list[Silenced] = field(default_factory=list)
    #: Incidents in which an alert ended, and how many alerts the message that said so left out.
    _ended_in: dict[int, int] = field(default_factory=dict)
    #: Incidents of alerts that a complete message says again are over.
    _told_again: set[int] = field(default_factory=set)

    @classmethod
    async def begin(cls, engine: Engine, tx: AsyncConnection, version: int, now: datetime) -> Batch:
        """Load what every batch needs; the grouper only where another node had the lease since."""
        state = engine.grouping
        if state.grouper is None or state.version != version:
            state.grouper = Grouper()
            state.grouper.load(await grouping_state.load(tx))
            state.version = version
            state.organisation = None
        if state.organisation is not engine.organisation:
            configure(state.grouper, engine.directory)
            state.organisation = engine.organisation
        said = await grouping_state.take_said(tx)
        for answer in said.answers:
            state.grouper.said(answer)
        for model in said.models:
            state.grouper.take_learned(model)
        for deploy in await grouping_state.take_deployed(tx):
            state.grouper.deployed(deploy, now)
        changes = Changes(engine, now)
        return cls(
            engine=engine,
            tx=tx,
            now=now,
            grouper=state.grouper,
            silences=await silences.in_force(tx, now),
            changes=changes,
            placement=Placement(engine=engine, tx=tx, now=now, grouper=state.grouper, changes=changes),
        )

    async def read(self, waiting: Waiting) -> None:
        """Decode one body (or the next slice of a large one)."""
        body, quarantined = bodies_of(self.engine, waiting)
        await inbox.quarantined(self.tx, quarantined)
        if body is None:
            await inbox.done(self.tx, [waiting.id], self.now)
            return
        self._bodies.append(body)
        self.alerts += len(body.alerts)

    async def work(self) -> None:
        """Decide and write."""
        await self._load()
        await self.placement.reserve(self.alerts)
        for body in self._bodies:
            for alert in body.alerts:
                await self._report(alert, body)
        await self.placement.tell_incidents()
        self.placement.take_moves(self.grouper.review(self.now))
        await self._write()

    async def _load(self) -> None:
        wanted: dict[str, set[str]] = defaultdict(set)
        for body in self._bodies:
            wanted[body.integration.name] |= {alert.fingerprint for alert in body.alerts}
        for integration, fingerprints in wanted.items():
            active = await alert_rows.active(self.tx, integration, fingerprints)
            ended = await alert_rows.latest_ended(self.tx, integration, fingerprints - active.keys())
            self._known.update({(integration, f): episode for f, episode in (active | ended).items()})

    async def _report(self, alert: Alert, body: Body) -> None:
        """Fold one report into what is known."""
        key = (body.integration.name, alert.fingerprint)
        episode = self._known.get(key)
        merged = merge(_as_alert(episode) if episode else None, alert, self.now)
        self.engine.metrics.alerts.labels(merged.kind.value).inc()
        match merged.kind:
            case MergeKind.NEW_EPISODE | MergeKind.REOPENED:
                await self._fires(merged.alert, body)
            case MergeKind.BORN_RESOLVED:
                await self._born_resolved(merged.alert, body)
            case MergeKind.REPEAT | MergeKind.LATE if episode is not None:
                await self._repeats(episode, body)
            case MergeKind.UPDATED if episode is not None:
                await self._repeats(episode, body)
                self._keep(replace(self._known[key], **_reported(merged.alert), last_seen_at=self.now))
            case MergeKind.RESOLVED if episode is not None:
                self._ends(episode, merged.alert, body)

    async def _fires(self, alert: Alert, body: Body) -> None:
        if await self._is_heartbeat(alert, body.integration) or self._is_silenced(alert, body.integration):
            return
        number, placed = self.placement.place(alert, body.integration, body.group)
        self._add(number, alert, body, placed)

    async def _born_resolved(self, alert: Alert, body: Body) -> None:
        """It came and went before we heard of it: filed with its group, nobody is asked."""
        if self._is_silenced(alert, body.integration):
            return
        number, placed = await self.placement.file_resolved(alert, body.integration, body.group, body.stream)
        self._add(number, alert, body, placed)

    def _add(self, number: int, alert: Alert, body: Body, placed: Placed) -> None:
        over = alert.status is AlertStatus.RESOLVED
        episode = Episode(
            id=number,
            incident=placed.incident,
            integration=body.integration.name,
            fingerprint=alert.fingerprint,
            stream=body.stream,
            status=EpisodeStatus.RESOLVED if over else EpisodeStatus.FIRING,
            name=alert.name,
            kind=placed.kind,
            severity=placed.severity,
            paging=placed.paging,
            team=placed.team,
            service=placed.service,
            labels=alert.labels,
            annotations=alert.annotations,
            generator_url=alert.generator_url,
            starts_at=alert.starts_at,
            received_at=body.received_at,
            last_seen_at=self.now,
            ended_at=alert.ends_at if over else None,
            why_team=placed.why_team,
            why_group=placed.why_group,
        )
        self._known[body.integration.name, alert.fingerprint] = episode
        self.placement.added[number] = episode

    async def _repeats(self, episode: Episode, body: Body) -> None:
        if episode.status is EpisodeStatus.RESOLVED:
            if not body.group.truncated:
                self._told_again.add(episode.incident)
            return
        self._touched.add(episode.id)
        closed = episode.incident_resolved_at
        if closed is None or self.now - closed < STILL_FIRING_AFTER:
            return
        incident = await self.placement.incident(episode.incident)
        if incident is not None and incident.resolved_at is not None:
            why = f"{episode.name} still fires, {(self.now - closed) // timedelta(minutes=1)} min after {incident.resolved_by} resolved this"
            self.changes.add(reopen(incident, by=ENGINE, now=self.now, why=why))

    def _ends(self, episode: Episode, alert: Alert, body: Body) -> None:
        self._keep(
            replace(
                episode,
                **_reported(alert),
                status=EpisodeStatus.RESOLVED,
                last_seen_at=self.now,
                ended_at=alert.ends_at or self.now,
            )
        )
        self._ended_in[episode.incident] = body.group.truncated
        self.grouper.resolved(str(episode.id), self.now)

    def _keep(self, episode: Episode) -> None:
        self._known[episode.integration, episode.fingerprint] = episode
        kept = self.placement.added if episode.id in self.placement.added else self._changed
        kept[episode.id] = episode

    async def _is_heartbeat(self, alert: Alert, integration: Integration) -> bool:
        """A Watchdog says that its sender lives; it is noted and is no trouble."""
        heartbeat = integration.heartbeat
        if heartbeat is None or alert.name != heartbeat.alertname:
            return False
        late = await heartbeats.heard(self.tx, integration.name, self.now)
        if late is not None:
            incident = await self.placement.incident(late)
            if incident is not None and incident.resolved_at is None:
                self.changes.add(all_resolved(incident, now=self.now))
        return True

    def _is_silenced(self, alert: Alert, integration: Integration) -> bool:
        silence = silenced_by(alert.labels, self.silences, self.now)
        if silence is None:
            return False
        self._silenced.append(
            Silenced(
                at=self.now,
                silence=int(silence.id),
                integration=integration.name,
                fingerprint=alert.fingerprint,
                labels=dict(alert.labels),
            )
        )
        return True

    async def _write(self) -> None:
        if self.placement.moving:
            # Incidents first: a page that forks takes stored alerts along into the incident it has just opened.
            await self.changes.write(self.tx)
        left = await self.placement.settle_moves()
        await self._page_at_once(left)
        await self.changes.write(self.tx)
        # What ended makes room first: the same alert may fire again in the same batch, and no alert runs twice.
        await alert_rows.update(self.tx, list(self._changed.values()))
        await alert_rows.add(self.tx, list(self.placement.added.values()))
        # Whatever is written whole says for itself whether it fires; an episode may begin, repeat and end in one batch.
        written = self._changed.keys() | self.placement.added.keys()
        await alert_rows.touch(self.tx, sorted(self._touched - written), self.now)
        await silences.log(self.tx, self._silenced)
        await self._vanished()
        await self._fold_emptied(left)
        self._ended_in = {**dict.fromkeys(left, 0), **self._ended_in}
        await self._close_finished()
        await self.changes.write(self.tx)
        await grouping_state.save(self.tx, self.grouper.drain_changes())
        await grouping_answers.keep(self.tx, self.placement.cases, self.now)
        await self.placement.finish()
        for body in self._bodies:
            if body.unfinished:
                await inbox.progressed(self.tx, body.inbox_id, body.done)
        await inbox.done(self.tx, [b.inbox_id for b in self._bodies if not b.unfinished], self.now)

    async def _page_at_once(self, left: Collection[int]) -> None:
        """Take the steps that are due, in the transaction that opened or changed the incident: a page waits for no other.

        Where an alert ended or left, the incident may yet close; its steps are left to the escalation stage.
        """
        staying = [i for i in self.changes.touched if i.id not in self._ended_in and i.id not in left]
        await escalation.advance(self.engine, self.tx, staying, self.changes, self.now)

    @property
    def unfinished(self) -> bool:
        """Whether a large body goes on in the next batch."""
        return any(body.unfinished for body in self._bodies)

    @property
    def left_due(self) -> bool:
        """Whether the escalation stage has something to do at once."""
        return any(escalation.any_due(incident, self.now) for incident in self.changes.touched)

    async def _fold_emptied(self, left: dict[int, int]) -> None:
        """An incident that its every alert has left is one with where they went, teams and all."""
        totals = await alert_rows.totals(self.tx, left)
        await self.placement.load({*left, *left.values()})
        for number, target in left.items():
            emptied, into = await self.placement.incident(number), await self.placement.incident(target)
            if totals[number] or emptied is None or into is None or emptied.resolved_at or into.resolved_at:
                continue
            for change in merge_incidents(emptied, into, by=ENGINE, now=self.now):
                self.changes.add(change)
            self.grouper.closed(str(number))

    async def _close_finished(self) -> None:
        """An incident whose every alert is resolved is over, unless there are alerts that we were not told of."""
        waiting = await incidents.waits_for_complete_message(self.tx, self._told_again - self._ended_in.keys())
        counts = await alert_rows.active_counts(self.tx, self._ended_in.keys() | waiting)
        finished = [number for number, active in counts.items() if not active]
        await self.placement.load(finished)
        for number in finished:
            incident = await self.placement.incident(number)
            if incident is None or incident.resolved_at is not None:
                continue
            if left_out := self._ended_in.get(number, 0):
                self.changes.add(rest_unknown(incident, left_out=left_out, now=self.now))
                continue
            self.changes.add(all_resolved(incident, now=self.now))
            self.grouper.closed(str(number))

    async def _vanished(self) -> None:
        """A complete message of a group that no longer names an alert which never resolved."""
        complete = {
            (body.integration.name, body.stream): body.fingerprints
            for body in self._bodies
            if not body.unfinished and body.group.truncated == 0 and self.now - body.received_at < REPLAYED_AFTER
        }
        gone: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for active in await alert_rows.active_in_streams(self.tx, complete.keys()):
            if active.fingerprint not in complete[active.integration, active.stream]:
                gone[active.incident].append((active.id, active.name))
        await alert_rows.mark_stale(self.tx, [number for found in gone.values() for number, _ in found])
        await self.placement.load(gone.keys())
        for incident_id, found in gone.items():
            incident = await self.placement.incident(incident_id)
            if incident is not None and incident.resolved_at is None:
                names = tuple(name for _, name in found)
                self.changes.add(gone_stale(incident, names=names, why=VANISHED, now=self.now))


def _as_alert(episode: Episode) -> Alert:
    over = episode.status is EpisodeStatus.RESOLVED
    return Alert(
        fingerprint=episode.fingerprint,
        status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
        labels=episode.labels,
        annotations=episode.annotations,
        starts_at=episode.starts_at,
        ends_at=episode.ended_at,
        generator_url=episode.generator_url,
    )


def _reported(alert: Alert) -> dict[str, object]:
    return {
        "annotations": alert.annotations,
        "generator_url": alert.generator_url,
        "starts_at": alert.starts_at,
    }
