"""From a planned page to what is said: the incident's facts, its links and the reply code, for any medium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import Link, Message, MessageKind
from oncall.engine import Engine
from oncall.incident import Incident
from oncall.services.record import deploys
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


async def messages_for(
    engine: Engine,
    tx: AsyncConnection,
    pages: Sequence[Page],
    incidents: Mapping[int, Incident],
    now: datetime,
    *,
    again: bool = False,
) -> list[Message]:
    """What each page says. Gives incidents their reply codes at these addresses where a channel takes answers.

    With `again` a message that was sent is worded once more, with the codes it had: nothing is written.
    """
    about = [(page, incidents.get(page.incident or 0)) for page in pages]
    wanted = [
        (page.channel, page.address, incident.id)
        for page, incident in about
        if incident is not None and page.kind in ASKING and not again and engine.channels[page.channel].two_way
    ]
    codes = {named: str(code) for named, code in (await replies.codes_for(tx, wanted, now)).items()}
    facts: dict[int, _Facts] = {}
    for _, incident in about:
        if incident is not None and incident.id not in facts:
            facts[incident.id] = _Facts(await links_of(engine, tx, incident), await _context(engine, tx, incident))
    return [
        _about_incident(engine, page, incident, facts[incident.id], codes)
        if incident is not None
        else _about_nothing(engine, page)
        for page, incident in about
    ]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What every message about one incident says alike."""

    links: tuple[Link, ...]
    context: tuple[str, ...]


def _language(engine: Engine, page: Page) -> str:
    person = engine.directory.people.get(page.person)
    team = engine.directory.teams.get(page.team)
    return person.language if person else team.language if team else "en"


def _team(engine: Engine, page: Page) -> str:
    team = engine.directory.teams.get(page.team)
    return team.name if team else page.team


def _about_nothing(engine: Engine, page: Page) -> Message:
    return Message(
        kind=page.kind,
        page_id=page.id,
        at=page.planned_at,
        team=_team(engine, page),
        severity=Severity.INFO,
        reason=page.reason,
        text=page.text,
        language=_language(engine, page),
    )


def _about_incident(
    engine: Engine, page: Page, incident: Incident, facts: _Facts, codes: Mapping[replies.Named, str]
) -> Message:
    asking = page.kind in ASKING
    involvement = incident.of(page.team)
    return Message(
        kind=page.kind,
        page_id=page.id,
        at=page.planned_at,
        incident=incident.id,
        code=codes.get((page.channel, page.address, incident.id), page.code),
        team=_team(engine, page),
        severity=involvement.severity if involvement else incident.severity,
        summary=incident.title,
        reason=page.reason,
        url=f"{engine.settings.address}/incidents/{incident.id}",
        ack_url=f"{engine.settings.address}/answer/{page.id}" if asking else "",
        links=facts.links,
        context=facts.context if asking else (),
        drill=incident.drill,
        text=page.text,
        language=_language(engine, page),
    )


async def _context(engine: Engine, tx: AsyncConnection, incident: Incident) -> tuple[str, ...]:
    """What changed shortly before: the nearest deploys, a line each."""
    return tuple(deploys.sentence(deploy) for deploy in (await deploys.beside(engine, tx, incident))[:DEPLOYS])


async def links_of(engine: Engine, tx: AsyncConnection, incident: Incident) -> tuple[Link, ...]:
    """Where to look: what the loudest alert names, and the tools of its service; the alert's own runbook first."""
    episode = await alert_rows.loudest(tx, incident.id)
    if episode is None:
        return ()
    entry = engine.directory.catalog.by_name.get(incident.service)
    own = alert_links(episode.annotations, episode.generator_url)
    unique = {link.url: link for link in own}
    if entry is not None:
        taken = {link.name.casefold() for link in own}
        for link in links(entry, episode.labels):
            # Two buttons of one name would be a riddle at night.
            name = f"{link.name} of {entry.name}" if link.name.casefold() in taken else link.name
            unique.setdefault(link.url, replace(link, name=name))
    ordered = sorted(unique.values(), key=lambda link: (link.kind is not ToolKind.RUNBOOK, link.kind is ToolKind.OTHER))
    return tuple(Link(link.name, link.url) for link in ordered)
