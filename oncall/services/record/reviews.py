"""The review of an incident: drafted from its record, corrected by people, exported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall import review as pure
from oncall.engine import Engine
from oncall.errors import AlreadyTaken, Invalid, NotFound
from oncall.incident import Incident
from oncall.review import MOST_SECTION, SECTIONS, Answer, Durations, EarlierIncident, Facts, NearChange, Review
from oncall.services.operation.administration import note
from oncall.services.people.rights import Caller, Right
from oncall.services.record import actions
from oncall.services.record.actions import ActionView
from oncall.services.record.deploys import beside
from oncall.services.views.similar import COMPARED, nearest
from oncall.store import alerts as alert_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store import past
from oncall.store import record as record_rows
from oncall.store import reviews as rows
from oncall.store.pages import PageStatus

#: Deploys and earlier incidents that a draft names.
MOST_NAMED = 3
#: Deploys before an incident that are near enough to be named among its factors.
NEAR = timedelta(hours=6)
ENTRIES = 2000

Text = Annotated[str, msgspec.Meta(max_length=MOST_SECTION)]


class DraftReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Draft from the record; `again` throws away what was written and drafts anew."""

    again: bool = False


class SaveReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Corrected sections, in Markdown; those left out stay. `version` is that of the review as it was read."""

    version: int
    summary: Text | None = None
    impact: Text | None = None
    timeline: Text | None = None
    tried: Text | None = None
    factors: Text | None = None
    lessons: Text | None = None


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """One review. `blaming` has words of each section that read like blame, as a hint to whoever edits."""

    incident: int
    title: str
    team: str
    opened_at: datetime
    resolved_at: datetime | None
    timezone: str
    version: int
    drafted_at: datetime
    drafted_by: str
    saved_at: datetime
    saved_by: str
    sections: Mapping[str, str]
    blaming: Mapping[str, tuple[str, ...]]
    durations: Durations
    asked: tuple[Answer, ...]
    actions: tuple[ActionView, ...]
    #: The whole document.
    markdown: str


async def draft(engine: Engine, caller: Caller, number: int, asked: DraftReview) -> ReviewView:
    """Write the first words of a review from the record.

    Raises:
        NotFound: no such incident.
        AlreadyTaken: it has a review, and nobody asked to throw that away.
    """
    caller.require(Right.RESPOND)
    now = engine.clock.now()
    async with engine.database.write() as tx:
        incident = await _incident(tx, number, lock=True)
        known = await rows.get(tx, number, lock=True)
        if known is not None and not asked.again:
            raise AlreadyTaken(f"#{number} has a review already", "Edit it, or draft it again.")
        written = Review(
            sections=pure.draft(await _facts(engine, tx, incident)),
            version=known.version + 1 if known else 1,
            drafted_at=now,
            drafted_by=caller.person,
            saved_at=now,
            saved_by=caller.person,
        )
        await rows.save(tx, number, written)
    await note(engine, caller, "draft review again" if known else "draft review", f"#{number}")
    return await view(engine, caller, number)


async def save(engine: Engine, caller: Caller, number: int, given: SaveReview) -> ReviewView:
    """Keep what people corrected.

    Raises:
        NotFound: no such incident, or it has no review yet.
        AlreadyTaken: somebody saved another version in the meantime.
        Invalid: nothing was given.
    """
    caller.require(Right.RESPOND)
    now = engine.clock.now()
    corrected = {key: text for key in SECTIONS if (text := getattr(given, key)) is not None}
    if not corrected:
        raise Invalid("nothing was corrected", f"Sections: {', '.join(SECTIONS)}.")
    async with engine.database.write() as tx:
        await _incident(tx, number, lock=True)
        known = await rows.get(tx, number, lock=True)
        if known is None:
            raise NotFound(f"#{number} has no review yet", "Draft it first.")
        if known.version != given.version:
            raise AlreadyTaken(
                f"{engine.directory.shown(known.saved_by)} saved it in the meantime",
                "Your words are not kept: copy them, read the newer version, and put them in there.",
            )
        # Browsers send lines that end in CR LF.
        sections = {**known.sections, **{key: text.replace("\r\n", "\n") for key, text in corrected.items()}}
        saved = msgspec.structs.replace(
            known, sections=sections, version=known.version + 1, saved_at=now, saved_by=caller.person
        )
        await rows.save(tx, number, saved)
    await note(engine, caller, "edit review", f"#{number}: {', '.join(corrected)}")
    return await view(engine, caller, number)


async def view(engine: Engine, caller: Caller, number: int) -> ReviewView:
    """One review.

    Raises:
        NotFound: no such incident, or it has no review yet.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        incident = await _incident(tx, number)
        kept = await rows.get(tx, number)
        if kept is None:
            raise NotFound(f"#{number} has no review yet", "Draft it first.")
        facts = await _facts(engine, tx, incident)
        items = await rows.actions(tx, incident_number=number)
    names = {person.id: person.name for person in engine.directory.people.values()}
    names |= {team.id: team.name for team in engine.directory.teams.values()}
    took = pure.durations(facts)
    sections = {key: kept.sections.get(key, "") for key in SECTIONS}
    return ReviewView(
        incident=number,
        title=incident.title,
        team=incident.lead.team,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        timezone=facts.timezone,
        version=kept.version,
        drafted_at=kept.drafted_at,
        drafted_by=kept.drafted_by,
        saved_at=kept.saved_at,
        saved_by=kept.saved_by,
        sections=sections,
        blaming={key: words for key, text in sections.items() if (words := pure.blaming(text))},
        durations=took,
        asked=facts.asked,
        actions=tuple(actions.viewed(engine, item) for item in items),
        markdown=pure.as_markdown(
            number=number,
            title=incident.title,
            url=f"{engine.settings.address}/incidents/{number}",
            sections=sections,
            took=took,
            asked=facts.asked,
            names=names,
            actions=[(i.text, names.get(i.owner, i.owner), i.due, i.done_at is not None) for i in items],
            timezone=facts.timezone,
        ),
    )


