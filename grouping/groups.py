"""The incidents that may still take alerts in, and what they hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from grouping.kinds import Kind


@dataclass(slots=True)
class Member:
    """One alert of an open incident. Times are seconds since the epoch."""

    episode: str
    kind: Kind
    at: float
    team: str
    #: Somebody was called, or would be after the hold, because of it.
    called: bool
    pages: bool
    source_group: str = ""
    resolved_at: float | None = None

    def as_text(self, incident: str) -> str:
        """The row's value."""
        kind = [self.kind.rule, self.kind.thing, self.kind.scope]
        return json.dumps(
            [incident, kind, self.at, self.team, self.called, self.pages, self.source_group, self.resolved_at]
        )

    @classmethod
    def from_text(cls, episode: str, text: str) -> tuple[str, Member]:
        """The incident and the member a row's value stands for."""
        incident, kind, at, team, called, pages, source_group, resolved_at = json.loads(text)
        return incident, cls(episode, Kind(*kind), at, team, called, pages, source_group, resolved_at)


@dataclass(slots=True)
class OpenIncident:
    """What an incident holds, as grouping sees it."""

    id: str
    members: dict[str, Member] = field(default_factory=dict)
    last_at: float = 0.0

    def add(self, member: Member) -> None:
        """Take an alert in."""
        self.members[member.episode] = member
        self.last_at = max(self.last_at, member.at)

    @property
    def called_teams(self) -> set[str]:
        """Teams that were called for this incident, at once or held."""
        return {m.team for m in self.members.values() if m.called}

    @property
    def lead(self) -> str:
        """The team of the first called alert, "" where nobody was called."""
        return next((m.team for m in self.members.values() if m.called), "")
