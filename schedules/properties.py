"""One content line to a property; the grammar (quotes, escapes) is icalendar's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from icalendar.parser import Contentline


@dataclass(frozen=True, slots=True)
class Property:
    """Name in upper case, parameters by upper-case name, and the unescaped value."""

    name: str
    params: Mapping[str, str]
    value: str


#: Their values hold no colon, but Outlook writes zone names that do, and forgets the quotes.
_DATES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})
_PARAMETER = re.compile(r';([^=;"]+)=("[^"]*"|[^;"]*)')


def properties(lines: Iterable[str], wanted: Collection[str]) -> tuple[list[Property], list[str]]:
    """The wanted properties in file order, and the lines that name a wanted property but cannot be read."""
    found: list[Property] = []
    unreadable: list[str] = []
    for line in lines:
        if _name(line) not in wanted:
            continue
        try:
            found.append(_property(line))
        except ValueError:
            unreadable.append(line)
    return found, unreadable


def _name(line: str) -> str:
    end = min((at for at in (line.find(":"), line.find(";")) if at >= 0), default=len(line))
    return line[:end].strip().upper()


def _property(line: str) -> Property:
    if _name(line) in _DATES:
        return _date_property(line)
    plain_name, separator, value = line.partition(":")
    if separator and ";" not in plain_name and "\\" not in value:
        return Property(plain_name.strip().upper(), {}, value.strip())
    parsed: tuple[str, Mapping[str, Any], str] = Contentline(line).parts()  # type: ignore[no-untyped-call]
    name, params, value = parsed
    flat = {key.upper(): item if isinstance(item, str) else ",".join(item) for key, item in params.items()}
    return Property(name.strip().upper(), flat, value.strip())


def _date_property(line: str) -> Property:
    head, colon, value = line.rpartition(":")
    if not colon:
        raise ValueError("there is no value")
    name, semicolon, rest = head.partition(";")
    params = {key.strip().upper(): text.strip().strip('"') for key, text in _PARAMETER.findall(semicolon + rest)}
    return Property(name.strip().upper(), params, value.strip())
