"""Bringing the living messages of incidents up to date: claim, show outside any transaction, note where it is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers import retry
from notifiers.incident_card import CardStatus, DoubtQuestion, IncidentCard, Moment, RelatedQuestion
from notifiers.notifier import Follows
from notifiers.outcome import Outcome, OutcomeKind
from oncall.engine import SPACING, Engine
from oncall.incident import ALERTMANAGER, Entry, EntryKind, Incident, Involvement
from oncall.incident.reading import shown
from oncall.incident.record import ABOUT
from oncall.incident.telling import Mark, MarkKind, pieces
from oncall.services.delivery import page_posts
from oncall.services.delivery.messages import links_of
from oncall.store import alerts as alert_rows
from oncall.store import grouping_answers, posts
from oncall.store import incidents as incident_rows
from oncall.store import record as record_rows
from oncall.store.posts import Post
from oncall.store.slack_notes import CHANNEL

#: A link of a note to something here, such as an attached image.
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\((/[^\s()]*)\)")

log = structlog.get_logger(__name__)

#: Messages one round brings up to date.
MOST = 20
#: A node that says nothing for so long is dead, and another takes over.
LEASE = timedelta(seconds=30)
#: Lines of the timeline that one message in the thread has.
MOST_LINES = 10
#: An instant that lies further from its line than this is shown with its day.
DATED = timedelta(hours=12)
#: What a thread tells; how each page went is in the timeline.
TOLD = frozenset(EntryKind) - {EntryKind.PAGE, EntryKind.DELIVERY, EntryKind.ALERT, EntryKind.ALERT_RESOLVED}


async def show_due(engine: Engine) -> int:
    """Bring every message that is out of date up to date; how many there were."""
    if not any(isinstance(notifier, Follows) for notifier in engine.notifiers.values()):
        return 0
    now = engine.clock.now()
    async with engine.database.read() as tx:
        waiting = await posts.any_due(tx, now)
    if not waiting:
        return 0
    async with engine.database.write() as tx:
        due = await posts.claim(tx, now, now + LEASE, MOST)
        ours = await _take_turns(engine, tx, [post for post in due if not post.page], now)
    direct: dict[str, list[Post]] = {}
    for post in due:
        if post.page:
            direct.setdefault(post.page, []).append(post)
    shows = [_show(engine, post) for post in ours]
    await asyncio.gather(*shows, *(page_posts.show(engine, rows) for rows in direct.values()))
    return len(due)


async def _take_turns(engine: Engine, tx: AsyncConnection, due: Sequence[Post], now: datetime) -> list[Post]:
    """One message for each channel; the others are let go until their turn, so that a storm runs into no limit."""
    by_channel: dict[str, list[Post]] = {}
    for post in due:
        by_channel.setdefault(post.channel, []).append(post)
    ours: list[Post] = []
    for channel, waiting in by_channel.items():
        first, late = engine.turns.take(channel, waiting, now)
        ours += first
        for post, at in late:
            await posts.hold(tx, post, at)
    return ours


async def _show(engine: Engine, post: Post) -> None:
    assert engine.slack is not None
    async with engine.database.read() as tx:
        found = (await incident_rows.get(tx, [post.incident])).get(post.incident)
        lines = await incident_rows.entries(tx, post.incident, after=post.told)
        card = await _card(engine, tx, found) if found else None
    if card is None:
        return
    drawn = engine.slack.incidents.drawn(card)
    if post.place and post.shown == drawn:
        # Most lines of the timeline change nothing of what the message shows, and updates are counted.
        outcome = Outcome(kind=OutcomeKind.ACCEPTED, code="unchanged", provider_id=post.place)
    else:
        doubtful = post.attempts > 0 and not post.place
        outcome = await engine.slack.incidents.show(post.channel, card, post.place, doubtful=doubtful)
    told = lines[-1][0] if lines else post.told
    if outcome.kind is OutcomeKind.ACCEPTED:
        news = [_told(engine, entry) for _, entry in lines if _is_news(entry, outcome.provider_id)][-MOST_LINES:]
        if post.place and news:
            await engine.slack.incidents.tell(outcome.provider_id, _lines(news))
        await _settle(engine, post, place=outcome.provider_id, told=told, again=None, shown=drawn)
    else:
        await _failed(engine, post, outcome)


def _is_news(entry: Entry, place: str) -> bool:
    """What a thread is told: not how pages went, and not what was written in that very channel."""
    written_there = entry.data.get(CHANNEL) == place.partition("/")[0]
    return entry.kind in TOLD and not written_there


def _told(engine: Engine, entry: Entry) -> list[str | Moment]:
    """A line as the thread reads it: a note with who wrote it, and links that lead back here from there."""
    if entry.kind is not EntryKind.NOTE or ABOUT in entry.data:
        return [_part(engine, entry, written, mark) for written, mark in pieces(entry.text, entry.marks)]
    text = _LINK.sub(rf"\1: {engine.settings.address}\2", entry.text)
    return [f"{_name(engine, entry.actor.person)}: {text}"]


def _part(engine: Engine, entry: Entry, written: str, mark: Mark | None) -> str | Moment:
    if mark is None:
        return written
    if mark.kind is MarkKind.INSTANT:
        return Moment(mark.instant, dated=abs(mark.instant - entry.at) >= DATED)
    return shown(mark, written, entry.at, engine.directory, "UTC")


def _lines(told: Sequence[Sequence[str | Moment]]) -> list[str | Moment]:
    """One line under the other."""
    return [part for number, line in enumerate(told) for part in (("\n" if number else ""), *line)]


async def _failed(engine: Engine, post: Post, outcome: Outcome) -> None:
    """Try again when it makes sense; otherwise the next change tries again, and the timeline says why."""
    now = engine.clock.now()
    decision = retry.decide(outcome, attempts=post.attempts + 1, now=now, has_next=post.attempts > 0)
    log.warning("an incident could not be shown", incident=post.incident, channel=post.channel, code=outcome.code)
    text = f"could not be shown in {post.channel}: {decision.reason}"
    entry = Entry(incident=post.incident, at=now, kind=EntryKind.DELIVERY, text=text)
    if decision.retry_at is None:
        async with engine.database.write() as tx:
            await incident_rows.add_entries(tx, [entry])
    await _settle(engine, post, place=post.place, told=post.told, again=decision.retry_at, shown="")


async def _settle(engine: Engine, post: Post, *, place: str, told: int, again: datetime | None, shown: str) -> None:
    free_at = engine.clock.now() + SPACING
    async with engine.database.write() as tx:
        await posts.settle(tx, post, place=place, told=told, free_at=free_at, again=again, shown=shown)


async def _card(engine: Engine, tx: AsyncConnection, incident: Incident) -> IncidentCard:
    history = [entry for _, entry in await incident_rows.entries(tx, incident.id)]
    alerts = (await alert_rows.totals(tx, [incident.id])).get(incident.id, 0)
    lead = engine.directory.teams.get(incident.lead.team)
    language = lead.language if lead else "en"
    done = await incident_rows.latest(tx, incident.id, (EntryKind.ACKNOWLEDGED, EntryKind.RESOLVED))
    status = CardStatus(incident.status.value)
    shown = done if status is not CardStatus.TRIGGERED else None
    return IncidentCard(
        number=incident.id,
        status=status,
        severity=incident.severity,
        summary=incident.title,
        opened_at=incident.opened_at,
        teams=tuple((_team(engine, i.team), _state(engine, i, language)) for i in incident.involvements),
        by=_name(engine, shown.actor.person) if shown else "",
        at=shown.at if shown else None,
        alerts=alerts,
        url=f"{engine.settings.address}/incidents/{incident.id}",
        links=await links_of(engine, tx, incident),
        questions=await _questions(tx, history),
        doubts=tuple(
            DoubtQuestion(alert=doubt.alert, kind=doubt.kind, reason=doubt.sentence)
            for doubt in await grouping_answers.doubts(tx, incident.id)
        ),
        drill=incident.drill,
        language=language,
        record=await _record(engine, tx, incident.id, language),
    )


async def _record(engine: Engine, tx: AsyncConnection, number: int, language: str) -> tuple[tuple[str, str], ...]:
    """What people said about it, a name and a line each."""
    said = await record_rows.get(tx, number)
    say = partial(engine.wording.phrases.say, language)
    lines = [(say("fact_impact"), said.impact.text), (say("fact_status"), said.status.text)]
    lines += [(role.capitalize(), _name(engine, person)) for role, person in said.roles.items()]
    return tuple((name, line) for name, line in lines if line)


async def _questions(tx: AsyncConnection, history: Sequence[Entry]) -> tuple[RelatedQuestion, ...]:
    """What grouping asks and nobody has answered, about incidents that are still open."""
    asked = {entry.data["other"]: str(entry.data.get("why", "")) for entry in history if "other" in entry.data}
    answered = {entry.data.get("unrelated") for entry in history}
    others = await incident_rows.get(tx, [number for number in asked if number not in answered])
    return tuple(
        RelatedQuestion(incident=number, summary=other.title, reason=asked[number])
        for number, other in others.items()
        if other.resolved_at is None
    )


def _state(engine: Engine, involvement: Involvement, language: str) -> str:
    at = involvement.acknowledged_at
    return engine.wording.phrases.say(
        language,
        f"team_{involvement.status.value}",
        since=f"{involvement.since:%H:%M} UTC",
        by=_name(engine, involvement.acknowledged_by),
        at=f"{at:%H:%M} UTC" if at else "",
    )


def _team(engine: Engine, team: str) -> str:
    known = engine.directory.teams.get(team)
    return known.name if known else team


def _name(engine: Engine, person: str) -> str:
    known = engine.directory.people.get(person)
    return known.name if known else "" if person == ALERTMANAGER.person else person
