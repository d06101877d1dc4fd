"""From a planned page to what is said: the incident's facts, its links and the reply code, for any medium."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import Link, Message, MessageKind
from oncall.engine import Engine
from oncall.incident import Incident
from oncall.store import alerts as alert_rows
from oncall.store import replies
from oncall.store.pages import Page
from routing.alert import Severity

#: Annotations that hold an address, and what people call it; the runbook comes first everywhere.
LINK_ANNOTATIONS = (
    ("runbook_url", "runbook"),
    ("runbook", "runbook"),
    ("dashboard_url", "dashboard"),
    ("dashboard", "dashboard"),
    ("logs_url", "logs"),
)
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
        drill=incident.drill,
        text=page.text,
        language=language,
    )


async def links_of(engine: Engine, tx: AsyncConnection, incident: Incident) -> tuple[Link, ...]:
    """Where to look: what the loudest alert names, and the tools of its service; the runbook first."""
    episode = await alert_rows.loudest(tx, incident.id)
    annotations: Mapping[str, str] = episode.annotations if episode else {}
    links = [Link(name, annotations[key]) for key, name in LINK_ANNOTATIONS if is_web_address(annotations.get(key, ""))]
    entry = engine.directory.catalog.by_name.get(incident.service)
    if entry is not None:
        links += [Link(tool.kind.value, tool.url) for tool in entry.tools if is_web_address(tool.url)]
    if episode is not None and is_web_address(episode.generator_url):
        links.append(Link("query", episode.generator_url))
    unique = {(link.name, link.url): link for link in links}
    return tuple(sorted(unique.values(), key=lambda link: link.name != "runbook"))


def is_web_address(text: str) -> bool:
    """Whether a text may be shown as a link: alert content must not smuggle in other schemes."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
