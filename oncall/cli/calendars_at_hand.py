"""Who is on call by the calendar files alone, for commands that run without an engine's database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from oncall.directory import Directory, ScheduleSource
from oncall.walk import HORIZON
from routing.escalation import RotationTarget
from schedules.identity import identity
from schedules.layers import Layer, lay
from schedules.reading import read
from schedules.shift import Segment
from schedules.who import same_role


class CalendarsAtHand:
    """Reads each rotation's files once, for the week from an instant on.

    `unread` names the calendars behind addresses and the files that cannot be used: their people are unknown here.
    """

    def __init__(self, directory: Directory, at: datetime) -> None:
        self._directory = directory
        self._window = (at, at + HORIZON)
        self._segments: dict[tuple[str, str], Sequence[Segment]] = {}
        self.unread: list[str] = []

    def who(self, target: RotationTarget, instant: datetime) -> Sequence[str]:
        """The names on call in a rotation at an instant."""
        key = (target.team, target.schedule)
        if key not in self._segments:
            self._segments[key] = self._read(*key)
        for segment in self._segments[key]:
            if segment.start <= instant < segment.end:
                wanted = (who for who in segment.on_call if target.role is None or same_role(who.role, target.role))
                return tuple(dict.fromkeys(who.person for who in wanted))
        return ()

    def _read(self, team: str, schedule: str) -> Sequence[Segment]:
        known = self._directory.teams.get(team)
        found = known.schedules.get(schedule) if known else None
        layers = [layer for source in (found.sources if found else ()) if (layer := self._layer(source)) is not None]
        return lay(layers, (), self._window)

    def _layer(self, source: ScheduleSource) -> Layer | None:
        path = Path(source.location)
        if not path.is_file():
            self.unread.append(source.location.partition("?")[0] if "://" in source.location else source.location)
            return None
        options = identity(source.identity)
        found = read(path.read_bytes(), self._window, default_tz=source.timezone, identity=options, source=path.name)
        if found.refused is not None:
            self.unread.append(f"{path.name} ({found.refused})")
        return Layer(shifts=found.shifts, priority=source.priority, override=source.override, role=source.role)
