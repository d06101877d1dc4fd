"""The part of a rotation that is judged, cut and counted once for all items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import msgspec

from schedules.findings import plan_end
from schedules.health.weights import Weights
from schedules.shift import Segment
from schedules.spans import Span, common, hours, stretches
from schedules.unsocial import unsocial


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
        member = self.members.get(name, Member(timezone=self.timezone))
        spans = unsocial(member.timezone, member.holidays, self.begin, self.horizon)
        return hours(common(self.stretches.get(name, ()), spans))

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
) -> Plan:
    """The rotation from `now` on, cut to the timeline.

    Args:
        segments: they tile at least the days ahead that the weights name.
        now: aware, UTC.
        members: everybody who shares the rotation, by the name the segments use.
        pages: pages received by name, within the look-back.
        weights: what each shortcoming costs.
        timezone: the rotation's zone, for people whose own is not known.
    """
    weights = weights or Weights()
    end = now + timedelta(days=weights.look_ahead_days)
    cut = [
        msgspec.structs.replace(segment, start=max(segment.start, now), end=min(segment.end, end))
        for segment in segments
        if segment.start < end and segment.end > now
    ]
    return Plan(begin=now, segments=tuple(cut), members=members, pages=pages, weights=weights, timezone=timezone)
