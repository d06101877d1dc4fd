"""Expected answers as the test feeds write them, and our answers in the same form."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from schedules.identity import identity
from schedules.reading import read
from schedules.shift import Reading, Segment

DATA = Path(__file__).parent / "data"
_SHARED = Path(os.environ.get("ONCALL_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared")
THIRDPARTY = _SHARED / "ical" / "thirdparty"


def names_in(folder: Path) -> list[str]:
    """Every expected answer of a folder; the folder's own name where it is missing, so that a test says so."""
    return sorted(path.stem for path in folder.glob("*.json")) or [folder.name]


def document(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_bytes())
    return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def reading(folder: Path, name: str, expected: dict[str, Any]) -> Reading:
    """The feed read over the window, in the zone and with the identity its expected answer names."""
    begin, end = expected.get("window", ("2026-11-01T00:00:00Z", "2026-11-15T00:00:00Z"))
    return read(
        (folder / f"{name}.ics").read_bytes(),
        (instant(begin), instant(end)),
        timezone=expected.get("default_tz", "UTC"),
        identity=identity(expected.get("identity")),
        tz_aliases=expected.get("tz_alias"),
    )


def pieces(segments: Sequence[Segment], role: str | None = None) -> list[dict[str, Any]]:
    """Segments as the expected answers write them: sorted names, also of one role alone."""
    found: list[dict[str, Any]] = []
    for segment in segments:
        names = sorted({who.person for who in segment.on_call if role is None or who.role == role})
        end = f"{segment.end:%Y-%m-%dT%H:%M:%SZ}"
        if found and found[-1]["on_call"] == names:
            found[-1]["end"] = end
        else:
            found.append({"start": f"{segment.start:%Y-%m-%dT%H:%M:%SZ}", "end": end, "on_call": names})
    return found
