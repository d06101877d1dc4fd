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
SWING, WIDEST = 8, 56
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
    #: What the counts beside the arcs mean, for those that occur.
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """The stretch of time that is shown, in seconds from the first alert on."""

    first: datetime
    seconds: float
    now: datetime

    def x(self, at: datetime) -> float:
        """Where an instant lies on the line."""
        return round(2 + (LINE - 2) * min(1.0, max(0.0, (at - self.first).total_seconds() / self.seconds)), 1)


def picture(found: Together, now: datetime) -> Picture | None:
    """Nothing for an incident of one kind: there is nothing to see."""
    if len(found.kinds) < 2:
        return None
    first = min(kind.first_at for kind in found.kinds)
    last = max(*(kind.first_at for kind in found.kinds), min(now, first + _shown(found.kinds)))
    seconds = max(60.0, (last - first).total_seconds())
    span = _Span(first, seconds, now)
    common = _common_place(found.kinds)
    lanes = tuple(_lane(place, kind, span, common) for place, kind in enumerate(found.kinds))
    rows = {kind.kind: place for place, kind in enumerate(found.kinds)}
    return Picture(
        height=TOP + LANE * len(lanes) + FOOT,
        lanes=lanes,
        arcs=tuple(_arc(tie, rows) for tie in found.ties),
        ticks=((2, "first", "start"), (LINE, f"{_length(seconds)} later", "end")),
        told=tuple(says for counted, says in _TOLD if any(tie.counted in counted for tie in found.ties)),
    )


def _shown(kinds: Sequence[KindRun]) -> timedelta:
    """How much time is shown: what it took until the last kind began, and half as much again."""
    first, last = min(k.first_at for k in kinds), max(k.first_at for k in kinds)
    return max(timedelta(minutes=2), (last - first) * 1.5)


def _lane(place: int, kind: KindRun, span: _Span, common: str) -> Lane:
    begin, end = span.x(kind.first_at), span.x(kind.until or span.now)
    after = (kind.first_at - span.first).total_seconds()
    when = "first" if after < 1 else f"{_length(after)} after the first"
    name = kind.kind.removesuffix(common)
    times = f", {kind.alerts} alerts" if kind.alerts > 1 else ""
    return Lane(
        y=TOP + LANE * place,
        x=min(begin, LINE - 6),
        width=max(6.0, round(end - begin, 1)),
        name=name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…",
        says=f"{kind.kind}: {when}{times}{', pages' if kind.paging else ''}{'' if kind.until else ', still fires'}",
        paging=kind.paging,
        fires=kind.until is None,
    )


def _arc(tie: TieItem, rows: dict[str, int]) -> Arc:
    """From the earlier kind's lane to the later one's, to the right of both; the count stands at the later one."""
    above, below = rows[tie.earlier], rows[tie.kind]
    y1, y2 = (TOP + LANE * row + 24 for row in (above, below))
    out = LINE + 4 + min(WIDEST, SWING * (below - above) + SWING)
    return Arc(
        path=f"M{LINE + 4} {y1}C{out} {y1} {out} {y2} {LINE + 4} {y2}",
        x=WIDTH - 2,
        y=y2 + 4,
        count=_count(tie),
        says=tie.sentence,
        weight=3 if tie.probability >= 0.95 else 2 if tie.probability >= 0.8 else 1,
    )


def _common_place(kinds: Sequence[KindRun]) -> str:
    """The ending " in prod-eu1" where every kind has it: it need not stand in each line of the picture."""
    endings = {f" in {kind.kind.rpartition(' in ')[2]}" if " in " in kind.kind else "" for kind in kinds}
    return endings.pop() if len(endings) == 1 else ""


def _count(tie: TieItem) -> str:
    match tie.counted:
        case "kinds":
            return f"{tie.together:.0f} of {tie.of:.0f}"
        case "things":
            return f"≈ {tie.together:.0f} of {tie.of:.0f}"
        case "habit":
            return f"≈ {tie.together:.0f}"
        case _:
            return "new"


_TOLD = (
    (("kinds",), "“5 of 8” how often the two came together"),
    (("things", "habit"), "“≈” how often alerts like them did"),
    (("new",), "“new” not seen together often enough to count"),
)


def _length(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.0f} h"
    )
