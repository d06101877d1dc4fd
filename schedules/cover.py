"""Who could take somebody's shift: ranked by what they carry already, their rest and whether they can be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from schedules.health.plan import Member
from schedules.shift import Segment
from schedules.spans import Span, common, hours, stretches
from schedules.unsocial import unsocial

#: Load is counted this far on either side of the shift.
AROUND = timedelta(days=28)
ENOUGH_REST = timedelta(hours=11)
#: How many hours on call one page lately weighs, when candidates are compared.
PAGE_HOURS = 6.0
#: Nights, weekends and holidays weigh half as much again.
UNSOCIAL_WEIGHT = 0.5


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could take the shift, and what speaks for and against it."""

    person: str
    #: Free at that time, rested and reachable: may be asked without a second thought.
    fit: bool
    reasons: tuple[str, ...]
    hours: float
    pages: int
    #: Rest between the shift and their own ones, None where they have none around it.
    rest: timedelta | None


def candidates(
    segments: Sequence[Segment],
    shift: Span,
    person: str,
    members: Mapping[str, Member],
    pages: Mapping[str, int],
) -> tuple[Candidate, ...]:
    """Everybody but the person, best first. `segments` tile four weeks around the shift, of all rotations together."""
    begin, end = shift[0] - AROUND, shift[1] + AROUND
    own = stretches(segments, begin, end)
    found = [
        (
            _burden(name, member, own.get(name, ()), shift, pages),
            _candidate(name, member, own.get(name, ()), shift, pages),
        )
        for name, member in members.items()
        if name != person
    ]
    found.sort(key=lambda one: (not one[1].fit, one[0], one[1].person))
    return tuple(candidate for _, candidate in found)


def _candidate(name: str, member: Member, own: Sequence[Span], shift: Span, pages: Mapping[str, int]) -> Candidate:
    rest = _rest(own, shift)
    busy = common(list(own), [shift])
    against = []
    if not member.reachable:
        against.append("cannot be reached")
    if busy:
        against.append(f"is on call for {hours(busy):.3g} h of it anyway")
    elif rest is not None and rest < ENOUGH_REST:
        against.append(f"would have only {rest / timedelta(hours=1):.3g} h of rest")
    load = hours(own)
    awkward = hours(common([shift], unsocial(member.timezone, member.holidays, *shift)))
    count = pages.get(name, 0)
    about = [
        f"{load:.3g} h on call in the weeks around it",
        f"{count} page{'' if count == 1 else 's'} lately",
        f"{awkward:.3g} h of it at night or on free days for them",
    ]
    return Candidate(
        person=name, fit=not against, reasons=(*against, *about), hours=load, pages=pages.get(name, 0), rest=rest
    )


def _burden(name: str, member: Member, own: Sequence[Span], shift: Span, pages: Mapping[str, int]) -> float:
    awkward = hours(common([shift], unsocial(member.timezone, member.holidays, *shift)))
    carried = hours(own) + PAGE_HOURS * pages.get(name, 0)
    return carried / member.share + UNSOCIAL_WEIGHT * awkward if member.share else float("inf")


def _rest(own: Sequence[Span], shift: Span) -> timedelta | None:
    """The shortest pause between the shift and their own stretches."""
    pauses = [max(start - shift[1], shift[0] - end) for start, end in own]
    return max(min(pauses), timedelta(0)) if pauses else None


def may_ask(found: Sequence[Candidate], most: int = 3) -> tuple[str, ...]:
    """Whom to ask at first: the fit ones, best first; where nobody is fit, the best of the others."""
    fit = [one.person for one in found if one.fit]
    return tuple((fit or [one.person for one in found])[:most])
