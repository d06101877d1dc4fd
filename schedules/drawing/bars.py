"""Small charts for tables: a load against its fair share, and a score over days."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_HEIGHT = 12


def bar(value: float, fair: float, most: float, label: str) -> str:
    """A horizontal bar with a tick at the fair share; `most` is the length of the whole width."""
    scale = max(most, fair, value) or 1.0
    over = " over" if fair and value > fair * 1.15 else ""
    return (
        f'<svg class="load{over}" width="100%" height="{_HEIGHT}" role="img" aria-label="{escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(label)}</title>'
        f'<rect class="track" width="100%" height="{_HEIGHT}" rx="3"/>'
        f'<rect class="value" width="{100 * value / scale:.2f}%" height="{_HEIGHT}" rx="3"/>'
        f'<line class="fair" x1="{100 * fair / scale:.2f}%" x2="{100 * fair / scale:.2f}%" y1="0" y2="{_HEIGHT}"/></svg>'
    )


def trend(scores: Sequence[int], label: str) -> str:
    """Scores from 0 to 100 as a line, oldest first; nothing where one alone makes no line."""
    if len(scores) < 2:
        return ""
    width, height = 120, 28
    step = width / (len(scores) - 1)
    points = [(index * step, height - 2 - (height - 4) * score / 100) for index, score in enumerate(scores)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    last_x, last_y = points[-1]
    return (
        f'<svg class="trend" viewBox="-3 0 {width + 6} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(label)}</title>'
        f'<polyline points="{path}"/><circle cx="{last_x:.1f}" cy="{last_y:.1f}" r="2.5"/></svg>'
    )
