"""From a planned page to what is said: the incident's facts, its links and the reply code, for any medium."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import Link, Message, MessageKind
from oncall.engine import Engine
from oncall.incident import Incident
from oncall.services import deploys
from oncall.store import alerts as alert_rows
from oncall.store import replies
from oncall.store.pages import Page
from routing.alert import Severity
from routing.catalog.entry import ToolKind
from routing.catalog.links import alert_links, links

#: Deploys that a page names.
DEPLOYS = 2
#: Kinds that ask for an answer.
ASKING = frozenset({MessageKind.PAGE, MessageKind.REMINDER})


async def message_for(
    engine: Engine, tx: AsyncConnection, page: Page, incident: Incident | None, now: datetime
) -> Message:
    """What a page says. Gives the incident its reply code at this address where the channel takes answers."""
    person = engine.directory.people.get(page.person)
    team = engine.directory.teams.get(page.team)
    language = person.language if person else team.language if team else "en"
    if incident is None:
        return Message(
            kind=page.kind,
            page_id=page.id,
            at=page.planned_at,
            team=team.name if team else page.team,
            severity=Severity.INFO,
            reason=page.reason,
            text=page.text,
            language=language,
        )
    asking = page.kind in ASKING
    code = ""
    if asking and engine.channels[page.channel].two_way:
        code = str(await replies.code_for(tx, page.channel, page.address, incident.id, now))
    involvement = incident.of(page.team)
    return Message(
        kind=page.kind,
        page_id=page.id,
        at=page.planned_at,
        incident=incident.id,
        code=code,
        team=team.name if team else page.team,
        severity=involvement.severity if involvement else incident.severity,
        summary=incident.title,
        reason=page.reason,
        url=f"{engine.settings.address}/incidents/{incident.id}",
        ack_url=f"{engine.settings.address}/answer/{page.id}" if asking else "",
        links=await links_of(engine, tx, incident),
        context=await _context(engine, tx, incident) if asking else (),
        drill=incident.drill,
        text=page.text,
        language=language,
    )


async def _context(engine: Engine, tx: AsyncConnection, incident: Incident) -> tuple[str, ...]:
    """What changed shortly before: the nearest deploys, a line each."""
    return tuple(deploys.sentence(deploy) for deploy in (await deploys.beside(engine, tx, incident))[:DEPLOYS])


async def links_of(engine: Engine, tx: AsyncConnection, incident: Incident) -> tuple[Link, ...]:
    """Where to look: what the loudest alert names, and the tools of its service; the runbook first."""
    episode = await alert_rows.loudest(tx, incident.id)
    if episode is None:
        return ()
    entry = engine.directory.catalog.by_name.get(incident.service)
    found = (*alert_links(episode.annotations, episode.generator_url), *(links(entry, episode.labels) if entry else ()))
    unique = {link.url: link for link in reversed(found)}
    ordered = sorted(unique.values(), key=lambda link: (link.kind is not ToolKind.RUNBOOK, link.kind is ToolKind.OTHER))
    return tuple(Link(link.name, link.url) for link in ordered)
