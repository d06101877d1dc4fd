"""What would regain points: each fix is tried on the plan and the plan judged again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from schedules.health.items import typical_shift
from schedules.health.plan import Member, Plan
from schedules.health.score import Health, health
from schedules.layers import overlaid
from schedules.shift import OnCall, Shift
from schedules.spans import Span, hours
from schedules.tiling import tile

#: Gaps up to this are closed by the neighbour staying on, longer ones by whoever has least.
_STAY_ON = timedelta(hours=4)
#: Fewer points than this are not worth a sentence.
_LEAST = 0.05
_MOST = 8
_SWAPS = 2
#: How many of somebody's stretches are tried for giving away.
_TRIES = 4
_DAY = timedelta(days=1)


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, the points it regains in all, and what it costs elsewhere."""

    what: str
    points: float
    #: The item it is meant for, and the points regained there.
    item: str
    item_points: float
    costs: str = ""


def fixes(subject: Plan, zone: ZoneInfo) -> tuple[Fix, ...]:
    """The fixes worth their while, best first; times are worded in `zone`."""
    before = health(subject)
    tried = [_judge(before, what, item, changed) for what, item, changed in _candidates(subject, zone)]
    worth = [fix for fix in tried if max(fix.points, fix.item_points) >= _LEAST and fix.item_points > -_LEAST]
    ranked = sorted(worth, key=lambda fix: (-round(fix.points, 6), -fix.item_points, fix.what))
    # One swap is advice; four of the same kind are noise.
    swaps = [fix for fix in ranked if fix.item == "balance"][_SWAPS:]
    return tuple(fix for fix in ranked if fix not in swaps)[:_MOST]


def _candidates(subject: Plan, zone: ZoneInfo) -> Iterator[tuple[str, str, Plan]]:
    yield from _close_gaps(subject, zone)
    yield from _reach(subject)
    yield from _share(subject, zone)
    yield from _rest(subject, zone)
    yield from _plan_on(subject, zone)


def _judge(before: Health, what: str, item: str, changed: Plan) -> Fix:
    after = health(changed)
    lost_before, lost_after = ({one.name: one.lost for one in found.items} for found in (before, after))
    worse = {name: lost_after[name] - lost_before[name] for name in lost_after}
    costs = ", ".join(f"{name} loses {points:.1f}" for name, points in worse.items() if points >= _LEAST)
    return Fix(what=what, points=after.exact - before.exact, item=item, item_points=-worse[item], costs=costs)


def _close_gaps(subject: Plan, zone: ZoneInfo) -> Iterator[tuple[str, str, Plan]]:
    for alike in _alike(subject.gaps, zone):
        people = [_nearest(subject, gap) for gap in alike]
        given = [(gap, person) for gap, person in zip(alike, people, strict=True) if person is not None]
        if given:
            what = f"Cover {_gap_words(alike, zone)}, for example with {_names(person for _, person in given)}"
            yield what, "coverage", _with_shifts(subject, given)


def _alike(gaps: Sequence[Span], zone: ZoneInfo) -> list[list[Span]]:
    """Gaps at the same hour of the day and of the same length are one trouble."""
    found: dict[tuple[object, timedelta], list[Span]] = {}
    for start, end in gaps:
        clock = start.astimezone(zone).time()
        found.setdefault((clock, end - start), []).append((start, end))
    return sorted(found.values(), key=hours, reverse=True)[:_MOST]


def _nearest(subject: Plan, gap: Span) -> str | None:
    """Who would close a gap: for a short one whoever is on call beside it, else whoever has least."""
    reachable = [name for name in subject.names if subject.reachable(name)]
    beside = [
        name
        for name in reachable
        if gap[1] - gap[0] <= _STAY_ON
        and any(gap[0] == end or gap[1] == start for start, end in subject.stretches.get(name, ()))
    ]
    return min(beside or reachable, key=lambda name: _relative(subject, name), default=None)


def _relative(subject: Plan, name: str) -> float:
    """What somebody carries, lately and in the plan, against what would be fair."""
    if not subject.shares[name]:
        return float("inf")
    fair = subject.load.fair[name]
    return subject.load.carried[name] / fair if fair else 0.0


def _reach(subject: Plan) -> Iterator[tuple[str, str, Plan]]:
    for name in subject.unknown:
        members = {**subject.members, name: Member(timezone=subject.timezone)}
        what = f"Correct the name “{name}” or add that person, with a contact method that works"
        yield what, "people", replace(subject, members=members)
    for name in subject.stretches:
        member = subject.members.get(name)
        if member is not None and not member.reachable:
            members = {**subject.members, name: msgspec.structs.replace(member, reachable=True)}
            yield (
                f"Let {name} verify a contact method and answer a test page",
                "people",
                replace(subject, members=members),
            )


