"""The picture of an incident: its kinds on a time line, and its strongest ties as arcs. Coordinates only; CSS colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.services.views.together import KindRun, TieItem, Together

WIDTH = 360
#: Where the time line ends and the arcs begin.
LINE = 246
LANE, TOP, FOOT = 36, 6, 22
#: How far an arc swings out, for each lane it spans, and at most.
SWING, WIDEST = 9, 44
LABEL_HEIGHT = 13
#: Letters of a kind's name that fit above its lane, in this font.
LETTERS = 42


@dataclass(frozen=True, slots=True)
class Lane:
    """One kind: its name, its bar, and what a pointer over it says."""

    y: float
    x: float
    width: float
    name: str
    says: str
    paging: bool
    fires: bool


@dataclass(frozen=True, slots=True)
class Arc:
    """One tie: its curve, its count, and what a pointer over it says."""

    path: str
    x: float
    y: float
    count: str
    says: str
    #: 1 to 3, by how strong it is.
    weight: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    height: int
    lanes: tuple[Lane, ...]
    arcs: tuple[Arc, ...]
    #: Where the time line says what time it is: x, words, and how they are anchored.
    ticks: tuple[tuple[float, str, str], ...]


def picture(found: Together, now: datetime) -> Picture | None:
    """Nothing for an incident of one kind: there is nothing to see."""
    if len(found.kinds) < 2:
        return None
    first = min(kind.first_at for kind in found.kinds)
    last = max(*(kind.first_at for kind in found.kinds), min(now, first + _shown(found.kinds)))
    seconds = max(60.0, (last - first).total_seconds())
    lanes = tuple(_lane(place, kind, first, seconds, now) for place, kind in enumerate(found.kinds))
    rows = {kind.kind: place for place, kind in enumerate(found.kinds)}
    return Picture(
        height=TOP + LANE * len(lanes) + FOOT,
        lanes=lanes,
        arcs=_arcs(found.ties, rows),
        ticks=((2, "first", "start"), (LINE, f"{_length(seconds)} later", "end")),
    )


def _shown(kinds: Sequence[KindRun]) -> timedelta:
    """How much time is shown: what it took until the last kind began, and half as much again."""
    first, last = min(k.first_at for k in kinds), max(k.first_at for k in kinds)
    return max(timedelta(minutes=2), (last - first) * 1.5)


def _lane(place: int, kind: KindRun, first: datetime, seconds: float, now: datetime) -> Lane:
    def x(at: datetime) -> float:
        return round(2 + (LINE - 2) * min(1.0, max(0.0, (at - first).total_seconds() / seconds)), 1)

    begin, end = x(kind.first_at), x(kind.until or now)
    after = (kind.first_at - first).total_seconds()
    when = "first" if after < 1 else f"{_length(after)} after the first"
    times = f", {kind.alerts} alerts" if kind.alerts > 1 else ""
    return Lane(
        y=TOP + LANE * place,
        x=min(begin, LINE - 6),
        width=max(6.0, round(end - begin, 1)),
        name=kind.kind if len(kind.kind) <= LETTERS else f"{kind.kind[: LETTERS - 1]}…",
        says=f"{kind.kind}: {when}{times}{', pages' if kind.paging else ''}{'' if kind.until else ', still fires'}",
        paging=kind.paging,
        fires=kind.until is None,
    )


def _arcs(ties: Sequence[TieItem], rows: dict[str, int]) -> tuple[Arc, ...]:
    """Arcs to the right of the lanes; counts are moved down where they would lie on one another."""
    placed: list[Arc] = []
    lowest = 0.0
    for tie in sorted(ties, key=lambda t: rows[t.kind] + rows[t.earlier]):
        above, below = sorted((rows[tie.kind], rows[tie.earlier]))
        y1, y2 = (TOP + LANE * row + 24 for row in (above, below))
        out = min(WIDEST, SWING + SWING * (below - above))
        middle = max((y1 + y2) / 2 + 4, lowest + LABEL_HEIGHT)
        lowest = middle
        placed.append(
            Arc(
                path=f"M{LINE + 4} {y1:g}C{LINE + 4 + out} {y1:g} {LINE + 4 + out} {y2:g} {LINE + 4} {y2:g}",
                x=LINE + 8 + out * 0.75,
                y=round(middle, 1),
                count=_count(tie),
                says=tie.sentence,
                weight=3 if tie.probability >= 0.95 else 2 if tie.probability >= 0.8 else 1,
            )
        )
    return tuple(placed)


def _count(tie: TieItem) -> str:
    if tie.counted in ("kinds", "things"):
        return f"{tie.together:.0f} of {tie.of:.0f}"
    return f"{tie.together:.0f} times" if tie.counted == "habit" else "new"


def _length(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.0f} h"
    )
