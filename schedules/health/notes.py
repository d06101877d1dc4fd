"""What a manager should know though it costs no points."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from itertools import pairwise
from zoneinfo import ZoneInfo

from schedules.health.plan import Member, Plan
from schedules.shift import Segment
from schedules.spans import hours
from schedules.who import same_role

WORK_BEGINS, WORK_ENDS = time(8), time(18)
#: Site reliability practice: at most a quarter of somebody's time, and two incidents per shift of twelve hours.
MOST_OF_TIME = 0.25
MOST_PAGES = 2 / 12


def notes(subject: Plan) -> tuple[str, ...]:
    """Sentences, the most general first."""
    return (*_secondary(subject), *_handoffs(subject), *_time_share(subject), *_pages(subject))


def _secondary(subject: Plan) -> Iterator[str]:
    alone = [
        (segment.start, segment.end)
        for segment in subject.segments
        if len({who.person for who in segment.on_call}) == 1
        and all(same_role(who.role, None) for who in segment.on_call)
    ]
    whole = hours([(subject.begin, subject.end)])
    if whole and hours(alone) >= whole * 0.99:
        yield "There is no secondary: who does not answer has nobody behind them in this rotation."


def _handoffs(subject: Plan) -> Iterator[str]:
    late = 0
    for one, other in pairwise(subject.segments):
        come = {who.person for who in other.on_call} - {who.person for who in one.on_call}
        late += any(not _working(subject, name, other) for name in come) and other.start < subject.end
    if late:
        yield f"Handoffs outside the working hours of whoever takes over, or on their weekend: {late}."


def _working(subject: Plan, name: str, segment: Segment) -> bool:
    member = subject.members.get(name, Member(timezone=subject.timezone))
    local = segment.start.astimezone(ZoneInfo(member.timezone))
    return local.weekday() < 5 and WORK_BEGINS <= local.time() < WORK_ENDS


def _time_share(subject: Plan) -> Iterator[str]:
    whole = hours([(subject.begin, subject.end)])
    much = [
        f"{name} {100 * mine / whole:.0f} %"
        for name, mine in subject.hours.items()
        if whole and mine / whole > MOST_OF_TIME
    ]
    if much:
        yield f"On call more than a quarter of the time, which wears people out: {', '.join(much)}."


def _pages(subject: Plan) -> Iterator[str]:
    per_hour = subject.weights.look_back_days * 24
    for name in subject.names:
        pages = subject.pages.get(name, 0)
        expected = per_hour * subject.shares[name]
        if expected and pages / expected > MOST_PAGES:
            yield f"{name} got more than two pages per 12 h on call ({pages} in {subject.weights.look_back_days} days)."