def _share(subject: Plan, zone: ZoneInfo) -> Iterator[tuple[str, str, Plan]]:
    others = [name for name in subject.names if subject.reachable(name)]
    if not subject.stretches:
        return
    if len(subject.names) == 1:
        yield _second_person(subject)
        return
    giver = max(subject.stretches, key=lambda name: _relative(subject, name))
    taker = min((name for name in others if name != giver), key=lambda name: _relative(subject, name), default=None)
    if taker is None:
        return
    spans = sorted(subject.stretches[giver], key=lambda span: span[0] - span[1])[:_TRIES]
    typical = timedelta(hours=typical_shift(subject))
    for start, end in spans:
        # Of a stretch of several shifts one is given away, the last.
        part = (max(start, end - typical), end) if typical else (start, end)
        what = f"Give {giver}'s shift {_span_words(part, zone)} to {taker}"
        yield what, "balance", _given_away(subject, giver, part, taker)


def _second_person(subject: Plan) -> tuple[str, str, Plan]:
    """Half of every week to somebody new."""
    name = subject.names[0]
    halves = []
    for start, end in subject.stretches[name]:
        day = start
        while day < end:
            halves.append((min(day + 7 * _DAY, end), min(day + 14 * _DAY, end)))
            day += 14 * _DAY
    changed = replace(subject, members={**subject.members, "a second person": Member(timezone=subject.timezone)})
    for half in halves:
        changed = _given_away(changed, name, half, "a second person")
    return f"Share the weeks between {name} and a second person", "balance", changed


def _rest(subject: Plan, zone: ZoneInfo) -> Iterator[tuple[str, str, Plan]]:
    weights = subject.weights
    for name, spans in subject.stretches.items():
        for one, other in pairwise(spans):
            short = other[0] - one[1] < timedelta(hours=weights.rest_hours)
            real = min(one[1] - one[0], other[1] - other[0]) >= timedelta(hours=weights.rest_least_stretch_hours)
            taker = min(
                (known for known in subject.names if known != name and subject.reachable(known)),
                key=lambda known: _relative(subject, known),
                default=None,
            )
            if short and real and taker is not None:
                what = (
                    f"Give {name}'s shift {_span_words(other, zone)} to {taker}: it follows the one before too closely"
                )
                yield what, "rest", _given_away(subject, name, other, taker)
                return


def _plan_on(subject: Plan, zone: ZoneInfo) -> Iterator[tuple[str, str, Plan]]:
    until = subject.begin + timedelta(days=subject.weights.horizon_days)
    people = sorted(
        (name for name in subject.names if subject.reachable(name)), key=lambda name: _relative(subject, name)
    )
    if subject.end >= until or not people:
        return
    step = max(timedelta(hours=typical_shift(subject)), timedelta(hours=8))
    given, start, turn = [], subject.end, 0
    while start < until:
        given.append(((start, start + step), people[turn % len(people)]))
        start, turn = start + step, turn + 1
    yield f"Plan on until {until.astimezone(zone):%a %d %b}", "horizon", _with_shifts(subject, given)


def _with_shifts(subject: Plan, given: Iterable[tuple[Span, str]]) -> Plan:
    shifts = [Shift(start=start, end=end, person=person) for (start, end), person in given]
    upper = tile(shifts, (subject.begin, subject.horizon))
    return replace(subject, segments=overlaid(subject.segments, upper, lambda below, above: (*below, *above)))


def _given_away(subject: Plan, giver: str, span: Span, taker: str) -> Plan:
    def combine(below: tuple[OnCall, ...], _: tuple[OnCall, ...]) -> tuple[OnCall, ...]:
        return tuple(msgspec.structs.replace(who, person=taker) if who.person == giver else who for who in below)

    upper = tile([Shift(start=span[0], end=span[1], person=taker)], (subject.begin, subject.horizon))
    return replace(subject, segments=overlaid(subject.segments, upper, combine))


def _names(people: Iterable[str]) -> str:
    found = list(dict.fromkeys(people))
    return ", ".join(found[:3]) + (" and others" if len(found) > 3 else "")


def _gap_words(alike: Sequence[Span], zone: ZoneInfo) -> str:
    start, end = (edge.astimezone(zone) for edge in alike[0])
    if len(alike) == 1:
        return _span_words(alike[0], zone)
    return f"{start:%H:%M}–{end:%H:%M} {start:%Z} on {len(alike)} days from {start:%d %b}"


def _span_words(span: Span, zone: ZoneInfo) -> str:
    start, end = (edge.astimezone(zone) for edge in span)
    return f"from {start:%a %d %b %H:%M} to {end:%a %d %b %H:%M} {end:%Z}"
