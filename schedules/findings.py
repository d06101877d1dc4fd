"""What will hurt within the next weeks, found ahead and told once: each finding has a key that stays the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

from schedules.shift import OnCall, Segment
from schedules.spans import Span, common, hours, stretches, union
from schedules.who import same_role

LOOK_AHEAD = timedelta(days=30)
#: A calendar that ends sooner than this is told of.
ENDS_SOON = timedelta(days=14)
#: An uncovered stretch longer than this is no gap: the plan ends where it begins.
PLAN_BREAK = timedelta(days=7)


class FindingKind(StrEnum):
    """What is wrong."""

    GAP = "gap"
    UNKNOWN = "unknown_name"
    UNREACHABLE = "unreachable"
    DOUBLE = "double_booking"
    ENDS = "ends_soon"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine knows of a name: absent from the mapping means that it knows nobody of that name."""

    #: At least one verified contact method that answered lately.
    reachable: bool


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to mend: what, when, and the fix in a sentence."""

    kind: FindingKind
    #: The same as long as it is the same trouble; what was told under a key is not told again.
    key: str
    start: datetime
    end: datetime
    what: str
    fix: str
    person: str | None = None


def findings(
    segments: Sequence[Segment],
    now: datetime,
    people: Mapping[str, Standing],
    zone: ZoneInfo,
    others: Mapping[str, Sequence[Segment]] = MappingProxyType({}),
) -> tuple[Finding, ...]:
    """Everything within the next 30 days, soonest first.

    Args:
        segments: the rotation, tiled.
        now: aware, UTC.
        people: those the engine knows.
        zone: in which times are worded.
        others: the team's other rotations by name, to find who is on call in two of them at once.
    """
    end = min(now + LOOK_AHEAD, segments[-1].end) if segments else now
    ahead = [segment for segment in segments if segment.end > now and segment.start < end]
    planned = plan_end(segments, now)
    found = [
        *_gaps(ahead, now, planned, zone),
        *_people(ahead, now, end, people, zone),
        *_double(ahead, (now, end), zone, others),
        *_ends(now, planned, zone),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.start, finding.key)))


def plan_end(segments: Sequence[Segment], now: datetime) -> datetime:
    """Where the plan ends: at the first uncovered stretch of more than seven days, else with the last shift."""
    last = now
    for segment in segments:
        if segment.end <= now:
            continue
        if segment.on_call:
            last = segment.end
        elif segment.end - max(segment.start, now) > PLAN_BREAK:
            return max(segment.start, now)
    return last


def _gaps(ahead: Sequence[Segment], now: datetime, planned: datetime, zone: ZoneInfo) -> Iterator[Finding]:
    for segment in ahead:
        if segment.on_call or max(segment.start, now) >= planned:
            continue
        yield Finding(
            kind=FindingKind.GAP,
            # A gap that is being closed from one side is another gap, and worth another word.
            key=f"gap:{segment.start:%Y%m%dT%H%MZ}/{segment.end:%Y%m%dT%H%MZ}",
            start=segment.start,
            end=segment.end,
            what=f"Nobody is on call {_when((segment.start, segment.end), zone)}.",
            fix="Add a shift for that time to the calendar, or make an override.",
        )


def _people(
    ahead: Sequence[Segment], now: datetime, end: datetime, people: Mapping[str, Standing], zone: ZoneInfo
) -> Iterator[Finding]:
    for name, spans in stretches(ahead, now, end).items():
        standing = people.get(name)
        if standing is not None and standing.reachable:
            continue
        more = f" and {len(spans) - 1} more times" if len(spans) > 1 else ""
        when = f"{_when(spans[0], zone)}{more}"
        if standing is None:
            kind, what = (
                FindingKind.UNKNOWN,
                f"The calendar puts “{name}” on call {when}, but nobody of that name is known.",
            )
            fix = f"Correct the name in the calendar, or add “{name}” as an alias of the person who is meant."
        else:
            kind, what = FindingKind.UNREACHABLE, f"{name} is on call {when} and cannot be reached."
            fix = f"{name} should verify a phone or another contact method and answer a test page, or find cover."
        yield Finding(
            kind=kind, key=f"{kind}:{name}", start=spans[0][0], end=spans[0][1], what=what, fix=fix, person=name
        )


def _double(
    ahead: Sequence[Segment], window: Span, zone: ZoneInfo, others: Mapping[str, Sequence[Segment]]
) -> Iterator[Finding]:
    booked: dict[tuple[str, str], list[Span]] = {}
    for segment in ahead:
        for person in {who.person for who in segment.on_call if _other_role(who, segment.on_call)}:
            span = (max(segment.start, window[0]), min(segment.end, window[1]))
            booked.setdefault((person, "both primary and backup"), []).append(span)
    own = stretches(ahead, *window)
    for name, segments in others.items():
        for person, spans in stretches(segments, *window).items():
            if shared := common(own.get(person, []), spans):
                booked[person, f"on call here and in “{name}” at once"] = shared
    for (person, how), spans in booked.items():
        joined = union(spans)
        yield Finding(
            kind=FindingKind.DOUBLE,
            key=f"{FindingKind.DOUBLE}:{person}",
            start=joined[0][0],
            end=joined[0][1],
            what=f"{person} is {how} {_when(joined[0], zone)} ({hours(joined):.0f} h within 30 days).",
            fix="Give one of the two shifts to somebody else: nobody is left to escalate to.",
            person=person,
        )


def _other_role(who: OnCall, on_call: Sequence[OnCall]) -> bool:
    return any(who.person == other.person and not same_role(who.role, other.role) for other in on_call)


def _ends(now: datetime, planned: datetime, zone: ZoneInfo) -> Iterator[Finding]:
    if planned - now >= ENDS_SOON:
        return
    what = f"The calendar ends {_day(planned, zone)}." if planned > now else "The calendar has no shift from now on."
    yield Finding(
        kind=FindingKind.ENDS,
        key=f"{FindingKind.ENDS}:{planned:%Y%m%dT%H%MZ}" if planned > now else f"{FindingKind.ENDS}:empty",
        start=planned,
        end=planned,
        what=what,
        fix="Plan further shifts: eight weeks ahead leave time to swap.",
    )


def _day(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%a %d %b %H:%M %Z}"


def _when(span: Span, zone: ZoneInfo) -> str:
    start, end = (edge.astimezone(zone) for edge in span)
    last = f"{end:%H:%M %Z}" if start.date() == end.date() else f"{end:%a %d %b %H:%M %Z}"
    return f"from {start:%a %d %b %H:%M} to {last}"
