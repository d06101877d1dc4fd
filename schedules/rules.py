"""Recurrence rules, checked before anything expands them (RFC 5545 3.3.10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import prod

from schedules.problems import BadEvent

#: A shift that begins more often than hourly is no shift.
MAX_PER_DAY = 24
_DAY = r"[+-]?\d{0,2}(?:MO|TU|WE|TH|FR|SA|SU)"


def _numbers(low: int, high: int, *, signed: bool = False) -> Callable[[str], bool]:
    def holds(value: str) -> bool:
        items = value.split(",")
        return all(
            re.fullmatch(r"[+-]?\d{1,3}", item) is not None
            and low <= abs(int(item)) <= high
            and (signed or int(item) >= 0)
            for item in items
        )

    return holds


def _days(value: str) -> bool:
    return all(re.fullmatch(_DAY, item) for item in value.split(","))


_PARTS: Mapping[str, Callable[[str], bool]] = {
    "BYSECOND": _numbers(0, 60),
    "BYMINUTE": _numbers(0, 59),
    "BYHOUR": _numbers(0, 23),
    "BYDAY": _days,
    "BYMONTHDAY": _numbers(1, 31, signed=True),
    "BYYEARDAY": _numbers(1, 366, signed=True),
    "BYWEEKNO": _numbers(1, 53, signed=True),
    "BYMONTH": _numbers(1, 12),
    "BYSETPOS": _numbers(1, 366, signed=True),
    "WKST": lambda value: re.fullmatch("MO|TU|WE|TH|FR|SA|SU", value) is not None,
}
#: A whole period, and how many days a rule of that frequency can hit within it.
_PERIODS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
_SHORTEST = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
_DAY_PARTS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that is safe to expand."""

    freq: str
    interval: int
    count: int | None
    #: The UNTIL value as written; the series knows in which zone to read it.
    until: str | None
    #: The BYxxx parts and WKST.
    parts: Mapping[str, str]

    def text(self, until: str | None) -> str:
        """As RFC 5545 writes it, with this UNTIL in place of the original."""
        fields = {"FREQ": self.freq, "INTERVAL": str(self.interval)}
        if self.count is not None:
            fields["COUNT"] = str(self.count)
        elif until is not None:
            fields["UNTIL"] = until
        return ";".join(f"{name}={value}" for name, value in {**fields, **self.parts}.items())

    @property
    def period(self) -> timedelta | None:
        """Shifting the start by a multiple of this leaves all later instances alone; None where nothing does."""
        unit = _PERIODS.get(self.freq)
        return None if unit is None or self.count is not None else unit * self.interval

    @property
    def per_day(self) -> float:
        """An upper bound of the instances begun per day."""
        if self.freq == "HOURLY":
            return 24 / self.interval
        return prod(
            len(self.parts[name].split(",")) for name in ("BYHOUR", "BYMINUTE", "BYSECOND") if name in self.parts
        )

    def instances(self, days: int) -> float:
        """An upper bound of the instances begun in that many days, also of what must be looked at to find them."""
        if any(name in self.parts for name in _DAY_PARTS) or self.freq == "HOURLY":
            return days * self.per_day
        return days * self.per_day / (_SHORTEST[self.freq] * self.interval) + 1


def rule(text: str) -> Rule:
    """A checked rule; unknown parts and impossible COUNTs are dropped, as calendars do.

    Raises:
        BadEvent: the rule is malformed, never ends, or never begins.
    """
    fields = dict(_field(part) for part in text.strip().strip(";").upper().split(";"))
    freq = fields.get("FREQ", "")
    if freq not in {"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}:
        why = "repeats more often than hourly" if freq in {"SECONDLY", "MINUTELY"} else "is unknown"
        raise BadEvent(f"RRULE FREQ={freq or '(none)'} {why}")
    parts = {name: value for name, value in fields.items() if name in _PARTS}
    for name, value in parts.items():
        if not _PARTS[name](value):
            raise BadEvent(f"RRULE {name}={value[:40]} is malformed")
    checked = Rule(freq, _interval(fields), _count(fields), fields.get("UNTIL"), parts)
    if checked.per_day > MAX_PER_DAY or (freq == "HOURLY" and _minutes(parts) > 1):
        raise BadEvent("RRULE repeats more often than hourly")
    _check_possible(parts)
    return checked


def _field(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip(), value.strip().replace(" ", "")


def _minutes(parts: Mapping[str, str]) -> int:
    return prod(len(parts[name].split(",")) for name in ("BYMINUTE", "BYSECOND") if name in parts)


def _interval(fields: Mapping[str, str]) -> int:
    value = fields.get("INTERVAL", "1")
    if not re.fullmatch(r"\d{1,6}", value) or int(value) < 1:
        raise BadEvent(f"RRULE INTERVAL={value[:20]} is not a positive number: it would never end")
    return int(value)


def _count(fields: Mapping[str, str]) -> int | None:
    value = fields.get("COUNT", "")
    return int(value) if re.fullmatch(r"\d{1,9}", value) and int(value) >= 1 else None


def _check_possible(parts: Mapping[str, str]) -> None:
    """Refuse days that no year has, for which an expansion would search to the year 9999."""
    if "BYMONTHDAY" in parts and "BYMONTH" in parts:
        shortest = min(abs(int(day)) for day in parts["BYMONTHDAY"].split(","))
        longest = max(_LONGEST_MONTH[int(month) - 1] for month in parts["BYMONTH"].split(","))
        if shortest > longest:
            raise BadEvent("RRULE names a day that its months do not have")
