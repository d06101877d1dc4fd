"""Lines of the timeline in a view: names as they are now, instants as every other instant of the view."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup, escape

from oncall.incident.telling import MarkKind
from oncall.services.views.incident_view import TimelineItem
from oncall.web.when import When


def told(item: TimelineItem, when: When, most: int) -> Markup:
    """What a line says; one that is longer than `most` characters is cut, and has its times as plain text."""
    if not item.marks or len(item.readable) > most:
        return escape(shortened(item.readable, most))
    parts: list[Markup] = []
    place = 0
    for mark in item.marks:
        parts.append(escape(item.text[place : mark.start]))
        parts.append(_instant(mark.value, when) if mark.kind is MarkKind.INSTANT else escape(mark.shown))
        place = mark.end
    return Markup("").join([*parts, escape(item.text[place:])])


def shortened(text: str, most: int) -> str:
    """At most so many characters, with a mark where it was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _instant(value: str, when: When) -> Markup:
    return when.at(datetime.fromisoformat(value))
