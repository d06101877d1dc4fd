"""Several calendars and overrides to one rotation: who is on call once everything is laid over everything.

Calendars of one priority are on call together. A calendar of higher priority, and any override calendar over all
others, replaces the people of the roles it fills, while it fills them. Overrides made here come last, in the order
they were made. A shift without a role is a primary one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from schedules.shift import OnCall, Segment, Shift
from schedules.tiling import Window, add, tile
from schedules.who import same_role

OnCalls = tuple[OnCall, ...]


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar's shifts and how it lies over the others."""

    shifts: tuple[Shift, ...]
    priority: int = 0
    #: Lies over every calendar that is none, whatever their priorities.
    override: bool = False
    #: Role of the shifts that name none.
    role: str | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody put on call here, in place of one person or of everybody in a role."""

    start: datetime
    end: datetime
    person: str
    #: Whose place is taken; None takes the role whoever has it.
    replaces: str | None = None
    role: str | None = None
    source: str = "override"


def lay(layers: Iterable[Layer], overrides: Iterable[Override], window: Window) -> tuple[Segment, ...]:
    """The segments of the window after all layers and overrides."""
    segments = tile((), window)
    by_rank = sorted(layers, key=_rank)
    for _, same in groupby(by_rank, key=_rank):
        shifts = [_with_role(shift, layer.role) for layer in same for shift in layer.shifts]
        segments = overlaid(segments, tile(shifts, window), _fill_roles)
    for override in overrides:
        segments = overlaid(segments, tile((_as_shift(override),), window), _taking_place(override))
    return segments


def _rank(layer: Layer) -> tuple[bool, int]:
    return layer.override, layer.priority


def _with_role(shift: Shift, role: str | None) -> Shift:
    return shift if shift.role is not None or role is None else msgspec.structs.replace(shift, role=role)


def _as_shift(override: Override) -> Shift:
    return Shift(
        start=override.start, end=override.end, person=override.person, role=override.role, source=override.source
    )


def overlaid(
    lower: Sequence[Segment], upper: Sequence[Segment], combine: Callable[[OnCalls, OnCalls], OnCalls]
) -> tuple[Segment, ...]:
    """`upper` laid over `lower` where it has somebody. Both tile the same window; so does the answer."""
    merged: list[Segment] = []
    below, above = 0, 0
    while below < len(lower) and above < len(upper):
        one, other = lower[below], upper[above]
        start, end = max(one.start, other.start), min(one.end, other.end)
        on_call = combine(one.on_call, other.on_call) if other.on_call else one.on_call
        add(merged, Segment(start=start, end=end, on_call=on_call))
        below += one.end == end
        above += other.end == end
    return tuple(merged)


def _fill_roles(lower: OnCalls, upper: OnCalls) -> OnCalls:
    kept = [who for who in lower if not any(same_role(who.role, over.role) for over in upper)]
    return _ordered((*kept, *upper))


def _taking_place(override: Override) -> Callable[[OnCalls, OnCalls], OnCalls]:
    if override.replaces is None:
        return _fill_roles

    def combine(lower: OnCalls, upper: OnCalls) -> OnCalls:
        left = [who for who in lower if who.person == override.replaces and _of_role(who, override.role)]
        kept = [who for who in lower if who not in left]
        # Where the calendar no longer has the replaced person, the one who promised is still on call.
        taken = [OnCall(person=override.person, role=who.role, source=override.source) for who in left] or list(upper)
        return _ordered((*kept, *taken))

    return combine


def _of_role(who: OnCall, role: str | None) -> bool:
    return role is None or same_role(who.role, role)


def _ordered(on_call: Iterable[OnCall]) -> OnCalls:
    return tuple(sorted(dict.fromkeys(on_call), key=lambda who: (who.person, who.role or "", who.source)))
