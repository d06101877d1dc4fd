"""The part of a rotation that is judged, cut and counted once for all items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import msgspec

from schedules.findings import plan_end
from schedules.health.weights import Weights
from schedules.shift import Segment
from schedules.spans import Span, common, hours, stretches
from schedules.unsocial import unsocial


class Load(NamedTuple):
    """Hours by name: carried, lately and within the plan together, and what would have been fair."""

    carried: Mapping[str, float]
    fair: Mapping[str, float]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who shares the rotation, on call in it or not."""

    #: At least one contact method that is set up and not refused.
    reachable: bool = True
    #: False where a check before a shift found that nothing came back from any method lately.
    proven: bool = True
    timezone: str = "UTC"
    #: ISO 3166 code of the place whose public holidays count.
    holidays: str = ""
    #: Part of a full share, for part-time work.
    share: float = 1.0


@dataclass(frozen=True)
class Plan:
    """A timeline from `begin`, the members, and what was paged lately."""

    begin: datetime
    segments: tuple[Segment, ...]
    members: Mapping[str, Member]
    pages: Mapping[str, int]
    weights: Weights
    #: Zone of people whose own is not known.
    timezone: str = "UTC"
    #: The segments before `begin` that fairness remembers.
    past: tuple[Segment, ...] = ()

    @cached_property
    def end(self) -> datetime:
        """Where the plan ends within the timeline."""
        return plan_end(self.segments, self.begin)

    @cached_property
    def horizon(self) -> datetime:
        """Where the timeline ends."""
        return self.begin + timedelta(days=self.weights.look_ahead_days)

    @cached_property
    def stretches(self) -> dict[str, list[Span]]:
        """Everybody's uninterrupted spans on call up to the plan's end."""
        return stretches(self.segments, self.begin, self.end)

    @cached_property
    def unknown(self) -> list[str]:
        """Names on call whom nobody knows."""
        return sorted(self.stretches.keys() - self.members.keys())

    @cached_property
    def names(self) -> list[str]:
        """Known members, also without shifts, and unknown names."""
        return sorted(self.members.keys() | self.stretches.keys())

    @cached_property
    def hours(self) -> dict[str, float]:
        """Hours on call by name, roles counted once."""
        return {name: hours(self.stretches.get(name, ())) for name in self.names}

    @cached_property
    def unsocial_hours(self) -> dict[str, float]:
        """Hours at night, at weekends and on holidays by name, in each person's own zone."""
        return {name: self._unsocial(name) for name in self.names}

    def _unsocial(self, name: str) -> float:
        return self._unsocial_of(name, self.stretches.get(name, ()), (self.begin, self.horizon))

    def _unsocial_of(self, name: str, own: Sequence[Span], window: Span) -> float:
        member = self.members.get(name, Member(timezone=self.timezone))
        return hours(common(own, unsocial(member.timezone, member.holidays, *window)))

    @cached_property
    def past_stretches(self) -> dict[str, list[Span]]:
        """Spans on call before the plan of those who share it now; whoever left evens nothing out any more."""
        if not self.past:
            return {}
        found = stretches(self.past, self.past[0].start, self.begin)
        return {name: spans for name, spans in found.items() if name in self.names}

    @cached_property
    def load(self) -> Load:
        """Hours on call, what was carried lately included."""
        return self._load(self.hours, {name: hours(spans) for name, spans in self.past_stretches.items()})

    @cached_property
    def unsocial_load(self) -> Load:
        """The same for nights, weekends and holidays."""
        past = {
            name: self._unsocial_of(name, spans, (self.past[0].start, self.begin))
            for name, spans in self.past_stretches.items()
        }
        return self._load(self.unsocial_hours, past)

    def _load(self, ahead: Mapping[str, float], past: Mapping[str, float]) -> Load:
        """The past is shared by those who were there: a newcomer owes nothing for the time before."""
        whole_ahead, whole_past = sum(ahead.values()), sum(past.values())
        there = sum(self.shares[name] for name in past)
        fair = {
            name: whole_ahead * share + (whole_past * share / there if name in past and there else 0.0)
            for name, share in self.shares.items()
        }
        return Load({name: ahead[name] + past.get(name, 0.0) for name in self.names}, fair)

    @cached_property
    def shares(self) -> dict[str, float]:
        """Each name's fair part of any load; they add up to one."""
        parts = {name: self.members[name].share if name in self.members else 1.0 for name in self.names}
        total = sum(parts.values())
        return {name: part / total if total else 0.0 for name, part in parts.items()}

    def reachable(self, name: str) -> bool:
        """Known, and with a contact method that works."""
        return name in self.members and self.members[name].reachable

    @cached_property
    def gaps(self) -> list[Span]:
        """Spans within the plan in which nobody can be reached: empty ones, and those of strangers alone."""
        found: list[Span] = []
        for segment in self.segments:
            if segment.start >= self.end or any(self.reachable(who.person) for who in segment.on_call):
                continue
            if found and found[-1][1] == segment.start:
                found[-1] = (found[-1][0], min(segment.end, self.end))
            else:
                found.append((segment.start, min(segment.end, self.end)))
        return found


def plan(
    segments: Sequence[Segment],
    now: datetime,
    *,
    members: Mapping[str, Member],
    pages: Mapping[str, int],
    weights: Weights | None = None,
    timezone: str = "UTC",
    past: Sequence[Segment] = (),
) -> Plan:
    """The rotation from `now` on, cut to the timeline.

    Args:
        segments: they tile at least the days ahead that the weights name.
        now: aware, UTC.
        members: everybody who shares the rotation, by the name the segments use.
        pages: pages received by name, within the look-back.
        weights: what each shortcoming costs.
        timezone: the rotation's zone, for people whose own is not known.
        past: segments that end with `now`, as far back as fairness remembers.
    """
    weights = weights or Weights()
    end = now + timedelta(days=weights.look_ahead_days)
    cut = [
        msgspec.structs.replace(segment, start=max(segment.start, now), end=min(segment.end, end))
        for segment in segments
        if segment.start < end and segment.end > now
    ]
    return Plan(
        begin=now,
        segments=tuple(cut),
        members=members,
        pages=pages,
        weights=weights,
        timezone=timezone,
        past=tuple(past),
    )
