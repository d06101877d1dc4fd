"""Instants and spans as people read them, in their own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup


class When:
    """The reader's present and zone.

    Each method gives a `<time>` element with the exact instant in UTC, so that scripts and hovering people get it.
    """

    def __init__(self, now: datetime, zone: str) -> None:
        self.now = now
        self.zone_name = zone
        self._zone = ZoneInfo(zone)
        self._today = now.astimezone(self._zone).date()

    def at(self, instant: datetime) -> Markup:
        """As short as it can be: "14:03" today, "Tue 14:03" within a week, else "5 Jan 14:03" (and the year if another)."""
        local = instant.astimezone(self._zone)
        days = abs((local.date() - self._today).days)
        if days == 0:
            text = f"{local:%H:%M}"
        elif days < 7:
            text = f"{local:%a %H:%M}"
        elif local.year == self._today.year:
            text = f"{local.day} {local:%b %H:%M}"
        else:
            text = f"{local.day} {local:%b %Y %H:%M}"
        return self._element(instant, text)

    def dated(self, instant: datetime) -> Markup:
        """With the whole date, for what is printed and read years later: "5 Jan 2026 14:03"."""
        local = instant.astimezone(self._zone)
        return self._element(instant, f"{local.day} {local:%b %Y %H:%M}")

    def day(self, instant: datetime) -> Markup:
        """A day that begins in UTC, as "5 Jan" (and the year if another)."""
        utc = instant.astimezone(UTC)
        return self._element(instant, f"{utc.day} {utc:%b}{'' if utc.year == self._today.year else f' {utc.year}'}")

    def exactly(self, instant: datetime) -> Markup:
        """With seconds, for timelines."""
        local = instant.astimezone(self._zone)
        day = "" if local.date() == self._today else f"{local.day} {local:%b} "
        return self._element(instant, f"{day}{local:%H:%M:%S}")

    def ago(self, instant: datetime) -> Markup:
        """How long ago: "4 min ago"; "in 4 min" for what is to come."""
        passed = self.now - instant
        text = f"in {span(-passed)}" if passed < timedelta(0) else f"{span(passed)} ago"
        return self._element(instant, "just now" if abs(passed) < timedelta(seconds=5) else text)

    def since(self, start: datetime, end: datetime | None) -> str:
        """How long something lasted, or has lasted until now."""
        return span((end or self.now) - start)

    def _element(self, instant: datetime, text: str) -> Markup:
        # Nothing here comes from people, and `Markup.format` would cost a view with many times some milliseconds.
        utc = instant.astimezone(UTC).isoformat(" ", "seconds")[:19]
        return Markup(f'<time datetime="{utc[:10]}T{utc[11:]}Z" title="{utc} UTC">{text}</time>')  # noqa: S704 - see above


def span(length: timedelta) -> str:
    """A length in at most two units: "45 s", "4 min", "2 h 5 min", "3 d 4 h"."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours == 0:
        return f"{minutes} min"
    if days == 0:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
