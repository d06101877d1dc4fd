"""The small words of the files: lengths of time, times of day, days of the week, sizes."""

from __future__ import annotations

import re
from datetime import timedelta

_LENGTH = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
_SIZE = re.compile(r"(\d+)\s*([kmg]i?b|b)?", re.IGNORECASE)
_UNITS = {"b": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LENGTH_FORM = "write a length of time such as 30s, 5m, 1h30m or 2d"
HOURS_FORM = "write hours such as 09:00-18:00, or 22:00-07:00 for a night"
SIZE_FORM = "write a size such as 16MB"
DAYS_FORM = "write days such as mon, sat or mon-fri"


def parse_length(word: str) -> timedelta:
    """`1h30m` as a length of time; units w, d, h, m, s, each at most once and in this order.

    Raises:
        ValueError: the word is not of that form; the message says how to write it.
    """
    found = _LENGTH.fullmatch(word.strip())
    if found is None or not any(found.groups()):
        raise ValueError(LENGTH_FORM)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as error:
        raise ValueError(LENGTH_FORM) from error


def format_length(length: timedelta) -> str:
    """The shortest word that `parse_length` reads back as this length (whole seconds): `1h30m`, `0s`."""
    left = int(length.total_seconds())
    word = ""
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, seconds)
        word += f"{count}{unit}" if count else ""
    return word or "0s"


def parse_hours(word: str) -> tuple[int, int]:
    """`22:00-07:00` as minutes after midnight (since, until), half-open; `until` <= `since` crosses midnight.

    Raises:
        ValueError: the word is not of that form, or spans nothing.
    """
    found = _HOURS.fullmatch(word.strip())
    if found is None:
        raise ValueError(HOURS_FORM)
    since_hour, since_minute, until_hour, until_minute = (int(part) for part in found.groups())
    since, until = since_hour * 60 + since_minute, until_hour * 60 + until_minute
    if since >= 1440 or until > 1440 or since == until:
        raise ValueError(HOURS_FORM)
    return since, until % 1440


def parse_days(word: str) -> tuple[int, ...]:
    """`mon`, or a span as `fri-mon`, as ISO weekdays (1 = Monday) in the order written.

    Raises:
        ValueError: a name is not a day.
    """
    first, span, last = (part.strip().lower() for part in word.partition("-"))
    if first not in DAYS or (span and last not in DAYS):
        raise ValueError(DAYS_FORM)
    start = DAYS.index(first)
    count = (DAYS.index(last) - start) % 7 if span else 0
    return tuple((start + step) % 7 + 1 for step in range(count + 1))


def parse_size(word: str) -> int:
    """`16MB` in bytes (kB, MB, GB are powers of 1000; KiB, MiB, GiB of 1024).

    Raises:
        ValueError: the word is not of that form.
    """
    found = _SIZE.fullmatch(word.strip())
    if found is None:
        raise ValueError(SIZE_FORM)
    unit = (found.group(2) or "b").lower()
    return int(found.group(1)) * _UNITS[unit if unit == "b" else unit.removesuffix("b")]


def format_size(size: int) -> str:
    """The shortest word that `parse_size` reads back as this many bytes: `16MB`, `1500B`."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size}B"