async def _incident(tx: AsyncConnection, number: int, *, lock: bool = False) -> Incident:
    found = await incident_rows.get(tx, [number], lock=lock)
    if number not in found:
        raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
    return found[number]


async def _facts(engine: Engine, tx: AsyncConnection, incident: Incident) -> Facts:
    entries = tuple(entry for _, entry in await incident_rows.entries(tx, incident.id, limit=ENTRIES))
    pages = await page_rows.of_incident(tx, incident.id)
    episodes = await alert_rows.of_incident(tx, incident.id)
    teams = engine.directory.teams
    involved = sorted(incident.involvements, key=lambda i: not i.lead)
    lead = teams.get(incident.lead.team)
    sent = [(p.person, p.team, p.channel, p.sent_at) for p in pages if p.person and p.sent_at and _asks(p.kind)]
    return Facts(
        number=incident.id,
        title=incident.title,
        severity=incident.severity.value,
        service=incident.service,
        teams={i.team: teams[i.team].name if i.team in teams else i.team for i in involved},
        timezone=lead.timezone if lead else "UTC",
        opened_at=incident.opened_at,
        began_at=min((e.starts_at for e in episodes), default=None),
        resolved_at=incident.resolved_at,
        alerts=len(episodes),
        entries=entries,
        people=frozenset(engine.directory.people),
        record=await record_rows.get(tx, incident.id),
        asked=pure.who_was_asked(sent, entries),
        changes=await _changes(engine, tx, incident),
        before=await _before(tx, incident),
        undelivered=sum(p.status is PageStatus.FAILED and _asks(p.kind) for p in pages),
    )


def _asks(kind: MessageKind) -> bool:
    return kind is MessageKind.PAGE


async def _changes(engine: Engine, tx: AsyncConnection, incident: Incident) -> tuple[NearChange, ...]:
    near = [d for d in await beside(engine, tx, incident) if 0 <= d.minutes <= NEAR.total_seconds() / 60]
    return tuple(
        NearChange(what=f"{d.service} {d.version}".strip(), minutes=d.minutes, relation=d.relation)
        for d in near[:MOST_NAMED]
    )


async def _before(tx: AsyncConnection, incident: Incident) -> tuple[EarlierIncident, ...]:
    others = await past.newest_resolved(tx, team=incident.lead.team, before=incident.id, limit=COMPARED)
    near = [other for other, _, _ in nearest(incident, others)[:MOST_NAMED]]
    numbers = [other.id for other in near]
    ends, words = await past.ends_of(tx, numbers), await past.last_words(tx, numbers)
    return tuple(
        EarlierIncident(
            number=other.id,
            title=other.title,
            days=(incident.opened_at - ends[other.id].opened_at).days,
            ended=words.get(other.id),
        )
        for other in near
        if other.id in ends
    )
