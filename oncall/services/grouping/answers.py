"""What a person's answer about a grouping does: it acts at once, and the decisions it is about teach later ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Answer, Saying
from grouping.answer import contradicted
from oncall.store import alerts as alert_rows
from oncall.store import grouping_answers as rows
from oncall.store import grouping_state


async def unrelated(tx: AsyncConnection, number: int, other: int, *, by: str, now: datetime) -> str:
    """Two incidents are not one trouble; what that did, for the timeline."""
    taught = await _both_ways(tx, number, other, related=False, by=by, now=now)
    await grouping_state.say(tx, Answer(saying=Saying.UNRELATED, incident=str(number), other=str(other)))
    return _did("their kinds of alerts are kept apart from now on", taught)


async def merged(tx: AsyncConnection, number: int, into: int, *, by: str, now: datetime) -> str:
    """Two incidents are one trouble; what that did. Call it before the alerts go over."""
    taught = await _both_ways(tx, number, into, related=True, by=by, now=now)
    await grouping_state.say(tx, Answer(saying=Saying.MERGED, incident=str(number), other=str(into)))
    return _did("their kinds of alerts are tied from now on", taught)


async def split(tx: AsyncConnection, number: int, made: int, chosen: Collection[int], *, by: str, now: datetime) -> str:
    """These alerts are another trouble; what that did. Call it before the alerts go over."""
    order = sorted(episode.id for episode in await alert_rows.of_incident(tx, number))
    wrong = contradicted(order, chosen)
    taught = await rows.answer(tx, wrong, number, related=False, by=by, now=now)
    episodes = tuple(str(alert) for alert in sorted(chosen))
    await grouping_state.say(tx, Answer(saying=Saying.SPLIT, incident=str(number), other=str(made), episodes=episodes))
    return _did("their kinds of alerts are kept apart from now on", taught)


async def related(tx: AsyncConnection, number: int, alerts: Collection[int], *, by: str, now: datetime) -> str:
    """These alerts belong to the incident they are in; what that did."""
    taught = await rows.answer(tx, alerts, number, related=True, by=by, now=now)
    episodes = tuple(str(alert) for alert in sorted(alerts))
    await grouping_state.say(tx, Answer(saying=Saying.RELATED, incident=str(number), episodes=episodes))
    return _did("their kinds of alerts are tied from now on", taught)


async def _both_ways(tx: AsyncConnection, one: int, other: int, *, related: bool, by: str, now: datetime) -> int:
    """Answer every decision in which an alert of one incident was held against the other incident."""
    taught = 0
    for number, candidate in ((one, other), (other, one)):
        alerts = [episode.id for episode in await alert_rows.of_incident(tx, number)]
        taught += await rows.answer(tx, alerts, candidate, related=related, by=by, now=now)
    return taught


def _did(at_once: str, taught: int) -> str:
    if not taught:
        return at_once
    return f"{at_once}, and {taught} {'decision teaches' if taught == 1 else 'decisions teach'} the grouping"
