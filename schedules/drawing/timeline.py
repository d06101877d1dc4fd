"""Who is on call over weeks: a row for each week, a lane for each role, gaps in plain sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from schedules.shift import Segment
from schedules.spans import Span
from schedules.who import PRIMARY

LANE = 26
_ROW_GAP = 10
_HEAD = 18
_DAY = timedelta(days=1)
#: People beyond this share colours.
COLOURS = 8
#: A bar narrower than this part of the width carries no name; its title still does.
_NAMED = 7.0


def timeline(segments: Sequence[Segment], now: datetime, *, weeks: int, zone: ZoneInfo) -> str:
    """An SVG of `weeks` weeks from the Monday before `now`, in `zone`.

    Args:
        segments: they tile at least that time.
        now: marked by a line.
        weeks: rows.
        zone: where days begin.
    """
    roles = _roles(segments)
    colours = {person: index % COLOURS for index, person in enumerate(_people(segments))}
    monday = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= monday.weekday() * _DAY
    height = _HEAD + weeks * (_row_height(roles) + _ROW_GAP)
    parts = [_days()]
    for row in range(weeks):
        # Wall-clock arithmetic: a week has seven days also when the clock changes.
        week = (monday + 7 * row * _DAY, monday + 7 * (row + 1) * _DAY)
        parts.append(_week(segments, week, _HEAD + row * (_row_height(roles) + _ROW_GAP), roles, colours, now))
    label = f"Who is on call in the {weeks} weeks from {monday:%d %B %Y}"
    return (
        f'<svg class="rota" width="100%" height="{height}" role="img" aria-label="{escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _roles(segments: Sequence[Segment]) -> list[str]:
    found = {(who.role or PRIMARY).casefold() for segment in segments for who in segment.on_call}
    return sorted(found, key=lambda role: (role != PRIMARY, role)) or [PRIMARY]


def _people(segments: Sequence[Segment]) -> list[str]:
    return sorted({who.person for segment in segments for who in segment.on_call})


def _row_height(roles: Sequence[str]) -> int:
    return LANE * len(roles)


def _days() -> str:
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    texts = (
        f'<text class="day" x="{_percent(index / 7)}" dx="4" y="12">{name}</text>' for index, name in enumerate(names)
    )
    return "".join(texts)


def _week(  # noqa: PLR0917 - one row and what it shows
    segments: Sequence[Segment],
    week: tuple[datetime, datetime],
    top: int,
    roles: Sequence[str],
    colours: Mapping[str, int],
    now: datetime,
) -> str:
    height = _row_height(roles)
    parts = [f'<rect class="week" x="0" y="{top}" width="100%" height="{height}" rx="6"/>']
    parts += [
        f'<line class="day-line" x1="{_percent(day / 7)}" x2="{_percent(day / 7)}" y1="{top}" y2="{top + height}"/>'
        for day in range(1, 7)
    ]
    for lane, role in enumerate(roles):
        for span, people in _lane(segments, week, role):
            for place, person in enumerate(people):
                size = LANE / len(people)
                box = (top + lane * LANE + place * size, size)
                text = person if role == PRIMARY else f"{person} · {role}"
                parts.append(_bar(span, week, box, text, colours[person]))
    parts += [_gap(span, week, top, height) for span in _gaps(segments, week)]
    parts.append(f'<text class="date" x="100%" dx="-6" y="{top + height - 8}">{week[0]:%d %b}</text>')
    if week[0] <= now < week[1]:
        at = _percent(_place(now, week))
        parts.append(
            f'<line class="now" x1="{at}" x2="{at}" y1="{top - 4}" y2="{top + height + 4}"><title>now</title></line>'
        )
    return f"<g>{''.join(parts)}</g>"


def _lane(segments: Sequence[Segment], week: Span, role: str) -> list[tuple[Span, tuple[str, ...]]]:
    """Pieces of one role within the week with constant people, adjacent ones joined."""
    found: list[tuple[Span, tuple[str, ...]]] = []
    for segment in segments:
        start, end = max(segment.start, week[0]), min(segment.end, week[1])
        people = tuple(dict.fromkeys(w.person for w in segment.on_call if (w.role or PRIMARY).casefold() == role))
        if start >= end or not people:
            continue
        if found and found[-1][1] == people and found[-1][0][1] == start:
            start = found.pop()[0][0]
        found.append(((start, end), people))
    return found


def _gaps(segments: Sequence[Segment], week: Span) -> list[Span]:
    cut = [(max(one.start, week[0]), min(one.end, week[1])) for one in segments if not one.on_call]
    return [span for span in cut if span[0] < span[1]]


def _bar(span: Span, week: Span, box: tuple[float, float], name: str, colour: int) -> str:
    left, width = _place(span[0], week), _place(span[1], week) - _place(span[0], week)
    top, height = box
    shown = f'<text x="7" y="{height / 2 + 4:g}">{escape(name)}</text>' if width * 100 >= _NAMED and height > 16 else ""
    title = escape(f"{name}, {_spoken(span, week)}")
    # A nested drawing cuts off what does not fit, which plain rectangles cannot.
    return (
        f'<svg class="bar person-{colour}" x="{_percent(left)}" y="{top:g}" width="{_percent(width)}" height="{height:g}">'
        f'<title>{title}</title><rect x="1" y="1" width="100%" height="{height - 2:g}" rx="5"/>{shown}</svg>'
    )


def _gap(span: Span, week: Span, top: int, height: int) -> str:
    left, width = _place(span[0], week), _place(span[1], week) - _place(span[0], week)
    shown = f'<text x="7" y="{height / 2 + 4:g}">nobody</text>' if width * 100 >= _NAMED else ""
    return (
        f'<svg class="bar gap" x="{_percent(left)}" y="{top}" width="{_percent(max(width, 0.006))}" height="{height}">'
        f"<title>Nobody, {escape(_spoken(span, week))}</title>"
        f'<rect x="1" y="1" width="100%" height="{height - 2}" rx="5"/>{shown}</svg>'
    )


def _spoken(span: Span, week: Span) -> str:
    zone = week[0].tzinfo
    start, end = (edge.astimezone(zone) for edge in span)
    return f"{start:%a %d %b %H:%M} to {end:%a %d %b %H:%M}"


def _place(instant: datetime, week: Span) -> float:
    # Aware datetimes of one zone subtract on the wall clock; as instants, the drawing stays in step with the bars.
    length = (week[1].timestamp() - week[0].timestamp()) or 1
    return (instant.timestamp() - week[0].timestamp()) / length


def _percent(part: float) -> str:
    return f"{100 * part:.3f}".rstrip("0").rstrip(".") + "%"
