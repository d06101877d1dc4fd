"""What a page took from whoever got it, and what would not have come without an incident. Pure.

Minutes of interruption are those from the page until the incident was over, for whoever took it, and until somebody
took it, for everybody else; at most four hours for one page. They add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from oncall.services.insight.tally import night_of
from oncall.store.insights import PastAnswer, PastIncident, PastPage

#: The most one page counts for.
LONGEST = timedelta(hours=4)


def interrupted(
    pages: Sequence[PastPage], incidents: Sequence[PastIncident], answers: Sequence[PastAnswer]
) -> list[PastPage]:
    """The pages with how long each interrupted its person."""
    over = {incident.id: incident.resolved_at for incident in incidents}
    taken: dict[int, list[PastAnswer]] = {}
    for answer in answers:
        taken.setdefault(answer.incident, []).append(answer)
    return [
        replace(page, seconds=_seconds(page, over.get(page.incident), taken.get(page.incident, ()))) for page in pages
    ]


def costing(
    incidents: Sequence[PastIncident],
    pages: Sequence[PastPage],
    answers: Sequence[PastAnswer],
    zones: Mapping[str, str],
) -> list[PastIncident]:
    """The incidents with how many people were paged for each, how many of them at night, and whether anybody took it."""
    asked = Counter(page.incident for page in pages)
    at_night = Counter(page.incident for page in pages if _night(page, zones))
    taken = {answer.incident for answer in answers}
    return [
        replace(incident, pages=asked[incident.id], night_pages=at_night[incident.id], taken=incident.id in taken)
        for incident in incidents
    ]


def _seconds(page: PastPage, over: datetime | None, answers: Sequence[PastAnswer]) -> int:
    took = any(answer.person == page.person for answer in answers)
    first = min((answer.acknowledged_at for answer in answers), default=None)
    ends = [at for at in ((over,) if took else (first, over)) if at is not None]
    length = min(ends, default=page.sent_at + LONGEST) - page.sent_at
    return int(max(min(length, LONGEST), timedelta(0)).total_seconds())


def _night(page: PastPage, zones: Mapping[str, str]) -> bool:
    return night_of(page.sent_at.astimezone(ZoneInfo(zones.get(page.person, "UTC")))) is not None
