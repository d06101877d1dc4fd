"""How long a shift is: days follow the wall clock, hours are exact (RFC 5545 3.3.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from schedules.problems import BadEvent

_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?=.)(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,10})S)?)?",
    re.IGNORECASE,
)
#: Longer than any shift; a duration beyond it is a slip of the pen or an attack.
MAX_LENGTH = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Length:
    """`wall` is added to the local start, `exact` to the instant that gives."""

    wall: timedelta = timedelta(0)
    exact: timedelta = timedelta(0)

    @property
    def about(self) -> timedelta:
        """Right to within the change of a zone's offset."""
        return self.wall + self.exact


def duration(text: str) -> Length:
    """A DURATION value.

    Raises:
        BadEvent: it is malformed, negative, or longer than ten years.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise BadEvent(f"DURATION {text[:40]!r} cannot be read")
    number = {name: int(digits or 0) for name, digits in match.groupdict().items() if name != "sign"}
    try:
        length = Length(
            timedelta(weeks=number["weeks"], days=number["days"]),
            timedelta(hours=number["hours"], minutes=number["minutes"], seconds=number["seconds"]),
        )
    except OverflowError:
        raise BadEvent(f"DURATION {text[:40]!r} is longer than any shift") from None
    if match["sign"] == "-" and length.about:
        raise BadEvent(f"DURATION {text[:40]!r} is negative")
    return length
