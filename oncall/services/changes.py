"""What one transaction writes about incidents, and what follows from it: stopped pages, people told, codes freed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.engine import Engine
from oncall.incident import Change, Entry, EntryKind, Incident, Involvement, InvolvementStatus
from oncall.incident.reading import readable
from oncall.paging import PlannedPage, notice_method, take_step
from oncall.person import Person
from oncall.services.rotations import on_call
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store import posts
from oncall.store import replies as reply_rows
from oncall.store.pages import Page


class Changes:
    """Collects what verbs did, then writes it once."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        self._now = now
        self.incidents: dict[int, Incident] = {}
        self.entries: list[Entry] = []
        self._pages: list[PlannedPage] = []
        self._stopped: list[tuple[int, tuple[str, ...], str]] = []
        self._posts: list[tuple[int, str]] = []
        self._written: dict[int, Incident] = {}
        #: Whether pages were written that go out at once.
        self.asks_now = False

    def current(self, number: int) -> Incident | None:
        """An incident as it is after what was collected so far, written or not; None where nothing was."""
        return self.incidents.get(number) or self._written.get(number)

    @property
    def touched(self) -> Collection[Incident]:
        """Every incident that changed, written or not, as it is now."""
        return (self._written | self.incidents).values()

    def add(self, change: Change) -> Incident:
        """Take a verb's outcome in."""
        self.incidents[change.incident.id] = change.incident
        self.entries += change.entries
        if change.stopped:
            why = change.entries[0].text if change.entries else "stopped"
            self._stopped.append((change.incident.id, change.stopped, why))
        return change.incident

    def plan(self, pages: Iterable[PlannedPage]) -> None:
        """Pages to write with it."""
        self._pages += pages

    async def write(self, tx: AsyncConnection) -> None:
        """Write everything, with what follows from it; afterwards nothing is left to write."""
        await self._follow_up(tx)
        await incident_rows.save(tx, self.incidents.values(), self.entries, self._now)
        for number, teams, why in self._stopped:
            await page_rows.cancel(tx, number, teams, why)
        await page_rows.add(tx, [self._page(planned) for planned in self._pages])
        self.asks_now = self.asks_now or any(planned.due_at <= self._now for planned in self._pages)
        await posts.add(tx, self._posts)
        await posts.touch(tx, self.incidents, self._now)
        self._written |= self.incidents
        self.incidents, self.entries, self._pages, self._stopped, self._posts = {}, [], [], [], []

    async def _follow_up(self, tx: AsyncConnection) -> None:
        for entry in list(self.entries):
            incident = self.incidents.get(entry.incident)
            if incident is None:
                continue
            if entry.kind in {EntryKind.RESOLVED, EntryKind.MERGED} and incident.resolved_at is not None:
                await self._over(tx, incident, entry)
            elif entry.kind is EntryKind.HELD or (entry.kind is EntryKind.RELEASED and _told(incident, entry)):
                await self._tell_team(tx, incident, entry)
            elif entry.kind in {EntryKind.OPENED, EntryKind.INVOLVED}:
                self._post_to_channel(incident, entry)
            elif entry.kind is EntryKind.STALE:
                await self._tell_asked(tx, incident, entry, MessageKind.NOTICE)
            elif entry.kind is EntryKind.REMINDED:
                self._tell_person(incident, _acknowledger(incident, entry.team), entry, MessageKind.REMINDER)

    async def _over(self, tx: AsyncConnection, incident: Incident, entry: Entry) -> None:
        """Whoever was woken for it is told that it is over."""
        await reply_rows.free(tx, incident.id)
        await self._tell_asked(tx, incident, entry, MessageKind.RESOLVED)

    async def _tell_asked(self, tx: AsyncConnection, incident: Incident, entry: Entry, kind: MessageKind) -> None:
        asked = (await page_rows.asked(tx, [incident.id]))[incident.id]
        for person in sorted(asked - {entry.actor.person}):
            self._tell_person(incident, person, entry, kind)

    async def _tell_team(self, tx: AsyncConnection, incident: Incident, entry: Entry) -> None:
        """The people a step would ask hear of it, without being asked."""
        involvement = incident.of(entry.team)
        if involvement is None:
            return
        who = await on_call.lookup(tx, [involvement.policy], self._now)
        for person in _first_asked(self._engine, incident, involvement, who, self._now):
            self._tell_person(incident, person, entry, MessageKind.NOTICE)
        self._post_to_channel(incident, entry)

    def _tell_person(self, incident: Incident, person_id: str, entry: Entry, kind: MessageKind) -> None:
        person = self._engine.directory.people.get(person_id)
        method = notice_method(person, self._engine.notifiers) if person else None
        if person is None or method is None:
            return
        self._pages.append(self._notice(incident, entry, kind, person, method))

    def _post_to_channel(self, incident: Incident, entry: Entry) -> None:
        """The team's channel shows the incident from now on, in one message that lives."""
        team = self._engine.directory.teams.get(entry.team)
        if team is not None and team.slack_channel and "slack" in self._engine.notifiers:
            self._posts.append((incident.id, team.slack_channel))

    def _notice(
        self, incident: Incident, entry: Entry, kind: MessageKind, person: Person, method: tuple[str, str]
    ) -> PlannedPage:
        text = readable(entry, self._engine.directory, person.timezone)
        return PlannedPage(
            incident=incident.id,
            team=entry.team or incident.lead.team,
            person=person.id,
            channel=method[0],
            address=method[1],
            due_at=self._now,
            kind=kind,
            important=False,
            reason=text,
            text=text,
        )

    def _page(self, planned: PlannedPage) -> Page:
        return Page(
            id=self._engine.new_id(),
            incident=planned.incident,
            team=planned.team,
            person=planned.person,
            channel=planned.channel,
            address=planned.address,
            kind=planned.kind,
            important=planned.important,
            step=planned.step,
            reason=planned.reason,
            text=planned.text,
            planned_at=self._now,
            due_at=planned.due_at,
        )


def _told(incident: Incident, entry: Entry) -> bool:
    involvement = incident.of(entry.team)
    return involvement is not None and involvement.status is InvolvementStatus.NOTICE


def _acknowledger(incident: Incident, team: str) -> str:
    involvement = incident.of(team)
    return involvement.acknowledged_by if involvement else ""


def _first_asked(
    engine: Engine, incident: Incident, involvement: Involvement, who: on_call.Lookup, now: datetime
) -> list[str]:
    asking = replace(involvement, status=InvolvementStatus.TRIGGERED)
    outcome = take_step(incident, asking, engine.directory, who, now)
    return list(dict.fromkeys(page.person for page in outcome.pages if page.person))
