"""Long rows of the same thing, folded, so that a storm of alerts does not bury what people did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncall.incident import EntryKind
from oncall.services.views.incident_view import TimelineItem

#: Kinds that come in storms.
FOLDED = frozenset(
    {EntryKind.ALERT, EntryKind.ALERT_RESOLVED, EntryKind.GROUPING, EntryKind.STALE, EntryKind.PAGE, EntryKind.DELIVERY}
)
#: Lines of a run that stay open.
OPEN = 2


@dataclass(frozen=True, slots=True)
class Run:
    """Lines of one kind that follow one another: those that show, and those behind "more of the same"."""

    shown: tuple[TimelineItem, ...]
    more: tuple[TimelineItem, ...] = ()


def fold(items: Sequence[TimelineItem]) -> list[Run]:
    """The timeline in runs; only runs of more than three lines of a storm's kind are folded."""
    runs: list[list[TimelineItem]] = []
    for item in items:
        same = bool(runs) and runs[-1][0].kind is item.kind and item.kind in FOLDED
        if same:
            runs[-1].append(item)
        else:
            runs.append([item])
    return [Run(tuple(run[:OPEN]), tuple(run[OPEN:])) if len(run) > OPEN + 1 else Run(tuple(run)) for run in runs]
