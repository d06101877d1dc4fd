"""Instants as people say them: "Sat 03:00", "tomorrow 9:30", "2026-03-01 02:30", "now"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(?:(?P<day>[a-z]+)\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})", re.IGNORECASE)
FORM = 'write "Sat 03:00", "tomorrow 09:30", "03:00", "now" or an ISO 8601 instant'


def parse_moment(text: str, zone: str, now: datetime) -> datetime:
    """The instant meant, in UTC: the next one from `now` on where only a day or a time is given.

    Wall-clock times are in `zone`, also those of an ISO instant without offset.

    Raises:
        ValueError: it is none of the forms; the message says which there are.
    """
    word = text.strip()
    if word.lower() == "now":
        return now
    local_now = now.astimezone(ZoneInfo(zone))
    found = _FORM.fullmatch(word)
    if found is None:
        return _iso(word, zone)
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour > 23 or minute > 59:
        raise ValueError(f"{text!r} is no time of day; {FORM}")
    day, is_today = local_now.date(), False
    match (found["day"] or "").lower():
        case "" | "today":
            is_today = bool(found["day"])
        case "tomorrow":
            day += timedelta(days=1)
        case name if len(name) >= 3 and name[:3] in _DAYS:
            day += timedelta(days=(_DAYS.index(name[:3]) - day.weekday()) % 7)
        case name:
            raise ValueError(f"{name!r} is no day; {FORM}")
    moment = datetime.combine(day, time(hour, minute), ZoneInfo(zone))
    if moment < local_now and not is_today:
        moment += timedelta(days=7 if found["day"] else 1)
    return moment.astimezone(UTC)


def _iso(word: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(word)
    except ValueError as error:
        raise ValueError(f"{word!r} is no instant; {FORM}") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
