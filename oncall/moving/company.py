"""A configuration directory in the making: its files, and what a person still has to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from schedules.feed_out import Entry, calendar

#: The team of what belongs to none over there.
NOBODYS = "general"


@dataclass(slots=True)
class Company:
    """Files by name, and notes of what is left to do."""

    made_at: datetime
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a file of YAML."""
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
        self.files[name] = text.encode()

    def note(self, text: str) -> None:
        """Leave something to a person."""
        self.notes.append(text)

    def write(self, folder: Path) -> None:
        """Write every file, and `IMPORT.md` with what is left to do; nobody else may read them."""
        lines = ["# What is left to do", "", "Written by `oncall import`; delete it when you are done.", ""]
        notes = "\n".join([*lines, *(f"- [ ] {note}" for note in self.notes), ""])
        for name, body in sorted({**self.files, "IMPORT.md": notes.encode()}.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # Numbers, calendar addresses and the key.
            path.touch(mode=0o600)
            path.write_bytes(body)

    def rotation(self, team: str, name: str, title: str, shifts: Iterable[tuple[str, datetime, datetime]]) -> Any:
        """Shifts of people as a calendar file of that team, and how the team's file names it."""
        file = f"calendars/{team}-{name}.ics"
        entries = [Entry(start, end, person, f"{person} {start.isoformat()}") for person, start, end in shifts]
        self.files[file] = calendar(entries, name=title, made_at=self.made_at)
        until = f"ends on {max(entry.end for entry in entries):%d %b %Y}" if entries else "is empty"
        self.note(
            f"{file}: the shifts that were planned, written out; it {until}. Import it where the rotation is to be"
            " kept, or put the schedule's iCal link in its place as `url`"
        )
        return {"file": file}

    def no_rotation(self, team: str, title: str) -> dict[str, Any]:
        """For a team that had none: an empty one, for every team needs one."""
        file = f"calendars/{team}-primary.ics"
        self.files[file] = calendar((), name=f"{title} on call", made_at=self.made_at)
        self.note(f"{file}: no rotation belonged to the team, so nobody is on call; `oncall schedule new` writes one")
        return {"primary": {"file": file}}


def ids(named: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> dict[str, str]:
    """Ids over there to ids here, made of the names; no two alike."""
    found: dict[str, str] = {}
    used = set(taken)
    for id_, name in named:
        found[id_] = free(slug(name), used)
        used.add(found[id_])
    return found


def free(wanted: str, taken: Iterable[str]) -> str:
    """The id wanted, or with the first number that nobody has."""
    used, number, name = set(taken), 2, wanted
    while name in used:
        name, number = f"{wanted}-{number}", number + 1
    return name


def slug(name: str) -> str:
    """As ids are written: small letters, digits and a few marks, the first a letter or digit."""
    found = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")
    return found[:50].rstrip("-._") or "unnamed"


def length(seconds: float) -> str:
    """As lengths of time are written."""
    whole = max(1, int(seconds))
    for size, unit in ((3600, "h"), (60, "m")):
        if whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"
